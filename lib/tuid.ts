import { nowNs, type SplitNs } from "./clock.ts";

/**
 * A time-ordered 128-bit id: nanoseconds since the Unix epoch, then a counter. Row ids and chunk ids
 * are such ids. Kept as four unsigned 32-bit halves, because a `bigint` per row costs more than the row.
 *
 * Source: rerun crates/store/re_tuid.
 */
export class Tuid {
  // Signed, because engines keep such numbers in place and box larger ones, four for each row.
  readonly timeHi: number;
  readonly timeLo: number;
  readonly incHi: number;
  readonly incLo: number;

  /** The halves as 32-bit integers; their sign does not matter. */
  constructor(timeHi: number, timeLo: number, incHi: number, incLo: number) {
    this.timeHi = timeHi | 0;
    this.timeLo = timeLo | 0;
    this.incHi = incHi | 0;
    this.incLo = incLo | 0;
  }

  /** Nanoseconds since the Unix epoch. */
  get timeNs(): bigint {
    return (BigInt(this.timeHi >>> 0) << 32n) | BigInt(this.timeLo >>> 0);
  }

  /** The counter. */
  get inc(): bigint {
    return (BigInt(this.incHi >>> 0) << 32n) | BigInt(this.incLo >>> 0);
  }

  /** The id that follows: same time, counter + `by`. */
  next(by = 1): Tuid {
    const lo = (this.incLo >>> 0) + by;
    const carry = Math.floor(lo / 0x1_0000_0000);
    return new Tuid(this.timeHi, this.timeLo, this.incHi + carry, lo % 0x1_0000_0000);
  }

  /** Writes the 16 bytes of the Arrow form: big-endian, so that bytes order as ids do. */
  writeTo(bytes: Uint8Array, offset: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset + offset, 16);
    view.setUint32(0, this.timeHi);
    view.setUint32(4, this.timeLo);
    view.setUint32(8, this.incHi);
    view.setUint32(12, this.incLo);
  }

  /** Reads the 16 bytes of the Arrow form. */
  static read(bytes: Uint8Array, offset = 0): Tuid {
    const view = new DataView(bytes.buffer, bytes.byteOffset + offset, 16);
    return new Tuid(view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12));
  }

  /** 32 hex digits: the time in upper case, the counter in lower case, as Rerun prints them. */
  toString(): string {
    return (
      hex(this.timeHi).toUpperCase() +
      hex(this.timeLo).toUpperCase() +
      hex(this.incHi) +
      hex(this.incLo)
    );
  }
}

const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, "0");

/**
 * Makes ids that strictly increase: the counter starts at a random number and never repeats, the time
 * never runs backwards. One generator serves a recording, so that its ids order as its calls did.
 */
export class TuidGenerator {
  /** The time that ids get; never runs backwards. */
  readonly now: () => SplitNs;
  /** Makes other ids, 32 hex digits each; undefined where chance is to make them. */
  readonly hex: (() => string) | undefined;
  #incHi: number;
  #incLo: number;

  /**
   * @param now gives the time of ids; must not run backwards
   * @param start where the counter begins; default: at random
   * @param makeHex see {@link hex}
   */
  constructor(now: () => SplitNs = nowNs, start: SplitNs = randomStart(), makeHex?: () => string) {
    this.now = now;
    this.hex = makeHex;
    this.#incHi = start.hi;
    this.#incLo = start.lo | 0;
  }

  /** A new id at the given time, by default now. Times must not run backwards from call to call. */
  next(time: SplitNs = this.now()): Tuid {
    this.#incLo = (this.#incLo + 1) | 0;
    if (this.#incLo === 0) this.#incHi = (this.#incHi + 1) | 0;
    return new Tuid(time.hi, time.lo, this.#incHi, this.#incLo);
  }

  /** A random UUID without its dashes, or what is the same in each run. */
  uuid(): string {
    return this.hex?.() ?? globalThis.crypto.randomUUID().replaceAll("-", "");
  }

  /** Leaves out the next `count` counters: they were given to rows by the caller. */
  skip(count: number): void {
    const lo = (this.#incLo >>> 0) + count;
    this.#incHi = (this.#incHi + Math.floor(lo / 0x1_0000_0000)) | 0;
    this.#incLo = lo | 0;
  }
}

function randomStart(): SplitNs {
  const seed = globalThis.crypto.getRandomValues(new Uint32Array(2));
  // The top bit stays clear, so that the counter has room to grow.
  return { hi: (seed[0] ?? 0) >>> 1, lo: seed[1] ?? 0 };
}
