import type { Subscriber } from "rxjs";
import { Observable } from "../lib/rxjs.ts";

/** What an operator does with what comes. */
export interface Handlers<T> {
  next(value: T): void;
  /** Hands on what still waits; called before the source's completion or error is passed on. */
  flush?(): void;
}

/**
 * Subscribes an operator to its source. The subscription ends with the subscriber, also in the midst of a source that
 * emits all at once; whatever a handler throws becomes an error of the stream and of nothing else.
 */
export function operate<T, R>(
  source: Observable<T>,
  subscriber: Subscriber<R>,
  handlers: Handlers<T>,
): void {
  const flush = (): boolean => guarded(subscriber, () => handlers.flush?.());
  const linked = new Observable<T>((inner) => {
    subscriber.add(inner);
    return source.subscribe(inner);
  });
  linked.subscribe({
    next: (value) => {
      guarded(subscriber, () => handlers.next(value));
    },
    error: (error) => {
      if (flush()) subscriber.error(error);
    },
    complete: () => {
      if (flush()) subscriber.complete();
    },
  });
}

/** Runs what may throw; an error goes to the subscriber. For timers, which have nobody to throw to. */
export function guarded<R>(subscriber: Subscriber<R>, work: () => void): boolean {
  try {
    work();
    return true;
  } catch (thrown) {
    subscriber.error(thrown);
    return false;
  }
}
