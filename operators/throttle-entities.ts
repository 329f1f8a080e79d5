import type { MonoTypeOperatorFunction } from "rxjs";
import { checkNumber } from "../lib/check-number.ts";
import { EntityStates } from "../lib/entity-state.ts";
import { quote, RerunError } from "../lib/errors.ts";
import { LatestCells, type Picks, pickedMessages } from "../lib/latest-cells.ts";
import { type ChunkMsg, isPinned, type LogMsg } from "../lib/log-msg.ts";
import { currentScope, lowestOf } from "../lib/pipe-scope.ts";
import { Observable, type TimeSource } from "../lib/rxjs.ts";
import { guarded, operate } from "./operate.ts";
import { throttleByTimeline } from "./throttle-by-timeline.ts";

/** Intervals by the clock: counted from when data comes by. */
export interface ThrottleByClock {
  /** Length of an interval, in milliseconds. */
  readonly intervalMs: number;
  /**
   * Whether data that comes after a quiet interval passes at once (and the latest of what follows at the end of the
   * interval). If not, it waits for the end of an interval too. Default true.
   */
  readonly leading?: boolean;
}

/** Intervals of the data's own time: for files, and for counts that do not depend on when data comes by. */
export interface ThrottleByTimeline {
  /** Name of a timeline. Rows that do not have it pass. */
  readonly timeline: string;
  /** Length of an interval on a timeline of timestamps or durations, in milliseconds. */
  readonly intervalMs?: number;
  /** Length of an interval on a timeline of sequence numbers. */
  readonly steps?: number;
  /**
   * How long an entity may be silent before its latest values pass without waiting for a row of the next interval, in
   * milliseconds by the clock. With `Infinity`, what passes depends on the data alone. Default: a second and an
   * interval; a second with `steps`.
   */
  readonly maxDelayMs?: number;
}

/**
 * Lets for each entity only the latest values of each interval pass: of each component the last one that was logged,
 * in the row in which it was logged.
 *
 * ```ts
 * pipe: [throttleEntities(100)]; // ten times a second at most
 * pipe: [throttleEntities({ timeline: "frame", steps: 10 })]; // the last of each ten frames
 * ```
 *
 * Components are thinned out apart from each other: if an interval brings new positions and later new colors,
 * both pass, in their two rows. Values keep their times and row ids; of a row those components pass that are the latest.
 * A value that is on a timeline that a later one is not on passes as well. The last values always pass, at the latest
 * when the interval ends, when the source completes or when it fails. Static data and properties pass at once.
 * What comes out of an entity is in the order in which it was logged.
 *
 * By default intervals go by the clock, and begin for each entity when something passes. Rows that come together in one
 * chunk are one moment then. With a timeline they go by the times of the rows; the boundaries are multiples
 * of the interval.
 *
 * @param interval milliseconds, or options
 * @param scheduler measures time, by default real time
 * @throws RerunError `invalid-argument`
 */
export function throttleEntities(
  interval: number | ThrottleByClock | ThrottleByTimeline,
  scheduler?: TimeSource,
): MonoTypeOperatorFunction<LogMsg> {
  const options = typeof interval === "number" ? { intervalMs: interval } : interval;
  if (typeof options !== "object" || options === null) {
    throw new RerunError(
      "invalid-argument",
      `Expected the interval as milliseconds or { intervalMs } or { timeline, … }, got ${quote(interval)}`,
    );
  }
  if ("timeline" in options) return throttleByTimeline(options, scheduler);
  const { intervalMs, leading = true } = options;
  checkNumber("intervalMs", intervalMs, { above: true, finite: true });
  return throttleByClock(intervalMs, leading, scheduler);
}

interface EntityState {
  readonly latest: LatestCells;
  /** Nothing passes before, by the clock in milliseconds. */
  closedUntil: number;
  /** Set while something waits. */
  timer: { unsubscribe(): void } | undefined;
}

function throttleByClock(
  intervalMs: number,
  leading: boolean,
  clock: TimeSource | undefined,
): MonoTypeOperatorFunction<LogMsg> {
  return (source) =>
    new Observable<LogMsg>((subscriber) => {
      const scope = currentScope();
      const scheduler = clock ?? scope.time;
      const entities = new EntityStates<EntityState>(() => ({
        latest: new LatestCells(),
        closedUntil: Number.NEGATIVE_INFINITY,
        timer: undefined,
      }));
      /** Those with something that waits, in the order of the first of it. */
      const waiting = new Set<EntityState>();

      const emit = (state: EntityState): void => {
        waiting.delete(state);
        state.timer?.unsubscribe();
        state.timer = undefined;
        state.closedUntil = scheduler.now() + intervalMs;
        const picks: Picks = new Map();
        const position = state.latest.from;
        state.latest.take(picks);
        scope.at(position, () => {
          for (const message of pickedMessages(picks)) subscriber.next(message);
        });
      };

      const add = (message: ChunkMsg): void => {
        const state = entities.of(message);
        state.latest.add(message, scope.position);
        if (state.timer !== undefined || state.latest.isEmpty) return;
        const now = scheduler.now();
        // A clock that was set back must not close an entity for longer than an interval.
        const wait = Math.min(state.closedUntil - now, intervalMs);
        if (leading && wait <= 0) {
          emit(state);
          return;
        }
        waiting.add(state);
        state.timer = scheduler.schedule(
          () => guarded(subscriber, () => emit(state)),
          wait > 0 ? wait : intervalMs,
        );
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
          for (const state of [...waiting]) emit(state);
        },
        heldFrom: () => lowestOf(waiting, ({ latest }) => latest.from),
      });
    });
}
