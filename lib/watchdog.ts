/** How a watchdog looks, and whom it tells. */
export interface WatchdogOptions {
  /** Silence after which the other side counts as gone, in milliseconds; up to a quarter more until it is noticed. */
  readonly silenceMs: number;
  /** Bytes that came so far, where they are counted: more of them count as heard. */
  readonly heardBytes?: () => number;
  /** How much longer a silence may be at the moment, in milliseconds: something large is on its way. */
  readonly moreMs?: () => number;
  /** Asks for a sign of life; called when nothing was heard since the last look. */
  readonly ask?: () => void;
  /** Called once, when nothing was heard for too long. */
  readonly gone: () => void;
}

/** Looks within the longest silence. */
const LOOKS = 4;

/**
 * Notices that the other side of a connection is gone without a word: when a line freezes, nothing says so.
 *
 * It counts how often it looked in vain, not the time: a program that was busy and a computer that slept must first
 * have had the chance to hear what came meanwhile. It never keeps a program running.
 */
export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #lookMs: number;
  readonly #timer: ReturnType<typeof setInterval>;
  #vain = 0;
  #bytes: number;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#bytes = options.heardBytes?.() ?? 0;
    this.#lookMs = options.silenceMs / LOOKS;
    this.#timer = setInterval(() => this.#look(), this.#lookMs);
    // Browsers have numbers for timers.
    (this.#timer as { unref?: () => void }).unref?.();
  }

  /** Something came. */
  heard(): void {
    // The part of an interval that is left until the next look is no silence.
    this.#vain = -1;
  }

  /** Looks no more. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { heardBytes, moreMs, ask, gone } = this.#options;
    const bytes = heardBytes?.() ?? 0;
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#vain = 0;
      return;
    }
    this.#vain++;
    if (this.#vain < LOOKS + Math.ceil((moreMs?.() ?? 0) / this.#lookMs)) {
      ask?.();
      return;
    }
    this.stop();
    gone();
  }
}
