import { once } from "node:events";
import { expect } from "chai";
import { Points3D, Scalars, TextLog } from "../../../lib/index.ts";
import type { TakenMessage } from "../../../lib/protocol.ts";
import { framesOf } from "../../helpers/grpc-peer.ts";
import type { HubClient, HubClientOptions } from "../../helpers/hub-client.ts";
import { ROW_BY_ROW, recorded } from "../../helpers/recorded.ts";
import { useHub } from "../../helpers/use-hub.ts";

describe("one who logs over a WebSocket", () => {
  const start = useHub();

  const producer = (port: number, options: HubClientOptions = {}): Promise<HubClient> =>
    start.client(port, { ...options, hello: { role: "producer", ...options.hello } });

  const scalars = (count: number): Promise<Uint8Array[]> =>
    recorded((rec) => {
      for (let i = 0; i < count; i++) rec.log("plot", Scalars(i));
    }, ROW_BY_ROW).then(framesOf);

  const takenOf = (client: HubClient): TakenMessage =>
    client.messages.findLast((m) => m.type === "taken") ?? {
      type: "taken",
      frames: 0,
      bytes: 0,
      refused: 0,
    };

  it("hears what is in, and viewers get it as it came, however it is cut", async () => {
    const hub = await start.hub();
    const viewer = await start.client(hub.port);
    const client = await producer(hub.port);
    const frames = await scalars(20);
    const bytes = Buffer.concat(frames);
    for (let at = 0; at < bytes.length; at += 777)
      client.send({ type: "data", bytes: bytes.subarray(at, at + 777) });
    await client.until(() => takenOf(client).bytes === bytes.length);
    expect(takenOf(client)).to.deep.equal({
      type: "taken",
      frames: frames.length,
      bytes: bytes.length,
      refused: 0,
    });
    await viewer.until(() => viewer.frames.length === frames.length);
    expect(Buffer.concat(viewer.frames)).to.deep.equal(bytes);
    expect(hub.peers).to.deep.include({ browsers: 1, producers: 1, readers: 0 });
    expect(hub.clients[1]).to.deep.include({
      role: "producer",
      protocol: "websocket",
      receivedMessages: frames.length,
      receivedBytes: bytes.length,
    });
  });

  it("may send chunks larger than any message, within the window", async () => {
    const hub = await start.hub({ windowBytes: 300_000, maxMessageBytes: 100_000 });
    const client = await producer(hub.port);
    expect(client.hello).to.deep.include({ window: 300_000, maxMessage: 100_000 });
    const frames = framesOf(
      await recorded((rec) => rec.log("points", Points3D(new Float32Array(300_000)))),
    );
    const bytes = Buffer.concat(frames);
    expect(bytes.length).to.be.greaterThan(1e6);
    let sent = 0;
    while (sent < bytes.length) {
      await client.until(() => sent - takenOf(client).bytes <= 300_000 - 90_000);
      client.send({ type: "data", bytes: bytes.subarray(sent, sent + 90_000) });
      sent = Math.min(bytes.length, sent + 90_000);
    }
    await client.until(() => takenOf(client).frames === frames.length);
    const viewer = await start.client(hub.port);
    await viewer.until(() => viewer.frames.length === frames.length);
    expect(Buffer.concat(viewer.frames)).to.deep.equal(bytes);
  });

  it("hears of messages that nobody could read, and goes on", async () => {
    const hub = await start.hub();
    const client = await producer(hub.port);
    const frames = await scalars(3);
    const broken = frames.map((frame) => Uint8Array.from(frame));
    (broken[1] as Uint8Array).fill(0xff, 300, 500);
    client.send({ type: "data", bytes: Buffer.concat(broken) });
    await client.until(() => takenOf(client).frames === frames.length);
    expect(takenOf(client).refused).to.equal(1);
    const viewer = await start.client(hub.port);
    await viewer.until(() => viewer.frames.length === frames.length - 1);
  });

  it("may be from a page that this machine serves, or one that is allowed, and from no other", async () => {
    const hub = await start.hub({ allowedOrigins: ["https://app.example"], token: "secret" });
    const hello = { token: "secret" };
    for (const origin of ["http://localhost:5173", "https://app.example"]) {
      const client = await producer(hub.port, { headers: { origin }, hello });
      const frames = await scalars(1);
      client.send({ type: "data", bytes: Buffer.concat(frames) });
      await client.until(() => takenOf(client).frames === frames.length);
    }
    const refused = await producer(hub.port, {
      headers: { origin: "https://evil.example" },
      hello,
    }).catch((error: Error) => error.message);
    expect(refused).to.equal("403");
    const wrong = await producer(hub.port, { hello: { token: "wrong" } });
    expect((await wrong.closed).code).to.equal(4401);
  });

  describe("is ended, others undisturbed, by", () => {
    const header = (kind: number, length: number): Buffer => {
      const bytes = Buffer.alloc(16);
      bytes.writeBigUInt64LE(BigInt(kind));
      bytes.writeBigUInt64LE(BigInt(length), 8);
      return bytes;
    };
    const data = (bytes: Uint8Array) => (client: HubClient) => client.send({ type: "data", bytes });
    const cases: readonly [string, number, (client: HubClient) => void][] = [
      ["a message of no kind", 4400, data(header(9, 1))],
      ["the end of a stream, which is none here", 4400, data(header(0, 0))],
      ["a message that is too large", 4507, data(header(2, 2 ** 40))],
      [
        "one of 2^64 - 1 bytes",
        4507,
        data(Buffer.concat([header(2, 0).subarray(0, 8), Buffer.alloc(8, 0xff)])),
      ],
      ["data without bytes", 4400, (client) => client.send({ type: "data" })],
      ["an acknowledgement", 4400, (client) => client.send({ type: "ack", seq: 0, bytes: 0 })],
      [
        "more than the window",
        4400,
        (client) => {
          for (let i = 0; i < 40; i++)
            data(Buffer.concat([header(2, 10_000_000), Buffer.alloc(60_000)]))(client);
        },
      ],
    ];
    for (const [name, code, send] of cases) {
      it(name, async () => {
        const hub = await start.hub();
        const viewer = await start.client(hub.port);
        const client = await producer(hub.port);
        send(client);
        expect((await client.closed).code).to.equal(code);
        const other = await producer(hub.port);
        const frames = await scalars(1);
        other.send({ type: "data", bytes: Buffer.concat(frames) });
        await viewer.until(() => viewer.frames.length === frames.length);
      });
    }

    it("more static data than the hub may hold", async () => {
      const hub = await start.hub({ maxStaticBytes: 20_000 });
      const client = await producer(hub.port);
      const frames = framesOf(
        await recorded((rec) => {
          for (let i = 0; i < 40; i++) rec.log(`logs/${i}`, TextLog("static"), { static: true });
        }),
      );
      client.send({ type: "data", bytes: Buffer.concat(frames) });
      expect((await client.message("error")).code).to.equal("full");
      expect((await client.closed).code).to.equal(4507);
    });

    it("data from who only watches", async () => {
      const hub = await start.hub();
      const client = await start.client(hub.port);
      client.send({ type: "data", bytes: Buffer.alloc(3) });
      expect((await client.closed).code).to.equal(4400);
    });
  });

  it("leaves nothing behind when it goes in the middle of a message", async () => {
    const hub = await start.hub({ maxChunkBytes: 100_000 });
    const frames = framesOf(
      await recorded((rec) => rec.log("points", Points3D(new Float32Array(21_000)))),
    );
    const bytes = Buffer.concat(frames).subarray(0, 60_000);
    // What is not complete takes of a budget of all together; it is given back each time.
    for (let i = 0; i < 10; i++) {
      const client = await producer(hub.port);
      client.send({ type: "data", bytes });
      await client.until(() => takenOf(client).bytes === bytes.length);
      client.socket.terminate();
      await once(client.socket, "close");
    }
    const client = await producer(hub.port);
    const more = await scalars(1);
    client.send({ type: "data", bytes: Buffer.concat(more) });
    await client.until(() => takenOf(client).frames === more.length);
  });
});
