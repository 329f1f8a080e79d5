interface Timer {
  at: number;
  readonly order: number;
  readonly everyMs: number | undefined;
  readonly delayMs: number;
  readonly work: () => void;
}

type AnyFunction = (...args: never[]) => unknown;

const NAMES = ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] as const;

/**
 * Time that passes only when a spec says so: `Date.now`, `performance.now`, timeouts and intervals. Promises and
 * `setImmediate` run as ever.
 */
export class VirtualTime {
  #nowMs: number;
  #made = 0;
  readonly #timers = new Set<Timer>();
  readonly #real = {
    dateNow: Date.now,
    functions: NAMES.map((name) => globalThis[name] as unknown as AnyFunction),
  };

  constructor(nowMs = 1_000_000) {
    this.#nowMs = nowMs;
    Date.now = () => this.#nowMs;
    performance.now = () => this.#nowMs;
    const set =
      (repeats: boolean) =>
      (work: (...args: unknown[]) => void, delay = 0, ...args: unknown[]): object => {
        const delayMs = Math.max(1, Number.isNaN(delay) ? 0 : delay);
        const timer: Timer = {
          at: this.#nowMs + delayMs,
          order: this.#made++,
          everyMs: repeats ? delayMs : undefined,
          delayMs,
          work: () => work(...args),
        };
        this.#timers.add(timer);
        return this.#handleOf(timer);
      };
    const clear = (handle: unknown): void => {
      const timer = this.#handles.get(handle as object);
      if (timer !== undefined) this.#timers.delete(timer);
    };
    Object.assign(globalThis, {
      setTimeout: set(false),
      setInterval: set(true),
      clearTimeout: clear,
      clearInterval: clear,
    });
  }

  readonly #handles = new WeakMap<object, Timer>();

  get now(): number {
    return this.#nowMs;
  }

  /** Lets time pass; timers that are due run in order. What they throw comes out here. */
  advance(ms: number): void {
    const end = this.#nowMs + ms;
    for (;;) {
      let next: Timer | undefined;
      for (const timer of this.#timers) {
        if (timer.at > end) continue;
        if (
          next === undefined ||
          timer.at < next.at ||
          (timer.at === next.at && timer.order < next.order)
        )
          next = timer;
      }
      if (next === undefined) break;
      this.#nowMs = Math.max(this.#nowMs, next.at);
      if (next.everyMs === undefined) this.#timers.delete(next);
      else next.at += next.everyMs;
      next.work();
    }
    this.#nowMs = end;
  }

  /** Time passes by itself again; timers that were set are forgotten. */
  end(): void {
    Date.now = this.#real.dateNow;
    // Back to that of the prototype.
    Reflect.deleteProperty(performance, "now");
    NAMES.forEach((name, i) => {
      Object.assign(globalThis, { [name]: this.#real.functions[i] });
    });
    this.#timers.clear();
  }

  #handleOf(timer: Timer): object {
    const handle = {
      ref: () => handle,
      unref: () => handle,
      hasRef: () => true,
      refresh: () => {
        if (this.#timers.has(timer)) timer.at = this.#nowMs + timer.delayMs;
        return handle;
      },
      close: () => {
        this.#timers.delete(timer);
        return handle;
      },
      [Symbol.dispose]: () => this.#timers.delete(timer),
    };
    this.#handles.set(handle, timer);
    return handle;
  }
}
