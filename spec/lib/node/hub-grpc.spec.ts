import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { expect } from "chai";
import { Points3D } from "../../../lib/index.ts";
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

  it("counts those who are connected, by what they do", async () => {
    const hub = await start.hub();
    const writer = (await peer(hub)).call("WriteMessages", { "user-agent": "spec/1" });
    const reader = (await peer(hub)).read();
    await start.client(hub.port);
    const frames = await points(2);
    for (const frame of frames) writer.send(writeRequest(frame));
    await reader.until(() => reader.messages.length === frames.length);
    await untilBrowsers(hub, (all) => all.length === 3);
    const counts = { browsers: 1, producers: 1, readers: 1, connections: 2 };
    expect(hub.peers).to.deep.equal(counts);
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
    // It may have more to say.
    expect(hub.peers).to.deep.equal({ ...counts, producers: 0 });
  });

  it("keeps a connection between its calls, for as long as it answers", async () => {
    const hub = await start.hub({ stallTimeoutMs: 150 });
    const connected = await peer(hub);
    const frames = await points(2);
    expect((await connected.write(frames.slice(0, 2))).status).to.equal(0);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(hub.peers.connections).to.equal(1);
    expect((await connected.write(frames.slice(2))).status).to.equal(0);
    connected.close();
    await untilBrowsers(hub, () => hub.peers.connections === 0);
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

  it("lets go of calls whose connection has broken the protocol, and of who answers no ping", async () => {
    const hub = await start.hub({ stallTimeoutMs: 300 });
    // Data on the connection itself, behind a call that waits: Node reads nothing more and tells nobody.
    const bytes = bytesOfCall(hub.port);
    const broken = connect(hub.port, "127.0.0.1").on("error", () => {});
    start.onEnd(() => broken.destroy());
    broken.write(await bytes);
    await untilBrowsers(hub, (all) => all.length === 1);
    broken.write(Buffer.from([0, 0, 0, 0, 1, 0, 0, 0, 0]));
    const reader = (await peer(hub)).read();
    await untilBrowsers(hub, (all) => all.length === 2);
    await untilBrowsers(hub, (all) => all.length === 1);
    // One that answers stays, though it says nothing else.
    await new Promise((resolve) => setTimeout(resolve, 700));
    hub.append([item(5)]);
    await reader.until(() => reader.messages.length === 1);
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

/** What a client sends to open a call that does not end, up to the last byte of its headers. */
async function bytesOfCall(port: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  const proxy = createServer((near) => {
    const far = connect(port, "127.0.0.1").on("error", () => {});
    near.on("data", (data) => {
      parts.push(data);
      far.write(data);
    });
    near.on("error", () => {});
    near.on("close", () => far.destroy());
    far.pipe(near);
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const peer = await GrpcPeer.connect((proxy.address() as AddressInfo).port);
  const call = peer.read();
  await once(call.stream, "response");
  const bytes = Buffer.concat(parts);
  peer.close();
  proxy.close();
  await once(proxy, "close");
  return bytes;
}
