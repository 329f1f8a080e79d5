import type { MonoTypeOperatorFunction } from "rxjs";
import { checkNumber } from "../lib/check-number.ts";
import type { Chunk } from "../lib/chunk.ts";
import { ConcatGroup, concatChunks, dataBytesOf } from "../lib/chunk-concat.ts";
import { EntityStates } from "../lib/entity-state.ts";
import { type ChunkMsg, isPinned, type LogMsg } from "../lib/log-msg.ts";
import { currentScope, lowestOf } from "../lib/pipe-scope.ts";
import { Observable, type TimeSource } from "../lib/rxjs.ts";
import { guarded, operate } from "./operate.ts";

/** Defaults but `maxDelayMs` and `maxWaitingBytes` are those of the viewer's own compaction. */
export interface MergeChunksOptions {
  /** Longest wait of a chunk for others, in milliseconds; `Infinity`: until it is full or the source ends. Default 500. */
  readonly maxDelayMs?: number;
  /** Rows of a merged chunk. Default 4096. */
  readonly maxRows?: number;
  /** Rows of a merged chunk in which some timeline is not in order. Default 1024. */
  readonly maxRowsIfUnsorted?: number;
  /** Bytes of a merged chunk. Default 384 KiB. */
  readonly maxBytes?: number;
  /** Bytes of all chunks that wait; past it those that wait longest pass. Default 64 MiB. */
  readonly maxWaitingBytes?: number;
  /** Measures the wait; default real time. */
  readonly scheduler?: TimeSource;
}

/** Chunks of one entity that wait for others. */
interface Pending {
  readonly message: ChunkMsg;
  readonly group: ConcatGroup;
  /** When the first one came, and its position. */
  readonly since: number;
  readonly from: number;
  /** All that they keep in memory. */
  heldBytes: number;
}

/**
 * Merges small chunks of an entity that follow each other into larger ones, which cost less to send, to keep and to
 * query.
 *
 * ```ts
 * rec.attach(save("long-run.rrd"), { pipe: [mergeChunks({ maxDelayMs: 10_000 })] });
 * ```
 *
 * Chunks are merged if they have the same timelines, and the same types of the components they share; each row comes
 * out once, and rows of an entity stay in their order. What cannot be merged with what waits lets that pass first; what
 * is full already passes as it is. Nothing waits longer than `maxDelayMs`; all that waits passes before the source
 * completes or fails. Entities may overtake each other; static data, properties and blueprints pass at once.
 *
 * Source: rerun crates/store/re_chunk_store/src/store.rs (thresholds)
 *
 * @throws RerunError `invalid-argument`
 */
export function mergeChunks(options: MergeChunksOptions = {}): MonoTypeOperatorFunction<LogMsg> {
  const {
    maxDelayMs = 500,
    maxRows = 4096,
    maxRowsIfUnsorted = 1024,
    maxBytes = 12 * 8 * 4096,
    maxWaitingBytes = 64 << 20,
    scheduler: clock,
  } = options;
  checkNumber("maxDelayMs", maxDelayMs);
  checkNumber("maxRows", maxRows, { min: 1 });
  checkNumber("maxRowsIfUnsorted", maxRowsIfUnsorted, { min: 1 });
  checkNumber("maxBytes", maxBytes, { min: 1 });
  checkNumber("maxWaitingBytes", maxWaitingBytes);

  const rowLimit = (isSorted: boolean): number =>
    isSorted ? maxRows : Math.min(maxRows, maxRowsIfUnsorted);
  const isFull = ({ numRows, bytes, isSorted }: ConcatGroup): boolean =>
    numRows >= rowLimit(isSorted) || bytes >= maxBytes;
  const fits = (group: ConcatGroup, chunk: Chunk): boolean =>
    group.numRows + chunk.numRows <= rowLimit(group.staysSortedWith(chunk)) &&
    group.bytes + dataBytesOf(chunk) <= maxBytes &&
    group.accepts(chunk);

  return (source) =>
    new Observable<LogMsg>((subscriber) => {
      const scope = currentScope();
      const scheduler = clock ?? scope.time;
      const entities = new EntityStates<{ pending: Pending | undefined }>(() => ({
        pending: undefined,
      }));
      /** In the order in which they began to wait. */
      const waiting = new Set<Pending>();
      let waitingBytes = 0;
      let timer: { unsubscribe(): void } | undefined;

      const emit = (pending: Pending): void => {
        waiting.delete(pending);
        waitingBytes -= pending.heldBytes;
        const { message, group, from } = pending;
        entities.of(message).pending = undefined;
        const chunk = concatChunks(group.chunks);
        scope.at(from, () =>
          subscriber.next(chunk === message.chunk ? message : { ...message, chunk }),
        );
      };

      const emitDue = (): void => {
        timer = undefined;
        const now = scheduler.now();
        for (const pending of waiting) {
          const waitedMs = now - pending.since;
          // A clock that was set back must not prolong the wait.
          if (waitedMs >= 0 && waitedMs < maxDelayMs) break;
          emit(pending);
        }
        startTimer();
      };

      const startTimer = (): void => {
        const [first] = waiting;
        if (first === undefined || timer !== undefined || maxDelayMs === Infinity) return;
        const waitMs = Math.min(maxDelayMs, first.since + maxDelayMs - scheduler.now());
        timer = scheduler.schedule(() => guarded(subscriber, emitDue), Math.max(0, waitMs));
      };

      const add = (message: ChunkMsg): void => {
        const { chunk } = message;
        const state = entities.of(message);
        let { pending } = state;
        if (pending !== undefined && fits(pending.group, chunk)) {
          pending.group.add(chunk);
          pending.heldBytes += chunk.byteLength;
        } else {
          if (pending !== undefined) emit(pending);
          pending = {
            message,
            group: new ConcatGroup(chunk),
            since: scheduler.now(),
            from: scope.position,
            heldBytes: chunk.byteLength,
          };
          state.pending = pending;
          waiting.add(pending);
        }
        waitingBytes += chunk.byteLength;
        if (isFull(pending.group) || maxDelayMs === 0) emit(pending);
        for (const oldest of waiting) {
          if (waitingBytes <= maxWaitingBytes) break;
          emit(oldest);
        }
        startTimer();
      };

      subscriber.add(() => {
        timer?.unsubscribe();
        waiting.clear();
      });
      operate(source, subscriber, {
        next: (message) => {
          if (isPinned(message) || message.kind !== "chunk") subscriber.next(message);
          else add(message);
        },
        flush: () => {
          for (const pending of waiting) emit(pending);
        },
        heldFrom: () => lowestOf(waiting, ({ from }) => from),
      });
    });
}
