import { setMaxListeners } from "node:events";
import { expect } from "chai";
import fc from "fast-check";
import { type MonoTypeOperatorFunction, map } from "rxjs";
import { Image, Scalars, Transform3D } from "../../lib/archetypes/index.ts";
import type { AttachedSink } from "../../lib/attached-sink.ts";
import { type Attachment, type AttachOptions, since } from "../../lib/attachment.ts";
import { isPinned, type LogMsg } from "../../lib/log-msg.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import { pinKeyOf } from "../../lib/static-data.ts";
import { holdBack } from "./hold-back.ts";
import { type Loss, nameOf } from "./network-doubles.ts";
import { makeSink, SINK_KINDS, type SinkKind, type TestedSink } from "./schedule-sinks.ts";
import { VirtualTime } from "./virtual-time.ts";

type Start = "start" | "now" | { readonly agoMs: number };

/** Operators before a sink: none, one that hands out what comes at once, two that hold it back for a while. */
type Pipe = "none" | "passes" | "holds";

/** One step of a schedule. Time is virtual, and what waits for the far side of a sink happens when a step says so. */
export type Step =
  | { readonly do: "log" }
  | { readonly do: "log image"; readonly key: number }
  | { readonly do: "log transform" }
  | { readonly do: "log static"; readonly key: number }
  | { readonly do: "send columns"; readonly rows: number }
  | { readonly do: "attach"; readonly kind: SinkKind; readonly from: Start; readonly pipe: Pipe }
  | { readonly do: "detach"; readonly which: number }
  | { readonly do: "replace"; readonly which: number; readonly kind: SinkKind }
  | { readonly do: "flush" }
  | { readonly do: "answer"; readonly which: number }
  | { readonly do: "lose"; readonly which: number; readonly how: Loss }
  | { readonly do: "wait"; readonly ms: number };

export interface ScheduleOptions {
  /** Whether sinks may have so little room that they lose something. */
  readonly hasBudget: boolean;
}

export interface Schedule {
  readonly steps: readonly Step[];
  /** Rows wait for so long before they become messages, in milliseconds; 0: each becomes one at once. */
  readonly tickMs: number;
  /** Whether the log keeps what all sinks have. */
  readonly hasHistory: boolean;
  readonly budgetBytes: number | undefined;
  readonly maxAgeMs: number | undefined;
}

const kind = fc.constantFrom(...SINK_KINDS);
const which = fc.nat(9);
const pipe = fc.constantFrom<Pipe>("none", "passes", "holds");
const start: fc.Arbitrary<Start> = fc.oneof(
  fc.constantFrom<Start>("start", "now"),
  fc.record({ agoMs: fc.nat(30) }),
);

const step = fc.oneof<fc.WeightedArbitrary<Step>[]>(
  { weight: 7, arbitrary: fc.constant({ do: "log" }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("log image"), key: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.constant({ do: "log transform" }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("log static"), key: fc.nat(2) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("send columns"), rows: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("attach"), kind, from: start, pipe }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("detach"), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("replace"), which, kind }) },
  { weight: 1, arbitrary: fc.constant({ do: "flush" }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("answer"), which }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("lose"),
      which,
      how: fc.constantFrom<Loss>("peer", "link", "call"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("wait"), ms: fc.integer({ min: 1, max: 200 }) }),
  },
);

export function anySchedule({
  hasBudget = false,
}: Partial<ScheduleOptions>): fc.Arbitrary<Schedule> {
  return fc.record({
    steps: fc.array(step, { maxLength: 32, size: "max" }),
    tickMs: fc.constantFrom(0, 0, 4),
    hasHistory: fc.boolean(),
    // The messages have about 800 bytes.
    budgetBytes: hasBudget ? fc.constantFrom(2_500, 6_000) : fc.constant(undefined),
    maxAgeMs: hasBudget ? fc.constantFrom(undefined, 10) : fc.constant(undefined),
  });
}

