import {
  type Compression,
  encodeFrame,
  MESSAGE_HEADER_BYTES,
  streamHeader,
} from "../lib/encode/rrd.ts";
import { FooterBuilder } from "../lib/encode/rrd-footer.ts";
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
  toRrd(options: { readonly compression?: Compression } = {}): Uint8Array {
    const { compression = "lz4" } = options;
    const parts = [streamHeader(compression)];
    const footer = new FooterBuilder();
    let position = parts[0]?.length ?? 0;
    for (const message of this.#messages) {
      const frame = encodeFrame(message, compression);
      if (message.kind === "chunk") {
        footer.add(
          message.storeId,
          message.chunk,
          position + MESSAGE_HEADER_BYTES,
          frame.length - MESSAGE_HEADER_BYTES,
        );
      }
      parts.push(frame);
      position += frame.length;
    }
    parts.push(footer.finish(position));
    const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
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
