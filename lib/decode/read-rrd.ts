import type { LogMsg } from "../log-msg.ts";
import { currentPace, type Pace, PacedObservable } from "../paced-observable.ts";
import type { Observable } from "../rxjs.ts";
import { type ByteInput, openInput, type RrdSource } from "./byte-input.ts";
import { RrdDecoder } from "./rrd-decoder.ts";
import type { RrdDamage } from "./rrd-parser.ts";

export interface ReadRrdOptions {
  /**
   * Told of each message that cannot be decoded, and of bytes at the end that are none; all else is read. Default: the
   * first of them is printed as a warning.
   */
  readonly onDamage?: (damage: RrdDamage) => void;
  /** Whether damage ends the reading with its error. Default false. */
  readonly strict?: boolean;
  /** Longest message that is taken, in bytes. Default 2 GiB - 1. */
  readonly maxMessageBytes?: number;
  /** Ends the reading. */
  readonly signal?: AbortSignal;
}

export interface FromRrdOptions extends ReadRrdOptions {
  /**
   * Asked after each message; while its promise is pending, nothing is read. A sink that is subscribed needs none: its
   * own pace is kept.
   */
  readonly pace?: Pace;
}

/** Longest time without a chance for other work, in milliseconds. */
const MAX_BUSY_MS = 12;

const setImmediate = (globalThis as { setImmediate?: (work: () => void) => unknown }).setImmediate;

/** Lets timers and I/O have their turn. */
const breathe = (): Promise<void> =>
  new Promise((resolve) => {
    if (setImmediate === undefined) setTimeout(resolve, 0);
    else setImmediate(resolve);
  });

/**
 * Reads a recording as messages, one after the other, as fast as they are asked for and no faster.
 *
 * ```ts
 * for await (const message of readRrd("run.rrd")) {
 *   if (message.kind === "chunk") console.log(message.chunk.entityPath, message.chunk.numRows);
 * }
 * ```
 *
 * Reads what Rerun 0.23 to 0.33 write, plain or with LZ4, with or without footer, several stores and several streams one
 * after the other; chunks of older schemas come in today's form. Files that were cut off give what is whole.
 *
 * @throws RerunError `invalid-data` when it is no recording; `unsupported-data` when it is older than 0.23;
 *   `file-missing`, `permission-denied`, `io-failed`
 */
export async function* readRrd(
  source: RrdSource,
  options: ReadRrdOptions = {},
): AsyncGenerator<LogMsg, void, undefined> {
  const { signal } = options;
  signal?.throwIfAborted();
  const input = await openInput(source, signal);
  const reading = new Reading(input, options);
  try {
    for (;;) {
      signal?.throwIfAborted();
      for (let message = reading.next(); message !== undefined; message = reading.next()) {
        yield message;
        signal?.throwIfAborted();
        if (reading.isBusy()) await breathe();
      }
      if (!(await reading.more())) return;
    }
  } finally {
    await input.close();
  }
}

/**
 * A recording as an Observable of the same messages as live data. Each subscription reads it from the start.
 *
 * ```ts
 * fromRrd("run.rrd").pipe(filter(isCamera)).subscribe(save("camera.rrd"));
 * ```
 *
 * RxJS has no back-pressure, so this has: it reads no faster than the sink that subscribes, with plain operators in
 * between or none; see {@link FromRrdOptions.pace} for other consumers, or use {@link readRrd}. What is read is handed on
 * at once, and not kept.
 *
 * Errors: as {@link readRrd}.
 */
export function fromRrd(source: RrdSource, options: FromRrdOptions = {}): Observable<LogMsg> {
  return new PacedObservable<LogMsg>((subscriber) => {
    const stop = new AbortController();
    const { signal } = options;
    const abort = (): void => stop.abort(signal?.reason);
    if (signal?.aborted === true) abort();
    signal?.addEventListener("abort", abort, { once: true });
    subscriber.add(() => {
      stop.abort();
      signal?.removeEventListener("abort", abort);
    });
    const sinkPace = currentPace();
    const pace: Pace = () => sinkPace?.() ?? options.pace?.();

    const run = async (): Promise<void> => {
      stop.signal.throwIfAborted();
      const input = await openInput(source, stop.signal);
      const reading = new Reading(input, options);
      try {
        do {
          for (let message = reading.next(); message !== undefined; message = reading.next()) {
            subscriber.next(message);
            // Waiting for nothing would take a turn for each message.
            const wait = settled(pace);
            if (wait !== undefined) await wait;
            if (reading.isBusy()) await breathe();
            stop.signal.throwIfAborted();
          }
        } while (await reading.more());
      } finally {
        await input.close();
      }
    };
    run().then(
      () => subscriber.complete(),
      (error: unknown) => subscriber.error(error),
    );
  });
}

/** Waits until the pace lets go on. Without a promise there is nothing to wait for, and no turn is lost. */
function settled(pace: Pace): Promise<void> | undefined {
  const pending = pace();
  if (pending === undefined) return undefined;
  return (async () => {
    for (let wait: Promise<unknown> | undefined = pending; wait !== undefined; wait = pace())
      await wait;
  })();
}

/** One pass over a source. */
class Reading {
  readonly #input: ByteInput;
  readonly #decoder: RrdDecoder;
  #since = performance.now();
  #warned = false;

  constructor(input: ByteInput, options: ReadRrdOptions) {
    this.#input = input;
    const { strict = false, onDamage = (damage) => this.#warn(damage), maxMessageBytes } = options;
    this.#decoder = new RrdDecoder({
      ...(maxMessageBytes === undefined ? {} : { maxMessageBytes }),
      onFree: (block) => input.recycle?.(block),
      onDamage: strict
        ? (damage) => {
            throw damage.error;
          }
        : onDamage,
    });
  }

  next(): LogMsg | undefined {
    return this.#decoder.next();
  }

  /** Reads on; false at the end. */
  async more(): Promise<boolean> {
    if (this.#decoder.done) return false;
    const block = await this.#input.read();
    this.#since = performance.now();
    if (block !== undefined) {
      this.#decoder.push(block);
      return true;
    }
    this.#decoder.end();
    return false;
  }

  /** True when others have waited long enough for their turn. */
  isBusy(): boolean {
    const now = performance.now();
    if (now - this.#since < MAX_BUSY_MS) return false;
    this.#since = now;
    return true;
  }

  #warn({ error }: RrdDamage): void {
    if (this.#warned) return;
    this.#warned = true;
    console.warn(`rerun-rx: ${this.#input.name}: ${error.message}; the rest is read (told once)`);
  }
}
