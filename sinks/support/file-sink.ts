import { compressLz4 } from "#lz4";
import { RerunError } from "../../lib/errors.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { type Delivery, ObserverSink, type SinkHost, type WaitOptions } from "../../lib/sink.ts";
import { EXIT_MS, onExit } from "./exit-hooks.ts";
import { Gate } from "./gate.ts";
import { ioError } from "./io-error.ts";

/**
 * Base of sinks that write files: they write within the call, keep the first failure, and are completed whatever way
 * the process ends, `kill -9` excepted.
 */
export abstract class FileSink extends ObserverSink {
  readonly name: string;
  readonly borrows = true;
  readonly forceSaved = true;
  /** How messages name what is written. */
  protected readonly target: string;
  readonly #hosts = new Set<SinkHost>();
  #unhook: (() => void) | undefined;
  #ended = false;
  #closing: Promise<void> | undefined;
  #receipt: Receipt | undefined;
  #isExiting = false;
  /** Why the rest is lost at the end of the process. */
  #exitFailure: unknown;
  #lostRows = 0;

  constructor(name: string, target: string, compression: "lz4" | "none" | undefined) {
    super();
    this.name = name;
    this.target = target;
    // Loads the compressor now, and not in the middle of some call of `log`.
    if (compression !== "none") compressLz4(new Uint8Array(64));
  }

  /** Writes one message. Throws what the file system throws. */
  protected abstract take(message: LogMsg): void;
  /** Hands everything to the operating system. */
  protected abstract settle(): Promise<void> | undefined;
  /** Completes what is open; called once, and not after a failure. */
  protected abstract finish(): Promise<void> | undefined;
  /** Completes what is open within this call; `finish` may be at it. False when something had to be left out. */
  protected abstract finishNow(deadline: number): boolean;
  /** While the reader of a pipe takes nothing: kept when it has everything. */
  protected get waiting(): Gate | undefined {
    return undefined;
  }
  /** Nobody waits any more for what is open to be complete. */
  protected letGo(): void {}
  /** Begins the end of the process: what follows waits for nothing beyond the deadline that does not move. */
  protected endNow(_deadline: number): void {}
  /** Closes what is open after a failure. */
  protected abstract abort(): void;

  attached(host: SinkHost): () => void {
    this.#hosts.add(host);
    return () => this.#hosts.delete(host);
  }

