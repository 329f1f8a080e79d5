// What this package uses of RxJS, and what it adds.

import type { Observable as RxObservable, SchedulerLike } from "rxjs";
import { dateTimestampProvider, Subject, Subscription, timeoutProvider } from "#rxjs-parts";
import { PacedObservable } from "./paced-observable.ts";

export { BehaviorSubject, map, Subject } from "#rxjs-parts";

export type Observable<T> = RxObservable<T>;

/** Passes on the pace of who subscribes to what it is made of; to everyone else it is that of RxJS. */
export const Observable: typeof RxObservable = PacedObservable;

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

/** The same by timers that do not keep a program running. */
export const quietTime: TimeSource = {
  now: realTime.now,
  schedule: (work, delayMs) => {
    const timer = timeoutProvider.setTimeout(work, delayMs);
    (timer as { unref?: () => void }).unref?.();
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
