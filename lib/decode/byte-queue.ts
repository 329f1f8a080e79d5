/**
 * Bytes that came in blocks of any size, taken out in pieces of any size. A piece within one block is a view of it;
 * others are put together in new memory. Holds what was pushed and nothing more.
 */
export class ByteQueue {
  readonly #onFree: ((block: Uint8Array) => void) | undefined;
  #blocks: Uint8Array[] = [];
  #first = 0;
  /** Bytes of the first block that are gone. */
  #at = 0;
  #length = 0;
  /** The last block of which someone has a view. */
  #lent: Uint8Array | undefined;

  /** @param onFree told of blocks that were taken wholly, and of which nobody has a view: they may be filled again */
  constructor(onFree?: (block: Uint8Array) => void) {
    this.#onFree = onFree;
  }

  /** Bytes that are there. */
  get length(): number {
    return this.#length;
  }

  push(block: Uint8Array): void {
    if (block.length === 0) return;
    this.#blocks.push(block);
    this.#length += block.length;
  }

  /** The next bytes, which stay; there must be as many. To be looked at before anything else is done. */
  peek(length: number): Uint8Array {
    const block = this.#blocks[this.#first];
    if (block !== undefined && block.length - this.#at >= length)
      return block.subarray(this.#at, this.#at + length);
    const all = new Uint8Array(length);
    let done = 0;
    for (let i = this.#first; done < length; i++) {
      const from = i === this.#first ? this.#at : 0;
      const part = (this.#blocks[i] as Uint8Array).subarray(from, from + length - done);
      all.set(part, done);
      done += part.length;
    }
    return all;
  }

  /** The next bytes, which leave, to be kept; there must be as many. */
  take(length: number): Uint8Array {
    const bytes = this.peek(length);
    const block = this.#blocks[this.#first];
    // It stays the first as long as it is looked for here: views are taken of one block after the other.
    if (block !== undefined && bytes.buffer === block.buffer) this.#lent = block;
    this.skip(length);
    return bytes;
  }

  /** Lets go of the next bytes; there must be as many. */
  skip(length: number): void {
    this.#length -= length;
    let rest = length;
    while (rest > 0) {
      const block = this.#blocks[this.#first] as Uint8Array;
      const left = block.length - this.#at;
      if (rest < left) {
        this.#at += rest;
        break;
      }
      rest -= left;
      this.#at = 0;
      this.#blocks[this.#first++] = EMPTY;
      if (block !== this.#lent) this.#onFree?.(block);
    }
    if (this.#first * 2 > this.#blocks.length) {
      this.#blocks = this.#blocks.slice(this.#first);
      this.#first = 0;
    }
  }
}

const EMPTY = new Uint8Array(0);
