import { expect } from "chai";
import { BehaviorSubject } from "rxjs";
import { RerunError } from "../../lib/errors.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import type { Delivery, Sink, SinkHost, SinkState } from "../../lib/sink.ts";
import { inShort, values } from "../helpers/rows.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** One call of `write`. */
interface Call {
  readonly messages: readonly string[];
  readonly deliver: (refused?: readonly LogMsg[]) => void;
  readonly ready: () => void;
  readonly fail: (error: unknown) => void;
  readonly raw: readonly LogMsg[];
}

/** A sink that says apart when it takes more and when something is delivered. */
class Acknowledging implements Sink {
  readonly name = "acknowledging";
  readonly replays = true;
  readonly closeTimeoutMs: number;
  readonly state$ = new BehaviorSubject<SinkState>("open");
  readonly calls: Call[] = [];
  host: SinkHost | undefined;
  /** Whether the next calls ask to wait. */
  isSlow = false;

  constructor(closeTimeoutMs = 50) {
    this.closeTimeoutMs = closeTimeoutMs;
  }

  attached(host: SinkHost): void {
    this.host = host;
  }

  write(messages: readonly LogMsg[]): Delivery {
    let ready: () => void = () => undefined;
    const isReady = new Promise<void>((resolve) => {
      ready = resolve;
    });
    const delivered = new Promise<void | readonly LogMsg[]>((resolve, reject) => {
      this.calls.push({
        messages: messages.map((m) => (m.kind === "chunk" ? inShort(m.chunk) : m.kind)),
        raw: messages,
        deliver: resolve,
        ready,
        fail: reject,
      });
    });
    return { ready: this.isSlow ? isReady : undefined, delivered };
  }

  get written(): string[] {
    return this.calls.flatMap((call) => call.messages);
  }
}

function record(): { readonly rec: RecordingStream; readonly told: RerunError[] } {
  const rec = new RecordingStream("spec", {
    sendProperties: false,
    logTime: false,
    batch: { flushNumRows: 1 },
  });
  const told: RerunError[] = [];
  rec.errors$.subscribe((error) => told.push(error));
  return { rec, told };
}

describe("a sink that acknowledges", () => {
  it("gets more before the last is delivered, and delivered is what it said", async () => {
    const { rec } = record();
    const sink = new Acknowledging();
    const attached = rec.attach(sink);
    rec.log("a", values(1));
    rec.log("a", values(2));
    expect(sink.written).to.deep.equal(["set-store-info", "/a 1", "/a 2"]);
    expect(attached.stats).to.include({ deliveredRows: 0, deliveredMessages: 0 });
    const flushing = rec.flush();
    sink.calls[0]?.deliver();
    sink.calls[1]?.deliver();
    await turn();
    expect(attached.stats).to.include({ deliveredRows: 1, deliveredMessages: 2 });
    sink.calls[2]?.deliver();
    expect((await flushing).complete).to.equal(true);
    expect(attached.stats).to.include({ deliveredRows: 2, queuedBytes: 0 });
  });

  it("is waited for when it asks to", async () => {
    const { rec } = record();
    const sink = new Acknowledging();
    sink.isSlow = true;
    rec.attach(sink);
    rec.log("a", values(1));
    expect(sink.written).to.deep.equal(["set-store-info"]);
    sink.calls[0]?.deliver();
    await turn();
    expect(sink.written).to.deep.equal(["set-store-info"]);
    sink.isSlow = false;
    sink.calls[0]?.ready();
    await turn();
    expect(sink.written).to.deep.equal(["set-store-info", "/a 1"]);
  });

  it("may refuse messages: they count as dropped", async () => {
    const { rec } = record();
    const sink = new Acknowledging();
    const attached = rec.attach(sink);
    rec.log("a", values(1));
    for (const call of sink.calls) call.deliver(call.raw.filter((m) => m.kind === "chunk"));
    await rec.flush();
    expect(attached.stats).to.include({ deliveredRows: 0, droppedRows: 1, deliveredMessages: 1 });
  });

  it("fails when it rejects, and what it had not delivered counts as dropped", async () => {
    const { rec, told } = record();
    const sink = new Acknowledging();
    const attached = rec.attach(sink);
    rec.log("a", values(1));
    rec.log("a", values(2));
    sink.calls[0]?.deliver();
    sink.calls[1]?.deliver();
    sink.calls[2]?.fail(new Error("no more"));
    await turn();
    expect(attached.state).to.equal("failed");
    expect(attached.stats).to.include({ deliveredRows: 1, droppedRows: 1 });
    expect(told.map((error) => error.message)).to.deep.equal(["no more"]);
  });
});

