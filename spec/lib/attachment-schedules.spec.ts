import { expect } from "chai";
import fc from "fast-check";
import { Scalars } from "../../lib/archetypes/index.ts";
import { type Attachment, since } from "../../lib/attachment.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import type { Delivery, Sink, SinkHost } from "../../lib/sink.ts";

// Random schedules of logging, attaching, detaching and replacing, against the one invariant of the whole design:
// a sink receives the pinned messages from before its start, then exactly the range it is owed, in order, none lost
// and none twice, whatever the others do.
//
// Time is virtual: one step of a schedule is one millisecond, and a promise of a sink settles when a step says so.
// Every log call becomes one message whose value is its sequence number, so that a list of numbers says it all.

type Kind = "sync" | "slow" | "acks" | "rejects" | "throws" | "never";
type Start = "start" | "now" | { readonly agoMs: number };

type Step =
  | { readonly do: "log" }
  | { readonly do: "log static"; readonly key: number }
  | { readonly do: "attach"; readonly kind: Kind; readonly from: Start }
  | { readonly do: "detach"; readonly which: number }
  | { readonly do: "replace"; readonly which: number; readonly kind: Kind }
  | { readonly do: "settle"; readonly which: number }
  | { readonly do: "lose peer"; readonly which: number };

const anyKind = fc.constantFrom<Kind>("sync", "slow", "acks", "rejects", "throws", "never");
const start: fc.Arbitrary<Start> = fc.oneof(
  fc.constantFrom<Start>("start", "now"),
  fc.record({ agoMs: fc.nat(30) }),
);
const which = fc.nat(9);

const schedule: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof<fc.WeightedArbitrary<Step>[]>(
    { weight: 8, arbitrary: fc.constant({ do: "log" }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("log static"), key: fc.nat(2) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("attach"), kind: anyKind, from: start }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("detach"), which }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("replace"), which, kind: anyKind }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant("settle"), which }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("lose peer"), which }) },
  ),
  { maxLength: 40 },
);

/** Sequence number of a message: the store info is the first, and each logged scalar holds its own. */
function seqOf(message: LogMsg): number {
  if (message.kind !== "chunk") return 0;
  const [component] = message.chunk.components;
  if (component === undefined) throw new Error("a chunk without components");
  return Number(message.chunk.column(component.descriptor).children?.[0]?.values?.[0]);
}

/** A sink whose every step the schedule controls. */
class ScriptedSink implements Sink {
  readonly name: string;
  readonly kind: Kind;
  readonly replays = true;
  /** What its present peer has; one that is lost takes it along. */
  received: number[] = [];
  /** Sequence number behind the last message of which the sink said that it is done. */
  acked = 0;
  /** How often it lost its peer. */
  losses = 0;
  failed = false;
  closed = false;
  #writes = 0;
  #pending: (() => void)[] = [];
  #host: SinkHost | undefined;

  constructor(name: string, kind: Kind) {
    this.name = name;
    this.kind = kind;
  }

  get waiting(): boolean {
    return this.#pending.length > 0;
  }

  attached(host: SinkHost): () => void {
    this.#host = host;
    return () => {
      this.#host = undefined;
    };
  }

  write(messages: readonly LogMsg[]): void | Promise<void> | Delivery {
    if (this.failed) throw new Error(`${this.name} was called after it failed`);
    if (this.closed) throw new Error(`${this.name} was called after it was closed`);
    if (this.waiting && this.kind !== "acks")
      throw new Error(`${this.name} was called while it was busy`);
    const seqs = messages.map(seqOf);
    this.#writes++;
    if (this.kind === "throws" && this.#writes > 2) {
      this.failed = true;
      throw new Error(`${this.name} throws`);
    }
    this.received.push(...seqs);
    const done = (): void => {
      this.acked = Math.max(this.acked, (seqs.at(-1) ?? -1) + 1);
    };
    if (this.kind === "sync" || this.kind === "throws") {
      done();
      return;
    }
    const settled = new Promise<void>((resolve, reject) => {
      this.#pending.push(() => {
        if (this.kind === "rejects" && this.#writes > 2) {
          this.failed = true;
          reject(new Error(`${this.name} rejects`));
        } else {
          done();
          resolve();
        }
      });
    });
    if (this.kind !== "acks") return settled;
    // Takes two ahead of what is acknowledged.
    return { ready: this.#pending.length > 2 ? settled : undefined, delivered: settled };
  }

  /** Settles what the oldest write returned, unless this sink never does. */
  settle(): void {
    if (this.kind !== "never") this.#pending.shift()?.();
  }

  /** All that was written is gone, and so is what it promised; only some sinks come back from that. */
  losePeer(): void {
    if (this.kind !== "acks" || this.#host === undefined) return;
    this.losses++;
    this.received = [];
    this.#pending = [];
    this.#host.replay();
  }

  close(): void {
    this.closed = true;
  }
}

