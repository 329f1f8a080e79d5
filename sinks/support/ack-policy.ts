/** When to ask for an acknowledgement. */
export interface AckPolicy {
  /** Bytes sent since the last one. */
  readonly bytes: number;
  /** Time since the first message that was sent after the last one, in milliseconds. */
  readonly afterMs: number;
}

export const ACK_POLICY: AckPolicy = { bytes: 16 << 20, afterMs: 1_000 };

/** A pause for an acknowledgement costs a round trip: slow networks get fewer. */
const ROUND_TRIPS_BETWEEN_ACKS = 20;
const MAX_ACK_AFTER_MS = 10_000;

/** Counts what is in the present call, and says when it is to be acknowledged. */
export class AckPacer {
  readonly #policy: AckPolicy;
  #bytes = 0;
  #messages = 0;
  #maxMessages = Number.POSITIVE_INFINITY;
  #roundTripMs = 0;

  constructor(policy: AckPolicy) {
    this.#policy = policy;
  }

  /** Messages in the call. */
  get messages(): number {
    return this.#messages;
  }

  /** How long a call that is not full may go on, in milliseconds. */
  get afterMs(): number {
    const { afterMs } = this.#policy;
    return Math.min(
      Math.max(afterMs, ROUND_TRIPS_BETWEEN_ACKS * this.#roundTripMs),
      MAX_ACK_AFTER_MS,
    );
  }

  addMessage(): void {
    this.#messages++;
  }

  addBytes(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Whether the call is full, with what was gathered for it and not written yet. */
  isFull(gatheredBytes: number): boolean {
    return this.#bytes + gatheredBytes >= this.#policy.bytes || this.#messages >= this.#maxMessages;
  }

  /** An acknowledgement came, so long after it was asked for. */
  answered(roundTripMs: number): void {
    this.#roundTripMs = roundTripMs;
  }

  /** The call is over. */
  endCall(): void {
    this.#bytes = 0;
    this.#messages = 0;
  }

  /** After a call that went well, the next one may be larger. */
  grow(): void {
    this.#maxMessages *= 2;
  }

  /** After one that broke with so many messages, half of them are tried: to find the one that is to blame. */
  halve(messages: number): void {
    this.#maxMessages = Math.max(1, messages >> 1);
  }
}
