import type { Subscriber } from "rxjs";
import { currentScope } from "../lib/pipe-scope.ts";
import { Observable } from "../lib/rxjs.ts";

/** What an operator does with what comes. */
export interface Handlers<T> {
  next(value: T): void;
  /**
   * Hands on what still waits; called before the source's completion or error is passed on, and when all that was logged
   * is to be delivered.
   */
  flush?(): void;
  /** The position of the first of what waits; see `PipeScope`. Default: nothing ever waits. */
  heldFrom?(): number | undefined;
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
  if (handlers.heldFrom !== undefined) {
    const heldFrom = handlers.heldFrom.bind(handlers);
    subscriber.add(currentScope().join({ flush, heldFrom }));
  }
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
