import { expect } from "chai";
import { encodeCbor } from "../../../lib/encode/cbor.ts";
import { RerunError } from "../../../lib/errors.ts";
import type { ProtocolErrorCode } from "../../../lib/protocol.ts";
import { GrpcPeer } from "../../helpers/grpc-peer.ts";
import { connectDeaf, type HubClient } from "../../helpers/hub-client.ts";
import { useLines } from "../../helpers/lines.ts";
import { eventually } from "../../helpers/receivers.ts";
import { item, numbersOf, range, untilBrowsers, useHub } from "../../helpers/use-hub.ts";

describe("Hub", () => {
  const start = useHub();
  const line = useLines();

  it("greets, and streams what was and what will be appended, in order", async () => {
    const hub = await start.hub();
    hub.append(range(0, 10).map((i) => item(i)));
    const client = await start.client(hub.port);
    hub.append(range(10, 20).map((i) => item(i)));
    await client.until(() => client.frames.length === 20);
    expect(numbersOf(client)).to.deep.equal(range(0, 20));
    expect(client.hello).to.deep.include({ type: "hello", version: 1, rerun: "0.33.0", next: 10 });
    expect(Buffer.from(client.hello.header).toString("latin1", 0, 4)).to.equal("RRF2");
  });

  it("gives late browsers pinned data, and no more history than its budget", async () => {
    const hub = await start.hub({ historyBytes: 1000 });
    hub.append([item(1, 100, { pinned: true })]);
    hub.append(range(2, 52).map((i) => item(i, 100)));
    const client = await start.client(hub.port);
    await client.until(() => client.next === 51);
    expect(numbersOf(client)).to.deep.equal([1, ...range(42, 52)]);
  });

  it("replaces pinned data by what has the same key", async () => {
    const hub = await start.hub({ historyBytes: 0, clientBudgetBytes: 1 });
    for (const i of range(0, 5)) hub.append([item(i, 100, { pinned: true, keys: ["k"] })]);
    hub.append([item(5)]);
    const client = await start.client(hub.port);
    await client.until(() => client.frames.length > 0);
    expect(numbersOf(client)[0]).to.equal(4);
  });

  it("keeps what belongs together in one message", async () => {
    const hub = await start.hub({ windowBytes: 100 });
    hub.append([
      item(0, 90, { pinned: true, joinsNext: true }),
      item(1, 90, { pinned: true, joinsNext: true }),
      item(2, 90, { pinned: true }),
      item(3, 90),
    ]);
    const client = await start.client(hub.port);
    await client.until(() => client.frames.length === 4);
    const sizes = client.messages.flatMap((m) => (m.type === "messages" ? [m.sizes.length] : []));
    expect(sizes).to.deep.equal([3, 1]);
  });

  it("sends no more than the window ahead of acknowledgements", async () => {
    const hub = await start.hub({ windowBytes: 1000 });
    hub.append(range(0, 100).map((i) => item(i, 100)));
    const client = await start.client(hub.port, { acknowledge: false });
    await client.until(() => client.bytes === 1000);
    // The answer to this comes after whatever the hub would have sent before.
    hub.command({ action: "play", recordingId: "r" });
    await client.message("command");
    expect(client.bytes).to.equal(1000);
    client.send({ type: "ack", seq: 3, bytes: 300 });
    await client.until(() => client.bytes === 1300);
    client.acknowledge();
    await client.until(() => client.bytes === 2300);
  });

  it("resumes a session where it was, without pinned data again", async () => {
    const hub = await start.hub();
    hub.append([item(0, 64, { pinned: true }), ...range(1, 10).map((i) => item(i))]);
    const first = await start.client(hub.port);
    await first.until(() => first.frames.length === 10);
    await first.close();
    hub.append(range(10, 15).map((i) => item(i)));
    const again = await start.client(hub.port, {
      hello: { resume: { session: first.hello.session, seq: first.next } },
    });
    await again.until(() => again.next === 15);
    expect(numbersOf(again)).to.deep.equal(range(10, 15));
  });

  it("starts anew when the session or the number is not its own", async () => {
    const hub = await start.hub();
    hub.append(range(0, 3).map((i) => item(i)));
    for (const resume of [
      { session: "another", seq: 2 },
      { session: (await start.client(hub.port)).hello.session, seq: 4 },
    ]) {
      const client = await start.client(hub.port, { hello: { resume } });
      await client.until(() => client.frames.length === 3);
    }
  });

  it("drops the oldest of a slow browser alone, and tells it", async () => {
    const hub = await start.hub({ windowBytes: 1000, clientBudgetBytes: 1000 });
    const slow = await start.client(hub.port, { acknowledge: false });
    const quick = await start.client(hub.port);
    await untilBrowsers(hub, (all) => all.every(({ state }) => state === "live"));
    for (const i of range(0, 100)) {
      hub.append([item(i, 100)]);
      await quick.until(() => quick.frames.length === i + 1);
    }
    expect(numbersOf(quick)).to.deep.equal(range(0, 100));
    slow.acknowledge();
    const { messages } = await slow.message("dropped");
    await slow.until(() => slow.next === 100);
    expect(messages).to.equal(80);
    expect(numbersOf(slow)).to.deep.equal([...range(0, 10), ...range(90, 100)]);
    expect(hub.dropped).to.equal(0);
  });

  it("is not disturbed by a browser that never reads, and ends it after a while", async function () {
    this.timeout(20_000);
    const size = 256 * 1024;
    const hub = await start.hub({
      historyBytes: 4 * size,
      clientBudgetBytes: 4 * size,
      stallTimeoutMs: 500,
    });
    const deaf = await connectDeaf(hub.port);
    start.onEnd(() => deaf.destroy());
    const client = await start.client(hub.port);
    await untilBrowsers(hub, (all) => all.every(({ state }) => state !== "greeting"));
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    for (const i of range(0, 400)) {
      hub.append([item(i, size)]);
      await client.until(() => client.next === i + 1);
      client.frames.length = 0;
      client.messages.length = 1;
      client.raw.length = 0;
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    expect(client.bytes).to.equal(400 * size);
    // Sent and received, 200 MiB went by; the window, the budget and what the collector has not taken yet are less.
    expect(most).to.be.lessThan(90 * 1024 * 1024);
    await untilBrowsers(hub, (all) => all.length === 1);
  });

  it("lets go of who is behind a line that froze without a word, and of all that was held for them", async () => {
    const hub = await start.hub({ stallTimeoutMs: 400, maxChunkBytes: 100_000 });
    hub.append([item(1)]);
    const frozen = await line(hub);
    const browser = await start.client(frozen.port);
    await browser.message("messages");
    const reader = await GrpcPeer.connect(frozen.port);
    start.onEnd(() => reader.close());
    const reading = reader.read();
    await reading.until(() => reading.messages.length > 0);
    // Half of a message: it counts in a budget of all together.
    const half = Buffer.alloc(60_000);
    half.writeUInt32LE(2);
    half.writeUInt32LE(90_000, 8);
    const logging = async (port: number) => {
      const producer = await start.client(port, { hello: { role: "producer" } });
      producer.send({ type: "data", bytes: half });
      await producer.message("taken");
      return producer;
    };
    await logging(frozen.port);
    await logging(frozen.port);
    expect(hub.peers).to.deep.equal({ browsers: 1, producers: 2, readers: 1, connections: 1 });
    // Those who answer pings stay, whatever they say besides.
    const quiet = await start.client(hub.port);
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(hub.clients).to.have.lengthOf(5);
    frozen.freeze();
    await untilBrowsers(hub, (all) => all.length === 1);
    await eventually(() => hub.peers.connections === 0, "no connection of gRPC");
    await logging(hub.port);
    await logging(hub.port);
    hub.append([item(2)]);
    await quiet.until(() => quiet.frames.length === 2);
  });

  it("shows signs of life while it has nothing to say, and says how large a message is that it sends", async () => {
    const hub = await start.hub({ aliveMs: 40 });
    const client = await start.client(hub.port);
    expect(client.hello.alive).to.equal(40);
    await client.until(() => client.messages.filter(({ type }) => type === "alive").length === 3);
    hub.append([item(1, 300_000)]);
    await client.message("messages");
    const at = client.messages.findIndex(({ type }) => type === "messages");
    const announced = client.messages[at - 1];
    expect(announced?.type).to.equal("alive");
    const size = client.raw[at]?.length;
    expect(announced).to.deep.equal({ type: "alive", next: size });
  });

  describe("refuses", () => {
    const refusal = async (promise: Promise<unknown>): Promise<string> =>
      await promise.then(
        () => "accepted",
        (error: Error) => error.message,
      );

    it("a handshake without the subprotocol, elsewhere, or from another origin or host", async () => {
      const hub = await start.hub({ allowedOrigins: ["https://viz.example"] });
      const tryWith = (options: Parameters<typeof HubClient.connect>[1]): Promise<string> =>
        refusal(start.client(hub.port, options));
      expect(await tryWith({ protocols: [] })).to.equal("400");
      expect(await tryWith({ protocols: ["rerun-rx.v0", "graphql-ws"] })).to.equal("400");
      expect(await tryWith({ path: "/" })).to.equal("404");
      expect(await tryWith({ headers: { origin: "https://evil.example" } })).to.equal("403");
      expect(await tryWith({ headers: { origin: "null" } })).to.equal("403");
      expect(await tryWith({ headers: { host: "evil.example" } })).to.equal("403");
      const origin = `http://127.0.0.1:${hub.port}`;
      expect(await tryWith({ headers: { origin } })).to.equal("accepted");
      expect(await tryWith({ headers: { origin: "https://viz.example" } })).to.equal("accepted");
      expect(await tryWith({ protocols: ["rerun-rx.v2", "rerun-rx.v1"] })).to.equal("accepted");
    });

    it("more browsers than it may have", async () => {
      const hub = await start.hub({ maxConnections: 2 });
      const first = await start.client(hub.port);
      await start.client(hub.port);
      expect(await refusal(start.client(hub.port))).to.equal("503");
      await first.close();
      await start.client(hub.port);
    });

    it("a wrong token, before any data", async () => {
      const hub = await start.hub({ token: "secret" });
      hub.append([item(1)]);
      for (const hello of [{}, { token: "wrong" }, { token: "" }]) {
        const client = await start.client(hub.port, { hello });
        expect((await client.closed).code).to.equal(4401);
        expect(client.frames).to.have.lengthOf(0);
      }
      const client = await start.client(hub.port, { hello: { token: "secret" } });
      await client.until(() => client.frames.length === 1);
    });

    const hostile: readonly [string, number, ProtocolErrorCode, (client: HubClient) => void][] = [
      ["bytes that are not CBOR", 4400, "bad-message", (c) => c.socket.send(Buffer.from([0xff]))],
      ["an empty message", 4400, "bad-message", (c) => c.socket.send(Buffer.alloc(0))],
      ["two items", 4400, "bad-message", (c) => c.socket.send(Buffer.from([1, 2]))],
      ["text", 1003, "unsupported-data", (c) => c.socket.send("hello")],
      ["an unknown type", 4400, "bad-message", (c) => c.send({ type: "frobnicate" })],
      ["a wrong field", 4400, "bad-message", (c) => c.send({ type: "ack", seq: -1, bytes: 0 })],
      [
        "an ack of what was not sent",
        4400,
        "bad-message",
        (c) => c.send({ type: "ack", seq: 0, bytes: 1e9 }),
      ],
      [
        "a second hello",
        4400,
        "bad-message",
        (c) => c.send({ type: "hello", version: 1, role: "viewer" }),
      ],
      [
        "a call of eval by CBOR tag 27",
        4400,
        "bad-message",
        (c) =>
          c.socket.send(
            Buffer.concat([
              Buffer.from([0xd8, 27, 0x82]),
              encodeCbor("eval"),
              encodeCbor("globalThis.hacked = true"),
            ]),
          ),
      ],
    ];
    for (const [name, code, error, send] of hostile) {
      it(`${name}, and goes on`, async () => {
        const hub = await start.hub();
        const other = await start.client(hub.port);
        const client = await start.client(hub.port);
        send(client);
        expect((await client.message("error")).code).to.equal(error);
        expect((await client.closed).code).to.equal(code);
        hub.append([item(1)]);
        await other.until(() => other.frames.length === 1);
        expect(globalThis).not.to.have.property("hacked");
      });
    }

    it("a version or a role that it does not know, and data before hello", async () => {
      const hub = await start.hub();
      for (const [hello, code] of [
        [{ version: 2 }, 4406],
        [{ role: "spectator" }, 4406],
        [{ version: "1" }, 4400],
      ] as const) {
        const client = await start.client(hub.port, { hello });
        expect((await client.closed).code, JSON.stringify(hello)).to.equal(code);
      }
      const client = await start.client(hub.port, { hello: null });
      client.send({ type: "ack", seq: 0, bytes: 0 });
      expect((await client.closed).code).to.equal(4400);
    });

    it("messages that are too large", async () => {
      const hub = await start.hub({ maxMessageBytes: 1000 });
      const client = await start.client(hub.port);
      client.socket.send(Buffer.alloc(1001));
      expect((await client.closed).code).to.equal(1009);
    });

    it("floods", async () => {
      const hub = await start.hub({ messagesPerSecond: 10 });
      const client = await start.client(hub.port);
      for (const _ of range(0, 50)) client.acknowledge();
      expect((await client.closed).code).to.equal(4429);
    });

    it("who does not say hello", async () => {
      const hub = await start.hub({ helloTimeoutMs: 50 });
      const client = await start.client(hub.port, { hello: null });
      expect((await client.closed).code).to.equal(4408);
    });
  });

  it("says in a typed error that its port is taken", async () => {
    const hub = await start.hub();
    const error = await start.hub({ port: hub.port }).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(RerunError).with.property("code", "address-in-use");
    expect(String(error)).to.include(`Port ${hub.port} is taken`);
  });

  it("counts for each browser what it has", async () => {
    const hub = await start.hub();
    hub.append([item(1, 100)]);
    const client = await start.client(hub.port, { headers: { "user-agent": "spec" } });
    await client.until(() => client.frames.length === 1);
    await untilBrowsers(hub, (all) => all[0]?.ackedBytes === 100);
    expect(hub.clients[0]).to.deep.include({
      address: "127.0.0.1",
      userAgent: "spec",
      state: "live",
      sentMessages: 1,
      sentBytes: 100,
      ackedBytes: 100,
      queuedBytes: 0,
      dropped: 0,
    });
  });
});
