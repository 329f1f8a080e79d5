import { expect } from "chai";
import { delay, filter, finalize, map, NEVER, Subject, take, takeWhile, tap, timer } from "rxjs";
import { RerunError } from "../../lib/errors.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import { ObserverSink, type Sink, type SinkState, toSink } from "../../lib/sink.ts";
import { memory } from "../../sinks/memory.ts";
import { chunksOf, inShort, numbersOf, values } from "../helpers/rows.ts";

const plain = { sendProperties: false, logTime: false, batch: { flushNumRows: 1 } } as const;

const isAbout =
  (path: string) =>
  (message: LogMsg): boolean =>
    message.kind !== "chunk" || message.chunk.entityPath === path;

/** Resolves when everything that waits for promises and short timers has run. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("what can be attached", () => {
  it("is a sink, an observer or a function, and nothing else", () => {
    const sink = memory();
    expect(toSink(sink)).to.equal(sink);
    const fn = (): void => undefined;
    expect(toSink(fn).name).to.equal("fn");
    expect(toSink(fn)).to.equal(toSink(fn));
    const observer = { next: fn };
    expect(toSink(observer).name).to.equal("observer");
    expect(toSink(observer)).to.equal(toSink(observer));
    expect(toSink(new Subject<LogMsg>())).to.have.property("write");
    for (const other of [undefined, null, 5, "save", {}, { next: 5 }, { write: 5 }]) {
      expect(() => toSink(other as never))
        .to.throw(RerunError, /Expected a sink/)
        .with.property("code", "invalid-argument");
    }
  });

  it("may be an RxJS subject, which completes with the recording", async () => {
    const rec = new RecordingStream("spec", plain);
    const subject = new Subject<LogMsg>();
    const seen: string[] = [];
    subject.subscribe({ next: (m) => seen.push(m.kind), complete: () => seen.push("complete") });
    rec.attach(subject);
    rec.log("a", values(1));
    await rec.close();
    expect(seen).to.deep.equal(["set-store-info", "chunk", "complete"]);
  });

  it("may return anything from write: only promises are waited for", async () => {
    const rec = new RecordingStream("spec", plain);
    const seen: LogMsg[] = [];
    const returnsNumber = {
      write: (messages: readonly LogMsg[]) => seen.push(...messages) as never,
    };
    rec.attach(returnsNumber);
    rec.log("a", values(1));
    expect((await rec.close()).complete).to.equal(true);
    expect(seen).to.have.lengthOf(2);
  });

  it("may be one of the README: rows per entity, and lines of JSON", async () => {
    const rec = new RecordingStream("spec", plain);
    const rows = new Map<string, number>();
    rec.attach({
      name: "row counter",
      write(messages) {
        for (const message of messages) {
          if (message.kind !== "chunk") continue;
          const { entityPath, numRows } = message.chunk;
          rows.set(entityPath, (rows.get(entityPath) ?? 0) + numRows);
        }
      },
    });
    const lines: string[] = [];
    rec.attach((message) => {
      if (message.kind === "chunk")
        lines.push(JSON.stringify({ path: message.chunk.entityPath, rows: message.chunk.numRows }));
    });
    for (let i = 0; i < 3; i++) rec.log("a", values(i));
    rec.log("b", values(1));
    await rec.close();
    expect(Object.fromEntries(rows)).to.deep.equal({ "/a": 3, "/b": 1 });
    expect(lines.at(-1)).to.equal('{"path":"/b","rows":1}');
  });
});

describe("operators between the recording and a sink", () => {
  it("filter and change what it gets, and nobody else's", async () => {
    const rec = new RecordingStream("spec", plain);
    const [some, all] = [memory(), memory()];
    rec.attach(some, {
      pipe: [filter(isAbout("/a")), map((message) => message), tap(() => undefined)],
    });
    rec.attach(all);
    rec.log("a", values(1));
    rec.log("b", values(2));
    rec.log("a", values(3));
    expect((await rec.close()).complete).to.equal(true);
    expect(chunksOf(some.messages).map(inShort)).to.deep.equal(["/a 1", "/a 3"]);
    expect(chunksOf(all.messages)).to.have.lengthOf(3);
  });

  it("may take their time: closing waits for what they hold back", async () => {
    const rec = new RecordingStream("spec", plain);
    const sink = memory();
    rec.attach(sink, { pipe: [delay(20)] });
    for (let i = 0; i < 3; i++) rec.log("a", values(i));
    expect(sink.messages).to.deep.equal([]);
    await rec.close();
    expect(chunksOf(sink.messages).flatMap((c) => numbersOf(c))).to.deep.equal([0, 1, 2]);
  });

  it("may take their time while the sink is busy, and are told one batch after the other", async () => {
    const rec = new RecordingStream("spec", plain);
    const batches: number[][] = [];
    let busy = false;
    const sink: Sink = {
      write: async (messages) => {
        if (busy) throw new Error("called while busy");
        busy = true;
        await turn();
        busy = false;
        batches.push(chunksOf(messages).flatMap((c) => numbersOf(c)));
      },
    };
    rec.attach(sink, { pipe: [delay(1)] });
    for (let i = 0; i < 20; i++) {
      rec.log("a", values(i));
      if (i % 5 === 0) await turn();
    }
    expect((await rec.close()).complete).to.equal(true);
    expect(batches.flat()).to.deep.equal(Array.from({ length: 20 }, (_, i) => i));
  });

  it("that never complete do not hold up closing beyond its signal", async () => {
    const rec = new RecordingStream("spec", plain);
    const sink = memory();
    rec.attach(sink, { pipe: [(source) => source.pipe(tap(() => undefined)), () => NEVER] });
    rec.log("a", values(1));
    await rec.close({ signal: AbortSignal.abort() });
    expect(sink.state).to.equal("closed");
  });

  it("that throw end their own attachment, with an error that tells", async () => {
    const rec = new RecordingStream("spec", plain);
    const errors: string[] = [];
    rec.errors$.subscribe((error) => errors.push(error.message));
    const [bad, good] = [memory(), memory()];
    let finalized = 0;
    const attachment = rec.attach(bad, {
      pipe: [
        map((message) => {
          if (message.kind === "chunk" && numbersOf(message.chunk)[0] === 1)
            throw new Error("no ones");
          return message;
        }),
        finalize(() => finalized++),
      ],
    });
    rec.attach(good);
    for (let i = 0; i < 3; i++) rec.log("a", values(i));
    expect(attachment.state).to.equal("failed");
    expect(finalized).to.equal(1);
    expect(errors).to.deep.equal(["no ones"]);
    expect((await rec.close()).complete).to.equal(false);
    expect(chunksOf(bad.messages).map(inShort)).to.deep.equal(["/a 0"]);
    expect(chunksOf(good.messages)).to.have.lengthOf(3);
  });

  it("that have enough end the flow to their sink, and the recording goes on", async () => {
    const rec = new RecordingStream("spec", plain);
    const [two, before] = [memory(), memory()];
    rec.attach(two, { pipe: [take(2)] });
    rec.attach(before, {
      pipe: [
        takeWhile((message) => message.kind !== "chunk" || (numbersOf(message.chunk)[0] ?? 0) < 2),
      ],
    });
    for (let i = 0; i < 4; i++) rec.log("a", values(i));
    await rec.close();
    expect(chunksOf(two.messages).map(inShort)).to.deep.equal(["/a 0"]);
    expect(chunksOf(before.messages).map(inShort)).to.deep.equal(["/a 0", "/a 1"]);
  });

  it("hand the rest out when the sink is detached", async () => {
    const rec = new RecordingStream("spec", plain);
    const sink = memory();
    // One batch of all, at the end.
    rec.attach(sink, {
      pipe: [
        (source) => {
          const held: LogMsg[] = [];
          const out = new Subject<LogMsg>();
          source.subscribe({
            next: (m) => held.push(m),
            complete: () =>
              timer(1).subscribe(() => {
                for (const m of held) out.next(m);
                out.complete();
              }),
          });
          return out;
        },
      ],
    });
    rec.log("a", values(1));
    await rec.detach(sink);
    expect(chunksOf(sink.messages).map(inShort)).to.deep.equal(["/a 1"]);
    await rec.close();
  });
});

describe("a sink with a state", () => {
  it("shows it in its attachment, and fails it with the sink's own reason", async () => {
    class Flaky extends ObserverSink {
      readonly name = "flaky";
      write(): void {}
      close(): void {}
      to(state: SinkState): void {
        this.setState(state);
      }
      giveUp(): void {
        this.fail(new RerunError("io-failed", "gave up"));
      }
    }
    const rec = new RecordingStream("spec", plain);
    const errors: string[] = [];
    rec.errors$.subscribe((error) => errors.push(error.code));
    const sink = new Flaky("connecting");
    const attachment = rec.attach(sink);
    const states: SinkState[] = [];
    attachment.state$.subscribe((state) => states.push(state));
    sink.to("open");
    sink.to("open");
    sink.to("reconnecting");
    sink.giveUp();
    sink.to("open");
    expect(states).to.deep.equal(["connecting", "open", "reconnecting", "failed"]);
    expect(attachment.error?.message).to.equal("gave up");
    expect(errors).to.deep.equal(["io-failed"]);
    await rec.close();
  });

  it("that had failed before it is attached fails at once, and keeps no hold of the recording", async () => {
    let released = 0;
    const failed: Sink = {
      name: "failed",
      state$: memory().state$,
      write: () => {
        throw new Error("used");
      },
      attached: () => () => void released++,
    };
    const rec = new RecordingStream("spec", plain);
    rec.errors$.subscribe();
    rec.attach(failed);
    rec.log("a", values(1));
    expect(released).to.equal(1);
    await rec.close();
  });
});

describe("a sink as an observer", () => {
  class Slow extends ObserverSink {
    readonly name = "slow";
    readonly written: string[] = [];
    closed = false;
    failAt = Infinity;
    async write(messages: readonly LogMsg[]): Promise<void> {
      await turn();
      if (this.written.length >= this.failAt) throw new Error("no more");
      this.written.push(...messages.map((m) => (m.kind === "chunk" ? inShort(m.chunk) : m.kind)));
    }
    close(): void {
      this.closed = true;
    }
  }

  it("takes messages one after the other, and closes behind the last", async () => {
    const rec = new RecordingStream("spec", plain);
    const sink = new Slow();
    rec.messages$.subscribe(sink);
    for (let i = 0; i < 3; i++) rec.log("a", values(i));
    await rec.close();
    while (!sink.closed) await turn();
    expect(sink.written).to.deep.equal(["set-store-info", "/a 0", "/a 1", "/a 2"]);
  });

  it("that fails says so once, takes nothing more, and the program goes on", async () => {
    const { warn } = console;
    const printed: unknown[] = [];
    console.warn = (text: unknown) => void printed.push(text);
    try {
      const rec = new RecordingStream("spec", plain);
      const sink = new Slow();
      sink.failAt = 2;
      rec.messages$.subscribe(sink);
      for (let i = 0; i < 5; i++) rec.log("a", values(i));
      await rec.close();
      while (!sink.closed) await turn();
      expect(sink.written).to.deep.equal(["set-store-info", "/a 0"]);
      expect(sink.state).to.equal("failed");
      expect(printed).to.deep.equal(["rerun-rx: no more"]);
    } finally {
      console.warn = warn;
    }
  });

  it("closes when its source fails", async () => {
    const sink = new Slow();
    const source = new Subject<LogMsg>();
    source.subscribe(sink);
    source.error(new Error("source"));
    while (!sink.closed) await turn();
    expect(sink.written).to.deep.equal([]);
  });
});
