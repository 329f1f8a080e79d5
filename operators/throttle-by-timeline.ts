import type { MonoTypeOperatorFunction } from "rxjs";
import { checkNumber } from "../lib/check-number.ts";
import { isDivisible } from "../lib/chunk-edit.ts";
import { EntityStates } from "../lib/entity-state.ts";
import { quote, RerunError } from "../lib/errors.ts";
import { LatestCells, type Picks, pickedMessages } from "../lib/latest-cells.ts";
import { type ChunkMsg, isPinned, type LogMsg } from "../lib/log-msg.ts";
import { currentScope, lowestOf } from "../lib/pipe-scope.ts";
import { Observable, type TimeSource } from "../lib/rxjs.ts";
import { guarded, operate } from "./operate.ts";
import type { ThrottleByTimeline } from "./throttle-entities.ts";

interface EntityState {
  readonly latest: LatestCells;
  /** The interval of the rows in `latest`: first time of it, and first time behind it. */
  start: bigint;
  end: bigint;
  timer: { unsubscribe(): void } | undefined;
}

/** `throttleEntities` with intervals of a timeline. */
export function throttleByTimeline(
  options: ThrottleByTimeline,
  clock: TimeSource | undefined,
): MonoTypeOperatorFunction<LogMsg> {
  const { timeline: name, intervalMs, steps } = options;
  const { maxDelayMs = 1000 + (intervalMs ?? 0) } = options;
  if (typeof name !== "string" || name === "") {
    throw new RerunError(
      "invalid-argument",
      `Expected \`timeline\` to be the name of a timeline, got ${quote(name)}`,
    );
  }
  if ((intervalMs === undefined) === (steps === undefined)) {
    throw new RerunError(
      "invalid-argument",
      "Expected either `intervalMs`, for timestamps and durations, or `steps`, for sequence numbers",
    );
  }
  if (steps !== undefined) checkNumber("steps", steps, { min: 1, whole: true, finite: true });
  else checkNumber("intervalMs", intervalMs, { min: 1e-6, finite: true });
  checkNumber("maxDelayMs", maxDelayMs, { above: true });
  const width = steps === undefined ? BigInt(Math.round((intervalMs ?? 0) * 1e6)) : BigInt(steps);
  const isMeant = (type: string): boolean => (type === "sequence") === (steps !== undefined);

  return (source) =>
    new Observable<LogMsg>((subscriber) => {
      const scope = currentScope();
      const scheduler = clock ?? scope.time;
      const entities = new EntityStates<EntityState>(() => ({
        latest: new LatestCells(),
        start: 0n,
        end: 0n,
        timer: undefined,
      }));
      /** Those with something that waits, in the order of the last of it. */
      const waiting = new Set<EntityState>();

      const forget = (state: EntityState): void => {
        waiting.delete(state);
        state.timer?.unsubscribe();
        state.timer = undefined;
      };

      const emit = (picks: Picks, position: number | undefined): void => {
        scope.at(position, () => {
          for (const message of pickedMessages(picks)) subscriber.next(message);
        });
      };

      const emitState = (state: EntityState): void => {
        forget(state);
        const picks: Picks = new Map();
        const position = state.latest.from;
        state.latest.take(picks);
        emit(picks, position);
      };

      const add = (message: ChunkMsg): void => {
        const { chunk } = message;
        const stats = chunk.timelines.find((t) => t.timeline.name === name);
        const isParted = chunk.numRows === 1 || isDivisible(chunk);
        if (stats === undefined || !isMeant(stats.timeline.type) || !isParted) {
          subscriber.next(message);
          return;
        }
        const state = entities.of(message);
        const isWithin = (time: bigint): boolean => time >= state.start && time < state.end;
        const picks: Picks = new Map();
        const position = state.latest.from;
        if (state.latest.isEmpty || !isWithin(stats.min) || !isWithin(stats.max)) {
          const times = chunk.times(stats.timeline);
          let from = 0;
          for (let row = 0; row < times.length; row++) {
            const time = times[row] as bigint;
            if (isWithin(time)) continue;
            if (row > from) state.latest.add(message, scope.position, from, row);
            state.latest.take(picks);
            from = row;
            state.start = floorTo(time, width);
            state.end = state.start + width;
          }
          state.latest.add(message, scope.position, from, times.length);
        } else {
          state.latest.add(message, scope.position);
        }
        forget(state);
        waiting.add(state);
        if (maxDelayMs !== Infinity)
          state.timer = scheduler.schedule(
            () => guarded(subscriber, () => emitState(state)),
            maxDelayMs,
          );
        emit(picks, position);
      };

      subscriber.add(() => {
        for (const state of waiting) state.timer?.unsubscribe();
        waiting.clear();
      });
      operate(source, subscriber, {
        next: (message) => {
          if (isPinned(message) || message.kind !== "chunk") subscriber.next(message);
          else add(message);
        },
        flush: () => {
          for (const state of [...waiting]) emitState(state);
        },
        heldFrom: () => lowestOf(waiting, ({ latest }) => latest.from),
      });
    });
}

/** The greatest multiple of `width` that is not above `time`. */
function floorTo(time: bigint, width: bigint): bigint {
  const rest = time % width;
  return time - (rest < 0n ? rest + width : rest);
}
