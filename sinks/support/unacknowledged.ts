import { byteSizeOf, type LogMsg } from "../../lib/log-msg.ts";

/** Called once all messages of a batch are acknowledged, with those that the viewer refused. */
export type OnDelivered = (refused: readonly LogMsg[]) => void;

/** Messages that are acknowledged together. */
export interface Batch {
  readonly messages: readonly LogMsg[];
  readonly bytes: number;
  readonly onDelivered: OnDelivered;
  /** Those before it are acknowledged. */
  from: number;
  readonly refused: LogMsg[];
  /** Whether someone waits for the acknowledgement. */
  urgent: boolean;
}

/** Batches that are to be sent, and those that are sent and may have to be sent again. */
export class Unacknowledged {
  /** To be sent; of the first, all before `#next` is. */
  #queue: Batch[] = [];
  #next = 0;
  #unsentBytes = 0;
  /** Sent as a whole, not acknowledged. */
  #sent: Batch[] = [];

  /** True when nothing waits to be sent. */
  get isSent(): boolean {
    return this.#queue.length === 0;
  }

  /** Bytes of the messages that wait to be sent, those of a batch that is sent in part included. */
  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  push(messages: readonly LogMsg[], onDelivered: OnDelivered): void {
    const bytes = messages.reduce((sum, message) => sum + byteSizeOf(message), 0);
    this.#queue.push({ messages, bytes, onDelivered, from: 0, refused: [], urgent: false });
    this.#unsentBytes += bytes;
  }

  /** Someone waits for the acknowledgement of all there is: remembered also of what is sent, as a call may break. */
  hurry(): void {
    const last = this.#queue.at(-1) ?? this.#sent.at(-1);
    if (last !== undefined) last.urgent = true;
  }

  /** The batch of the message that is to be sent next; undefined when there is none. */
  get head(): Batch | undefined {
    return this.#queue[0];
  }

  /** The next message of {@link head}. */
  next(batch: Batch): LogMsg {
    return batch.messages[this.#next] as LogMsg;
  }

  /** Takes the next message of {@link head}. */
  take(batch: Batch): LogMsg {
    return batch.messages[this.#next++] as LogMsg;
  }

  /**
   * Puts a batch away once all of it was taken.
   *
   * @returns whether someone waits for it
   */
  settle(batch: Batch): boolean {
    if (this.#next < batch.messages.length) return false;
    this.#remove(batch);
    this.#sent.push(batch);
    return batch.urgent;
  }

  /** All that was sent is acknowledged, also of a batch that was sent in part. */
  acknowledge(): void {
    const [head] = this.#queue;
    if (head !== undefined) head.from = this.#next;
    this.deliver();
  }

  /** Tells of the batches that were sent as a whole. */
  deliver(): void {
    const delivered = this.#sent;
    this.#sent = [];
    for (const batch of delivered) batch.onDelivered(batch.refused);
  }

  /** What was sent and not acknowledged is to be sent again. */
  restore(): void {
    this.#queue = [...this.#sent, ...this.#queue];
    this.#unsentBytes = this.#queue.reduce((sum, batch) => sum + batch.bytes, 0);
    this.#sent = [];
    this.#next = this.#queue[0]?.from ?? 0;
  }

  /**
   * Leaves out the first message that waits: it alone was sent, and refused.
   *
   * @param tell called before the batch is told of, if it was the last of it
   */
  skip(tell: () => void): void {
    const [batch] = this.#queue;
    const message = batch?.messages[this.#next];
    if (batch === undefined || message === undefined) return;
    batch.refused.push(message);
    batch.from = ++this.#next;
    tell();
    if (batch.from < batch.messages.length) return;
    this.#remove(batch);
    batch.onDelivered(batch.refused);
  }

  clear(): void {
    this.#queue = [];
    this.#unsentBytes = 0;
    this.#sent = [];
  }

  #remove(batch: Batch): void {
    this.#queue.shift();
    this.#unsentBytes -= batch.bytes;
    this.#next = 0;
  }
}
