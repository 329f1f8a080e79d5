import type { MonoTypeOperatorFunction } from "rxjs";
import { checkNumber } from "../lib/check-number.ts";
import { EntityStates } from "../lib/entity-state.ts";
import type { LogMsg, StoreId } from "../lib/log-msg.ts";
import { currentScope } from "../lib/pipe-scope.ts";
import { Observable, type TimeSource } from "../lib/rxjs.ts";
import { type Told, teller } from "../lib/tell.ts";
import { guarded, operate } from "./operate.ts";

/** What flowed by in an interval. Bytes are those of the Arrow data, before compression. */
export interface FlowCounts {
  readonly chunks: number;
  readonly rows: number;
  readonly bytes: number;
}

/** The same of one entity. */
export interface EntityFlow extends FlowCounts {
  readonly storeId: StoreId;
  /** Escaped, with a leading slash. */
  readonly entityPath: string;
}

export interface FlowStats extends FlowCounts {
  /** Length of the interval so far, in milliseconds; shorter than asked for when the source ended. */
  readonly intervalMs: number;
  /** In the order in which they first appeared in the interval. */
  readonly entities: readonly EntityFlow[];
}

export interface TapStatsOptions {
  /** Default 1000. */
  readonly intervalMs?: number;
  /** Measures time; default real time. */
  readonly scheduler?: TimeSource;
}

/**
 * Counts chunks, rows and bytes of each entity as they flow by, and tells the counts of each interval. The messages pass
 * unchanged.
 *
 * ```ts
 * pipe: [throttleEntities(100), tapStats(({ rows, bytes }) => console.log(rows, bytes))];
 * ```
 *
 * An interval begins with the first chunk after the last one: while nothing flows nothing is told. What was counted when
 * the source completes or fails is told before that is passed on. If the function throws, the stream fails.
 *
 * @param told a function or a `Subject`, which is not completed: it is yours
 * @throws RerunError `invalid-argument`
 */
export function tapStats(
  told: Told<FlowStats>,
  options: TapStatsOptions = {},
): MonoTypeOperatorFunction<LogMsg> {
  const tell = teller("told", told);
  const { intervalMs = 1000, scheduler: clock } = options;
  checkNumber("intervalMs", intervalMs, { above: true, finite: true });
  return (source) =>
    new Observable<LogMsg>((subscriber) => {
      const scheduler = clock ?? currentScope().time;
      let interval: Interval | undefined;
      let timer: { unsubscribe(): void } | undefined;

      const end = (): void => {
        timer?.unsubscribe();
        timer = undefined;
        const stats = interval?.stats(scheduler.now());
        interval = undefined;
        if (stats !== undefined) tell(stats);
      };

      subscriber.add(() => timer?.unsubscribe());
      operate(source, subscriber, {
        next: (message) => {
          if (message.kind === "chunk") {
            interval ??= new Interval(scheduler.now());
            timer ??= scheduler.schedule(() => guarded(subscriber, end), intervalMs);
            interval.add(message);
          }
          subscriber.next(message);
        },
        flush: end,
      });
    });
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

class Interval {
  readonly #since: number;
  readonly #entities: Mutable<EntityFlow>[] = [];
  readonly #states = new EntityStates<Mutable<EntityFlow>>(({ storeId, chunk }) => {
    const flow = { storeId, entityPath: chunk.entityPath, chunks: 0, rows: 0, bytes: 0 };
    this.#entities.push(flow);
    return flow;
  });

  constructor(since: number) {
    this.#since = since;
  }

  add(message: Extract<LogMsg, { kind: "chunk" }>): void {
    const flow = this.#states.of(message);
    flow.chunks++;
    flow.rows += message.chunk.numRows;
    flow.bytes += message.chunk.byteLength;
  }

  stats(now: number): FlowStats {
    let chunks = 0;
    let rows = 0;
    let bytes = 0;
    for (const flow of this.#entities) {
      chunks += flow.chunks;
      rows += flow.rows;
      bytes += flow.bytes;
    }
    return { intervalMs: now - this.#since, chunks, rows, bytes, entities: this.#entities };
  }
}
