import { once } from "node:events";
import { connect } from "node:net";
import { expect } from "chai";
import { Points3D, TextLog } from "../../../lib/index.ts";
import type { Hub } from "../../../lib/node/hub.ts";
import {
  field,
  framesOf,
  GrpcPeer,
  type GrpcPeerCall,
  type GrpcPeerOptions,
  prefixed,
  writeRequest,
} from "../../helpers/grpc-peer.ts";
import { ROW_BY_ROW, recorded } from "../../helpers/recorded.ts";
import { item, range, untilBrowsers, useHub } from "../../helpers/use-hub.ts";

describe("Hub over gRPC", () => {
  const start = useHub();

  async function peer(hub: Hub, options?: GrpcPeerOptions): Promise<GrpcPeer> {
    const connected = await GrpcPeer.connect(hub.port, options);
    start.onEnd(() => connected.close());
    return connected;
  }

  const points = (count: number): Promise<Uint8Array[]> =>
    recorded((rec) => {
      for (let i = 0; i < count; i++) {
        rec.setTime("frame", { sequence: i });
        rec.log("points", Points3D([[i, 0, 0]]));
      }
    }, ROW_BY_ROW).then(framesOf);

  it("answers a writer once all of its messages are in, and gives them to readers as they came", async () => {
    const hub = await start.hub();
    const frames = await points(20);
    const writer = await peer(hub);
    const { status, headers } = await writer.write(frames);
    expect(status).to.equal(0);
    expect(headers).not.to.have.property("rerun-rx-refused");
    const reader = (await peer(hub)).read();
    await reader.until(() => reader.messages.length === frames.length);
    expect(Buffer.concat(reader.frames).equals(Buffer.concat(frames))).to.equal(true);
  });

  it("sends headers at once, then what comes, to several readers and browsers, until they leave", async () => {
    const hub = await start.hub();
    const [first, second] = [await peer(hub), await peer(hub)].map((each) => each.read());
    const readers = [first, second] as [GrpcPeerCall, GrpcPeerCall];
    for (const reader of readers) await once(reader.stream, "response");
    const browser = await start.client(hub.port);
    const frames = await points(10);
    const writer = await peer(hub);
    await writer.write(frames.slice(0, 5));
    for (const reader of readers) await reader.until(() => reader.messages.length === 5);
    readers[0].cancel();
    await untilBrowsers(hub, (all) => all.filter(({ role }) => role === "reader").length === 1);
    await writer.write(frames.slice(5));
    await readers[1].until(() => readers[1].messages.length === frames.length);
    await browser.until(() => browser.frames.length === frames.length);
    for (const got of [readers[1].frames, browser.frames])
      expect(Buffer.concat(got).equals(Buffer.concat(frames))).to.equal(true);
  });

  it("takes a message that comes byte by byte, and many that come at once", async () => {
    const hub = await start.hub();
    const frames = await points(3);
    const bytes = Buffer.concat(frames.map((frame) => prefixed(writeRequest(frame))));
    const call = (await peer(hub)).call("WriteMessages");
    for (const byte of bytes.subarray(0, 1000)) call.stream.write(Buffer.of(byte));
    call.stream.end(bytes.subarray(1000));
    expect((await call.end).status).to.equal(0);
    const reader = (await peer(hub)).read();
    await reader.until(() => reader.messages.length === frames.length);
    expect(Buffer.concat(reader.frames).equals(Buffer.concat(frames))).to.equal(true);
  });

  it("passes large chunks, without holding them more than once for each that is on its way", async function () {
    this.timeout(20_000);
    const hub = await start.hub({ historyBytes: 256 * 2 ** 20 });
    const xyz = new Float32Array(3 * 2 ** 20);
    const frames = framesOf(await recorded((rec) => rec.log("points", Points3D(xyz))));
    expect(Math.max(...frames.map(({ length }) => length))).to.be.greaterThan(12e6);
    expect((await (await peer(hub)).write(frames)).status).to.equal(0);
    const reader = (await peer(hub)).read();
    await reader.until(() => reader.messages.length === frames.length);
    expect(Buffer.concat(reader.frames).equals(Buffer.concat(frames))).to.equal(true);
  });

  it("carries what several programs log, each in its own order", async () => {
    const hub = await start.hub();
    const streams = await Promise.all(range(0, 4).map(() => points(50)));
    const reader = (await peer(hub)).read();
    const ends = await Promise.all(streams.map(async (frames) => (await peer(hub)).write(frames)));
    expect(ends.map(({ status }) => status)).to.deep.equal([0, 0, 0, 0]);
    await reader.until(() => reader.messages.length === 204);
    const got = reader.frames.map((frame) => Buffer.from(frame).toString("base64"));
    for (const frames of streams) {
      const mine = new Set(frames.map((frame) => Buffer.from(frame).toString("base64")));
      expect(got.filter((frame) => mine.has(frame))).to.deep.equal([...mine]);
    }
  });

  /** The numbers that `item` put into what a reader got. */
  const numbersIn = (call: GrpcPeerCall): number[] =>
    call.frames.map((frame) => Buffer.from(frame).readUInt32LE(16));

  it("drops the oldest temporal data of a reader that does not read, and of no other", async function () {
    this.timeout(20_000);
    const size = 64 * 1024;
    const hub = await start.hub({ historyBytes: 8 * size, clientBudgetBytes: 8 * size });
    const slow = (await peer(hub)).read();
    await once(slow.stream, "response");
    slow.stream.pause();
    const quick = (await peer(hub)).read();
    const before = process.memoryUsage().arrayBuffers;
    for (const i of range(0, 800)) {
      hub.append([item(i, size, { pinned: i % 100 === 0 })]);
      await quick.until(() => quick.messages.length === i + 1);
    }
    // What waits for it is within its budget, and what the network took within the windows.
    expect(process.memoryUsage().arrayBuffers - before).to.be.lessThan(150 * 2 ** 20);
    const [progress] = hub.clients.filter(({ dropped }) => dropped > 0);
    expect(progress).to.deep.include({ role: "reader", protocol: "grpc", state: "catching-up" });
    slow.stream.resume();
    await slow.until(() => numbersIn(slow).at(-1) === 799);
    const got = numbersIn(slow);
    expect(got).to.deep.equal(got.toSorted((a, b) => a - b));
    expect(got.length + (progress?.dropped ?? 0)).to.equal(800);
    expect(got).to.include.members(range(0, 8).map((i) => i * 100));
    expect(numbersIn(quick)).to.deep.equal(range(0, 800));
  });

  it("lets late readers begin with what is pinned, and then with the newest if told so", async () => {
    const hub = await start.hub({ replay: "newest-first" });
    hub.append(range(0, 10).map((i) => item(i, 64, { pinned: i === 3 || i === 5 })));
    const reader = (await peer(hub)).read();
    await reader.until(() => reader.messages.length === 10);
    hub.append([item(10), item(11)]);
    await reader.until(() => reader.messages.length === 12);
    expect(numbersIn(reader)).to.deep.equal([3, 5, 9, 8, 7, 6, 4, 2, 1, 0, 10, 11]);
  });

  it("gives what comes in precedence over history, newest first", async () => {
    const size = 512 * 1024;
    const hub = await start.hub({ replay: "newest-first" });
    hub.append(range(0, 60).map((i) => item(i, size)));
    const reader = (await peer(hub)).read();
    await reader.until(() => reader.messages.length >= 5);
    hub.append([item(100)]);
    await reader.until(() => reader.messages.length === 61);
    const got = numbersIn(reader);
    expect(got.indexOf(100)).to.be.within(5, 55);
    expect(got.filter((i) => i !== 100)).to.deep.equal(range(0, 60).toReversed());
  });

  it("keeps no history when the limit is 0, but passes on what comes", async () => {
    const hub = await start.hub({ historyBytes: 0 });
    const early = (await peer(hub)).read();
    await once(early.stream, "response");
    const frames = await points(5);
    await (await peer(hub)).write(frames);
    await early.until(() => early.messages.length === frames.length);
    const late = (await peer(hub)).read();
    await late.until(() => late.messages.length === 1);
    hub.append([item(7)]);
    await late.until(() => late.messages.length === 2);
    // The store info, and then nothing but what came.
    expect(late.frames[0]).to.deep.equal(early.frames[0]);
    expect(numbersIn(late)[1]).to.equal(7);
  });

  it("takes a chunk once, however often it is sent, and a store info that says nothing new", async () => {
    const hub = await start.hub();
    const frames = await points(10);
    const writer = await peer(hub);
    for (const _ of range(0, 3)) expect((await writer.write(frames)).status).to.equal(0);
    await writer.write(await points(1));
    const reader = (await peer(hub)).read();
    // Another recording: its info and its point.
    await reader.until(() => reader.messages.length === frames.length + 2);
    expect(Buffer.concat(reader.frames.slice(0, frames.length))).to.deep.equal(
      Buffer.concat(frames),
    );
  });

  describe("tables", () => {
    const table = (id: string, data: string): Buffer =>
      Buffer.concat([field(1, field(1, Buffer.from(id))), field(2, field(2, Buffer.from(data)))]);

    async function writeTable(hub: Hub, bytes: Uint8Array): Promise<number | undefined> {
      const call = (await peer(hub)).call("WriteTable");
      call.send(bytes);
      call.stream.end();
      return (await call.end).status;
    }

    it("pass through as they came, to those who read tables alone", async () => {
      const hub = await start.hub();
      const tables = (await peer(hub)).read("ReadTables");
      const messages = (await peer(hub)).read("ReadMessages");
      expect(await writeTable(hub, table("a", "1"))).to.equal(0);
      const frames = await points(1);
      await (await peer(hub)).write(frames);
      expect(await writeTable(hub, table("b", "2"))).to.equal(0);
      await messages.until(() => messages.messages.length === frames.length);
      const late = (await peer(hub)).read("ReadTables");
      for (const reader of [tables, late]) {
        await reader.until(() => reader.messages.length === 2);
        expect(reader.messages).to.deep.equal([table("a", "1"), table("b", "2")]);
      }
    });

    it("are refused without id or data, and go when the history does, but for the latest of each id", async () => {
      const hub = await start.hub({ historyBytes: 4096 });
      for (const bad of [Buffer.alloc(0), field(1, Buffer.alloc(0)), Buffer.from([0xff])])
        expect(await writeTable(hub, bad)).to.equal(3);
      await writeTable(hub, table("once", "x"));
      for (const i of range(0, 40)) await writeTable(hub, table("often", String(i)));
      const late = (await peer(hub)).read("ReadTables");
      await late.until(() => late.messages.at(-1)?.equals(table("often", "39")) === true);
      expect(late.messages[0]).to.deep.equal(table("once", "x"));
      expect(late.messages.length).to.be.lessThan(20);
    });
  });

  describe("refuses", () => {
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
      for (const wrong of [
        null,
        "Bearer wrong",
        "Bearer",
        "secret",
        "Basic secret",
        "Bearer secre",
      ])
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

  it("counts those who are connected, by what they do", async () => {
    const hub = await start.hub();
    const writer = (await peer(hub)).call("WriteMessages", { "user-agent": "spec/1" });
    const reader = (await peer(hub)).read();
    await start.client(hub.port);
    const frames = await points(2);
    for (const frame of frames) writer.send(writeRequest(frame));
    await reader.until(() => reader.messages.length === frames.length);
    await untilBrowsers(hub, (all) => all.length === 3);
    expect(hub.peers).to.deep.equal({ browsers: 1, producers: 1, readers: 1 });
    const health = await fetch(`http://127.0.0.1:${hub.port}/healthz`);
    expect(await health.json()).to.deep.include({
      clients: 3,
      browsers: 1,
      producers: 1,
      readers: 1,
    });
    expect(hub.clients.find(({ role }) => role === "producer")).to.deep.include({
      protocol: "grpc",
      address: "127.0.0.1",
      userAgent: "spec/1",
      receivedMessages: frames.length,
      refusedMessages: 0,
    });
    writer.stream.end();
    expect((await writer.end).status).to.equal(0);
    await untilBrowsers(hub, (all) => all.length === 2);
  });

  it("ends its calls when it ends: readers have everything, writers are told to go elsewhere", async () => {
    const hub = await start.hub();
    const reader = (await peer(hub)).read();
    const writer = (await peer(hub)).call("WriteMessages");
    await untilBrowsers(hub, (all) => all.length === 2);
    hub.append(range(0, 100).map((i) => item(i, 10_000)));
    await hub.close(AbortSignal.timeout(5000));
    expect((await reader.end).status).to.equal(0);
    expect(numbersIn(reader)).to.deep.equal(range(0, 100));
    expect((await writer.end).status).to.equal(14);
  });

  it("lets go of connections that do nothing, and of those that only half exist", async () => {
    const hub = await start.hub();
    const { session } = await peer(hub);
    const socket = connect(hub.port, "127.0.0.1").on("error", () => {});
    socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    socket.end();
    socket.resume();
    await once(socket, "close");
    // Neither keeps the hub from ending.
    await hub.close(AbortSignal.abort());
    if (!session.destroyed) await once(session, "close");
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