describe("a sink that begins anew", () => {
  it("gets everything once more, and earlier promises are void", async () => {
    const { rec } = record();
    const sink = new Acknowledging();
    sink.isSlow = true;
    const attached = rec.attach(sink);
    rec.log("a", values(1));
    sink.isSlow = false;
    sink.host?.replay();
    expect(sink.calls.map((call) => call.messages)).to.deep.equal([
      ["set-store-info"],
      ["set-store-info", "/a 1"],
    ]);
    // A promise of before: it must neither count nor fail.
    sink.calls[0]?.fail(new Error("connection lost"));
    await turn();
    expect(attached.state).to.equal("open");
    sink.calls[1]?.deliver();
    await turn();
    expect(attached.stats).to.include({ deliveredRows: 1, deliveredMessages: 2 });
    sink.host?.replay();
    sink.calls[2]?.deliver();
    await turn();
    // Once, however often.
    expect(attached.stats).to.include({ deliveredRows: 1, deliveredMessages: 2 });
    rec.log("a", values(2));
    expect(sink.calls.at(-1)?.messages).to.deep.equal(["/a 2"]);
  });

  it("may do so while it is written to", async () => {
    const { rec } = record();
    const seen: string[] = [];
    let host: SinkHost | undefined;
    let losses = 1;
    const attached = rec.attach({
      name: "moody",
      attached: (lent) => {
        host = lent;
      },
      write: (messages) => {
        if (messages.some((m) => m.kind === "chunk") && losses-- > 0) {
          seen.length = 0;
          host?.replay();
          return;
        }
        seen.push(...messages.map((m) => (m.kind === "chunk" ? inShort(m.chunk) : m.kind)));
      },
    });
    rec.log("a", values(1));
    rec.log("a", values(2));
    expect(seen).to.deep.equal(["set-store-info", "/a 1", "/a 2"]);
    expect(attached.stats).to.include({ deliveredRows: 2 });
    await rec.close();
  });

  it("is flushed again when that happens during a flush", async () => {
    const { rec } = record();
    const sink = new Acknowledging();
    let flushes = 0;
    let lose: () => void = () => undefined;
    Object.assign(sink, {
      flush: () =>
        new Promise<void>((resolve) => {
          flushes++;
          lose = resolve;
        }),
    });
    rec.attach(sink);
    rec.log("a", values(1));
    let complete: boolean | undefined;
    const flushing = rec.flush().then((result) => {
      complete = result.complete;
    });
    await turn();
    sink.host?.replay();
    lose();
    await turn();
    expect([flushes, complete]).to.deep.equal([2, undefined]);
    for (const call of sink.calls) call.deliver();
    lose();
    await flushing;
    expect(complete).to.equal(true);
  });

  it("does nothing once it is detached", async () => {
    const { rec } = record();
    const sink = new Acknowledging();
    rec.attach(sink);
    for (const call of sink.calls) call.deliver();
    await rec.detach(sink);
    sink.host?.replay();
    expect(sink.calls).to.have.lengthOf(1);
  });
});

describe("a sink that tells of trouble", () => {
  it("is heard on errors$, and goes on", async () => {
    const { rec, told } = record();
    const sink = new Acknowledging();
    const attached = rec.attach(sink);
    sink.host?.report(new RerunError("viewer-unreachable", "gone for a while"));
    expect(told.map((error) => error.message)).to.deep.equal(["gone for a while"]);
    expect(attached.state).to.equal("open");
  });
});

describe("the end of a sink without a connection", () => {
  it("comes when the sink says, and what was not delivered counts as dropped", async () => {
    const { rec } = record();
    const sink = new Acknowledging(50);
    const attached = rec.attach(sink);
    rec.log("a", values(1));
    sink.state$.next("reconnecting");
    const start = performance.now();
    const { complete } = await rec.close();
    expect(performance.now() - start).to.be.within(40, 3_000);
    expect(complete).to.equal(false);
    expect(attached.stats).to.include({ deliveredRows: 0, droppedRows: 1 });
    expect(attached.error?.code).to.equal("flush-timeout");
    expect(attached.error?.message).to.include("has no connection and was let go, with 1 rows");
  });

  it("waits on while there is a connection, and with a signal as long as that says", async () => {
    for (const given of [undefined, new AbortController().signal]) {
      const { rec } = record();
      const sink = new Acknowledging(20);
      const attached = rec.attach(sink);
      rec.log("a", values(1));
      if (given !== undefined) sink.state$.next("reconnecting");
      const closing = rec.close({ signal: given });
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(attached.error).to.equal(undefined);
      for (const call of sink.calls) call.deliver();
      expect((await closing).complete).to.equal(true);
      expect(attached.stats).to.include({ deliveredRows: 1, droppedRows: 0 });
    }
  });

  it("loses nothing that a successor takes over", async () => {
    const { rec } = record();
    const sink = new Acknowledging(20);
    const attached = rec.attach(sink);
    rec.log("a", values(1));
    sink.state$.next("reconnecting");
    const seen: string[] = [];
    await rec.replace(sink, (m: LogMsg) => {
      seen.push(m.kind === "chunk" ? inShort(m.chunk) : m.kind);
    });
    expect(seen).to.deep.equal(["set-store-info", "/a 1"]);
    expect(attached.stats).to.include({ deliveredRows: 0, droppedRows: 0 });
  });
});
