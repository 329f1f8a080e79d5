import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { filter } from "rxjs";
import { Scalars } from "../../lib/archetypes/index.ts";
import { streamHeader } from "../../lib/encode/rrd.ts";
import { RerunError } from "../../lib/errors.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import { type ConnectSink, connect } from "../../sinks/connect.ts";
import { decodeRrd } from "../helpers/decode-rrd.ts";
import { type FakeCall, FakeProxy, useFakeProxy } from "../helpers/fake-proxy.ts";
import { bytesKeptBy } from "../helpers/heap.ts";
import { useLines } from "../helpers/lines.ts";
import { eventually, freePort } from "../helpers/receivers.ts";
import { flatOf } from "../helpers/rows.ts";

const plain = {
  sendProperties: false,
  logTime: false,
  logTick: false,
  batch: { flushNumRows: 1 },
} as const;

/** What a proxy has, in short: entity and values of each chunk. */
const story = (proxy: FakeProxy): string[] => storyOf([proxy]);

/** The same of a proxy, or of some of its calls. */
function storyOf(parts: readonly { readonly frames: readonly Uint8Array[] }[]): string[] {
  const frames = parts.flatMap((part) => part.frames);
  const { chunks } = decodeRrd(Buffer.concat([streamHeader(), ...frames]));
  // Not what the recording tells of itself.
  return chunks
    .filter(({ entityPath }) => entityPath !== "/__warnings")
    .map(
      (chunk) =>
        `${chunk.entityPath} ${Array.from(flatOf(chunk, "Scalars:scalars"), Number).join(",")}`,
    );
}

const upTo = (end: number, from = 0): number[] =>
  Array.from({ length: end - from }, (_, i) => from + i);