  write(messages: readonly LogMsg[]): Delivery | undefined {
    if (this.#ended) {
      throw (
        this.failure ??
        new RerunError(
          "sink-failed",
          `Expected to write ${this.target} before it was closed; make a new sink`,
        )
      );
    }
    if (this.#isExiting) return this.#writeAtExit(messages);
    this.guard(() => {
      for (const message of messages) this.take(message);
    });
    const { waiting } = this;
    if (waiting === undefined) return undefined;
    if (this.#receipt?.waiting !== waiting) this.#receipt = new Receipt(waiting);
    return this.#receipt;
  }

  flush(): Promise<void> | undefined {
    if (this.#ended) return this.#closing;
    return this.guard(() => this.settle())?.catch((thrown: unknown) => this.#failWith(thrown));
  }

  /** Completes what is open. A promise when that takes more than a moment. Idempotent. */
  close({ signal }: WaitOptions = {}): Promise<void> | undefined {
    this.#letGoBy(signal);
    if (this.#ended) return this.#closing;
    this.#ended = true;
    if (this.failure !== undefined) {
      this.#unwatch();
      throw this.failure;
    }
    this.setState("closing");
    let rest: Promise<void> | undefined;
    try {
      rest = this.finish();
    } catch (thrown) {
      this.#unwatch();
      this.#failWith(thrown);
    }
    if (rest === undefined) {
      this.#unwatch();
      this.setState("closed");
      return undefined;
    }
    this.#closing = rest.then(
      () => {
        this.#unwatch();
        this.setState("closed");
      },
      (thrown: unknown) => {
        this.#unwatch();
        this.#failWith(thrown);
      },
    );
    // Also when nobody waits: the state tells.
    this.#closing.catch(() => undefined);
    return this.#closing;
  }

  /** From the first file on the end of the process is watched. */
  protected opened(isPipe: boolean = false): void {
    // Files must not go without their index because the reader of a pipe takes its time.
    this.#unhook ??= onExit((deadline) => this.#finishAtExit(deadline), isPipe);
  }

  protected get hosts(): Iterable<SinkHost> {
    return this.#hosts;
  }

  /** Tells of trouble that does not end the sink: the recordings, or a person if there is none. */
  protected report(error: RerunError): void {
    if (this.#hosts.size === 0) console.warn(`rerun-rx: ${error.message}`);
    for (const host of this.#hosts) host.report(error);
  }

  protected errorOf(thrown: unknown): RerunError {
    if (thrown instanceof RerunError) return thrown;
    return this.failure ?? ioError(thrown, this.target);
  }

  /** For failures that no call waits for. */
  protected readonly failed = (thrown: unknown): void => {
    this.fail(this.errorOf(thrown));
    this.abort();
    this.#unwatch();
  };

  protected guard<T>(action: () => T): T {
    if (this.failure !== undefined) throw this.failure;
    try {
      return action();
    } catch (thrown) {
      return this.#failWith(thrown);
    }
  }

  #failWith(thrown: unknown): never {
    this.failed(thrown);
    throw this.failure ?? thrown;
  }

  #letGoBy(signal: AbortSignal | undefined): void {
    if (signal?.aborted === true) this.letGo();
    else signal?.addEventListener("abort", () => this.letGo(), { once: true });
  }

  #unwatch(): void {
    this.#unhook?.();
    this.#unhook = undefined;
  }

  /** No event loop any more: what is pending in the recordings is fetched, the file completed, all in this call. */
  #finishAtExit(deadline: number): void {
    try {
      this.#handOverAtExit(deadline);
      this.#ended = true;
      if (this.failure !== undefined) return;
      if (!this.finishNow(deadline)) {
        console.error(
          `rerun-rx: the index of ${this.target} was left out, as there were no more than ${EXIT_MS} ms for it; its data is complete`,
        );
      }
      this.setState("closed");
    } catch (thrown) {
      console.error(`rerun-rx: ${this.errorOf(thrown).message}`);
    } finally {
      this.#unwatch();
    }
  }

  #handOverAtExit(deadline: number): void {
    if (this.failure !== undefined) return;
    this.#isExiting = true;
    try {
      this.endNow(deadline);
    } catch (thrown) {
      this.#exitFailure = thrown;
      // To know how much it is that is lost.
      this.#receipt?.ready.open();
    }
    for (const host of this.#hosts) host.drain({ last: true });
    if (this.#exitFailure === undefined) return;
    this.failed(this.#exitFailure);
    console.error(
      `rerun-rx: ${this.errorOf(this.#exitFailure).message}; ${this.#lostRows} rows did not get that far`,
    );
  }

  #writeAtExit(messages: readonly LogMsg[]): Delivery | undefined {
    for (const message of messages) {
      try {
        if (this.#exitFailure === undefined) {
          this.take(message);
          continue;
        }
      } catch (thrown) {
        this.#exitFailure = thrown;
      }
      if (message.kind === "chunk") this.#lostRows += message.chunk.numRows;
    }
    // More may come, to be counted; none of it is delivered.
    return this.#exitFailure === undefined ? undefined : { delivered: new Gate() };
  }
}

/** What is told of messages that a pipe has not taken: first that they are delivered, then that more may come. */
class Receipt implements Delivery {
  readonly waiting: Gate;
  readonly delivered: Gate = new Gate();
  readonly ready: Gate = new Gate();

  constructor(waiting: Gate) {
    this.waiting = waiting;
    const both = [this.delivered, this.ready];
    void waiting.then(
      () => both.forEach((gate) => gate.open()),
      (reason) => both.forEach((gate) => gate.fail(reason)),
    );
  }
}
