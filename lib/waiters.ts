/**
 * Those who wait for the next step of something that may never take one.
 *
 * Whoever stops waiting leaves nothing behind: a wait of a second, repeated for days, costs no memory.
 */
export class Waiters {
  readonly #waiting = new Set<() => void>();

  /** How many wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Resolves at the next {@link wake}, or when the signal aborts. Never rejects. */
  next(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        this.#waiting.delete(end);
        signal?.removeEventListener("abort", end);
        resolve();
      };
      this.#waiting.add(end);
      signal?.addEventListener("abort", end, { once: true });
    });
  }

  /** Waits until something holds, looked at after each step, or the signal aborts. */
  async until(holds: () => boolean, signal?: AbortSignal): Promise<void> {
    const isOver = (): boolean => holds() || signal?.aborted === true;
    while (!isOver()) await this.next(signal);
  }

  /** Lets go on all who wait; those who begin to wait meanwhile are for the next time. */
  wake(): void {
    for (const end of [...this.#waiting]) end();
  }

  /** Forgets all who wait: their promises never settle. For promises that are void. */
  forget(): void {
    this.#waiting.clear();
  }
}
