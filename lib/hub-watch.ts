import type { ServerMessage } from "./protocol.ts";
import { Watchdog } from "./watchdog.ts";

/** How long a hub may say nothing. All of it may be left out. */
export interface HubPatience {
  /** How long a hub may take to greet, from the attempt to connect on, in milliseconds. Default 10,000. */
  readonly greetingMs?: number | undefined;
  /**
   * How long a hub may be silent later on, in milliseconds; at least twice the interval in which it says that it
   * shows signs of life. Default three times that. A hub that does not say so, an older one, may be silent for ever.
   */
  readonly silenceMs?: number | undefined;
}

const GREETING_MS = 10_000;
/** Signs of life that may be missed. */
const MISSED = 3;
/** Hubs can say anything; these bound what is made of it. */
const LEAST_MS = 50;
const MOST_MS = 3_600_000;
/** A large message is waited for as long as a line of so many bytes per millisecond takes for it. */
const SLOW_LINE = 64;
/** A slow line must not be cut again and again: after each time in vain the patience is twice as long, up to this. */
const MOST_TIMES = 64;

/**
 * Watches a connection to a hub: browsers see neither pings of WebSockets nor bytes of messages that are not whole, so
 * all there is to go by are messages.
 */
export class HubWatch {
  readonly #patience: HubPatience;
  readonly #gone: (silenceMs: number) => void;
  #watchdog: Watchdog | undefined;
  /** Announced bytes of the message that comes next. */
  #nextBytes = 0;
  #times = 1;

  /** @param gone called when the hub was silent for too long; it is not watched any more then */
  constructor(patience: HubPatience, gone: (silenceMs: number) => void) {
    this.#patience = patience;
    this.#gone = gone;
  }

  /** An attempt to connect begins. */
  connecting(): void {
    this.#watch(this.#patience.greetingMs ?? GREETING_MS);
  }

  /** A message came. */
  heard(message: ServerMessage | undefined): void {
    this.#watchdog?.heard();
    this.#nextBytes = message?.type === "alive" ? (message.next ?? 0) : 0;
    if (message?.type === "hello") this.#greeted(message.alive);
    // What comes at last took no longer than it may.
    else if (this.#nextBytes === 0) this.#times = 1;
  }

  /** The connection is over, or was never made. */
  stop(): void {
    this.#watchdog?.stop();
    this.#watchdog = undefined;
  }

  #greeted(aliveMs = 0): void {
    this.stop();
    // As older hubs do.
    if (aliveMs === 0) return;
    const { silenceMs = MISSED * aliveMs } = this.#patience;
    this.#watch(Math.max(silenceMs, 2 * aliveMs) * this.#times, () => {
      this.#times = Math.min(2 * this.#times, MOST_TIMES);
    });
  }

  #watch(forMs: number, onGone: () => void = () => undefined): void {
    this.stop();
    const silenceMs = Math.min(Math.max(forMs, LEAST_MS), MOST_MS);
    this.#watchdog = new Watchdog({
      silenceMs,
      moreMs: () => this.#nextBytes / SLOW_LINE,
      gone: () => {
        this.stop();
        onGone();
        this.#gone(silenceMs);
      },
    });
  }
}
