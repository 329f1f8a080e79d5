import { keptMemory } from "./kept-memory.ts";

/** Bytes that several connections may hold together for messages that are not complete. */
export class ByteBudget {
  readonly #limit: number;
  #used = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes that are held. */
  get used(): number {
    return this.#used;
  }

  /** False when it would be too many; nothing is taken then. */
  take(bytes: number): boolean {
    if (this.#used + bytes > this.#limit) return false;
    this.#used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }
}

/** How messages are put together. */
export interface AssemblyOptions {
  /** Bytes before each message. */
  readonly prefixBytes: number;
  /** Reads the length of the message out of them; throws when they are none. */
  readonly lengthOf: (prefix: Uint8Array) => number;
  /** Largest message. */
  readonly maxBytes: number;
  /** For what is not complete yet. */
  readonly budget: ByteBudget;
  /** Makes what is thrown when a message is too large, or too many are on their way. */
  readonly tooMuch: (message: string) => Error;
  /** Room before each message, for who needs some. */
  readonly headroom: number;
  /** Gets each message, `headroom` bytes of any contents before it; and its prefix, until it returns. */
  readonly onMessage: (bytes: Uint8Array, prefix: Uint8Array) => void;
}

/** Bytes that a view of someone's memory takes by itself, about. */
const PIECE_OVERHEAD = 256;

/**
 * Puts messages together that come in pieces, each after a prefix with its length.
 *
 * Memory follows what has arrived, not what a length claims: whoever announces a gigabyte and sends nothing holds
 * nothing. A message is copied once, out of the pieces in which the network brought it.
 */
export class MessageAssembly {
  readonly #options: AssemblyOptions;
  readonly #prefix: Uint8Array;
  #prefixBytes = 0;
  /** Bytes of the current message that are still to come. */
  #missing = 0;
  #pieces: Uint8Array[] = [];
  #held = 0;
  /** What of the budget is ours. */
  #taken = 0;

  constructor(options: AssemblyOptions) {
    this.#options = options;
    this.#prefix = new Uint8Array(options.prefixBytes);
  }

  /** True between messages. */
  get atBoundary(): boolean {
    return this.#prefixBytes === 0;
  }

  /** Takes the next bytes; they are borrowed until the message is complete. Throws what the options throw. */
  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#prefixBytes < this.#prefix.length) {
        this.#prefix[this.#prefixBytes++] = bytes[at++] as number;
        if (this.#prefixBytes === this.#prefix.length) this.#begin();
        continue;
      }
      const piece = bytes.subarray(at, at + this.#missing);
      at += piece.length;
      this.#missing -= piece.length;
      if (this.#missing > 0) this.#hold(piece);
      else this.#complete(piece);
    }
  }

  /** Lets go of what is not complete. */
  release(): void {
    this.#options.budget.give(this.#taken);
    this.#taken = 0;
    this.#held = 0;
    this.#pieces = [];
  }

  #begin(): void {
    const { lengthOf, maxBytes, tooMuch } = this.#options;
    const length = lengthOf(this.#prefix);
    if (length > maxBytes)
      throw tooMuch(`Expected a message of at most ${maxBytes} bytes, got one of ${length}`);
    this.#missing = length;
    if (length === 0) this.#complete(new Uint8Array(0));
  }

  #hold(piece: Uint8Array): void {
    const { budget, tooMuch } = this.#options;
    // Each piece costs more than its bytes: a message sent byte by byte must not go uncounted.
    const bytes = piece.length + PIECE_OVERHEAD;
    if (!budget.take(bytes))
      throw tooMuch("Too many large messages arrive at the same time; send this one again later");
    this.#taken += bytes;
    this.#held += piece.length;
    this.#pieces.push(piece);
  }

  #complete(last: Uint8Array): void {
    const { headroom, onMessage } = this.#options;
    const message = keptMemory(headroom + this.#held + last.length);
    let at = headroom;
    for (const piece of [...this.#pieces, last]) {
      message.set(piece, at);
      at += piece.length;
    }
    this.release();
    this.#prefixBytes = 0;
    onMessage(message, this.#prefix);
  }
}
