/**
 * Bytes that came in blocks of any size, taken out in pieces of any size. A piece within one block is a view of it;
 * others are put together in new memory. Holds what was pushed and nothing more.
 */
export class ByteQueue {
  #blocks: Uint8Array[] = [];
  #first = 0;
  /** Bytes of the first block that are gone. */
  #at = 0;
  #length = 0;

  /** Bytes that are there. */
  get length(): number {
    return this.#length;
  }

  push(block: Uint8Array): void {
    if (block.length === 0) return;
    this.#blocks.push(block);
    this.#length += block.length;
  }

  /** The next bytes, which stay; there must be as many. */
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

  /** The next bytes, which leave; there must be as many. */
  take(length: number): Uint8Array {
    const bytes = this.peek(length);
    this.skip(length);
    return bytes;
  }

  /** Lets go of the next bytes; there must be as many. */
  skip(length: number): void {
    this.#length -= length;
    let rest = length;
    while (rest > 0) {
      const left = (this.#blocks[this.#first] as Uint8Array).length - this.#at;
      if (rest < left) {
        this.#at += rest;
        return;
      }
      rest -= left;
      this.#at = 0;
      this.#blocks[this.#first++] = EMPTY;
    }
    if (this.#first * 2 > this.#blocks.length) {
      this.#blocks = this.#blocks.slice(this.#first);
      this.#first = 0;
    }
  }
}

const EMPTY = new Uint8Array(0);
