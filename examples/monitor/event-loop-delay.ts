import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { exhaustMap, filter, finalize, map, Observable, timer } from "rxjs";

const RESOLUTION_MS = 10;

/** How much later than due the event loop ran its timers, in milliseconds. */
export interface EventLoopDelay {
  readonly meanMs: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Takes the delays out of a histogram of the times between two ticks of a timer, which is what Node records. */
export function delayOf(
  histogram: Pick<IntervalHistogram, "mean" | "max" | "percentile">,
  resolutionMs: number,
): EventLoopDelay {
  const late = (ns: number): number => Math.max(0, ns / 1e6 - resolutionMs);
  return {
    meanMs: late(histogram.mean),
    p99Ms: late(histogram.percentile(99)),
    maxMs: late(histogram.max),
  };
}

/**
 * Delay of the event loop over each period; the first value comes after one period.
 *
 * @param options.monitor makes a histogram; replaced in specs
 */
export function eventLoopDelay$(
  periodMs: number,
  { monitor = monitorEventLoopDelay }: { readonly monitor?: typeof monitorEventLoopDelay } = {},
): Observable<EventLoopDelay> {
  return new Observable((subscriber) => {
    // A histogram misses its first tick after a reset: with one histogram, a program that blocks just then would go
    // unseen. So two take turns, and each runs on until the next has begun to count.
    let current = monitor({ resolution: RESOLUTION_MS });
    let next = monitor({ resolution: RESOLUTION_MS });
    current.enable();
    return timer(periodMs, periodMs)
      .pipe(
        exhaustMap(() => {
          const finished = current;
          [current, next] = [next, current];
          current.reset();
          current.enable();
          return timer(3 * RESOLUTION_MS).pipe(
            exhaustMap(() => afterTimers$()),
            filter(() => finished.count > 0),
            map(() => delayOf(finished, RESOLUTION_MS)),
            finalize(() => finished.disable()),
          );
        }),
        finalize(() => {
          current.disable();
          next.disable();
        }),
      )
      .subscribe(subscriber);
  });
}

/** Emits once, when all timers that are due have run, those of the histograms included. */
function afterTimers$(): Observable<void> {
  return new Observable((subscriber) => {
    const immediate = setImmediate(() => {
      subscriber.next();
      subscriber.complete();
    });
    return () => clearImmediate(immediate);
  });
}
