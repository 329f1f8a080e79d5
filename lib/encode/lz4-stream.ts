/** Matches reach back this far at most; the format stores two bytes. */
const MAX_OFFSET = 0xffff;
const MIN_MATCH = 4;
/** The last match of a block begins this far before its end at least … */
const MATCH_LIMIT = 12;
/** … and its last bytes stand for themselves. */
const LAST_LITERALS = 5;
const HASH_BITS = 14;
/** New bytes that are gathered before they are compressed. */
const BLOCK_BYTES = 1 << 15;
/** The result comes in pieces of about this size. */
const PAGE_BYTES = 1 << 16;
/** Literals up to this many are copied one by one: quicker than asking for it. */
const FEW = 32;

/**
 * Compresses bytes that come in pieces into one raw LZ4 block, in little memory: what went through is forgotten, but
 * for the last 64 KiB. Libraries take a block as a whole, which for an index of half a gigabyte is neither quick
 * nor small.
 *
 * A block is a row of sequences:
 *
 * | bytes | content |
 * | --- | --- |
 * | 1 | token: literals in the upper, match length − 4 in the lower half; 15: more follows |
 * | 0… | more literals: bytes of 255, then one below |
 * | n | the literals |
 * | 2 | how far back the match is, little-endian; absent in the last sequence |
 * | 0… | more match length, in the same way |
 *
 * Source: https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 */
export class Lz4Stream {
  readonly #window = new Uint8Array(MAX_OFFSET + 1 + BLOCK_BYTES);
  /** For each hash of four bytes, where they were last seen: position in the whole input, plus 1. */
  readonly #seen = new Int32Array(1 << HASH_BITS);
  /** Position in the whole input of the first byte in the window. */
  #base = 0;
  #end = 0;
  /** Next place to look for a match. */
  #at = 0;
  /** First byte in the window that is not written yet. */
  #anchor = 0;
  /** Unwritten bytes that have left the window. */
  #literals: Uint8Array[] = [];
  #literalBytes = 0;
  #pages: Uint8Array[] = [];
  #page = new Uint8Array(PAGE_BYTES);
  #used = 0;

  /** Takes bytes; they may be reused when the call returns. 2 GiB in all. */
  push(bytes: Uint8Array): void {
    let from = 0;
    while (from < bytes.length) {
      if (this.#end === this.#window.length) {
        this.#compress();
        this.#slide();
      }
      const part = bytes.subarray(from, from + this.#window.length - this.#end);
      this.#window.set(part, this.#end);
      this.#end += part.length;
      from += part.length;
    }
  }

  /** Ends the block and gives it away, in pieces. */
  finish(): readonly Uint8Array[] {
    this.#compress();
    const literals = this.#literalBytes + this.#end - this.#anchor;
    this.#reserve(2 + Math.floor(literals / 255) + literals);
    const token = this.#used++;
    this.#page[token] = this.#length(literals) << 4;
    this.#writeLiterals(this.#end);
    this.#pages.push(this.#page.subarray(0, this.#used));
    return this.#pages;
  }

  #compress(): void {
    const window = this.#window;
    const seen = this.#seen;
    const last = this.#end - MATCH_LIMIT;
    const limit = this.#end - LAST_LITERALS;
    let at = this.#at;
    while (at <= last) {
      const four = read(window, at);
      const hash = Math.imul(four, 0x9e37_79b1) >>> (32 - HASH_BITS);
      const from = (seen[hash] as number) - 1 - this.#base;
      seen[hash] = this.#base + at + 1;
      if (from < 0 || at - from > MAX_OFFSET || read(window, from) !== four) {
        // The longer nothing matches, the larger the steps.
        at += 1 + ((at - this.#anchor) >> 6);
        continue;
      }
      let length = MIN_MATCH;
      while (at + length < limit && window[at + length] === window[from + length]) length++;
      this.#sequence(at, at - from, length);
      at += length;
    }
    this.#at = Math.min(at, this.#end);
  }

  /** Makes room; keeps what matches may reach. */
  #slide(): void {
    const from = Math.max(0, this.#at - MAX_OFFSET - 1);
    if (this.#anchor < from) {
      this.#literals.push(this.#window.slice(this.#anchor, from));
      this.#literalBytes += from - this.#anchor;
      this.#anchor = from;
    }
    this.#window.copyWithin(0, from, this.#end);
    this.#base += from;
    this.#end -= from;
    this.#at -= from;
    this.#anchor -= from;
  }

  #sequence(at: number, offset: number, length: number): void {
    const literals = this.#literalBytes + at - this.#anchor;
    this.#reserve(6 + Math.floor((literals + length) / 255) + literals);
    const token = this.#used++;
    const upper = this.#length(literals) << 4;
    this.#writeLiterals(at);
    const page = this.#page;
    page[this.#used++] = offset & 0xff;
    page[this.#used++] = offset >> 8;
    page[token] = upper | this.#length(length - MIN_MATCH);
    this.#anchor = at + length;
  }

  /** Writes what of a length does not fit into half a token, and returns that half. */
  #length(count: number): number {
    if (count < 15) return count;
    let rest = count - 15;
    for (; rest >= 255; rest -= 255) this.#page[this.#used++] = 255;
    this.#page[this.#used++] = rest;
    return 15;
  }

  #writeLiterals(to: number): void {
    if (this.#literalBytes > 0) {
      for (const bytes of this.#literals) {
        this.#page.set(bytes, this.#used);
        this.#used += bytes.length;
      }
      this.#literals = [];
      this.#literalBytes = 0;
    }
    const window = this.#window;
    const from = this.#anchor;
    if (to - from > FEW) {
      this.#page.set(window.subarray(from, to), this.#used);
      this.#used += to - from;
    } else {
      const page = this.#page;
      let used = this.#used;
      for (let i = from; i < to; i++) page[used++] = window[i] as number;
      this.#used = used;
    }
    this.#anchor = to;
  }

  /** Sees to it that so many bytes fit on the page. */
  #reserve(bytes: number): void {
    if (this.#used + bytes <= this.#page.length) return;
    this.#pages.push(this.#page.subarray(0, this.#used));
    this.#page = new Uint8Array(Math.max(PAGE_BYTES, bytes));
    this.#used = 0;
  }
}

const read = (bytes: Uint8Array, at: number): number =>
  (bytes[at] as number) |
  ((bytes[at + 1] as number) << 8) |
  ((bytes[at + 2] as number) << 16) |
  ((bytes[at + 3] as number) << 24);
