import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { RecordingStream, RerunError, Scalars, TextLog } from "../../../lib/index.ts";
import type { LogMsg } from "../../../lib/log-msg.ts";
import type { Delivery, Sink, SinkHost } from "../../../lib/sink.ts";
import { memory, save } from "../../../sinks/index.ts";
import { decodeRrd } from "../../helpers/decode-rrd.ts";
import { framesOf, GrpcPeer, writeRequest } from "../../helpers/grpc-peer.ts";
import { ROW_BY_ROW, recorded } from "../../helpers/recorded.ts";
import { item, range, untilBrowsers, useHub } from "../../helpers/use-hub.ts";
import { useTempDir } from "../../helpers/use-temp-dir.ts";

describe("a sink at a hub", () => {
  const start = useHub();
  const dir = useTempDir();

  const scalars = (count: number): Promise<readonly LogMsg[]> =>
    recorded((rec) => {
      for (let i = 0; i < count; i++) rec.log("plot", Scalars(i));
    }, ROW_BY_ROW);

  const idsOf = (messages: readonly LogMsg[]): string[] =>
    messages.flatMap((message) => (message.kind === "chunk" ? [String(message.chunk.id)] : []));

  async function peer(port: number): Promise<GrpcPeer> {
    const connected = await GrpcPeer.connect(port);
    start.onEnd(() => connected.close());
    return connected;
  }

  it("gets the history and what comes, each message once and in order, however often it is sent", async () => {
    const hub = await start.hub();
    const messages = await scalars(20);
    const frames = framesOf(messages);
    const writer = await peer(hub.port);
    await writer.write(frames.slice(0, 10));
    const sink = memory();
    const detach = hub.attach(sink);
    await writer.write(frames);
    await writer.write(frames);
    for (const message of messages) hub.take(message);
    await detach();
    expect(idsOf(sink.messages)).to.deep.equal(idsOf(messages));
    expect(sink.messages.map(({ kind }) => kind)).to.deep.equal(messages.map(({ kind }) => kind));
  });

  it("such as save makes a file that is complete when it is detached", async () => {
    const hub = await start.hub();
    const messages = await scalars(50);
    const detach = hub.attach(save(dir.file("a.rrd")));
    await (await peer(hub.port)).write(framesOf(messages));
    await detach();
    const { chunks, manifests } = decodeRrd(await readFile(dir.file("a.rrd")));
    expect(chunks.map(({ chunkId }) => chunkId)).to.deep.equal(
      idsOf(messages).map((id) => id.toLowerCase()),
    );
    expect(manifests).to.have.lengthOf(1);
  });

  it("is closed, with the rest, when the hub ends", async () => {
    const hub = await start.hub();
    const sink = memory();
    hub.attach(sink);
    const messages = await scalars(10);
    for (const message of messages) hub.take(message);
    await hub.close(AbortSignal.timeout(1000));
    expect(sink.messages).to.have.lengthOf(messages.length);
  });

  it("holds back those who log by network while it is behind, and loses nothing", async function () {
    this.timeout(30_000);
    const hub = await start.hub({ historyBytes: 1024, maxChunkBytes: 2 ** 20 });
    let release: () => void = () => undefined;
    const taken: LogMsg[] = [];
    const slow: Sink = {
      write: (messages) => {
        taken.push(...messages);
        return new Promise((resolve) => {
          release = resolve;
        });
      },
    };
    const detach = hub.attach(slow);
    const big = await recorded((rec) => {
      for (let i = 0; i < 120; i++) rec.log("text", TextLog(String(i).padEnd(500_000, "x")));
    }, ROW_BY_ROW);
    const call = (await peer(hub.port)).call("WriteMessages");
    for (const frame of framesOf(big)) call.send(writeRequest(frame));
    call.stream.end();
    let answered = false;
    void call.end.then(() => {
      answered = true;
    });
    // Its limit of 32 MiB, and what was on its way.
    await untilBrowsers(hub, ([writer]) => (writer?.receivedBytes ?? 0) > 32e6);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(answered).to.equal(false);
    expect(hub.clients[0]?.receivedBytes).to.be.lessThan(45e6);
    const timer = setInterval(() => release(), 1);
    start.onEnd(() => clearInterval(timer));
    expect((await call.end).status).to.equal(0);
    await detach();
    expect(idsOf(taken)).to.deep.equal(idsOf(big));
  });

  it("holds back a recording of the same program, too", async () => {
    const sink = await start.serve({ compression: "none" });
    const taken: LogMsg[] = [];
    let release: () => void = () => undefined;
    sink.attach({
      write: (messages) => {
        taken.push(...messages);
        return new Promise((resolve) => {
          release = resolve;
        });
      },
    });
    const rec = new RecordingStream("spec", { batch: { flushNumRows: 1 } });
    rec.attach(sink, { budgetBytes: 1e9 });
    for (let i = 0; i < 100; i++) rec.log("text", TextLog(String(i).padEnd(500_000, "x")));
    expect(rec.stats.sinks[0]?.queuedBytes).to.be.greaterThan(1e6);
    const timer = setInterval(() => release(), 1);
    start.onEnd(() => clearInterval(timer));
    expect((await rec.flush()).complete).to.equal(true);
    await rec.close();
    expect(
      taken.filter((m) => m.kind === "chunk" && m.chunk.entityPath === "/text"),
    ).to.have.lengthOf(100);
  });

  it("that fails is told of, and disturbs nobody", async () => {
    const hub = await start.hub();
    const errors: RerunError[] = [];
    hub.errors$.subscribe((error) => errors.push(error));
    const detach = hub.attach({
      name: "bad",
      write: () => {
        throw new Error("it does not work");
      },
    });
    const good = memory();
    hub.attach(good);
    const messages = await scalars(3);
    expect((await (await peer(hub.port)).write(framesOf(messages))).status).to.equal(0);
    await hub.drained({ patienceMs: 1000 });
    expect(good.messages).to.have.lengthOf(messages.length);
    expect(errors.map(({ message }) => message)).to.deep.equal(["it does not work"]);
    const error = await detach().catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(RerunError);
  });

  it("may take messages long before they are delivered, and begin anew", async () => {
    const hub = await start.hub();
    const messages = await scalars(10);
    let host: SinkHost | undefined;
    const calls: LogMsg[][] = [];
    const deliver: (() => void)[] = [];
    const sink: Sink = {
      attached: (given) => {
        host = given;
      },
      write: (batch): Delivery => {
        calls.push([...batch]);
        return { delivered: new Promise((resolve) => deliver.push(resolve)) };
      },
    };
    hub.attach(sink);
    for (const message of messages.slice(0, 5)) hub.take(message);
    await untilSettled();
    for (const message of messages.slice(5)) hub.take(message);
    await untilSettled();
    expect(idsOf(calls.flat())).to.deep.equal(idsOf(messages));
    host?.replay();
    expect(idsOf(calls.splice(2).flat())).to.deep.equal(idsOf(messages));
    for (const done of deliver) done();
    await hub.drained({ patienceMs: 1000 });
  });

  it("is not given what cannot be decoded here, which is told once it comes up", async () => {
    const hub = await start.hub();
    const errors: RerunError[] = [];
    hub.errors$.subscribe((error) => errors.push(error));
    const sink = memory();
    hub.attach(sink);
    hub.append([item(1), ...range(2, 4).map((i) => item(i))]);
    const messages = await scalars(1);
    for (const message of messages) hub.take(message);
    await hub.drained({ patienceMs: 1000 });
    expect(sink.messages).to.have.lengthOf(messages.length);
    expect(errors).to.have.lengthOf(3);
  });
});

const untilSettled = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(() => setImmediate(resolve));
  });
