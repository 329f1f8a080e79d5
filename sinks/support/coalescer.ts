/** Small pieces are joined in blocks of this size. */
const BLOCK_BYTES = 64 * 1024;
/** Pieces from this size on are sent from where they are. */
const DIRECT_BYTES = 16 * 1024;
/** What is worth a write of its own. */
const WRITE_BYTES = 256 * 1024;

/**
 * Gathers pieces for as few writes as possible: small ones are copied side by side, large ones left where they are.
 */
export class Coalescer {
  #pieces: Uint8Array[] = [];
  #block = Buffer.allocUnsafeSlow(0);
  /** In the block: what was taken before, and what waits. */
  #start = 0;
  #end = 0;
  #bytes = 0;

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** True when what waits is worth a write. */
  get isFull(): boolean {
    return this.#bytes >= WRITE_BYTES;
  }

  /** Takes a piece; a large one must not change from now on. */
  add(piece: Uint8Array): void {
    this.#bytes += piece.length;
    if (piece.length >= DIRECT_BYTES) {
      this.#seal();
      this.#pieces.push(piece);
      return;
    }
    if (this.#end + piece.length > this.#block.length) {
      this.#seal();
      // Not of the pool that all buffers share: it lives until the network has taken it.
      this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
      this.#start = 0;
      this.#end = 0;
    }
    this.#block.set(piece, this.#end);
    this.#end += piece.length;
  }

  /** What waits, in order; the caller's from now on. */
  take(): Uint8Array[] {
    this.#seal();
    const pieces = this.#pieces;
    this.clear();
    return pieces;
  }

  /** Forgets what waits. */
  clear(): void {
    this.#pieces = [];
    this.#start = this.#end;
    this.#bytes = 0;
  }

  #seal(): void {
    if (this.#end > this.#start) this.#pieces.push(this.#block.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }
}
