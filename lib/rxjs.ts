// What this package needs of RxJS at import time, each from its own file: the main entry of RxJS loads some
// two hundred files, which took several times as long as everything else in this package together. These are
// the same modules, so the classes are the same; `docs/dependencies.md` has the figures.
import type { SchedulerLike } from "rxjs";
import { Subject } from "rxjs/internal/Subject";
import { Subscription } from "rxjs/internal/Subscription";
import { dateTimestampProvider } from "rxjs/internal/scheduler/dateTimestampProvider";
import { timeoutProvider } from "rxjs/internal/scheduler/timeoutProvider";

export { BehaviorSubject } from "rxjs/internal/BehaviorSubject";
export { Observable } from "rxjs/internal/Observable";
export { map } from "rxjs/internal/operators/map";
export { Subject };

/** What operators need to know of time: any scheduler of RxJS has it. */
export type TimeSource = Pick<SchedulerLike, "now"> & {
  schedule(work: () => void, delayMs: number): { unsubscribe(): void };
};

/** Real time, and virtual time inside `TestScheduler.run`, without loading the schedulers. */
export const realTime: TimeSource = {
  now: () => dateTimestampProvider.now(),
  schedule: (work, delayMs) => {
    const timer = timeoutProvider.setTimeout(work, delayMs);
    return new Subscription(() => timeoutProvider.clearTimeout(timer));
  },
};

/**
 * A subject for the path of every logged row: with one observer, as it is most of the time, it skips the copy
 * of the list of observers and the closure that `Subject` makes for each value, half of its cost.
 */
export class RowSubject<T> extends Subject<T> {
  override next(value: T): void {
    const { observers } = this;
    if (observers.length === 1 && !this.isStopped && !this.closed) observers[0]?.next(value);
    else super.next(value);
  }
}
