import { byteSizeOf, isPinned, type LogMsg } from "../../lib/log-msg.ts";
import { PinnedMessages } from "../../lib/pinned-messages.ts";

/** What a chunk takes in memory beside its bytes. */
const CHUNK_OVERHEAD = 1024;

interface Held {
  readonly message: LogMsg;
  readonly bytes: number;
  readonly atMs: number;
}

/** The last messages of some time, or as many as fit into some memory, and all that is pinned. */
export class RecentMessages {
  readonly #maxBytes: number;
  readonly #maxAgeMs: number;
  readonly #pinned = new PinnedMessages();
  /** Temporal messages, oldest first, from `#head` on. */
  #held: Held[] = [];
  #head = 0;
  #bytes = 0;

  constructor(maxBytes: number, maxAgeMs: number) {
    this.#maxBytes = maxBytes;
    this.#maxAgeMs = maxAgeMs;
  }

  /** Bytes of temporal messages. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes messages, and lets go of the oldest ones that are too much. */
  add(messages: readonly LogMsg[]): void {
    // Not the time of day, which may be set meanwhile.
    const atMs = performance.now();
    for (const message of messages) {
      if (isPinned(message)) {
        this.#pinned.add(message);
        continue;
      }
      // Kept beyond this call: not on memory of the caller.
      if (message.kind === "chunk") message.chunk.own();
      const bytes = byteSizeOf(message) + CHUNK_OVERHEAD;
      this.#held.push({ message, bytes, atMs });
      this.#bytes += bytes;
    }
    this.#trim(atMs);
  }

  /** What there is now, pinned messages first. */
  snapshot(): readonly LogMsg[] {
    this.#trim(performance.now());
    const messages = [...this.#pinned];
    for (let i = this.#head; i < this.#held.length; i++)
      messages.push((this.#held[i] as Held).message);
    return messages;
  }

  /** Lets go of what is temporal. */
  clear(): void {
    this.#held = [];
    this.#head = 0;
    this.#bytes = 0;
  }

  #trim(nowMs: number): void {
    const oldest = nowMs - this.#maxAgeMs;
    while (this.#head < this.#held.length) {
      const { bytes, atMs } = this.#held[this.#head] as Held;
      if (this.#bytes <= this.#maxBytes && atMs >= oldest) break;
      this.#held[this.#head++] = undefined as unknown as Held;
      this.#bytes -= bytes;
    }
    if (this.#head > 1024 && this.#head * 2 > this.#held.length) {
      this.#held = this.#held.slice(this.#head);
      this.#head = 0;
    }
  }
}
