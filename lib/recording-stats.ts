import type { AttachedSink } from "./attached-sink.ts";
import type { SinkStats } from "./attachment.ts";
import { Observable } from "./rxjs.ts";

/** Statistics change with every chunk; subscribers hear of it this often at most, in milliseconds. */
const STATS_INTERVAL_MS = 100;

/** What `flush` and `close` achieved. */
export interface FlushResult {
  /** True when every sink delivered everything. */
  readonly complete: boolean;
  /** Each sink by itself; rows, messages, waiting bytes, errors. */
  readonly sinks: readonly SinkStats[];
}

/** Counters of a recording stream. */
export interface RecordingStats {
  /**
   * Rows so far, those of `sendColumns`, properties and blueprints included. Of a sink that began at the start:
   * delivered + dropped + what is on its way.
   */
  readonly loggedRows: number;
  /** Messages in order so far: store info, chunks, blueprint activations. */
  readonly messages: number;
  /** Bytes that the log holds, for sinks that are behind and for late ones. */
  readonly heldBytes: number;
  /** Messages dropped because no sink came in time. */
  readonly droppedMessages: number;
  readonly sinks: readonly SinkStats[];
}

/**
 * What a wait achieved.
 *
 * @param target sequence number below which everything was to be delivered
 * @param finished of each sink, whether it had finished in time
 */
export function flushResult(
  attached: readonly AttachedSink[],
  target: number,
  finished: readonly (boolean | undefined)[],
): FlushResult {
  return {
    complete: attached.every(
      (a, i) => finished[i] === true && a.error === undefined && a.undeliveredFrom >= target,
    ),
    sinks: attached.map((a) => a.stats),
  };
}

/** The counters of now at once, then after changes, and the last ones at the end. Keeps no program running. */
export function statsOf(
  now: () => RecordingStats,
  changed$: Observable<void>,
): Observable<RecordingStats> {
  return new Observable((subscriber) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const emit = (): void => {
      timer = undefined;
      subscriber.next(now());
    };
    emit();
    subscriber.add(() => clearTimeout(timer));
    return changed$.subscribe({
      next: () => {
        if (timer !== undefined) return;
        timer = setTimeout(emit, STATS_INTERVAL_MS);
        (timer as { unref?: () => void }).unref?.();
      },
      complete: () => {
        subscriber.next(now());
        subscriber.complete();
      },
    });
  });
}
