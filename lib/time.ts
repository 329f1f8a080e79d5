import { quote, RerunError } from "./errors.ts";
import { Interned } from "./interned.ts";

/** Kinds of index: counted steps, spans of time, points in time. Durations and timestamps are in nanoseconds. */
export type TimeType = "sequence" | "duration" | "timestamp";

/** A named index. Equal timelines are the same object: compare with `===`. */
export interface Timeline {
  readonly name: string;
  readonly type: TimeType;
}

/**
 * A time on a timeline, of exactly one kind:
 *
 * - `sequence`: a whole number
 * - `duration`: seconds as a number, or nanoseconds as a bigint
 * - `timestamp`: a `Date`, seconds since the Unix epoch as a number, or nanoseconds as a bigint
 */
export type TimeInput =
  | { readonly sequence: number | bigint }
  | { readonly duration: number | bigint }
  | { readonly timestamp: Date | number | bigint };

const interned = new Interned<Timeline>();

/** The one timeline of this name and type. */
export function timeline(name: string, type: TimeType): Timeline {
  return interned.get(`${type}\n${name}`, () => {
    if (typeof name !== "string" || name.length === 0) {
      throw new RerunError(
        "invalid-time",
        `Expected the name of a timeline to be a non-empty string, got ${quote(name)}`,
      );
    }
    return Object.freeze({ name, type });
  });
}

export const LOG_TIME: Timeline = timeline("log_time", "timestamp");
export const LOG_TICK: Timeline = timeline("log_tick", "sequence");

const TWO_32 = 0x1_0000_0000;

/**
 * Checks a time and splits it into 32-bit halves, `[lo, hi]`, both as signed integers.
 *
 * @throws RerunError `invalid-time` when the input is not exactly one finite time of a known kind
 */
export function parseTime(
  name: string,
  input: TimeInput,
): { readonly timeline: Timeline; lo: number; hi: number } {
  if (typeof input === "object" && input !== null && Object.keys(input).length === 1) {
    if ("sequence" in input)
      return { timeline: timeline(name, "sequence"), ...splitInteger(name, input.sequence) };
    if ("duration" in input)
      return { timeline: timeline(name, "duration"), ...splitSeconds(name, input.duration) };
    if ("timestamp" in input) {
      const at = input.timestamp;
      if (at instanceof Date) {
        const ms = at.getTime();
        if (Number.isNaN(ms)) throw badTime(name, "a valid date", at);
        return { timeline: timeline(name, "timestamp"), ...split(name, BigInt(ms) * 1_000_000n) };
      }
      // Rerun refuses such numbers too: 1e11 seconds are in the year 5138, so they are milliseconds most likely.
      if (typeof at === "number" && Math.abs(at) > 1e11) {
        throw badTime(
          name,
          "a timestamp in seconds (below 1e11); pass a Date, divide milliseconds by 1000, or give nanoseconds as a bigint",
          at,
        );
      }
      return { timeline: timeline(name, "timestamp"), ...splitSeconds(name, at) };
    }
  }
  throw badTime(name, "one of { sequence }, { duration } and { timestamp }", input);
}

function badTime(name: string, expected: string, got: unknown): RerunError {
  return new RerunError(
    "invalid-time",
    `Expected the time of timeline ${quote(name)} to be ${expected}, got ${quote(got)}`,
  );
}

function splitInteger(name: string, value: number | bigint): { lo: number; hi: number } {
  if (typeof value === "bigint") return split(name, value);
  if (!Number.isSafeInteger(value)) throw badTime(name, "a whole number", value);
  const hi = Math.floor(value / TWO_32);
  return { lo: (value - hi * TWO_32) | 0, hi: hi | 0 };
}

function splitSeconds(name: string, value: number | bigint): { lo: number; hi: number } {
  if (typeof value === "bigint") return split(name, value);
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw badTime(name, "seconds as a finite number, or nanoseconds as a bigint", value);
  }
  // Whole seconds and the rest apart, so that today's timestamps keep the digits that a double has.
  const seconds = Math.trunc(value);
  return split(
    name,
    BigInt(seconds) * 1_000_000_000n + BigInt(Math.round((value - seconds) * 1e9)),
  );
}

/** The smallest 64-bit integer means "static" in Rerun's store; times equal to it are moved by one, as there. */
const STATIC_TIME = -(2n ** 63n);
const MAX = 2n ** 63n - 1n;

function split(name: string, value: bigint): { lo: number; hi: number } {
  if (value < STATIC_TIME || value > MAX) {
    throw badTime(name, "within 64 bits (nanoseconds reach from the year 1677 to 2262)", value);
  }
  const v = value === STATIC_TIME ? STATIC_TIME + 1n : value;
  return { lo: Number(BigInt.asIntN(32, v)), hi: Number(v >> 32n) };
}

/** Joins the halves of {@link parseTime}. */
export function joinTime(lo: number, hi: number): bigint {
  return (BigInt(hi) << 32n) | BigInt(lo >>> 0);
}

/** A set of timelines, sorted by name. Equal sets are the same object: rows with the same shape fit into one chunk. */
export interface TimeShape {
  readonly timelines: readonly Timeline[];
}

const RANK: Record<TimeType, number> = { sequence: 0, duration: 1, timestamp: 2 };
const shapes = new Interned<TimeShape>();

