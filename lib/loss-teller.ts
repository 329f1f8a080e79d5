import { type DeliveryCounts, describeLoss } from "./delivery-counts.ts";
import { RerunError } from "./errors.ts";
import type { LogMsg } from "./log-msg.ts";
import type { ShedReason } from "./triage.ts";

/** An episode of loss is told in the recording once it is over, or has lasted for so long, in milliseconds. */
const TELL_AFTER_MS = 1_000;

/** Whom to tell. */
export interface LossEvents {
  /** To the program, at once. */
  report(error: RerunError): void;
  /** In words, to be kept with the data. */
  lost?(text: string, level: "WARN" | "ERROR"): void;
}

/** Tells each episode of loss of one sink once. */
export class LossTeller {
  readonly #name: string;
  readonly #counts: DeliveryCounts;
  readonly #events: LossEvents;
  #isUntold = false;
  #hasLostReliable = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param name of the sink */
  constructor(name: string, counts: DeliveryCounts, events: LossEvents) {
    this.#name = name;
    this.#counts = counts;
    this.#events = events;
  }

  /** A message is dropped for lack of room. */
  lost(message: LogMsg, why: ShedReason): void {
    if (this.#counts.lost(message)) {
      this.#isUntold = true;
      this.#hasLostReliable = false;
      this.#timer = setTimeout(() => this.tell(), TELL_AFTER_MS);
      (this.#timer as { unref?: () => void }).unref?.();
      this.#report(
        "is slower than the data: what its `policy` lets go is being dropped to stay within its budget; the count is in stats$",
      );
    }
    if (why !== "bound" || this.#hasLostReliable) return;
    this.#hasLostReliable = true;
    this.#report(
      "is so slow that more reliable data waits than `reliableBytes` allows: the oldest of it is being dropped; raise it, or let `policy` let go of more",
    );
  }

  /** Tells of the present episode, unless that was done. */
  tell(): void {
    const { lastLoss } = this.#counts;
    if (!this.#isUntold || lastLoss === undefined) return;
    this.#isUntold = false;
    clearTimeout(this.#timer);
    const level = this.#hasLostReliable ? "ERROR" : "WARN";
    this.#events.lost?.(describeLoss(this.#name, lastLoss), level);
  }

  /** The sink has caught up, or ends. */
  end(): void {
    if (!this.#counts.isLosing) return;
    this.#counts.endEpisode();
    this.tell();
  }

  #report(text: string): void {
    this.#events.report(new RerunError("data-dropped", `${this.#name} ${text}`));
  }
}
