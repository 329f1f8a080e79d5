import { exitSignalListener } from "../../../sinks/support/exit-hooks.ts";

/** One Ctrl-C can arrive several times: from the terminal, and from each program above this one. */
const ONE_KEYPRESS_MS = 500;

/** Of all that listen at the same time: to each other they are no listeners of the program. */
const listeners = new Set<unknown>([exitSignalListener]);

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Listens for Ctrl-C and SIGTERM. The first aborts {@link signal}; a second one ends the process at once.
 *
 * While nobody has asked for `signal`, the first one runs `lastWork` instead, and then ends the process as if nobody
 * had listened; unless the program listens itself, which then decides.
 */
export class Interrupt {
  readonly #controller = new AbortController();
  readonly #lastWork: () => Promise<unknown>;
  #asked = false;
  #firstMs: number | undefined;
  #alive: ReturnType<typeof setInterval> | undefined;

  constructor(lastWork: () => Promise<unknown>) {
    this.#lastWork = lastWork;
    listeners.add(this.#onSignal);
    for (const signal of Object.keys(SIGNALS)) process.on(signal, this.#onSignal);
  }

  /** Aborted by the first Ctrl-C or SIGTERM. */
  get signal(): AbortSignal {
    this.#asked = true;
    return this.#controller.signal;
  }

  /** Resolves when it came, at once if it came before. Keeps the process alive until then, or until {@link stop}. */
  async come(): Promise<void> {
    const { signal } = this;
    if (signal.aborted) return;
    // A listener for a signal of the system does not keep a process alive.
    this.#alive ??= setInterval(() => {}, 2 ** 30);
    await new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  /** Listens no more. */
  stop(): void {
    clearInterval(this.#alive);
    listeners.delete(this.#onSignal);
    for (const signal of Object.keys(SIGNALS)) process.off(signal, this.#onSignal);
  }

  readonly #onSignal = (signal: keyof typeof SIGNALS): void => {
    const nowMs = performance.now();
    const first = this.#firstMs === undefined;
    this.#firstMs ??= nowMs;
    if (!first && nowMs - this.#firstMs > ONE_KEYPRESS_MS) process.exit(SIGNALS[signal]);
    if (!first) return;
    this.#controller.abort();
    if (!this.#asked && !this.#programListens(signal)) void this.#endBy(signal);
  };

  #programListens(signal: NodeJS.Signals): boolean {
    return process.listeners(signal).some((listener) => !listeners.has(listener));
  }

  async #endBy(signal: NodeJS.Signals): Promise<void> {
    try {
      await this.#lastWork();
    } finally {
      this.stop();
      process.kill(process.pid, signal);
    }
  }
}
