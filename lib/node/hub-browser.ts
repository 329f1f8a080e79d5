import type { EncodedBatch } from "../encode/frame-batch.ts";
import { RerunError } from "../errors.ts";
import type { LogEntry } from "../message-log.ts";
import type { ClientMessage } from "../protocol.ts";
import type { HubFeed } from "./hub-feed.ts";
import type { HubItem } from "./hub-item.ts";
import type { ClientProgress } from "./hub-peer.ts";
import type { HubSocket, SocketRole } from "./hub-socket.ts";

/** What a hub lends to each of its browsers. */
export interface BrowserHost {
  readonly windowBytes: number;
  readonly batchBytes: number;
  /** Encodes a batch; browsers at the same place share it. */
  encode(
    entries: readonly LogEntry<HubItem>[],
    next: number,
    back: number | undefined,
  ): EncodedBatch;
  onProgress(): void;
}

/** Where a browser takes up. */
export interface BrowserStart {
  readonly feed: HubFeed;
  /** Everything below reached it on a former connection. */
  readonly seq: number;
  /** Messages behind that which have left the history meanwhile. */
  readonly missed: number;
}

/**
 * One who watches over a WebSocket: a cursor of its own, and at most a window of bytes that it has not acknowledged.
 *
 * What is under way is let go of by the cursor, so a browser that stops reading holds one window in memory,
 * and keeps nothing in the log but what its budget allows.
 */
export class HubBrowser implements SocketRole {
  readonly #socket: HubSocket;
  readonly #host: BrowserHost;
  readonly #feed: HubFeed;
  readonly #missed: number;
  #sentBytes = 0;
  #sentMessages = 0;
  #ackedBytes = 0;
  #ackedSeq: number;
  #told = 0;
  #lastProgress = performance.now();

  constructor(socket: HubSocket, host: BrowserHost, { feed, seq, missed }: BrowserStart) {
    this.#socket = socket;
    this.#host = host;
    this.#feed = feed;
    this.#ackedSeq = seq;
    this.#missed = missed;
  }

  get progress(): Partial<ClientProgress> {
    return {
      state: this.#feed.atEnd ? "live" : "catching-up",
      sentMessages: this.#sentMessages,
      sentBytes: this.#sentBytes,
      ackedBytes: this.#ackedBytes,
      queuedBytes: this.#feed.queuedBytes,
      dropped: this.#dropped,
    };
  }

  get idleMs(): number {
    return performance.now() - this.#lastProgress;
  }

  get isAwaited(): boolean {
    return this.#ackedBytes < this.#sentBytes;
  }

  has(seq: number): boolean {
    const everything = this.#feed.back === 0 && this.#ackedBytes === this.#sentBytes;
    if (this.#feed.back === 0 && this.#ackedSeq >= seq) return true;
    // Numbers may be left out at the end: what was sent is acknowledged, and there is no more.
    return everything && this.#feed.next >= seq;
  }

  pump(): void {
    const feed = this.#feed;
    const { windowBytes, batchBytes } = this.#host;
    // Also when there is no data to come.
    if (this.#told < this.#missed) this.#tellDropped();
    while (!feed.atEnd) {
      const room = windowBytes - (this.#sentBytes - this.#ackedBytes);
      if (room <= 0) break;
      if (this.#sentBytes === this.#ackedBytes) this.#lastProgress = performance.now();
      // From here on the bytes are the socket's: the log need not keep them for us.
      const entries = feed.take(Math.min(room, batchBytes));
      this.#tellDropped();
      if (entries.length === 0) continue;
      const batch = this.#host.encode(entries, feed.next, feed.backwards ? feed.back : undefined);
      this.#sentBytes += batch.frameBytes;
      this.#sentMessages += entries.length;
      this.#socket.sendBytes(batch.bytes);
    }
  }

  receive(message: ClientMessage): void {
    if (message.type !== "ack")
      throw new RerunError("protocol-error", `Expected no ${message.type} from a viewer`);
    const { seq, bytes } = message;
    if (bytes < this.#ackedBytes || bytes > this.#sentBytes || seq > this.#feed.next)
      throw new RerunError("protocol-error", "Expected ack to be of what was sent, and to go on");
    if (bytes > this.#ackedBytes) this.#lastProgress = performance.now();
    this.#ackedBytes = bytes;
    this.#ackedSeq = Math.max(this.#ackedSeq, seq);
    this.pump();
    this.#host.onProgress();
  }

  release(): void {
    this.#feed.close();
  }

  get #dropped(): number {
    return this.#missed + this.#feed.dropped;
  }

  #tellDropped(): void {
    if (this.#dropped === this.#told) return;
    this.#told = this.#dropped;
    this.#socket.send({ type: "dropped", messages: this.#told });
  }
}