/** The one shape of these timelines. */
export function timeShape(timelines: Iterable<Timeline>): TimeShape {
  const sorted = [...timelines].sort((a, b) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : RANK[a.type] - RANK[b.type],
  );
  const key = sorted.map((t) => `${t.type} ${t.name}`).join("\n");
  return shapes.get(key, () => Object.freeze({ timelines: Object.freeze(sorted) }));
}

/** The shape of static rows. */
export const STATIC_SHAPE: TimeShape = timeShape([]);

/** The times of one row, one per timeline of its shape. */
export class TimePoint {
  readonly shape: TimeShape;
  /** Two signed 32-bit halves for each timeline of the shape, the lower one first. */
  readonly halves: readonly number[];

  constructor(shape: TimeShape, halves: readonly number[]) {
    this.shape = shape;
    this.halves = halves;
  }

  /** Time on the timeline of this name: nanoseconds or a sequence number; undefined when the row has none. */
  get(name: string): bigint | undefined {
    const index = this.shape.timelines.findIndex((t) => t.name === name);
    if (index < 0) return undefined;
    return joinTime(this.halves[2 * index] ?? 0, this.halves[2 * index + 1] ?? 0);
  }

  /** All times by name. */
  toObject(): Record<string, bigint> {
    return Object.fromEntries(
      this.shape.timelines.map((t, i) => [
        t.name,
        joinTime(this.halves[2 * i] ?? 0, this.halves[2 * i + 1] ?? 0),
      ]),
    );
  }
}

/** The time point of static rows: no times at all. */
export const STATIC: TimePoint = new TimePoint(STATIC_SHAPE, []);

/**
 * The times that the next rows get: what was set, and `log_time` and `log_tick` unless switched off.
 *
 * Changing the value of a timeline costs two stores; only a new or removed timeline, or another type, makes
 * a new shape.
 */
export class TimeState {
  readonly #logTime: boolean;
  readonly #logTick: boolean;
  #timelines: Map<string, Timeline>;
  #shape: TimeShape = STATIC_SHAPE;
  #halves: number[] = [];
  #index = new Map<string, number>();
  #logTimeAt = -1;
  #logTickAt = -1;

  constructor(options: { readonly logTime: boolean; readonly logTick: boolean }, from?: TimeState) {
    this.#logTime = options.logTime;
    this.#logTick = options.logTick;
    this.#timelines = new Map(from === undefined ? [] : from.#timelines);
    this.#reshape();
    if (from !== undefined) this.#halves = [...from.#halves];
  }

  /** A copy that changes apart from this one. */
  fork(): TimeState {
    return new TimeState({ logTime: this.#logTime, logTick: this.#logTick }, this);
  }

  set(name: string, input: TimeInput): void {
    // The fast path of a loop that counts frames: nothing but two stores.
    const index = this.#index.get(name);
    if (
      index !== undefined &&
      this.#shape.timelines[index]?.type === "sequence" &&
      typeof input === "object" &&
      input !== null
    ) {
      const { sequence: value, duration, timestamp } = input as Readonly<Record<string, unknown>>;
      if (
        typeof value === "number" &&
        Number.isSafeInteger(value) &&
        duration === undefined &&
        timestamp === undefined
      ) {
        const hi = Math.floor(value / TWO_32);
        this.#halves[2 * index] = (value - hi * TWO_32) | 0;
        this.#halves[2 * index + 1] = hi | 0;
        return;
      }
    }
    const time = parseTime(name, input);
    if (this.#timelines.get(name) !== time.timeline) {
      this.#timelines.set(name, time.timeline);
      this.#reshape();
    }
    const at = this.#index.get(name) as number;
    this.#halves[2 * at] = time.lo;
    this.#halves[2 * at + 1] = time.hi;
  }

  disable(name: string): void {
    if (this.#timelines.delete(name)) this.#reshape();
  }

  reset(): void {
    this.#timelines.clear();
    this.#reshape();
  }

  /** The times of a row logged now. */
  stamp(now: { readonly hi: number; readonly lo: number }, tick: number): TimePoint {
    const halves = this.#halves.slice();
    if (this.#logTimeAt >= 0) {
      halves[this.#logTimeAt] = now.lo | 0;
      halves[this.#logTimeAt + 1] = now.hi | 0;
    }
    if (this.#logTickAt >= 0) {
      halves[this.#logTickAt] = tick | 0;
      halves[this.#logTickAt + 1] = Math.floor(tick / TWO_32);
    }
    return new TimePoint(this.#shape, halves);
  }

  #reshape(): void {
    const before = new Map(
      [...this.#index].map(([name, i]) => [
        name,
        [this.#halves[2 * i] ?? 0, this.#halves[2 * i + 1] ?? 0] as const,
      ]),
    );
    const all = new Map(this.#timelines);
    // As in the official SDKs, the automatic timelines win over what a program sets under their names.
    if (this.#logTime) all.set(LOG_TIME.name, LOG_TIME);
    if (this.#logTick) all.set(LOG_TICK.name, LOG_TICK);
    this.#shape = timeShape(all.values());
    this.#index = new Map(this.#shape.timelines.map((t, i) => [t.name, i]));
    this.#halves = this.#shape.timelines.flatMap((t) => before.get(t.name) ?? [0, 0]);
    this.#logTimeAt = this.#logTime ? 2 * (this.#index.get(LOG_TIME.name) ?? 0) : -1;
    this.#logTickAt = this.#logTick ? 2 * (this.#index.get(LOG_TICK.name) ?? 0) : -1;
  }
}
