import { expect } from "chai";
import { WebSocket } from "ws";
import { Points3D, RecordingStream, RerunError, Scalars, TextLog } from "../../lib/index.ts";
import {
  type ProducerSocket,
  type SocketOptions,
  type SocketSink,
  socket,
} from "../../sinks/socket.ts";
import { bytesKeptBy } from "../helpers/heap.ts";
import { useLines } from "../helpers/lines.ts";
import { eventually, freePort } from "../helpers/receivers.ts";
import { recorded } from "../helpers/recorded.ts";
import { usePrograms } from "../helpers/run-program.ts";
import { heldBy, range, rowsAt, untilBrowsers, useHub } from "../helpers/use-hub.ts";

describe("socket", () => {
  const start = useHub();
  const open = useLines();
  const run = usePrograms();

  const urlOf = ({ port }: { port: number }): string => `http://127.0.0.1:${port}`;

  function logTo(
    url: string,
    options: SocketOptions = {},
  ): { rec: RecordingStream; sink: SocketSink } {
    const rec = new RecordingStream("spec", { sendProperties: false });
    const sink = socket(url, options);
    rec.attach(sink);
    start.onEnd(() => rec.close({ signal: AbortSignal.abort() }));
    return { rec, sink };
  }

  it("gives a hub what is logged, and says so when it is in", async () => {
    const hub = await start.hub();
    const { rec, sink } = logTo(urlOf(hub));
    for (let i = 0; i < 5000; i++) rec.log("plot", Scalars(i));
    const result = await rec.flush();
    expect(result).to.deep.include({ complete: true });
    expect(result.sinks[0]).to.deep.include({ state: "open", deliveredRows: 5000, droppedRows: 0 });
    expect(rowsAt(await heldBy(hub), "/plot")).to.equal(5000);
    expect(sink.url).to.equal(`ws://127.0.0.1:${hub.port}/ws`);
    await rec.close();
    expect(sink.state).to.equal("closed");
    await untilBrowsers(hub, (all) => all.length === 0);
  });

  it("sends chunks larger than the window in pieces", async () => {
    const hub = await start.hub({ windowBytes: 200_000, maxMessageBytes: 50_000 });
    const { rec } = logTo(urlOf(hub), { compression: "none" });
    rec.log("points", Points3D(new Float32Array(3_000_000)));
    expect((await rec.flush()).complete).to.equal(true);
    expect(rowsAt(await heldBy(hub), "/points")).to.equal(1);
  });

  it("waits until a hub appears", async () => {
    const port = await freePort();
    const { rec, sink } = logTo(`http://127.0.0.1:${port}`);
    for (let i = 0; i < 100; i++) rec.log("plot", Scalars(i));
    expect(sink.state).to.equal("connecting");
    const flushed = rec.flush();
    const hub = await start.hub({ port });
    expect((await flushed).complete).to.equal(true);
    expect(rowsAt(await heldBy(hub), "/plot")).to.equal(100);
  });

  it("goes on where it was after a break, nothing lost and nothing twice", async function () {
    this.timeout(20_000);
    const hub = await start.hub();
    const line = await open(hub);
    const { rec } = logTo(urlOf(line));
    let row = 0;
    for (const _ of range(0, 8)) {
      for (let i = 0; i < 2000; i++) rec.log("plot", Scalars(row++));
      await new Promise((resolve) => setTimeout(resolve, 5));
      line.cut();
    }
    expect((await rec.flush()).complete).to.equal(true);
    const held = await heldBy(hub);
    expect(rowsAt(held, "/plot")).to.equal(row);
    expect(held.filter(({ kind }) => kind === "set-store-info")).to.have.lengthOf(1);
    expect(rec.stats.sinks[0]).to.deep.include({ deliveredRows: row, droppedRows: 0 });
  });

  it("notices a line that freezes without a word, and goes on where it was once it gets through", async () => {
    const hub = await start.hub({ aliveMs: 100 });
    const line = await open(hub);
    const { rec, sink } = logTo(urlOf(line));
    const told: RerunError[] = [];
    rec.errors$.subscribe((error) => told.push(error));
    for (let i = 0; i < 100; i++) rec.log("plot", Scalars(i));
    await rec.flush();
    // Nothing is wrong with silence of data.
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(sink.state).to.equal("open");
    expect(line.connections).to.equal(1);
    const began = performance.now();
    line.freeze();
    await eventually(() => sink.state === "reconnecting", "the loss");
    expect(performance.now() - began).to.be.below(3_000);
    expect(told.map(({ message }) => message).join()).to.match(/no sign of life for 300 ms/);
    for (let i = 0; i < 50; i++) rec.log("plot", Scalars(i));
    line.thaw();
    expect((await rec.flush({ signal: AbortSignal.timeout(15_000) })).complete).to.equal(true);
    expect(rowsAt(await heldBy(hub), "/plot")).to.equal(150);
  });

  it("has as much patience as the program likes, and ends in time on a frozen line", async () => {
    const hub = await start.hub({ aliveMs: 100 });
    const line = await open(hub);
    const { rec, sink } = logTo(urlOf(line), { silenceMs: 60_000 });
    rec.log("plot", Scalars(1));
    await rec.flush();
    line.freeze();
    rec.log("plot", Scalars(2));
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(sink.state).to.equal("open");
    const began = performance.now();
    const { complete } = await rec.close({ signal: AbortSignal.timeout(200) });
    expect(complete).to.equal(false);
    expect(performance.now() - began).to.be.below(3_000);
  });

  it("gives a hub that was restarted everything that the recording holds", async () => {
    const first = await start.hub();
    const { port } = first;
    const { rec, sink } = logTo(urlOf(first));
    rec.log("static", TextLog("s"), { static: true });
    for (let i = 0; i < 100; i++) rec.log("plot", Scalars(i));
    await rec.flush();
    await first.close(AbortSignal.abort());
    rec.log("plot", Scalars(100));
    const second = await start.hub({ port });
    expect((await rec.flush()).complete).to.equal(true);
    expect(sink.state).to.equal("open");
    const held = await heldBy(second);
    expect(rowsAt(held, "/plot")).to.equal(101);
    expect(rowsAt(held, "/static")).to.equal(1);
    expect(held[0]?.kind).to.equal("set-store-info");
    expect(rec.stats.sinks[0]).to.deep.include({ deliveredRows: 102, droppedRows: 0 });
  });

  it("holds the recording back while the hub takes nothing, and drops for itself alone", async function () {
    this.timeout(20_000);
    const hub = await start.hub();
    let release: () => void = () => undefined;
    hub.attach({
      write: () =>
        new Promise((resolve) => {
          release = resolve;
        }),
    });
    const rec = new RecordingStream("spec", { sendProperties: false, batch: { flushNumRows: 1 } });
    const attached = rec.attach(socket(urlOf(hub), { compression: "none" }), { budgetBytes: 5e6 });
    start.onEnd(() => rec.close({ signal: AbortSignal.abort() }));
    const errors: RerunError[] = [];
    rec.errors$.subscribe((error) => errors.push(error));
    for (let i = 0; i < 300; i++) {
      rec.log("text", TextLog(String(i).padEnd(400_000, "x")));
      if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const { stats } = attached;
    expect(stats.droppedRows).to.be.greaterThan(50);
    expect(new Set(errors.map(({ code }) => code))).to.deep.equal(new Set(["data-dropped"]));
    const timer = setInterval(() => release(), 1);
    start.onEnd(() => clearInterval(timer));
    await rec.flush();
    // Losses are told in the recording itself, too.
    await rec.flush();
    const { deliveredRows, droppedRows } = attached.stats;
    expect(deliveredRows + droppedRows).to.equal(rec.stats.loggedRows);
  });

  it("takes messages as an RxJS observer, also before there is a hub", async () => {
    const port = await freePort();
    const messages = await recorded((rec) => {
      for (let i = 0; i < 10; i++) rec.log("plot", Scalars(i));
    });
    const sink = socket(`ws://127.0.0.1:${port}/ws`);
    for (const message of messages) sink.next(message);
    const hub = await start.hub({ port });
    sink.complete();
    await untilBrowsers(hub, (all) => all.length === 1);
    await untilBrowsers(hub, (all) => all.length === 0);
    expect(rowsAt(await heldBy(hub), "/plot")).to.equal(10);
  });

  it("has the token of its URL, or of its options; fails for good when it is wrong", async () => {
    const hub = await start.hub({ token: "s&cret" });
    for (const [url, options] of [
      [`${urlOf(hub)}/#token=s%26cret`, {}],
      [urlOf(hub), { token: "s&cret" }],
    ] as const) {
      const { rec, sink } = logTo(url, options);
      rec.log("plot", Scalars(1));
      expect((await rec.flush()).complete).to.equal(true);
      expect(sink.name).not.to.include("cret");
    }
    const { rec, sink } = logTo(urlOf(hub), { token: "wrong" });
    rec.log("plot", Scalars(1));
    const { complete, sinks } = await rec.flush();
    expect(complete).to.equal(false);
    expect(sinks[0]?.error).to.be.instanceOf(RerunError).with.property("code", "access-denied");
    expect(sink.state).to.equal("failed");
  });

  it("tells at the call what is wrong with a URL, or an option", () => {
    expect(() => socket("http://host", { silenceMs: 0 }))
      .to.throw(RerunError, /`silenceMs` to be a number of milliseconds above 0, got `0`/)
      .with.property("code", "invalid-argument");
    for (const url of ["", "127.0.0.1:9876", "ftp://host", "http://host/elsewhere", 7 as never])
      expect(() => socket(url), url)
        .to.throw(RerunError)
        .with.property("code", "invalid-argument");
    for (const url of ["http://host:1", "https://host/", "ws://host/ws", "wss://host"]) {
      const sink = socket(url, { WebSocket: class extends WebSocket {} as never });
      expect(sink.url).to.match(/^wss?:\/\/host(:1)?\/ws$/);
      void sink.close({ signal: AbortSignal.abort() });
    }
  });

  it("keeps nothing of a flush that ended before there was a hub", async () => {
    // Nothing ever happens on it: whoever waits is not woken.
    class Silent implements ProducerSocket {
      binaryType = "";
      onmessage = null;
      onclose = null;
      onerror = null;
      send(): void {}
      close(): void {}
    }
    const { rec, sink } = logTo("http://127.0.0.1:1", { WebSocket: Silent });
    rec.log("plot", Scalars(1));
    const kept = await bytesKeptBy(async () => {
      const stop = new AbortController();
      const flushing = sink.flush({ signal: stop.signal }).catch((error: unknown) => error);
      stop.abort();
      expect(await flushing).to.have.property("code", "flush-timeout");
    });
    expect(kept).to.be.below(500);
  });

  it("ends within its time when there is no hub", async () => {
    const { rec } = logTo(`http://127.0.0.1:${await freePort()}`);
    rec.log("plot", Scalars(1));
    const started = performance.now();
    const { complete } = await rec.close({ signal: AbortSignal.timeout(200) });
    expect(complete).to.equal(false);
    expect(performance.now() - started).to.be.lessThan(3000);
  });

  it("does not keep a program running, which delivers what it logged all the same", async function () {
    this.timeout(30_000);
    const hub = await start.hub();
    for (const how of ["", "close"]) {
      const { code, stderr } = await run("log-by-socket.ts", { args: [urlOf(hub), "1000", how] })
        .exit;
      expect(code, stderr).to.equal(0);
    }
    // The chunks of the second run are others.
    expect(rowsAt(await heldBy(hub), "/plot")).to.equal(2000);
    const alone = await run("log-by-socket.ts", { args: ["http://127.0.0.1:1", "0"] }).exit;
    expect(alone.code, alone.stderr).to.equal(0);
  });
});
