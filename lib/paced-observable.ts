import type { Observer, Operator, Subscription } from "rxjs";
import { Observable } from "#rxjs-parts";

/** Asked before more is produced: a promise holds it back until it settles, undefined lets it go on. */
export type Pace = () => Promise<unknown> | undefined;

/** A consumer that can be slower than its source, such as the sinks of this package. */
export interface PacedObserver {
  /** Settles when all that `next` was given has been taken; undefined when it has. */
  readonly pending: Promise<unknown> | undefined;
}

let current: Pace | undefined;

/** Runs `work`, usually a call of `subscribe`; sources that are subscribed in it go at this pace. */
export function withPace<T>(pace: Pace, work: () => T): T {
  const outer = current;
  current = pace;
  try {
    return work();
  } finally {
    current = outer;
  }
}

/** For sources, while they are subscribed: the pace of who subscribes, if there is one. */
export function currentPace(): Pace | undefined {
  return current;
}

type AnyObserver<T> = Partial<Observer<T>> | ((value: T) => void) | null;

/**
 * An observable that waits for its subscriber, where that can say that it is busy: RxJS itself has no back-pressure.
 *
 * What is made of it by `pipe` is one as well, with operators of RxJS and of this package, so that
 * `source.pipe(…).subscribe(sink)` reads no faster than the sink writes. Operators that hold back what they are given
 * (`concatMap`, `delay`, …) are not seen through: theirs is a queue of their own.
 */
export class PacedObservable<T> extends Observable<T> {
  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    const lifted = new PacedObservable<R>();
    lifted.source = this;
    lifted.operator = operator;
    return lifted;
  }

  override subscribe(
    observer?: AnyObserver<T>,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    const subscribe = (): Subscription =>
      super.subscribe(observer as (value: T) => void, error, complete);
    if (!isPaced(observer)) return subscribe();
    return withPace(() => observer.pending, subscribe);
  }
}

function isPaced(observer: unknown): observer is PacedObserver {
  return typeof observer === "object" && observer !== null && "pending" in observer;
}
