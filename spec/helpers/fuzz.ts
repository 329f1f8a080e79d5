/** Numbers that look random and are the same in each run with the same seed (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** A whole number from 0 to below `end`. */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b_79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000) * end);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

/** Bytes at which readers of lengths, offsets and tags go wrong. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x40, 0x0a, 0x12, 0xfe];
const WIDE_EDGES = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff, 0x1_0000, 0x7fff_fff8];

/** Makes inputs that are nearly right: one to several changes of what is right, and now and then mere noise. */
export class Mutator {
  readonly #random: Random;
  readonly #corpus: readonly Uint8Array[];

  constructor(seed: number, corpus: readonly Uint8Array[]) {
    this.#random = new Random(seed);
    this.#corpus = corpus;
  }

  next(): Buffer {
    const random = this.#random;
    if (random.below(50) === 0)
      return Buffer.from(Array.from({ length: random.below(200) }, () => random.below(256)));
    let bytes: Buffer = Buffer.from(random.pick(this.#corpus));
    for (let count = 1 + random.below(3); count > 0 && bytes.length > 0; count--)
      bytes = this.#change(bytes);
    return bytes;
  }

  #change(bytes: Buffer): Buffer {
    const random = this.#random;
    const at = random.below(bytes.length);
    const to = Math.min(bytes.length, at + 1 + random.below(32));
    switch (random.below(9)) {
      case 0:
        bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
        return bytes;
      case 1:
        bytes[at] = random.pick(EDGES);
        return bytes;
      case 2: {
        const wide = Math.max(0, Math.min(at & ~3, bytes.length - 4));
        if (bytes.length < 4) return bytes;
        bytes.writeUInt32LE(random.pick(WIDE_EDGES), wide);
        return bytes;
      }
      case 3: {
        if (bytes.length < 4) return bytes;
        bytes.writeUInt32BE(random.pick(WIDE_EDGES), Math.min(at, bytes.length - 4));
        return bytes;
      }
      case 4:
        return bytes.subarray(0, at);
      case 5:
        return Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]);
      case 6:
        return Buffer.concat([bytes.subarray(0, to), bytes.subarray(at)]);
      case 7: {
        const other = Buffer.from(random.pick(this.#corpus));
        return Buffer.concat([
          bytes.subarray(0, at),
          other.subarray(random.below(other.length + 1)),
        ]);
      }
      default:
        for (let i = at; i < to; i++) bytes[i] = random.below(256);
        return bytes;
    }
  }
}
