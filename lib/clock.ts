/** A number of nanoseconds since the Unix epoch, as two signed 32-bit halves; `hi` is the upper one. */
export interface SplitNs {
  readonly hi: number;
  readonly lo: number;
}

const TWO_32 = 0x1_0000_0000;

// The global is a getter, and not a cheap one.
const clock = performance;

// Wall clock at start, plus what has passed since: it never runs backwards, and keeps nanoseconds where a
// single double would round to 256 of them.
const origin = BigInt(Math.round(clock.timeOrigin * 1000)) * 1000n;
const originHi = Number(origin >> 32n);
const originLo = Number(origin & 0xffff_ffffn);

/** Now, by the wall clock at the start of the process plus the monotonic clock since. */
export function nowNs(): SplitNs {
  return splitNs(clock.now());
}

/** Turns milliseconds of `performance.now()` into nanoseconds since the epoch. */
export function splitNs(nowMs: number): SplitNs {
  const sum = originLo + Math.round(nowMs * 1e6);
  const carry = Math.floor(sum / TWO_32);
  return { hi: (originHi + carry) | 0, lo: (sum - carry * TWO_32) | 0 };
}
