import { AsyncLocalStorage } from "node:async_hooks";

/** A value that follows a call and everything asynchronous it starts. */
export class AsyncScope<T> {
  readonly #storage = new AsyncLocalStorage<T>();

  /** The value of the innermost scope around the caller. */
  get(): T | undefined {
    return this.#storage.getStore();
  }

  /** Runs `body` with `value`. */
  run<R>(value: T, body: () => R): R {
    return this.#storage.run(value, body);
  }
}
