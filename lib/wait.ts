import type { Observable, Subscription } from "rxjs";
import type { SinkState } from "./sink.ts";

/** Waits for a promise, but no longer than the signal allows. */
export async function raceSignal<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T | undefined> {
  if (signal === undefined) return work;
  work.catch(() => undefined);
  let stop: () => void = () => undefined;
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Keeps a program running until the result is called. */
export function keepAlive(): () => void {
  const timer = setInterval(() => undefined, 2 ** 30);
  return () => clearInterval(timer);
}

/** How long the end of a recording waits for one sink. */
export class Patience {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #subscription: Subscription | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #stop = (): void => this.#controller.abort();
  readonly #letGo: () => void = () => undefined;

  /**
   * @param outer ends the wait
   * @param offlineMs ends it as well when the sink has no connection for so long
   */
  constructor(
    outer: AbortSignal | undefined,
    offlineMs: number | undefined,
    state$: Observable<SinkState>,
  ) {
    this.signal = this.#controller.signal;
    this.#outer = outer;
    if (outer !== undefined) this.#letGo = keepAlive();
    if (outer?.aborted === true) this.#stop();
    else outer?.addEventListener("abort", this.#stop, { once: true });
    if (offlineMs === undefined) return;
    this.#subscription = state$.subscribe((state) => {
      clearTimeout(this.#timer);
      if (state === "connecting" || state === "reconnecting")
        this.#timer = setTimeout(this.#stop, offlineMs);
    });
  }

  /** Ends it now. */
  lose(): void {
    this.#stop();
  }

  end(): void {
    this.#letGo();
    clearTimeout(this.#timer);
    this.#subscription?.unsubscribe();
    this.#outer?.removeEventListener("abort", this.#stop);
  }
}
