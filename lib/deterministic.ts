import type { SplitNs } from "./clock.ts";
import { xxh32 } from "./encode/xxh32.ts";
import { quote, RerunError } from "./errors.ts";

/** What takes the place of chance and of the clock, so that two runs of a program write the same bytes. */
export interface DeterministicOptions {
  /**
   * Where ids begin, with the names of application and recording. Two streams that log into one recording need different
   * ones. Default 0.
   */
  readonly seed?: number | string;
  /**
   * Gives the time: nanoseconds since the Unix epoch, or a date. It is asked once for each row, each chunk and each
   * `sendColumns`, in the order in which they are made. Time that runs backwards stands still. Default: begins with
   * the year 2000 and goes on by a millisecond each time.
   */
  readonly clock?: () => bigint | Date;
}

/** Ids and times that are the same in each run. */
export interface DeterministicSource {
  /** @throws what the clock throws, `invalid-time` when it gives no time */
  readonly now: () => SplitNs;
  /** The same, but the last time again where the clock fails: for ids, which are made where nobody can be told. */
  readonly idTime: () => SplitNs;
  /** Where the counter of ids begins. */
  readonly start: SplitNs;
  /** 32 hex digits, others each time. */
  readonly hex: () => string;
}

const YEAR_2000 = 946_684_800_000_000_000n;
const MS = 1_000_000n;
const MAX_NS = (1n << 63n) - 1n;

/**
 * @param name tells recordings apart that have the same seed
 * @throws RerunError `invalid-argument`
 */
export function deterministicSource(
  options: DeterministicOptions | true,
  name: string,
): DeterministicSource {
  if (options !== true && (typeof options !== "object" || options === null)) {
    throw new RerunError(
      "invalid-argument",
      `Expected \`deterministic\` to be true or { seed, clock }, got ${quote(options)}`,
    );
  }
  const { seed = 0, clock = counter() } = options === true ? {} : options;
  if (!(typeof seed === "string" || Number.isFinite(seed)) || typeof clock !== "function") {
    throw new RerunError(
      "invalid-argument",
      `Expected \`seed\` to be a number or a text and \`clock\` a function, got ${quote(seed)} and ${quote(clock)}`,
    );
  }
  const encoder = new TextEncoder();
  const hash = (text: string, n: number): number =>
    xxh32(encoder.encode(`${name}\n${seed}\n${text}`), n);
  let last = 0n;
  let made = 0;
  const split = (): SplitNs => ({ hi: Number(last >> 32n), lo: Number(BigInt.asIntN(32, last)) });
  const now = (): SplitNs => {
    const given = clock();
    const ns = given instanceof Date ? nanoseconds(given) : given;
    if (typeof ns !== "bigint" || ns < 0n || ns > MAX_NS) {
      throw new RerunError(
        "invalid-time",
        `Expected the clock to give nanoseconds since the Unix epoch as a bigint, or a Date, got ${quote(given)}`,
      );
    }
    if (ns > last) last = ns;
    return split();
  };
  return {
    now,
    idTime: () => {
      try {
        return now();
      } catch {
        return split();
      }
    },
    // The top bit stays clear, so that the counter has room to grow.
    start: { hi: hash("ids", 1) >>> 1, lo: hash("ids", 2) | 0 },
    hex: () => {
      const text = `hex ${++made}`;
      return [1, 2, 3, 4].map((n) => hash(text, n).toString(16).padStart(8, "0")).join("");
    },
  };
}

function nanoseconds(date: Date): bigint | undefined {
  const ms = date.getTime();
  return Number.isNaN(ms) ? undefined : BigInt(ms) * MS;
}

function counter(): () => bigint {
  let ns = YEAR_2000;
  return () => {
    ns += MS;
    return ns;
  };
}
