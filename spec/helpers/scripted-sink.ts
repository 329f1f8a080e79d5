import type { LogMsg } from "../../lib/log-msg.ts";
import type { Delivery, Sink, SinkHost } from "../../lib/sink.ts";

/** What a {@link ScriptedSink} tells. */
export interface SinkWitness {
  got(message: LogMsg): void;
  closed(): void;
}

/**
 * A sink that takes everything at once, unless it is told to be slow, to fail, or to lose its peer. It complains when it
 * is called as a sink must not be called.
 */
export class ScriptedSink implements Sink {
  readonly name: string;
  readonly replays = true;
  readonly #witness: SinkWitness;
  readonly #acknowledges: boolean;
  #isBusy = false;
  #isBroken = false;
  #isClosed = false;
  /** Calls of `write` that wait: for it to be ready, or for the acknowledgement. */
  #waiting: (() => void)[] = [];
  #unacknowledged: (() => void)[] = [];
  #host: SinkHost | undefined;

  /** @param acknowledges whether what it took is delivered only once {@link acks} is called */
  constructor(name: string, witness: SinkWitness, acknowledges: boolean) {
    this.name = name;
    this.#witness = witness;
    this.#acknowledges = acknowledges;
  }

  attached(host: SinkHost): () => void {
    this.#host = host;
    return () => {
      this.#host = undefined;
    };
  }

  write(messages: readonly LogMsg[]): void | Promise<void> | Delivery {
    if (this.#isClosed) throw new Error(`${this.name} was called after it was closed`);
    if (this.#waiting.length > 0) throw new Error(`${this.name} was called while it was busy`);
    if (this.#isBroken) throw new Error(`${this.name} is broken`);
    for (const message of messages) this.#witness.got(message);
    const ready = this.#isBusy
      ? new Promise<void>((resolve) => this.#waiting.push(resolve))
      : undefined;
    if (!this.#acknowledges) return ready;
    const delivered = new Promise<void>((resolve) => this.#unacknowledged.push(resolve));
    return { ready, delivered };
  }

  close(): void {
    this.#isClosed = true;
    this.#witness.closed();
  }

  /** From now on each call of `write` takes until it is ready. */
  busy(): void {
    this.#isBusy = true;
  }

  /** Takes more; is busy no longer. */
  ready(): void {
    this.#isBusy = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** What was taken so far is delivered. */
  acks(): void {
    for (const resolve of this.#unacknowledged.splice(0)) resolve();
  }

  /** From now on it throws. */
  breaks(): void {
    this.#isBroken = true;
  }

  /** The peer is gone, and another one there, which has nothing. */
  lost(): void {
    this.#waiting = [];
    this.#unacknowledged = [];
    this.#host?.replay();
  }
}
