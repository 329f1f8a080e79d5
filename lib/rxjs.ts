// What this package uses of RxJS, and the two things it adds.

import type { SchedulerLike } from "rxjs";
import { dateTimestampProvider, Subject, Subscription, timeoutProvider } from "#rxjs-parts";

export { BehaviorSubject, map, Observable, Subject } from "#rxjs-parts";

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