describe("connect", function () {
  this.timeout(30_000);
  const proxy = useFakeProxy();
  const open = useLines();
  let recordings: RecordingStream[] = [];
  let servers: Server[] = [];

  afterEach("end what is left", async () => {
    await Promise.all(recordings.map((rec) => rec.close({ signal: AbortSignal.abort() })));
    for (const each of servers) each.close();
    recordings = [];
    servers = [];
  });

  /** A recording that is closed after the test, and its troubles. */
  function record(options = {}): { readonly rec: RecordingStream; readonly told: RerunError[] } {
    const rec = new RecordingStream("spec", { ...plain, ...options });
    const told: RerunError[] = [];
    rec.errors$.subscribe((error) => told.push(error));
    recordings.push(rec);
    return { rec, told };
  }

  const log = (rec: RecordingStream, ...numbers: readonly number[]): void => {
    for (const number of numbers) rec.log("v", Scalars(number));
  };

  const reaches = (sink: ConnectSink, state: string): Promise<void> =>
    eventually(() => sink.state === state, `${sink.name} to be ${state}`);

  /** A server that does with each connection what it is told. */
  async function server(onSocket: (socket: Socket) => void): Promise<string> {
    const listening = createServer((socket) => {
      socket.on("error", () => undefined);
      servers.push({ close: () => socket.destroy() } as unknown as Server);
      onSocket(socket);
    });
    servers.push(listening);
    listening.listen(0, "127.0.0.1");
    await once(listening, "listening");
    const address = listening.address();
    return `127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  }

  describe("arguments", () => {
    it("are refused at the call, with a code", () => {
      for (const [call, expected] of [
        [() => connect("http://127.0.0.1:9876"), /did you mean "rerun\+http:\/\/"/],
        [() => connect("rerun://a/catalog"), /only the path \/proxy/],
        [() => connect(undefined, { token: "a b" }), /`token` to be printable ASCII/],
        [() => connect(undefined, { token: "a\r\nb: c" }), /`token` to be printable ASCII/],
        [() => connect("a:1", { tls: {} }), /`tls` to be left out for rerun\+http:/],
        [() => connect("a:1", { compression: "zip" as never }), /"lz4" or "none", got "zip"/],
        [() => connect("a:1", { closeTimeoutMs: -1 }), /`closeTimeoutMs` to be a number of mill/],
        [() => connect("a:1", { silenceMs: 0 }), /`silenceMs` to be a number of milliseconds/],
        [() => connect("a:1", { silenceMs: NaN }), /`silenceMs` to be a number of milliseconds/],
      ] as const) {
        expect(call).to.throw(RerunError, expected).with.property("code", "invalid-argument");
      }
    });

    it("have defaults: the viewer on this machine", async () => {
      const sink = connect();
      expect(sink.url).to.equal("rerun+http://127.0.0.1:9876/proxy");
      expect(sink.name).to.equal("connect(rerun+http://127.0.0.1:9876/proxy)");
      expect(sink.state).to.equal("connecting");
      await sink.close();
      expect(sink.state).to.equal("closed");
    });
  });

  describe("delivery", () => {
    it("sends store info first, then everything in order", async () => {
      const viewer = await proxy();
      const { rec } = record();
      log(rec, 1, 2);
      rec.attach(connect(viewer.url));
      log(rec, 3);
      expect((await rec.flush()).complete).to.equal(true);
      expect(viewer.frames[0]?.[0]).to.equal(1);
      expect(story(viewer)).to.deep.equal(["/v 1", "/v 2", "/v 3"]);
    });

    it("counts as delivered what the viewer acknowledged, and nothing before", async () => {
      let answer: (() => void) | undefined;
      const viewer = await proxy({
        onFrame: (call) => {
          if (answer !== undefined) return;
          answer = () => call.answer();
          call.stream.removeAllListeners("end");
        },
      });
      const { rec } = record();
      const attached = rec.attach(connect(viewer.url));
      log(rec, 1);
      let flushed = false;
      const flushing = rec.flush().then((result) => {
        flushed = true;
        return result;
      });
      await eventually(() => viewer.frames.length === 2, "both messages");
      await sleep(50);
      expect(flushed).to.equal(false);
      expect(attached.stats).to.include({ deliveredRows: 0, droppedRows: 0 });
      answer?.();
      expect((await flushing).complete).to.equal(true);
      expect(attached.stats).to.include({ deliveredRows: 1, droppedRows: 0 });
    });

    it("asks for an acknowledgement within a good second when nobody flushes", async () => {
      const viewer = await proxy();
      const { rec } = record();
      const attached = rec.attach(connect(viewer.url));
      log(rec, 1);
      await eventually(() => attached.stats.deliveredRows === 1, "the acknowledgement", 5_000);
    });

    it("needs few calls for many messages", async () => {
      const viewer = await proxy();
      const { rec } = record();
      rec.attach(connect(viewer.url));
      for (let i = 0; i < 100; i++) {
        log(rec, i);
        await sleep(1);
      }
      await rec.flush();
      // The greeting, the messages, and one more if a second has passed.
      expect(viewer.calls.length).to.be.within(2, 4);
      expect(story(viewer)).to.deep.equal(upTo(100).map((i) => `/v ${i}`));
    });

    it("ends a flush when the signal says so, and goes on delivering", async () => {
      const port = await freePort();
      const { rec } = record();
      rec.attach(connect(`127.0.0.1:${port}`));
      log(rec, 1);
      const { complete } = await rec.flush({ signal: AbortSignal.timeout(50) });
      expect(complete).to.equal(false);
      const viewer = await proxy({ port });
      expect((await rec.flush()).complete).to.equal(true);
      expect(story(viewer)).to.deep.equal(["/v 1"]);
    });

    it("keeps nothing of a flush that ended before there was a viewer", async () => {
      const sink = connect(`127.0.0.1:${await freePort()}`);
      const { rec } = record();
      rec.attach(sink);
      log(rec, 1);
      await eventually(() => sink.trouble !== undefined, "that no viewer is there");
      const kept = await bytesKeptBy(async () => {
        const stop = new AbortController();
        const flushing = sink.flush({ signal: stop.signal }).catch((error: unknown) => error);
        stop.abort();
        expect(await flushing).to.have.property("code", "flush-timeout");
      });
      expect(kept).to.be.below(500);
    });

    it("takes messages of any Observable", async () => {
      const viewer = await proxy();
      const { rec } = record();
      const sink = connect(viewer.url);
      rec.messages$.subscribe(sink);
      log(rec, 1, 2);
      await rec.close();
      await reaches(sink, "closed");
      expect(story(viewer)).to.deep.equal(["/v 1", "/v 2"]);
    });

    it("sends what several recordings log, each in order", async () => {
      const viewer = await proxy();
      const [a, b] = [record().rec, record().rec];
      const sink = connect(viewer.url);
      a.attach(sink);
      b.attach(sink);
      log(a, 1, 2);
      b.log("w", Scalars(5));
      await a.close();
      b.log("w", Scalars(6));
      expect((await b.close()).complete).to.equal(true);
      expect(sink.state).to.equal("closed");
      expect(story(viewer).filter((s) => s.startsWith("/v"))).to.deep.equal(["/v 1", "/v 2"]);
      expect(story(viewer).filter((s) => s.startsWith("/w"))).to.deep.equal(["/w 5", "/w 6"]);
    });
  });

  describe("a viewer that comes back", () => {
    it("gets everything anew: static data, history, then what follows", async () => {
      const first = await proxy();
      const { rec, told } = record();
      const sink = connect(first.url);
      const attached = rec.attach(sink);
      const states: string[] = [];
      sink.state$.subscribe((state) => states.push(state));
      rec.log("s", Scalars(0), { static: true });
      log(rec, 1, 2);
      await rec.flush();
      await first.kill();
      await reaches(sink, "reconnecting");
      log(rec, 3);
      const second = await proxy({ port: first.port });
      expect((await rec.flush()).complete).to.equal(true);
      log(rec, 4);
      await rec.flush();
      expect(second.frames[0]?.[0]).to.equal(1);
      expect(story(second)).to.deep.equal(["/s 0", "/v 1", "/v 2", "/v 3", "/v 4"]);
      expect(states).to.deep.equal(["connecting", "open", "reconnecting", "open"]);
      // Counted once, however often it was sent.
      expect(attached.stats).to.include({ deliveredRows: 5, droppedRows: 0, deliveredMessages: 6 });
      expect(told.map((error) => error.code)).to.deep.equal(["viewer-unreachable"]);
      expect(told[0]?.message).to.include("lost the viewer and tries again");
    });

    it("gets nothing from before the start that was asked for, but what is static", async () => {
      const first = await proxy();
      const { rec } = record();
      rec.log("s", Scalars(0), { static: true });
      log(rec, 1);
      const sink = connect(first.url);
      rec.attach(sink, { from: "now" });
      log(rec, 2);
      await rec.flush();
      await first.kill();
      log(rec, 3);
      const second = await proxy({ port: first.port });
      expect((await rec.flush()).complete).to.equal(true);
      expect(story(second)).to.deep.equal(["/s 0", "/v 2", "/v 3"]);
    });

    it("gets what operators handed out to the one before, although they run only once", async () => {
      const first = await proxy();
      const { rec } = record();
      let seen = 0;
      // Every second chunk: an operator with a memory.
      const second$ = filter(
        (message: { readonly kind: string }) => message.kind !== "chunk" || seen++ % 2 === 1,
      );
      const attached = rec.attach(connect(first.url), { pipe: [second$ as never] });
      log(rec, 1, 2, 3, 4);
      await rec.flush();
      await first.kill();
      log(rec, 5, 6);
      const second = await proxy({ port: first.port });
      expect((await rec.flush()).complete).to.equal(true);
      expect(story(second)).to.deep.equal(["/v 2", "/v 4", "/v 6"]);
      expect(seen).to.equal(6);
      expect(attached.stats).to.include({ deliveredRows: 3, droppedRows: 0 });
    });

    it("gets only the history that is held", async () => {
      const first = await proxy();
      // Room for about five of the chunks, which have a good 800 bytes.
      const { rec } = record({ historyBytes: 5000 });
      rec.attach(connect(first.url));
      for (let i = 0; i < 50; i++) {
        log(rec, i);
        if (i % 10 === 9) await rec.flush();
      }
      await first.kill();
      const second = await proxy({ port: first.port });
      await eventually(() => second.frames.length > 2, "the history");
      await rec.flush();
      const numbers = story(second).map((s) => Number(s.slice(3)));
      expect(numbers.length).to.be.within(3, 7);
      expect(numbers).to.deep.equal(upTo(50, 50 - numbers.length));
    });
  });

  describe("a connection that breaks", () => {
    it("loses nothing when the viewer resets a call: the same viewer gets the rest again", async () => {
      const broken = new Set<FakeCall>();
      const viewer = await proxy({
        onFrame: (call) => {
          if (broken.has(call)) return true;
          if (call.frames.length < 3 || broken.size >= 2) return;
          broken.add(call);
          call.stream.close(2);
          return true;
        },
      });
      const { rec, told } = record();
      const attached = rec.attach(connect(viewer.url));
      log(rec, ...upTo(20));
      expect((await rec.flush()).complete).to.equal(true);
      expect(broken.size).to.equal(2);
      const whole = viewer.calls.filter((call) => !broken.has(call));
      // What was not acknowledged comes again, what was does not: each once, and in order.
      expect(storyOf(whole)).to.deep.equal(upTo(20).map((i) => `/v ${i}`));
      for (const call of broken) {
        const rows = storyOf([call]);
        expect(rows).to.deep.equal(upTo(rows.length).map((i) => `/v ${i}`));
      }
      expect(attached.stats).to.include({ deliveredRows: 20, droppedRows: 0, state: "open" });
      expect(told).to.deep.equal([]);
    });

    it("survives a server that ends the connection in good order (GOAWAY)", async () => {
      let sent = false;
      const viewer = await proxy({
        onFrame: (call) => {
          if (sent) return;
          sent = true;
          call.session.goaway();
        },
      });
      const { rec } = record();
      const sink = connect(viewer.url);
      const attached = rec.attach(sink);
      log(rec, 1);
      await reaches(sink, "open");
      await eventually(() => sent, "the end of the connection");
      log(rec, 2);
      await eventually(() => attached.stats.deliveredRows === 2, "both rows");
      expect(new Set(story(viewer))).to.deep.equal(new Set(["/v 1", "/v 2"]));
    });

    it("takes an answer before the end of a call for no acknowledgement", async () => {
      let early = 0;
      const viewer = await proxy({
        onCall: (call) => {
          if (early++ > 0) return;
          call.answer(0);
          return true;
        },
      });
      const { rec } = record();
      const attached = rec.attach(connect(viewer.url));
      log(rec, 1, 2, 3);
      await eventually(() => early > 1, "a second call");
      expect((await rec.flush()).complete).to.equal(true);
      expect(story(viewer)).to.deep.equal(["/v 1", "/v 2", "/v 3"]);
      expect(attached.stats).to.include({ deliveredRows: 3 });
    });

    it("leaves out the one message that a viewer refuses, and tells once", async () => {
      const refused = new Set<FakeCall>();
      const viewer = await proxy({
        onFrame: (call) => {
          if ((call.frames.at(-1)?.length ?? 0) < 100_000) return;
          refused.add(call);
          call.answer(8, "too%20large");
          return true;
        },
      });
      const { rec, told } = record();
      const attached = rec.attach(connect(viewer.url, { compression: "none" }));
      const large = new Float64Array(20_000);
      log(rec, ...upTo(20));
      rec.log("large", Scalars(large));
      log(rec, ...upTo(40, 20));
      rec.log("large", Scalars(large));
      await rec.flush({ signal: AbortSignal.timeout(15_000) });
      const taken = viewer.calls.filter((call) => !refused.has(call));
      expect(storyOf(taken)).to.deep.equal(upTo(40).map((i) => `/v ${i}`));
      expect(attached.stats).to.include({ deliveredRows: 40, droppedRows: 2, state: "open" });
      expect(told.map((error) => error.code)).to.deep.equal(["data-dropped"]);
      expect(told[0]?.message).to.include("RESOURCE_EXHAUSTED (8): too large");
    });
  });

  describe("a line that freezes without a word", () => {
    for (const [what, pace] of [
      ["while little is logged", 1],
      ["while more is logged than it takes", 40],
    ] as const) {
      it(`is noticed ${what}, and the viewer gets the rest once it gets through`, async () => {
        const viewer = await proxy();
        const line = await open(viewer);
        const { rec, told } = record();
        const sink = connect(`127.0.0.1:${line.port}`, { silenceMs: 300, compression: "none" });
        const attached = rec.attach(sink);
        const large = new Float64Array(1_000);
        log(rec, 1);
        await rec.flush();
        // Nothing is wrong with silence.
        await sleep(800);
        expect(line.connections).to.equal(1);
        line.freeze();
        const began = performance.now();
        let logged = 0;
        await eventually(() => {
          for (let i = 0; i < pace; i++) rec.log("w", Scalars(large));
          logged += pace;
          return sink.state === "reconnecting";
        }, "the loss");
        expect(performance.now() - began).to.be.below(6_000);
        expect(told[0]?.message).to.include("no answer to pings for 300 ms");
        line.thaw();
        const { complete } = await rec.flush({ signal: AbortSignal.timeout(15_000) });
        expect(complete).to.equal(true);
        const { deliveredRows, droppedRows } = attached.stats;
        expect(deliveredRows + droppedRows).to.equal(1 + logged);
      });
    }
  });

  it("leaves nothing out when a viewer refuses all calls for a while", async () => {
    let refusing = false;
    const viewer = await proxy({
      onHeaders: (call) => {
        if (!refusing) return;
        call.answer(8, "too many calls");
        return true;
      },
    });
    const { rec, told } = record();
    const sink = connect(viewer.url);
    const attached = rec.attach(sink);
    log(rec, 1);
    await rec.flush();
    refusing = true;
    log(rec, 2, 3);
    await eventually(() => sink.state === "reconnecting", "the loss of the connection");
    await sleep(200);
    refusing = false;
    expect((await rec.flush()).complete).to.equal(true);
    expect(attached.stats).to.include({ deliveredRows: 3, droppedRows: 0 });
    expect(told.map((error) => error.code)).to.deep.equal(["viewer-unreachable"]);
  });

  describe("the end", () => {
    it("comes within two seconds when no viewer was ever there, and tells what was lost", async () => {
      const { rec, told } = record();
      rec.attach(connect(`127.0.0.1:${await freePort()}`));
      log(rec, ...upTo(100));
      const start = performance.now();
      const { complete, sinks } = await rec.close();
      expect(performance.now() - start).to.be.below(2_000);
      expect(complete).to.equal(false);
      expect(sinks[0]).to.include({ deliveredRows: 0, droppedRows: 100, state: "failed" });
      expect(sinks[0]?.error?.code).to.equal("flush-timeout");
      expect(told.at(-1)?.message).to.match(/has no connection and was let go, with 100 rows/);
    });

    it("comes within two seconds when the viewer is gone, and tells what it had", async () => {
      const viewer = await proxy();
      const { rec } = record();
      const sink = connect(viewer.url);
      rec.attach(sink);
      log(rec, ...upTo(30));
      await rec.flush();
      await viewer.kill();
      await reaches(sink, "reconnecting");
      log(rec, ...upTo(70));
      const start = performance.now();
      const { complete, sinks } = await rec.close();
      expect(performance.now() - start).to.be.below(2_000);
      expect(complete).to.equal(false);
      expect(sinks[0]).to.include({ deliveredRows: 30, droppedRows: 70 });
    });

    it("waits as long as a signal says, for a viewer that comes in time", async () => {
      const port = await freePort();
      const { rec } = record();
      rec.attach(connect(`127.0.0.1:${port}`, { closeTimeoutMs: 10 }));
      log(rec, 1);
      const closing = rec.close({ signal: AbortSignal.timeout(20_000) });
      await sleep(500);
      const viewer = await proxy({ port });
      expect((await closing).complete).to.equal(true);
      expect(story(viewer)).to.deep.equal(["/v 1"]);
    });

    it("can be had by the sink alone, and leaves no listeners on the process", async () => {
      const before = process.listenerCount("beforeExit");
      const viewer = await proxy();
      const sink = connect(viewer.url);
      expect(process.listenerCount("beforeExit")).to.equal(before + 1);
      const { rec } = record();
      rec.attach(sink);
      log(rec, 1);
      await reaches(sink, "open");
      await Promise.all([sink.close(), sink.close()]);
      expect(sink.state).to.equal("closed");
      expect(story(viewer)).to.deep.equal(["/v 1"]);
      expect(process.listenerCount("beforeExit")).to.equal(before);
      expect(() => sink.write([])).to.throw(RerunError, /before it was closed/);
      await eventually(() => viewer.sessions.size === 0, "no connection");
    });

    it("hands over to a successor what a viewer that is gone did not get", async () => {
      const { rec } = record();
      const dead = rec.attach(connect(`127.0.0.1:${await freePort()}`, { closeTimeoutMs: 100 }));
      log(rec, 1, 2);
      const viewer = await proxy();
      await rec.replace(dead, connect(viewer.url));
      log(rec, 3);
      expect((await rec.flush()).complete).to.equal(true);
      expect(story(viewer)).to.deep.equal(["/v 1", "/v 2", "/v 3"]);
      expect(dead.stats).to.include({ deliveredRows: 0, droppedRows: 0 });
    });
  });

  describe("a viewer that takes nothing", () => {
    it("costs no more than its budget, and every row is delivered or counted as dropped", async () => {
      let read = false;
      const held: (() => void)[] = [];
      const viewer = await proxy({
        onHeaders: (call) => {
          // The greeting is answered; then nothing is read.
          if (viewer?.calls.length === 1 || read) return;
          call.stream.pause();
          held.push(() => call.stream.destroy());
          return true;
        },
      });
      const { rec, told } = record({ historyBytes: 1 << 20 });
      const budgetBytes = 8 << 20;
      const attached = rec.attach(connect(viewer.url, { compression: "none" }), { budgetBytes });
      const frame = new Float64Array(20_000);
      for (let i = 0; i < 600; i++) {
        frame.fill(i);
        rec.log("image", Scalars(frame));
        if (i % 10 === 0) rec.log("s", Scalars(i), { static: true });
        // Budget and window, and what was logged since the log last looked.
        expect(rec.stats.heldBytes).to.be.below(budgetBytes + (33 << 20) + (2 << 20));
        await sleep(1);
      }
      expect(attached.stats.droppedRows).to.be.greaterThan(100);
      expect(told.map((error) => error.code)).to.include("data-dropped");
      read = true;
      for (const release of held) release();
      expect((await rec.flush()).complete).to.equal(true);
      // That it has caught up is a row, too.
      await rec.flush();
      const { deliveredRows, droppedRows } = attached.stats;
      expect(deliveredRows + droppedRows).to.equal(rec.stats.loggedRows);
      // Static data is reliable: the last value of it is there.
      expect(
        story(viewer)
          .filter((s) => s.startsWith("/s"))
          .at(-1),
      ).to.equal("/s 590");
    });
  });

  describe("a peer that is no viewer", () => {
    for (const [what, onSocket, expected] of [
      [
        "speaks HTTP/1.1",
        (socket: Socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"),
        /Protocol error|closed/,
      ],
      ["hangs up", (socket: Socket) => socket.destroy(), /./],
      [
        "sends noise",
        (socket: Socket) => socket.write(Buffer.from(upTo(5000).map((i) => (i * 7919) % 251))),
        /./,
      ],
    ] as const) {
      it(`that ${what} is no harm: it is tried again, and told of`, async () => {
        const address = await server(onSocket);
        const { rec } = record();
        const sink = connect(address);
        rec.attach(sink);
        log(rec, 1);
        await eventually(() => sink.trouble !== undefined, "trouble");
        expect(sink.state).to.equal("connecting");
        expect(sink.trouble?.code).to.equal("viewer-unreachable");
        expect(sink.trouble?.message).to.match(expected);
        const { sinks } = await rec.close();
        expect(sinks[0]).to.include({ deliveredRows: 0, droppedRows: 1 });
      });
    }

    it("that speaks gRPC but is no proxy is told by its status", async () => {
      const other = await proxy({
        onHeaders: (call) => {
          call.answer(12, "unknown%20service%1b[2J");
          return true;
        },
      });
      const { rec } = record();
      const sink = connect(other.url);
      rec.attach(sink);
      await eventually(() => sink.trouble !== undefined, "trouble");
      expect(sink.trouble?.message).to.include("UNIMPLEMENTED (12): unknown service [2J");
    });
  });

  describe("a token", () => {
    it("goes with every call", async () => {
      const viewer = await proxy();
      const { rec } = record();
      rec.attach(connect(viewer.url, { token: "s3cret" }));
      log(rec, 1);
      await rec.flush();
      expect(viewer.calls.length).to.be.greaterThan(1);
      for (const { headers, path } of viewer.calls) {
        expect(headers.authorization).to.equal("Bearer s3cret");
        expect(headers).to.include({ te: "trailers", "content-type": "application/grpc" });
        expect(path).to.equal("/rerun.sdk_comms.v1alpha1.MessageProxyService/WriteMessages");
      }
    });

    it("that is refused ends the sink with a reason, before any data is sent", async () => {
      const viewer = await proxy({
        onHeaders: (call) => {
          call.answer(16, "wrong token");
          return true;
        },
      });
      const { rec, told } = record();
      const sink = connect(viewer.url, { token: "wrong" });
      const attached = rec.attach(sink);
      log(rec, 1);
      await reaches(sink, "failed");
      expect(sink.failure?.code).to.equal("access-denied");
      expect(attached.error?.message).to.include("UNAUTHENTICATED (16): wrong token");
      expect(told.map((error) => error.code)).to.deep.equal(["access-denied"]);
      expect(viewer.frames).to.deep.equal([]);
      expect(viewer.calls).to.have.lengthOf(1);
      expect(attached.stats).to.include({ droppedRows: 1 });
    });
  });
});