/** One stay of a sink on the recording, and what it is owed. */
interface Stay {
  readonly tested: TestedSink;
  readonly name: string;
  readonly pipe: Pipe;
  /** Undefined as long as the sink whose place it takes is not gone. */
  attachment: AttachedSink | undefined;
  /** From here on everything is owed; before it only what is pinned. */
  start: number;
  /** From here on something may come. */
  earliest: number;
  /** Up to here, exclusive; undefined while it is attached. */
  end: number | undefined;
  /** Whose place it took. */
  readonly after: Stay | undefined;
  /** What was logged while a sink had failed that it took the place of, at first hand or not: nobody kept that for it. */
  readonly gone: ReadonlySet<number>;
  /** How often it lost its peer. */
  losses: number;
}

const OPERATORS: Readonly<Record<Pipe, readonly MonoTypeOperatorFunction<LogMsg>[]>> = {
  none: [],
  passes: [map((message) => message)],
  holds: [holdBack(7), map((message) => message), holdBack(50)],
};

/** Lets everything run that waits for no more than promises and the next turn of the event loop. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Runs a schedule, lets everything come to its end, and checks what each sink has.
 *
 * @returns how many sinks there were
 * @throws Error that tells the story of the sink that went wrong
 */
export async function runSchedule(schedule: Schedule, newPath: () => string): Promise<number> {
  const time = new VirtualTime();
  try {
    return await new ScheduleRun(schedule, newPath, time).run();
  } finally {
    time.end();
  }
}

class ScheduleRun {
  readonly #schedule: Schedule;
  readonly #newPath: () => string;
  readonly #time: VirtualTime;
  readonly #rec: RecordingStream;
  /** All messages, in the order of the log. */
  readonly #messages: LogMsg[] = [];
  readonly #loggedAt: number[] = [];
  readonly #seqs = new Map<string, number>();
  readonly #stays: Stay[] = [];
  readonly #failures: string[] = [];
  readonly #ends: Promise<unknown>[] = [];
  /** Ends the patience with those that never answer. */
  readonly #stuck = new AbortController();
  #logged = 0;

