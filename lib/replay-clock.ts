import type { TimeSource } from "./rxjs.ts";

/** The place of a replay on its timeline: stands, or moves with real time. */
export class ReplayClock {
  readonly #source: TimeSource;
  #at = 0;
  /** Real time at which it was at `#at`; undefined while it stands. */
  #since: number | undefined;
  /** Units of the timeline in a millisecond. */
  #rate: number;

  constructor(source: TimeSource, rate: number) {
    this.#source = source;
    this.#rate = rate;
  }

  /** Units since the origin. */
  get now(): number {
    if (this.#since === undefined) return this.#at;
    return this.#at + (this.#source.now() - this.#since) * this.#rate;
  }

  get isRunning(): boolean {
    return this.#since !== undefined;
  }

  /** Goes somewhere else; moves on from there if it moved. */
  set(at: number): void {
    this.#at = at;
    if (this.#since !== undefined) this.#since = this.#source.now();
  }

  setRate(rate: number): void {
    this.set(this.now);
    this.#rate = rate;
  }

  start(): void {
    this.#since ??= this.#source.now();
  }

  stop(): void {
    this.#at = this.now;
    this.#since = undefined;
  }

  /** Milliseconds until it will be there, while it moves; 0 if it has been there. */
  until(at: number): number {
    return Math.max(0, Math.ceil((at - this.now) / this.#rate));
  }
}
