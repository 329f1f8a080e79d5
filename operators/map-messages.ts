import type { MonoTypeOperatorFunction } from "rxjs";
import type { ChunkMsg, LogMsg } from "../lib/log-msg.ts";
import { Observable } from "../lib/rxjs.ts";
import { operate } from "./operate.ts";

/**
 * Puts for each chunk of a recording what a function makes of it, or leaves it out. What is no chunk of a recording
 * passes: announcements of stores, blueprints and their activations.
 *
 * An error that the function throws fails the stream, as in `map`.
 *
 * @param start called for each subscription, so that what the function remembers is its own
 */
export function mapMessages(
  start: () => (message: ChunkMsg) => LogMsg | undefined,
): MonoTypeOperatorFunction<LogMsg> {
  return (source) =>
    new Observable<LogMsg>((subscriber) => {
      const map = start();
      operate(source, subscriber, {
        next: (message) => {
          const isData = message.kind === "chunk" && message.storeId.kind === "recording";
          const mapped = isData ? map(message) : message;
          if (mapped !== undefined) subscriber.next(mapped);
        },
      });
    });
}

/** The message with another chunk; the same one for the same chunk, undefined for none. */
export function withChunk(
  message: ChunkMsg,
  chunk: ChunkMsg["chunk"] | undefined,
): ChunkMsg | undefined {
  if (chunk === undefined) return undefined;
  return chunk === message.chunk ? message : { ...message, chunk };
}
