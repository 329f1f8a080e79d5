import { type Compression, prepareFrame } from "../../lib/encode/rrd.ts";
import { byteSizeOf, type LogMsg } from "../../lib/log-msg.ts";

/** Bytes of what waits, past which no more should come: as much as is remembered of what was compressed. */
const MAX_BYTES = 8 << 20;

/**
 * Hands messages on in order, large ones once they are compressed on another thread: in this one they would keep the
 * program from other work for milliseconds each.
 */
export class AsideQueue {
  readonly #take: (message: LogMsg) => void;
  readonly #compression: Compression;
  #queue: LogMsg[] = [];
  #bytes = 0;
  #run: Promise<void> | undefined;

  /** @param take compresses for itself what is not compressed so far */
  constructor(compression: Compression, take: (message: LogMsg) => void) {
    this.#compression = compression;
    this.#take = take;
  }

  /** Settles when all of it is handed on; undefined when it is. Never rejects unless `take` throws. */
  get pending(): Promise<void> | undefined {
    return this.#run;
  }

  /** Whether more should wait until what is {@link pending} is handed on. */
  get isFull(): boolean {
    return this.#bytes >= MAX_BYTES;
  }

  push(messages: readonly LogMsg[]): void {
    for (const message of messages) {
      const ready = prepareFrame(message, this.#compression);
      if (ready === undefined && this.#queue.length === 0) {
        this.#take(message);
        continue;
      }
      // What waits must not change; nor may it hang on memory of the caller's.
      if (message.kind === "chunk") message.chunk.own();
      this.#queue.push(message);
      this.#bytes += byteSizeOf(message);
    }
    if (this.#queue.length > 0) this.#run ??= this.#handOn();
  }

  /** Hands on everything now. */
  takeAll(): void {
    for (let message = this.#shift(); message !== undefined; message = this.#shift())
      this.#take(message);
  }

  async #handOn(): Promise<void> {
    try {
      for (let [first] = this.#queue; first !== undefined; [first] = this.#queue) {
        await prepareFrame(first, this.#compression);
        // It may have been taken meanwhile.
        if (first === this.#queue[0]) {
          this.#shift();
          this.#take(first);
        }
      }
    } finally {
      this.#run = undefined;
    }
  }

  #shift(): LogMsg | undefined {
    const message = this.#queue.shift();
    if (message !== undefined) this.#bytes -= byteSizeOf(message);
    return message;
  }
}
