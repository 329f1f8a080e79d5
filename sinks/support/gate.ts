/**
 * A promise that calls those who wait within the call that keeps it: at the end of a process there is no event loop any
 * more that could do it. Nobody need look at one that is broken.
 */
export class Gate implements Promise<void> {
  readonly [Symbol.toStringTag] = "Gate";
  #waiters: { readonly opened: () => void; readonly failed: (reason: unknown) => void }[] = [];
  #state: "shut" | "open" | { readonly reason: unknown } = "shut";

  /** Keeps it. Idempotent. */
  open(): void {
    if (this.#state !== "shut") return;
    this.#state = "open";
    for (const { opened } of this.#waiters.splice(0)) opened();
  }

  /** Breaks it. Idempotent. */
  fail(reason: unknown): void {
    if (this.#state !== "shut") return;
    this.#state = { reason };
    for (const { failed } of this.#waiters.splice(0)) failed(reason);
  }

  then<A = void, B = never>(
    onOpen?: (() => A | PromiseLike<A>) | null,
    onFail?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return new Promise<A | B>((resolve, reject) => {
      const answer = <T extends A | B>(call: () => T | PromiseLike<T>): void => {
        try {
          resolve(call());
        } catch (thrown) {
          reject(thrown);
        }
      };
      const waiter = {
        opened: () => (onOpen ? answer(onOpen) : resolve(undefined as A)),
        failed: (reason: unknown) => (onFail ? answer(() => onFail(reason)) : reject(reason)),
      };
      const state = this.#state;
      if (state === "shut") this.#waiters.push(waiter);
      else if (state === "open") queueMicrotask(waiter.opened);
      else queueMicrotask(() => waiter.failed(state.reason));
    });
  }

  catch<B = never>(onFail?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<void | B> {
    return this.then(undefined, onFail);
  }

  finally(onEnd?: (() => void) | null): Promise<void> {
    return this.then(() => undefined).finally(onEnd);
  }
}
