import type { WebSocket } from "ws";
import { encodeCbor } from "../encode/cbor.ts";
import type { EncodedBatch } from "../encode/frame-batch.ts";
import { RerunError } from "../errors.ts";
import type { LogCursor, LogEntry, MessageLog } from "../message-log.ts";
import {
  CLOSE_CODE,
  type ClientMessage,
  PROTOCOL_VERSION,
  type ProtocolErrorCode,
  type ServerMessage,
  type ViewerEvent,
} from "../protocol.ts";
import { readClientMessage } from "../protocol-reader.ts";
import type { HubItem } from "./hub-item.ts";

/** What a hub lends to each of its browsers. */
export interface BrowserHost {
  readonly log: MessageLog<HubItem>;
  readonly session: string;
  readonly windowBytes: number;
  readonly batchBytes: number;
  readonly budgetBytes: number;
  readonly helloTimeoutMs: number;
  readonly stallTimeoutMs: number;
  readonly messagesPerSecond: number;
  tokenAllowed(token: string | undefined): boolean;
  /** Encodes a batch; browsers at the same place share it. */
  encode(entries: readonly LogEntry<HubItem>[], next: number): EncodedBatch;
  onEvent(browser: HubBrowser, event: ViewerEvent): void;
  onProgress(browser: HubBrowser): void;
}

/** How far a browser is. */
export interface BrowserProgress {
  readonly id: number;
  /** Address it connected from. */
  readonly address: string;
  readonly userAgent: string | undefined;
  /** Milliseconds since the Unix epoch. */
  readonly connectedAt: number;
  /** `greeting`: no `hello` yet; `catching-up`: history or more waits for it; `live`: has everything. */
  readonly state: "greeting" | "catching-up" | "live";
  /** Messages and bytes that it was sent. */
  readonly sentMessages: number;
  readonly sentBytes: number;
  /** Bytes that it said it has handled. */
  readonly ackedBytes: number;
  /** Bytes that wait for it in the log. */
  readonly queuedBytes: number;
  /** Messages that it was too slow for. */
  readonly dropped: number;
}

type Seconds = ReturnType<typeof setInterval>;

/**
 * One browser at a hub: a cursor of its own, and at most a window of bytes that it has not acknowledged.
 *
 * What is under way is let go of by the cursor, so a browser that stops reading holds one window in memory,
 * and keeps nothing in the log but what its budget allows.
 */
export class HubBrowser {
  readonly id: number;
  readonly #socket: WebSocket;
  readonly #host: BrowserHost;
  readonly #about: Pick<BrowserProgress, "address" | "userAgent" | "connectedAt">;
  readonly #timer: Seconds;
  #cursor: LogCursor<HubItem> | undefined;
  /** Entries below were delivered on a former connection. */
  #resumeAt = 0;
  #sentBytes = 0;
  #sentMessages = 0;
  #ackedBytes = 0;
  #ackedSeq = 0;
  #next = 0;
  #dropped = 0;
  #allowance: number;
  #lastRefill = performance.now();
  #lastSign = performance.now();
  #lastProgress = performance.now();
  #closed = false;

