/** A value that follows a call until it returns. Browsers have nothing that follows what is asynchronous. */
export class AsyncScope<T> {
  #value: T | undefined;

  /** The value of the innermost scope around the caller. */
  get(): T | undefined {
    return this.#value;
  }

  /** Runs `body` with `value`. */
  run<R>(value: T, body: () => R): R {
    const outer = this.#value;
    this.#value = value;
    try {
      return body();
    } finally {
      this.#value = outer;
    }
  }
}
