import { compressLz4 } from "#lz4";
import { RerunError } from "../../lib/errors.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { ObserverSink, type SinkHost } from "../../lib/sink.ts";
import { EXIT_MS, onExit } from "./exit-hooks.ts";
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
  /** Closes what is open after a failure. */
  protected abstract abort(): void;

  attached(host: SinkHost): () => void {
    this.#hosts.add(host);
    return () => this.#hosts.delete(host);
  }

  write(messages: readonly LogMsg[]): void {
    if (this.#ended) {
      throw (
        this.failure ??
        new RerunError(
          "sink-failed",
          `Expected to write ${this.target} before it was closed; make a new sink`,
        )
      );
    }
    this.guard(() => {
      for (const message of messages) this.take(message);
    });
  }

  flush(): Promise<void> | undefined {
    if (this.#ended) return this.#closing;
    return this.guard(() => this.settle())?.catch((thrown: unknown) => this.#failWith(thrown));
  }

  /** Completes what is open. A promise when that takes more than a moment. Idempotent. */
  close(): Promise<void> | undefined {
    if (this.#ended) return this.#closing;
    this.#ended = true;
    if (this.failure !== undefined) {
      this.#letGo();
      throw this.failure;
    }
    this.setState("closing");
    let rest: Promise<void> | undefined;
    try {
      rest = this.finish();
    } catch (thrown) {
      this.#letGo();
      this.#failWith(thrown);
    }
    if (rest === undefined) {
      this.#letGo();
      this.setState("closed");
      return undefined;
    }
    this.#closing = rest.then(
      () => {
        this.#letGo();
        this.setState("closed");
      },
      (thrown: unknown) => {
        this.#letGo();
        this.#failWith(thrown);
      },
    );
    // Also when nobody waits: the state tells.
    this.#closing.catch(() => undefined);
    return this.#closing;
  }

  /** From the first file on the end of the process is watched. */
  protected opened(): void {
    this.#unhook ??= onExit((deadline) => this.#finishAtExit(deadline));
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

  #letGo(): void {
    this.#unhook?.();
    this.#unhook = undefined;
  }

  /** No event loop any more: what is pending in the recordings is fetched, the file completed, all in this call. */
  #finishAtExit(deadline: number): void {
    try {
      for (const host of this.#hosts) host.drain();
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
      this.#letGo();
    }
  }
}