  constructor(
    id: number,
    socket: WebSocket,
    host: BrowserHost,
    about: Pick<BrowserProgress, "address" | "userAgent" | "connectedAt">,
  ) {
    this.id = id;
    this.#socket = socket;
    this.#host = host;
    this.#about = about;
    this.#allowance = host.messagesPerSecond * 2;
    const period = Math.min(1000, host.helloTimeoutMs, host.stallTimeoutMs) / 2;
    this.#timer = setInterval(() => this.#check(), period);
    this.#timer.unref();
    socket.on("message", (data, isBinary) => this.#receive(data as Buffer, isBinary));
    // What ws finds wrong (too large, bad framing) it closes with the right code by itself.
    socket.on("error", () => {});
    socket.on("close", () => this.#release());
  }

  get progress(): BrowserProgress {
    const greeting = this.#cursor === undefined;
    return {
      id: this.id,
      ...this.#about,
      state: greeting ? "greeting" : this.#cursor?.atEnd ? "live" : "catching-up",
      sentMessages: this.#sentMessages,
      sentBytes: this.#sentBytes,
      ackedBytes: this.#ackedBytes,
      queuedBytes: this.#cursor?.queuedBytes ?? 0,
      dropped: this.#cursor?.dropped ?? 0,
    };
  }

  /** True once everything below `seq` is handled there, or there is nobody to handle it. */
  has(seq: number): boolean {
    if (this.#closed || this.#ackedSeq >= seq) return true;
    // Just about to say hello: it came for the data.
    if (this.#cursor === undefined) return false;
    // Numbers may be left out at the end: what was sent is acknowledged, and there is no more.
    return this.#next >= seq && this.#ackedBytes === this.#sentBytes;
  }

  /** Milliseconds since it last took something. */
  get idleMs(): number {
    return performance.now() - this.#lastProgress;
  }

  /** Sends what the window has room for. */
  pump(): void {
    const cursor = this.#cursor;
    if (cursor === undefined || this.#closed) return;
    const { windowBytes, batchBytes } = this.#host;
    while (!cursor.atEnd) {
      const room = windowBytes - (this.#sentBytes - this.#ackedBytes);
      if (room <= 0) break;
      if (this.#sentBytes === this.#ackedBytes) this.#lastProgress = performance.now();
      const entries = takeGroup(cursor, Math.min(room, batchBytes));
      const last = entries.at(-1);
      if (last === undefined) break;
      // From here on the bytes are the socket's: the log need not keep them for us.
      cursor.ack(last.seq);
      const fresh = entries.filter((entry) => entry.seq >= this.#resumeAt);
      this.#next = last.seq + 1;
      this.#tellDropped(cursor);
      if (fresh.length === 0) continue;
      const batch = this.#host.encode(fresh, this.#next);
      this.#sentBytes += batch.frameBytes;
      this.#sentMessages += fresh.length;
      this.#socket.send(batch.bytes, { binary: true });
    }
    if (cursor.atEnd) this.#next = Math.max(this.#next, this.#host.log.nextSeq);
  }

  /** Sends a message other than data. */
  send(message: ServerMessage): void {
    if (!this.#closed) this.#socket.send(encodeCbor(message), { binary: true });
  }

  /** Says goodbye; the browser answers the close. */
  close(reason: string): void {
    this.send({ type: "bye", reason });
    this.#socket.close(CLOSE_CODE.goingAway, reason);
    this.#stop();
  }

  /** Ends the connection at once. */
  terminate(): void {
    this.#socket.terminate();
    this.#release();
  }

  #tellDropped(cursor: LogCursor<HubItem>): void {
    if (cursor.dropped === this.#dropped) return;
    this.#dropped = cursor.dropped;
    this.send({ type: "dropped", messages: this.#dropped });
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (this.#closed) return;
    if (--this.#allowance < 0) return this.#fail("too-many", "Too many messages");
    if (!isBinary) return this.#fail("unsupported-data", "Expected a binary message");
    try {
      this.#handle(readClientMessage(data));
    } catch (thrown) {
      this.#fail("bad-message", RerunError.from(thrown, "protocol-error").message);
    }
  }

  #handle(message: ClientMessage): void {
    if (message.type === "hello") return this.#greet(message);
    if (this.#cursor === undefined)
      throw new RerunError("protocol-error", "Expected hello to come first");
    this.#lastSign = performance.now();
    if (message.type === "viewer-event") return this.#host.onEvent(this, message.event);
    const { seq, bytes } = message;
    if (bytes < this.#ackedBytes || bytes > this.#sentBytes || seq > this.#next)
      throw new RerunError("protocol-error", "Expected ack to be of what was sent, and to go on");
    if (bytes > this.#ackedBytes) this.#lastProgress = this.#lastSign;
    this.#ackedBytes = bytes;
    this.#ackedSeq = Math.max(this.#ackedSeq, seq);
    this.pump();
    this.#host.onProgress(this);
  }

  #greet(message: Extract<ClientMessage, { type: "hello" }>): void {
    const { log, session, budgetBytes } = this.#host;
    if (this.#cursor !== undefined)
      throw new RerunError("protocol-error", "Expected hello to come once");
    if (!this.#host.tokenAllowed(message.token))
      return this.#fail("unauthorized", "The token is missing or wrong");
    if (message.version !== PROTOCOL_VERSION)
      return this.#fail("unsupported", `Expected version ${PROTOCOL_VERSION} of the protocol`);
    if (message.role !== "viewer") return this.#fail("unsupported", "Expected role viewer");
    const { resume } = message;
    // Numbers of another run of the hub mean nothing here; nor do those that were never given.
    const resumes = resume?.session === session && resume.seq <= log.nextSeq;
    this.#resumeAt = resumes ? resume.seq : 0;
    this.#ackedSeq = this.#resumeAt;
    this.#cursor = log.cursor({
      from: resumes ? { seq: resume.seq } : "start",
      budgetBytes,
    });
    this.#lastSign = performance.now();
    this.#lastProgress = this.#lastSign;
    this.pump();
    this.#host.onProgress(this);
  }

  /** Refills the allowance and ends who says nothing, twice a second or as often as the timeouts ask. */
  #check(): void {
    const { helloTimeoutMs, stallTimeoutMs, messagesPerSecond } = this.#host;
    const now = performance.now();
    const refill = (messagesPerSecond * (now - this.#lastRefill)) / 1000;
    this.#allowance = Math.min(messagesPerSecond * 2, this.#allowance + refill);
    this.#lastRefill = now;
    const silentMs = now - this.#lastSign;
    if (this.#cursor === undefined) {
      if (silentMs >= helloTimeoutMs) this.#fail("timeout", "Expected hello");
    } else if (this.#ackedBytes < this.#sentBytes && silentMs >= stallTimeoutMs) {
      this.#fail("timeout", "Expected ack");
    }
  }

  #fail(code: ProtocolErrorCode, message: string): void {
    this.send({ type: "error", code, message });
    // A reason has room for 123 bytes; the whole text is in the message.
    this.#socket.close(closeCodes[code], code);
    this.#stop();
    // ws waits 30 s for the other side's close, which who misbehaves will not send.
    const end = setTimeout(() => this.#socket.terminate(), 1000);
    end.unref();
    this.#socket.once("close", () => clearTimeout(end));
  }

  /** No more data; the socket may still be closing. */
  #stop(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#cursor?.close();
  }

  #release(): void {
    this.#stop();
    this.#host.onProgress(this);
  }
}

const closeCodes: Readonly<Record<ProtocolErrorCode, number>> = {
  "unsupported-data": CLOSE_CODE.unsupportedData,
  "bad-message": CLOSE_CODE.badMessage,
  unauthorized: CLOSE_CODE.unauthorized,
  unsupported: CLOSE_CODE.unsupported,
  timeout: CLOSE_CODE.timeout,
  "too-many": CLOSE_CODE.tooMany,
};

/** Takes entries; what must reach the viewer in one call, a blueprint and its activation, is not parted. */
function takeGroup(cursor: LogCursor<HubItem>, maxBytes: number): LogEntry<HubItem>[] {
  const entries = cursor.take(maxBytes);
  while (entries.at(-1)?.item.joinsNext === true) {
    const more = cursor.take(1);
    if (more.length === 0) break;
    entries.push(...more);
  }
  return entries;
}