/** One stay of a sink on the recording, and what it is owed. */
interface Stay {
  readonly sink: ScriptedSink;
  /** Undefined for the old sink of a replacement that is under way. */
  attachment: Attachment | undefined;
  /** From here on everything is owed; before it only what is pinned. */
  start: number;
  /** Up to here, exclusive; undefined while it is attached. */
  end: number | undefined;
  /** Whose place it took. */
  readonly after?: Stay;
}

/** Lets everything run that only waits for promises. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function run(steps: readonly Step[], budgetBytes?: number): Promise<void> {
  const realNow = Date.now;
  let now = 1_000_000;
  Date.now = () => now;
  try {
    const rec = new RecordingStream("schedules", {
      recordingId: "rec",
      sendProperties: false,
      logTime: false,
      batch: { flushTickMs: Infinity, flushNumRows: 1 },
    });
    const failures: string[] = [];
    // Those that never answer are let go at the end; `check` looks at them.
    rec.errors$.subscribe(({ code, message }) => {
      if (code !== "flush-timeout") failures.push(message);
    });
    let next = 1;
    /** Time at which each message was logged. */
    const loggedAt = [now];
    /** For each static message the one that takes its place, if any. */
    const superseded = new Map<number, number>();
    const statics = new Map<number, number>();
    const pinned = new Set([0]);
    const stays: Stay[] = [];
    const ends: Promise<unknown>[] = [];
    const stuck = new AbortController();

    const startOf = (from: Start): number => {
      if (from === "start") return 0;
      if (from === "now") return next;
      const index = loggedAt.findIndex((at) => at >= now - from.agoMs);
      return index < 0 ? next : index;
    };
    const running = (): Stay[] =>
      stays.filter((stay) => stay.end === undefined && stay.attachment !== undefined);
    const pick = (index: number): Stay | undefined =>
      running()[index % Math.max(1, running().length)];

    for (const step of steps) {
      now++;
      switch (step.do) {
        case "log":
          loggedAt.push(now);
          rec.log("t", Scalars(next++));
          break;
        case "log static": {
          const older = statics.get(step.key);
          if (older !== undefined) superseded.set(older, next);
          statics.set(step.key, next);
          pinned.add(next);
          loggedAt.push(now);
          rec.log(`s${step.key}`, Scalars(next++), { static: true });
          break;
        }
        case "attach": {
          const sink = new ScriptedSink(`sink ${stays.length} (${step.kind})`, step.kind);
          const from =
            typeof step.from === "string" ? step.from : since(new Date(now - step.from.agoMs));
          const begin = startOf(step.from);
          const options = budgetBytes === undefined ? { from } : { from, budgetBytes };
          stays.push({ sink, attachment: rec.attach(sink, options), start: begin, end: undefined });
          break;
        }
        case "detach": {
          const stay = pick(step.which);
          if (stay?.attachment === undefined) break;
          stay.end = next;
          ends.push(rec.detach(stay.attachment, { signal: stuck.signal }));
          break;
        }
        case "replace": {
          const stay = pick(step.which);
          if (stay?.attachment === undefined) break;
          stay.end = next;
          const sink = new ScriptedSink(
            `sink ${stays.length} (${step.kind}) for ${stay.sink.name}`,
            step.kind,
          );
          const successor: Stay = {
            sink,
            attachment: undefined,
            start: next,
            end: undefined,
            after: stay,
          };
          stays.push(successor);
          const options = budgetBytes === undefined ? {} : { budgetBytes };
          const done = rec.replace(stay.attachment, sink, { signal: stuck.signal, ...options });
          ends.push(
            done.then((attachment) => {
              successor.attachment = attachment;
              // What the old one has not acknowledged goes to the new one.
              successor.start = Math.min(Math.max(stay.sink.acked, stay.start), stay.end ?? 0);
            }),
          );
          break;
        }
        case "settle": {
          const waiting = stays.filter((stay) => stay.sink.waiting);
          waiting[step.which % Math.max(1, waiting.length)]?.sink.settle();
          break;
        }
        case "lose peer": {
          const able = stays.filter((stay) => stay.sink.kind === "acks");
          able[step.which % Math.max(1, able.length)]?.sink.losePeer();
          break;
        }
      }
      await turn();
    }

    // To the end: sinks that answer do so; those that never do are given up.
    const settleAll = async (): Promise<void> => {
      for (let idle = 0; idle < 2; ) {
        const waiting = stays.filter((stay) => stay.sink.waiting && stay.sink.kind !== "never");
        for (const { sink } of waiting) sink.settle();
        await turn();
        idle = waiting.length > 0 ? 0 : idle + 1;
      }
    };
    await settleAll();
    stuck.abort();
    await Promise.all(ends);
    await settleAll();
    const attached = new Map(rec.attachments.map((a) => [a.sink, a]));
    const closing = new AbortController();
    const closed = rec.close({ signal: closing.signal });
    await settleAll();
    closing.abort();
    await closed;

    for (const stay of stays) check(stay, attached.get(stay.sink));
    const failed = stays.filter((stay) => stay.sink.failed);
    for (const { sink } of failed) expect(failures.join("\n")).to.include(`${sink.name} `);
    if (budgetBytes === undefined) expect(failures).to.have.lengthOf(failed.length);

    function check(stay: Stay, attachment: Attachment | undefined): void {
      const { sink, start: from, end = next } = stay;
      const { received, failed: hasFailed } = sink;
      const story = `${sink.name} owed ${from} to ${end}, received ${received.join(" ")}`;
      for (let i = 1; i < received.length; i++) {
        if ((received[i] ?? 0) <= (received[i - 1] ?? 0)) throw new Error(`out of order: ${story}`);
      }
      if (attachment !== undefined && sink.kind === "acks" && !sink.waiting) {
        const { deliveredMessages, droppedMessages } = attachment.stats;
        const total = deliveredMessages + droppedMessages;
        // Each message once, however often it was written.
        const owed = Array.from({ length: end }, (_, seq) => seq);
        const least = owed.filter((seq) => seq >= from).length;
        expect(total, story).to.be.within(least, least + owed.filter((s) => pinned.has(s)).length);
      }
      if (attachment !== undefined) {
        // One that never answers is let go at the end, and that is told.
        const letGo = attachment.error?.code === "flush-timeout";
        if (letGo) expect(sink.waiting, story).to.equal(true);
        expect(attachment.state === "failed", story).to.equal(hasFailed || letGo);
        expect(attachment.error !== undefined, story).to.equal(hasFailed || letGo);
      }
      const got = new Set(received);
      // A sink that stopped answering has a gap at its end only.
      const cut = hasFailed || sink.waiting || (sink.kind === "never" && received.length > 0);
      const until = cut ? (received.at(-1) ?? -1) + 1 : end;
      const missing: number[] = [];
      for (let seq = 0; seq < Math.min(until, end); seq++) {
        if (seq >= from && !got.has(seq)) missing.push(seq);
        // Static data from before the start, unless a later value took its place before it was read.
        if (seq < from && pinned.has(seq) && !superseded.has(seq) && !got.has(seq))
          throw new Error(`pinned ${seq} lost: ${story}`);
      }
      for (const seq of received) {
        if (seq >= end) throw new Error(`${seq} came after the end: ${story}`);
        if (seq < from && !pinned.has(seq))
          throw new Error(`${seq} came before the start: ${story}`);
      }
      if (budgetBytes === undefined) {
        if (missing.length > 0) throw new Error(`lost ${missing.join(" ")}: ${story}`);
      } else {
        for (const seq of missing) {
          if (pinned.has(seq) && !superseded.has(seq))
            throw new Error(`static ${seq} dropped: ${story}`);
        }
        if (attachment !== undefined) {
          const before = stay.after?.attachment?.stats.droppedMessages ?? 0;
          const dropped = attachment.stats.droppedMessages + before;
          if (dropped < missing.length)
            throw new Error(`${missing.length} lost, ${dropped} told: ${story}`);
          if (before > 0) return;
          // What was dropped for one peer and is still held comes to the next.
          if (!cut && sink.losses === 0) expect(dropped, story).to.equal(missing.length);
          if (sink.kind === "sync" || sink.kind === "throws")
            expect(missing, story).to.deep.equal([]);
        }
      }
    }
  } finally {
    Date.now = realNow;
  }
}

describe("any schedule of attach, detach and replace", () => {
  it("gives each sink the pinned messages and then exactly what it is owed", async function () {
    this.timeout(60_000);
    await fc.assert(
      fc.asyncProperty(schedule, (steps) => run(steps)),
      { numRuns: 1000 },
    );
  });

  it("drops only temporal data past the budget, and counts each message", async function () {
    this.timeout(60_000);
    // Room for about three of the messages, which have a good 800 bytes.
    await fc.assert(
      fc.asyncProperty(schedule, (steps) => run(steps, 2500)),
      { numRuns: 300 },
    );
  });
});
