import { join } from "../lib/encode/pieces.ts";
import { encodeRrd, type RrdOptions } from "../lib/encode/rrd-stream.ts";
import type { LogMsg } from "../lib/log-msg.ts";
import { ObserverSink } from "../lib/sink.ts";

/** Keeps every message; see {@link memory}. */
export class MemorySink extends ObserverSink {
  readonly name = "memory()";
  #messages: LogMsg[] = [];

  /** What was received since the start or the last {@link drain}. */
  get messages(): readonly LogMsg[] {
    return this.#messages;
  }

  write(messages: readonly LogMsg[]): void {
    for (const message of messages) {
      // Kept beyond this call: not on memory of the caller.
      if (message.kind === "chunk") message.chunk.own();
      this.#messages.push(message);
    }
  }

  /** The messages as a complete file, footer included. */
  toRrd(options: RrdOptions = {}): Uint8Array {
    return join(encodeRrd(this.#messages, options));
  }

  /** Gives the messages away and starts anew. */
  drain(): readonly LogMsg[] {
    const messages = this.#messages;
    this.#messages = [];
    return messages;
  }

  close(): void {
    this.setState("closed");
  }
}

/** Keeps what is logged in memory, for tests and notebooks. Unbounded: drain it, or stop. */
export function memory(): MemorySink {
  return new MemorySink();
}
