import type { MonoTypeOperatorFunction } from "rxjs";
import { checkNumber } from "../lib/check-number.ts";
import { quote, RerunError } from "../lib/errors.ts";
import { byteSizeOf, isPinned, type LogMsg } from "../lib/log-msg.ts";
import { currentScope } from "../lib/pipe-scope.ts";
import { Observable, type TimeSource } from "../lib/rxjs.ts";
import { type Told, teller } from "../lib/tell.ts";
import { DelayedMessages, LatestMessages, type WaitingMessages } from "../lib/waiting-messages.ts";
import { guarded, operate } from "./operate.ts";

/** What did not pass, since the subscription began. */
export interface DroppedCounts {
  readonly rows: number;
  readonly bytes: number;
}

export interface RateLimitOptions {
  /** Bytes that may pass at once after a quiet time. Default: those of one second. */
  readonly burstBytes?: number;
  /**
   * What becomes of temporal data that is too much:
   *
   * - `"latest"` (default): of each entity the latest value of each component waits, what it supersedes is dropped
   * - `"delay"`: all of it waits, in order; past `queueBytes` the oldest is dropped
   */
  readonly policy?: "latest" | "delay";
  /** Bytes that may wait with `"delay"`. Default 64 MiB. */
  readonly queueBytes?: number;
  /** Told of each loss, with the counts so far. */
  readonly onDrop?: Told<DroppedCounts>;
  /** Measures time; default real time. */
  readonly scheduler?: TimeSource;
}

/**
 * Lets no more than so many bytes a second pass, measured as Arrow data before compression.
 *
 * ```ts
 * pipe: [rateLimitBytes(500_000, { onDrop: ({ rows }) => console.warn(`${rows} rows left out`) })];
 * ```
 *
 * A bucket holds `burstBytes` at most and is filled steadily; a message passes when its bytes are in it, or when it
 * is full, and takes them out: a message larger than the bucket passes too, and leaves a debt. Static data, properties
 * and blueprints pass at once and take out theirs, with a debt of no more than one burst.
 * Messages of one entity stay in order; what waits passes when the source completes or fails, before that is passed on.
 *
 * What is dropped is counted for `onDrop`; if that throws, the stream fails.
 *
 * @throws RerunError `invalid-argument`
 */
export function rateLimitBytes(
  bytesPerSecond: number,
  options: RateLimitOptions = {},
): MonoTypeOperatorFunction<LogMsg> {
  checkNumber("bytesPerSecond", bytesPerSecond, { above: true, finite: true });
  const {
    burstBytes = bytesPerSecond,
    policy = "latest",
    queueBytes = 64 << 20,
    scheduler: clock,
  } = options;
  checkNumber("burstBytes", burstBytes, { above: true, finite: true });
  checkNumber("queueBytes", queueBytes);
  if (policy !== "latest" && policy !== "delay") {
    throw new RerunError(
      "invalid-argument",
      `Expected \`policy\` to be "latest" or "delay", got ${quote(policy)}`,
    );
  }
  const tell = options.onDrop === undefined ? undefined : teller("onDrop", options.onDrop);

  return (source) =>
    new Observable<LogMsg>((subscriber) => {
      const scope = currentScope();
      const scheduler = clock ?? scope.time;
      const waiting: WaitingMessages =
        policy === "latest" ? new LatestMessages() : new DelayedMessages(queueBytes);
      // In thousandths of bytes, so that a rate and milliseconds multiply to whole numbers.
      const capacity = 1000 * burstBytes;
      let tokens = capacity;
      let filledAt = scheduler.now();
      let timer: { unsubscribe(): void } | undefined;
      let toldRows = 0;

      const fill = (): void => {
        const now = scheduler.now();
        // A clock that was set back fills nothing; one that was set forth fills the bucket at most.
        const ms = Math.max(0, now - filledAt);
        filledAt = now;
        tokens = Math.min(capacity, tokens + ms * bytesPerSecond);
      };

      const tellDrops = (): void => {
        const { droppedRows: rows, droppedBytes: bytes } = waiting;
        if (rows === toldRows) return;
        toldRows = rows;
        tell?.({ rows, bytes });
      };

      /** What is missing before the next of what waits may pass. */
      const missing = (): number => {
        let bytes = 0;
        for (const message of waiting.next().messages) bytes += byteSizeOf(message);
        return Math.min(1000 * bytes, capacity) - tokens;
      };

      const emitNext = (): void => {
        const { messages, from } = waiting.next();
        waiting.shift();
        scope.at(from, () => {
          for (const message of messages) {
            tokens -= 1000 * byteSizeOf(message);
            subscriber.next(message);
          }
        });
      };

      const drain = (): void => {
        timer?.unsubscribe();
        timer = undefined;
        fill();
        while (!waiting.isEmpty && missing() <= 0 && !subscriber.closed) emitNext();
        tellDrops();
        if (waiting.isEmpty || subscriber.closed) return;
        const waitMs = Math.ceil(missing() / bytesPerSecond);
        timer = scheduler.schedule(() => guarded(subscriber, drain), waitMs);
      };

      subscriber.add(() => timer?.unsubscribe());
      operate(source, subscriber, {
        next: (message) => {
          if (isPinned(message) || message.kind !== "chunk") {
            fill();
            tokens = Math.max(-capacity, tokens - 1000 * byteSizeOf(message));
            subscriber.next(message);
            return;
          }
          waiting.add(message, scope.position);
          // While a timer runs there is not enough in the bucket.
          if (timer === undefined) drain();
          else tellDrops();
        },
        flush: () => {
          while (!waiting.isEmpty && !subscriber.closed) emitNext();
          tellDrops();
        },
        heldFrom: () => waiting.heldFrom,
      });
    });
}
