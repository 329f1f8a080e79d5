import { grow } from "./growth.ts";

/** Which slots are null: one byte a slot while building, nothing at all as long as there is none. */
export class Validity {
  #valid: Uint8Array | undefined;
  nullCount = 0;

  /** Notes `count` slots from `length` on; `valid` is one byte per slot, undefined = all valid. */
  append(length: number, count: number, valid: Uint8Array | undefined): void {
    if (valid === undefined) {
      if (this.#valid === undefined) return;
      this.#valid = grow(this.#valid, length + count);
      this.#valid.fill(1, length, length + count);
      return;
    }
    this.#start(length, count);
    for (let i = 0; i < count; i++) {
      const bit = valid[i] === 0 ? 0 : 1;
      (this.#valid as Uint8Array)[length + i] = bit;
      this.nullCount += 1 - bit;
    }
  }

  appendNulls(length: number, count: number): void {
    this.#start(length, count);
    (this.#valid as Uint8Array).fill(0, length, length + count);
    this.nullCount += count;
  }

  #start(length: number, count: number): void {
    if (this.#valid === undefined) {
      this.#valid = new Uint8Array(Math.max(64, length + count));
      this.#valid.fill(1, 0, length);
    } else {
      this.#valid = grow(this.#valid, length + count);
    }
  }

  bitmap(length: number): readonly Uint8Array[] {
    return this.nullCount === 0 ? [] : [packBits(this.#valid as Uint8Array, length)];
  }

  reset(): void {
    this.#valid = undefined;
    this.nullCount = 0;
  }
}

/** Packs bytes of 0 and 1 into bits, least significant first; the rest of the last byte is zero. */
export function packBits(bytes: Uint8Array, length: number): Uint8Array {
  const bits = new Uint8Array((length + 7) >> 3);
  for (let i = 0; i < length; i++) {
    if (bytes[i] !== 0) bits[i >> 3] = (bits[i >> 3] as number) | (1 << (i & 7));
  }
  return bits;
}