  constructor(schedule: Schedule, newPath: () => string, time: VirtualTime) {
    this.#schedule = schedule;
    this.#newPath = newPath;
    this.#time = time;
    setMaxListeners(0, this.#stuck.signal);
    const { tickMs, hasHistory } = schedule;
    this.#rec = new RecordingStream("schedules", {
      recordingId: "rec",
      sendProperties: false,
      logTime: false,
      batch: tickMs === 0 ? { flushNumRows: 1 } : { flushTickMs: tickMs },
      ...(hasHistory ? {} : { historyBytes: 0 }),
    });
    // Those that never answer are let go at the end, lost peers come back: `#check` looks at them.
    const told = new Set(["flush-timeout", "viewer-unreachable", "data-dropped"]);
    this.#rec.errors$.subscribe(({ code, message }) => {
      if (!told.has(code)) this.#failures.push(message);
    });
    this.#rec.attach((message: LogMsg) => {
      this.#seqs.set(nameOf(message), this.#messages.length);
      this.#messages.push(message);
      this.#loggedAt.push(time.now);
    });
  }

  async run(): Promise<number> {
    for (const each of this.#schedule.steps) {
      this.#time.advance(1);
      this.#do(each);
      await turn();
    }
    await this.#settle();
    this.#stuck.abort();
    await Promise.all(this.#ends);
    await this.#settle();
    const closing = new AbortController();
    setMaxListeners(0, closing.signal);
    const attached = this.#stays.filter(({ end }) => end === undefined);
    const closed = this.#rec.close({ signal: closing.signal });
    for (const stay of attached) stay.end = this.#messages.length;
    await this.#settle();
    closing.abort();
    const { sinks } = await closed;
    await turn();

    for (const stay of this.#stays) this.#check(stay);
    const failed = this.#stays.filter(({ tested }) => tested.hasFailed);
    for (const { name } of failed) expect(this.#failures.join("\n")).to.include(`${name} `);
    expect(this.#failures).to.have.lengthOf(failed.length);
    expect(sinks).to.have.lengthOf(attached.length + 1);
    return this.#stays.length;
  }

  #do(each: Step): void {
    const rec = this.#rec;
    switch (each.do) {
      case "log":
        rec.log("t", Scalars(this.#logged++));
        break;
      case "log image":
        rec.log(`cam${each.key}`, Image({ ...PIXELS, data: new Uint8Array(600) }));
        break;
      case "log transform":
        rec.log("arm", Transform3D({ translation: [this.#logged++, 0, 0] }));
        break;
      case "log static":
        rec.log(`s${each.key}`, Scalars(this.#logged++), { static: true });
        break;
      case "send columns": {
        const numbers = Float64Array.from({ length: each.rows }, () => this.#logged++);
        rec.sendColumns("c", { n: { sequence: numbers } }, Scalars.columns({ scalars: numbers }));
        break;
      }
      case "attach":
        this.#attach(each);
        break;
      case "detach": {
        const stay = this.#pick(each.which);
        if (stay?.attachment === undefined) break;
        this.#ends.push(rec.detach(stay.attachment, { signal: this.#stuck.signal }));
        stay.end = this.#messages.length;
        break;
      }
      case "replace":
        this.#replace(each);
        break;
      case "flush":
        this.#flush();
        break;
      case "answer": {
        const stays = this.#stays;
        for (let i = 0; i < stays.length; i++)
          if (stays[(i + each.which) % stays.length]?.tested.step() === true) break;
        break;
      }
      case "lose": {
        const able = this.#running().filter(({ tested }) => tested.lose !== undefined);
        const stay = able[each.which % Math.max(1, able.length)];
        if (stay === undefined) break;
        stay.losses++;
        // A new peer gets what the history holds.
        stay.tested.lose?.(this.#schedule.hasHistory || each.how !== "peer" ? each.how : "link");
        break;
      }
      case "wait":
        this.#time.advance(each.ms);
        break;
    }
  }

  #running(): Stay[] {
    return this.#stays.filter((stay) => stay.end === undefined && stay.attachment !== undefined);
  }

  #pick(index: number): Stay | undefined {
    const running = this.#running();
    return running[index % Math.max(1, running.length)];
  }

  get #limits(): AttachOptions {
    const { budgetBytes, maxAgeMs } = this.#schedule;
    return {
      ...(budgetBytes === undefined ? {} : { budgetBytes, reliableBytes: 1e9 }),
      ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
    };
  }

  #make(sinkKind: SinkKind): Pick<Stay, "tested" | "name"> {
    const name = `sink ${this.#stays.length} (${sinkKind})`;
    return { name, tested: makeSink(sinkKind, { name, path: this.#newPath() }) };
  }

  #attach(each: Step & { readonly do: "attach" }): void {
    const made = this.#make(each.kind);
    // Without history it depends on the others what there is to begin with.
    const from = this.#schedule.hasHistory ? each.from : "now";
    const next = this.#messages.length;
    let begin = 0;
    if (typeof from === "object") {
      const { now } = this.#time;
      const index = this.#loggedAt.findIndex((at) => at >= now - from.agoMs);
      begin = index < 0 ? next : index;
    }
    const attachment = this.#rec.attach(made.tested.sink, {
      from: typeof from === "object" ? since(new Date(this.#time.now - from.agoMs)) : from,
      pipe: OPERATORS[each.pipe],
      ...this.#limits,
    }) as AttachedSink;
    if (from === "now") begin = this.#messages.length;
    this.#stays.push({
      ...made,
      pipe: each.pipe,
      attachment,
      start: begin,
      earliest: begin,
      end: undefined,
      after: undefined,
      gone: new Set(),
      losses: 0,
    });
  }

  #replace(each: Step & { readonly do: "replace" }): void {
    const stay = this.#pick(each.which);
    const old = stay?.attachment;
    if (stay === undefined || old === undefined) return;
    const made = this.#make(each.kind);
    const gone = new Set(stay.gone);
    // What is logged once a sink has failed waits for nobody.
    if (old.state === "failed" && !this.#schedule.hasHistory)
      for (let seq = old.endedAt; seq < this.#messages.length; seq++) gone.add(seq);
    const done = this.#rec.replace(old, made.tested.sink, {
      signal: this.#stuck.signal,
      ...this.#limits,
    });
    stay.end = this.#messages.length;
    const next: Stay = {
      ...made,
      pipe: "none",
      attachment: undefined,
      start: stay.end,
      earliest: stay.end,
      end: undefined,
      after: stay,
      gone,
      losses: 0,
    };
    this.#stays.push(next);
    this.#ends.push(
      done.then((attachment) => {
        next.attachment = attachment as AttachedSink;
        // What the old one has not acknowledged goes to the new one.
        next.start = Math.min(old.resumeFrom, next.start);
        next.earliest = next.start;
      }),
    );
  }

  #flush(): void {
    const attached = this.#running();
    const losses = attached.map((stay) => stay.losses);
    const done = this.#rec.flush({ signal: this.#stuck.signal });
    const target = this.#messages.length;
    this.#ends.push(
      done.then(({ complete }) => {
        if (!complete || this.#schedule.budgetBytes !== undefined) return;
        for (const [i, stay] of attached.entries()) {
          // Its peer may be gone already by the time at which this is looked at, with all that it had.
          if (stay.losses !== losses[i]) continue;
          const has = this.#received(stay);
          for (let seq = stay.start; seq < target; seq++)
            if (!has.includes(seq) && !this.#isGone(stay, seq))
              throw this.#wrong(stay, `flushed without ${seq}`);
        }
      }),
    );
  }

  /** To the end: sinks that answer do so, broken connections come back. */
  async #settle(): Promise<void> {
    for (let idle = 0; idle < 6; ) {
      let steps = 0;
      for (const { tested } of this.#stays) while (tested.step()) steps++;
      await turn();
      idle = steps > 0 ? 0 : idle + 1;
      this.#time.advance(steps > 0 ? 1 : 300);
      await turn();
    }
  }

  /** What its receiver has, in the order of the log. */
  #received({ tested }: Stay): number[] {
    return this.#seqsOf(tested.held.names).sort((a, b) => a - b);
  }

  #seqsOf(names: readonly string[]): number[] {
    return names.map((name) => this.#seqs.get(name) ?? Number.NaN);
  }

  #wrong(stay: Stay, what: string): Error {
    const { name, start: from, end } = stay;
    return new Error(
      `${what}: ${name} owed ${from} to ${end}, received ${this.#received(stay).join(" ")}`,
    );
  }

  /** Whether a later message took the place of a static one. */
  #isSuperseded(seq: number): boolean {
    const key = pinKeyOf(this.#messages[seq] as LogMsg);
    if (key === undefined) return false;
    return this.#messages.some((message, i) => i > seq && pinKeyOf(message) === key);
  }

  /** Whether nobody kept a message for this one; what is pinned always is kept. */
  #isGone({ gone }: Stay, seq: number): boolean {
    return gone.has(seq) && (!isPinned(this.#messages[seq] as LogMsg) || this.#isSuperseded(seq));
  }

  #isReliable(seq: number): boolean {
    const message = this.#messages[seq] as LogMsg;
    if (isPinned(message)) return !this.#isSuperseded(seq);
    return message.kind === "chunk" && ["/arm", "/__warnings"].includes(message.chunk.entityPath);
  }

  #check(stay: Stay): void {
    const { tested, start: from, earliest, end = this.#messages.length, attachment } = stay;
    const received = this.#received(stay);
    const wrong = (what: string): Error => this.#wrong(stay, what);
    for (const names of tested.held.passes) {
      const seqs = this.#seqsOf(names);
      // Also when one is not known at all.
      if (seqs.some((seq, i) => !(seq > (seqs[i - 1] ?? -1))))
        throw wrong(`out of order: ${seqs.join(" ")}`);
    }
    for (const seq of received) {
      if (seq >= end) throw wrong(`${seq} came after the end`);
      if (seq < earliest && !isPinned(this.#messages[seq] as LogMsg))
        throw wrong(`${seq} came before the start`);
    }
    // One that stopped answering has a gap at its end only.
    const isCut = tested.kind === "never" || (tested.hasFailed && tested.kind !== "fails to close");
    const until = isCut ? Math.min(end, (received.at(-1) ?? -1) + 1) : end;
    const got = new Set(received);
    const missing: number[] = [];
    for (let seq = 0; seq < until; seq++) {
      if (got.has(seq) || this.#isGone(stay, seq)) continue;
      if (seq >= from) missing.push(seq);
      else if (isPinned(this.#messages[seq] as LogMsg) && !this.#isSuperseded(seq))
        throw wrong(`static ${seq} lost`);
    }
    if (this.#schedule.budgetBytes === undefined) {
      if (missing.length > 0) throw wrong(`lost ${missing.join(" ")}`);
    } else {
      for (const seq of missing) if (this.#isReliable(seq)) throw wrong(`reliable ${seq} dropped`);
    }
    const isBounded = this.#schedule.budgetBytes !== undefined;
    if (stay.after !== undefined && attachment !== undefined && !isBounded && !isCut)
      this.#checkInheritance(stay, stay.after);
    if (attachment !== undefined) this.#checkCounts(stay, attachment, received, missing, isCut);
  }

  /** What the one before was owed and did not get came to this one: also what an operator held back. */
  #checkInheritance(stay: Stay, old: Stay): void {
    const has = new Set([...this.#received(old), ...this.#received(stay)]);
    for (let seq = old.start; seq < (old.end ?? 0); seq++)
      if (!has.has(seq) && !this.#isGone(stay, seq) && !this.#isSuperseded(seq))
        throw this.#wrong(stay, `${seq} of ${old.name} was not handed over`);
  }

  #checkCounts(
    stay: Stay,
    attachment: Attachment,
    received: readonly number[],
    missing: readonly number[],
    isCut: boolean,
  ): void {
    const { tested, start: from, end = this.#messages.length } = stay;
    const wrong = (what: string): Error => this.#wrong(stay, what);
    const { stats, state, error } = attachment;
    // One that never answers is let go at the end, and that is told.
    const isLetGo = error?.code === "flush-timeout";
    if (isLetGo && !tested.isStuck) throw wrong(`let go: ${error.message}`);
    if ((state === "failed") !== (tested.hasFailed || isLetGo)) throw wrong(`state ${state}`);
    const { classes } = stats;
    for (const name of [
      "deliveredMessages",
      "deliveredRows",
      "droppedMessages",
      "droppedRows",
    ] as const) {
      const sum = Object.values(classes).reduce((all, counts) => all + counts[name], 0);
      if (sum !== stats[name]) throw wrong(`${name} ${stats[name]}, by class ${sum}`);
    }
    const { deliveredMessages, droppedMessages, deliveredRows, droppedRows } = stats;
    const before = stay.after?.attachment?.stats.droppedMessages ?? 0;
    if (droppedMessages + before < missing.length)
      throw wrong(`${missing.length} lost, ${droppedMessages + before} told`);
    if (isCut || stay.after !== undefined) return;
    // Each message and row is accounted for: delivered or dropped, and none twice.
    const rows = (seqs: readonly number[]): number =>
      seqs.reduce((all, seq) => {
        const message = this.#messages[seq];
        return all + (message?.kind === "chunk" ? message.chunk.numRows : 0);
      }, 0);
    const owed = [...received, ...missing];
    if (owed.filter((seq) => seq >= from).length !== end - from)
      throw wrong("not all in the range");
    // A static message from before the start whose place another one took while an operator held it counts as well.
    const early = [...this.#messages.keys()].filter((seq) => seq < from);
    const held = stay.pipe === "holds" ? early.filter((seq) => this.#isSuperseded(seq)) : [];
    // What was dropped for one peer and is still held comes to the next, and some peers begin as the next one.
    if (tested.lose !== undefined) {
      if (stay.losses > 0 && !this.#schedule.hasHistory) return;
      const total = deliveredMessages + droppedMessages;
      // Some peer may have had a static message from before the start whose place another one has taken.
      const pinned = early.filter((seq) => isPinned(this.#messages[seq] as LogMsg)).length;
      const least = stay.losses > 0 ? end - from : owed.length;
      if (total < least || total > least + held.length + (stay.losses > 0 ? pinned : 0))
        throw wrong(`${deliveredMessages} delivered and ${droppedMessages} dropped`);
      const surplus = deliveredRows + droppedRows - rows(owed);
      if (stay.losses === 0 && (surplus < 0 || surplus > rows(held)))
        throw wrong(`${deliveredRows} rows delivered and ${droppedRows} dropped`);
      return;
    }
    const told = droppedMessages - missing.length;
    const toldRows = droppedRows - rows(missing);
    const mayTell = told === 0 ? 0 : rows(held);
    if (told < 0 || told > held.length || toldRows < told || toldRows > mayTell)
      throw wrong(`${missing.length} lost, ${droppedMessages} told`);
    if (deliveredMessages !== received.length || deliveredRows !== rows(received))
      throw wrong(`${deliveredMessages} delivered`);
  }
}

const PIXELS = { width: 20, height: 10, colorModel: "RGB" } as const;
