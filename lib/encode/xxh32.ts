const P1 = 0x9e3779b1;
const P2 = 0x85ebca77;
const P3 = 0xc2b2ae3d;
const P4 = 0x27d4eb2f;
const P5 = 0x165667b1;

/** Bytes that are hashed at a time. */
const STRIPE = 16;

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

/**
 * The 32-bit xxHash of bytes that come in pieces. Protects the footer of a file.
 *
 * Source: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
 */
export class Xxh32 {
  readonly #seed: number;
  readonly #lanes: Int32Array;
  /** What is left of the pieces so far, less than a stripe. */
  readonly #rest = new Uint8Array(STRIPE);
  #restBytes = 0;
  #length = 0;

  constructor(seed = 0) {
    this.#seed = seed;
    this.#lanes = Int32Array.of(seed + P1 + P2, seed + P2, seed, seed - P1);
  }

  update(bytes: Uint8Array): this {
    this.#length += bytes.length;
    let at = 0;
    if (this.#restBytes > 0) {
      at = Math.min(STRIPE - this.#restBytes, bytes.length);
      this.#rest.set(bytes.subarray(0, at), this.#restBytes);
      this.#restBytes += at;
      if (this.#restBytes < STRIPE) return this;
      this.#stripes(this.#rest, 0, STRIPE);
      this.#restBytes = 0;
    }
    const end = at + (bytes.length - at) - ((bytes.length - at) % STRIPE);
    this.#stripes(bytes, at, end);
    this.#rest.set(bytes.subarray(end));
    this.#restBytes = bytes.length - end;
    return this;
  }

  /** The hash of everything so far, as an unsigned number. */
  digest(): number {
    const [a, b, c, d] = this.#lanes as unknown as [number, number, number, number];
    let hash =
      this.#length >= STRIPE
        ? (rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)) | 0
        : (this.#seed + P5) | 0;
    hash = (hash + this.#length) | 0;
    const view = new DataView(this.#rest.buffer);
    let at = 0;
    for (; at + 4 <= this.#restBytes; at += 4) {
      hash = Math.imul(rotate((hash + Math.imul(view.getUint32(at, true), P3)) | 0, 17), P4);
    }
    for (; at < this.#restBytes; at++) {
      hash = Math.imul(rotate((hash + Math.imul(this.#rest[at] as number, P5)) | 0, 11), P1);
    }
    hash = Math.imul(hash ^ (hash >>> 15), P2);
    hash = Math.imul(hash ^ (hash >>> 13), P3);
    return (hash ^ (hash >>> 16)) >>> 0;
  }

  #stripes(bytes: Uint8Array, from: number, to: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let [a, b, c, d] = this.#lanes as unknown as [number, number, number, number];
    const round = (lane: number, at: number): number =>
      Math.imul(rotate((lane + Math.imul(view.getUint32(at, true), P2)) | 0, 13), P1);
    for (let at = from; at < to; at += STRIPE) {
      a = round(a, at);
      b = round(b, at + 4);
      c = round(c, at + 8);
      d = round(d, at + 12);
    }
    this.#lanes.set([a, b, c, d]);
  }
}

/** The 32-bit xxHash of some bytes, as an unsigned number. */
export function xxh32(bytes: Uint8Array, seed = 0): number {
  return new Xxh32(seed).update(bytes).digest();
}
