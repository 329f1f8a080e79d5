import { once } from "node:events";
import { expect } from "chai";
import { Points3D, TextLog } from "../../../lib/index.ts";
import type { Hub } from "../../../lib/node/hub.ts";
import {
  field,
  framesOf,
  GrpcPeer,
  type GrpcPeerOptions,
  prefixed,
} from "../../helpers/grpc-peer.ts";
import { ROW_BY_ROW, recorded } from "../../helpers/recorded.ts";
import { item, range, untilBrowsers, useHub } from "../../helpers/use-hub.ts";

const EMPTY = new Uint8Array(0);

describe("Hub over gRPC refuses", () => {
  const start = useHub();

  async function peer(hub: Hub, options?: GrpcPeerOptions): Promise<GrpcPeer> {
    const connected = await GrpcPeer.connect(hub.port, options);
    start.onEnd(() => connected.close());
    return connected;
  }

  const points = (count: number): Promise<Uint8Array[]> =>
    recorded((rec) => {
      for (let i = 0; i < count; i++) rec.log("points", Points3D([[i, 0, 0]]));
    }, ROW_BY_ROW).then(framesOf);

  it("who has not the token, does not come for this host, or comes from a page elsewhere", async () => {
    const hub = await start.hub({ token: "secret" });
    const statusOf = async (headers: Record<string, string | null>): Promise<unknown> => {
      const call = (await peer(hub)).call("WriteMessages", headers);
      call.stream.end();
      return (await call.end).status;
    };
    const authorization = "Bearer secret";
    expect(await statusOf({ authorization })).to.equal(0);
    expect(await statusOf({ authorization: "bearer   secret" })).to.equal(0);
    for (const wrong of [null, "Bearer wrong", "Bearer", "secret", "Basic secret", "Bearer secre"])
      expect(await statusOf({ authorization: wrong }), String(wrong)).to.equal(16);
    expect(await statusOf({ authorization, ":authority": "evil.example" })).to.equal(7);
    expect(await statusOf({ authorization, origin: "https://evil.example" })).to.equal(7);
    expect(await statusOf({ authorization, origin: "http://localhost:3000" })).to.equal(0);
  });

  it("methods that it does not have, and what is no gRPC", async () => {
    const hub = await start.hub();
    const connected = await peer(hub);
    for (const method of ["SaveScreenshot", "Nothing", "toString", "/WriteMessages"]) {
      const call = connected.call(method);
      call.stream.end();
      expect((await call.end).status, method).to.equal(12);
    }
    const json = connected.call("WriteMessages", { "content-type": "application/json" });
    expect((await json.end).headers[":status"]).to.equal(415);
    const page = connected.call("/", { ":method": "GET" });
    expect((await page.end).headers[":status"]).to.equal(404);
  });

  const malformed: readonly [string, number, Buffer][] = [
    ["a frame with another flag", 3, Buffer.from([7, 0, 0, 0, 0])],
    ["a compressed message", 12, Buffer.from([1, 0, 0, 0, 1, 0])],
    ["a message without end", 3, Buffer.from([0, 0, 0, 0, 9, 1, 2])],
    ["a message that is too large", 8, Buffer.from([0, 0xff, 0xff, 0xff, 0xff])],
    ["what is no protobuf", 3, prefixed(Buffer.from([0xff, 0xff, 0xff]))],
    ["a message in another form", 3, prefixed(Buffer.from([0x0d, 1, 2, 3, 4]))],
  ];
  for (const [name, code, bytes] of malformed) {
    it(`${name}, and goes on`, async () => {
      const hub = await start.hub();
      const reader = (await peer(hub)).read();
      const call = (await peer(hub)).call("WriteMessages");
      call.stream.write(bytes);
      if (code === 3) call.stream.end();
      const { status, message } = await call.end;
      expect(status, message).to.equal(code);
      expect(message).not.to.equal("");
      const frames = await points(1);
      expect((await (await peer(hub)).write(frames)).status).to.equal(0);
      await reader.until(() => reader.messages.length === frames.length);
    });
  }

  it("readers that say more than that they want to read, or nothing at all", async () => {
    const hub = await start.hub();
    for (const messages of [[], [EMPTY, EMPTY], [EMPTY, EMPTY, EMPTY]]) {
      const call = (await peer(hub)).call("ReadMessages");
      for (const message of messages) call.send(message);
      // Who said too much may go on for as long as it likes.
      if (messages.length === 0) call.stream.end();
      expect((await call.end).status).to.equal(3);
    }
    await untilBrowsers(hub, (all) => all.length === 0);
  });

  it("messages that no viewer could read, alone: the rest of that writer goes on, and hears of it", async () => {
    const hub = await start.hub();
    const reader = (await peer(hub)).read();
    const frames = await points(4);
    const broken = frames.map((frame) => Uint8Array.from(frame));
    // The middle of an Arrow stream, and a chunk whose LZ4 block is none.
    (broken[2] as Uint8Array).fill(0xff, 300, 400);
    const lz4 = Buffer.concat([Buffer.from([2]), Buffer.alloc(15), broken[3] as Uint8Array]);
    const { status, headers } = await (await peer(hub)).write([
      ...broken.slice(0, 3),
      lz4,
      ...frames.slice(3),
    ]);
    expect(status).to.equal(0);
    expect(headers["rerun-rx-refused"]).to.equal("2");
    const sent = [frames[0], frames[1], frames[3], frames[4]] as Uint8Array[];
    await reader.until(() => reader.messages.length === sent.length);
    expect(Buffer.concat(reader.frames)).to.deep.equal(Buffer.concat(sent));
  });

  it("chunks that would be too large once they are unpacked", async () => {
    const hub = await start.hub({ maxChunkBytes: 64 * 1024 });
    // 200 bytes that claim to stand for 50 000, and for 60 MB.
    const bomb = (size: number): Buffer => {
      const payload = Buffer.alloc(200, 0xff);
      return Buffer.concat([Buffer.from([2]), Buffer.alloc(15), arrowMsg(payload, size)]);
    };
    for (const size of [50_000, 60_000_000]) {
      const { status, headers } = await (await peer(hub)).write([bomb(size)]);
      expect([status, headers["rerun-rx-refused"]]).to.deep.equal([0, "1"]);
    }
    const large = framesOf(
      await recorded((rec) => rec.log("points", Points3D(new Float32Array(3 * 10_000)))),
    );
    expect((await (await peer(hub)).write(large)).status).to.equal(8);
  });

  it("static data beyond its limit, instead of forgetting any", async () => {
    const hub = await start.hub({ maxStaticBytes: 20_000 });
    const frames = framesOf(
      await recorded((rec) => {
        for (let i = 0; i < 40; i++) rec.log(`logs/${i}`, TextLog("static"), { static: true });
      }),
    );
    const { status, message } = await (await peer(hub)).write(frames);
    expect(status).to.equal(8);
    expect(message).to.include("static data");
    const reader = (await peer(hub)).read();
    await reader.until(() => reader.messages.length > 5);
    const got = Buffer.concat(reader.frames);
    expect(Buffer.concat(frames).subarray(0, got.length)).to.deep.equal(got);
  });

  it("more calls than it may have, and lets others in when they have gone", async () => {
    const hub = await start.hub({ maxConnections: 3 });
    const connected = await peer(hub);
    const readers = range(0, 3).map(() => connected.read());
    for (const reader of readers) await once(reader.stream, "response");
    expect((await connected.read().end).status).to.equal(8);
    readers[0]?.cancel();
    await untilBrowsers(hub, (all) => all.length === 2);
    const again = connected.read();
    hub.append([item(1)]);
    await again.until(() => again.messages.length === 1);
  });
});

/** An ArrowMsg of a store, LZ4, with this payload and what it says of its size. */
function arrowMsg(payload: Uint8Array, uncompressedSize: number): Buffer {
  const varint = (id: number, value: number): Buffer => {
    const bytes = [id * 8];
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest & 127) | 128);
    return Buffer.from([...bytes, rest]);
  };
  const store = Buffer.concat([
    varint(1, 1),
    field(2, Buffer.from("rec")),
    field(3, field(1, Buffer.from("app"))),
  ]);
  return Buffer.concat([
    field(1, store),
    varint(2, 2),
    varint(3, uncompressedSize),
    varint(4, 1),
    field(5, payload),
  ]);
}
