import type { WebSocket } from "ws";
import { encodeCbor } from "../encode/cbor.ts";
import { RerunError } from "../errors.ts";
import {
  CLOSE_CODE,
  type ClientHello,
  type ClientMessage,
  PROTOCOL_VERSION,
  type ProtocolErrorCode,
  type ServerMessage,
  type ViewerEvent,
} from "../protocol.ts";
import { readClientMessage } from "../protocol-reader.ts";
import { Watchdog } from "../watchdog.ts";
import { type ClientProgress, type HubPeer, NO_TRAFFIC, type PeerAddress } from "./hub-peer.ts";

/** What a WebSocket is once it has said hello. */
export interface SocketRole {
  readonly progress: Partial<ClientProgress>;
  readonly idleMs: number;
  /** True while it owes an acknowledgement. */
  readonly isAwaited: boolean;
  has(seq: number): boolean;
  pump(): void;
  /** Handles a message; throws what is wrong with it. */
  receive(message: ClientMessage): void;
  /** Frees what is held; the connection is over. */
  release(): void;
}

/** What a hub lends to each of its WebSockets. */
export interface SocketHost {
  readonly helloTimeoutMs: number;
  readonly stallTimeoutMs: number;
  readonly aliveMs: number;
  readonly messagesPerSecond: number;
  tokenAllowed(token: string | undefined): boolean;
  /** Makes what it asked to be. */
  open(socket: HubSocket, hello: ClientHello): SocketRole;
  onEvent(socket: HubSocket, event: ViewerEvent): void;
  onProgress(): void;
  onGone(socket: HubSocket): void;
}

/** Ends a connection with a code of its own. */
export class SocketFailure extends Error {
  override readonly name = "SocketFailure";
  readonly code: ProtocolErrorCode;

  constructor(code: ProtocolErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** How long one who is turned away may take to answer the close, in milliseconds. */
const CLOSE_TIMEOUT_MS = 1000;
/** A message from this size on is announced: on a slow line nothing else is heard for a while. */
const LARGE_BYTES = 64 * 1024;

/**
 * One WebSocket at a hub: is greeted, says who it is, and becomes a browser or a producer.
 *
 * Whatever comes that should not ends this connection, with a code that says why, and no other. So does silence: the
 * other side answers pings, as all WebSockets do, browsers included.
 */
export class HubSocket implements HubPeer {
  readonly id: number;
  readonly #socket: WebSocket;
  readonly #host: SocketHost;
  readonly #peer: PeerAddress;
  readonly #connectedAt: number = Date.now();
  readonly #heardBytes: () => number;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #checkMs: number;
  #watchdog: Watchdog | undefined;
  #role: SocketRole | undefined;
  #allowance: number;
  #lastRefill = performance.now();
  #lastSign = performance.now();
  #lastSent = performance.now();
  #closed = false;

  constructor(
    id: number,
    socket: WebSocket,
    host: SocketHost,
    peer: PeerAddress,
    heardBytes: () => number,
  ) {
    this.id = id;
    this.#socket = socket;
    this.#host = host;
    this.#peer = peer;
    this.#allowance = host.messagesPerSecond * 2;
    this.#heardBytes = heardBytes;
    const { helloTimeoutMs, stallTimeoutMs, aliveMs } = host;
    this.#checkMs = Math.min(1000, helloTimeoutMs, stallTimeoutMs, aliveMs) / 2;
    this.#timer = setInterval(() => this.#check(), this.#checkMs);
    this.#timer.unref();
    this.#watch();
    socket.on("message", (data, isBinary) => this.#receive(data as Buffer, isBinary));
    // What ws finds wrong (too large, bad framing) it closes with the right code by itself.
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#stop();
      host.onGone(this);
    });
  }

  get progress(): ClientProgress {
    return {
      ...NO_TRAFFIC,
      id: this.id,
      role: "browser",
      protocol: "websocket",
      ...this.#peer,
      connectedAt: this.#connectedAt,
      state: "greeting",
      ...this.#role?.progress,
    };
  }

  get idleMs(): number {
    return this.#role?.idleMs ?? performance.now() - this.#lastSign;
  }

  has(seq: number): boolean {
    // One that is just about to say hello came for the data.
    return this.#closed || this.#role?.has(seq) === true;
  }

  pump(): void {
    if (!this.#closed) this.#role?.pump();
  }

  /** Sends a message. */
  send(message: ServerMessage): void {
    this.#send(encodeCbor(message));
  }

  /** Sends a message that is encoded already. */
  sendBytes(bytes: Uint8Array): void {
    if (bytes.length >= LARGE_BYTES) this.send({ type: "alive", next: bytes.length });
    this.#send(bytes);
  }

  #send(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#lastSent = performance.now();
    this.#socket.send(bytes, { binary: true });
  }

  /** Stops reading, which holds the sender back; and goes on. */
  pause(): void {
    this.#socket.pause();
    // Nothing can be heard.
    this.#watchdog?.stop();
  }

  resume(): void {
    this.#socket.resume();
    this.#watch();
  }

  #watch(): void {
    this.#watchdog?.stop();
    if (this.#closed) return;
    this.#watchdog = new Watchdog({
      silenceMs: this.#host.stallTimeoutMs,
      heardBytes: this.#heardBytes,
      ask: () => this.#socket.ping(),
      gone: () => this.#fail("timeout", "Expected an answer to pings"),
    });
  }

  close(reason: string): void {
    this.send({ type: "bye", reason });
    this.#socket.close(CLOSE_CODE.goingAway, reason);
    this.#stop();
    // What is paused would never read the answer.
    this.#socket.resume();
  }

  terminate(): void {
    this.#socket.terminate();
    this.#stop();
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (this.#closed) return;
    try {
      if (!isBinary) throw new SocketFailure("unsupported-data", "Expected a binary message");
      this.#handle(readClientMessage(data));
    } catch (thrown) {
      if (thrown instanceof SocketFailure) this.#fail(thrown.code, thrown.message);
      else this.#fail("bad-message", RerunError.from(thrown, "protocol-error").message);
    }
  }

  #handle(message: ClientMessage): void {
    // Data is bounded by the window instead.
    if (message.type !== "data" && --this.#allowance < 0)
      throw new SocketFailure("too-many", "Too many messages");
    this.#lastSign = performance.now();
    if (message.type === "hello") return this.#greet(message);
    if (this.#role === undefined)
      throw new RerunError("protocol-error", "Expected hello to come first");
    if (message.type === "viewer-event") this.#host.onEvent(this, message.event);
    else this.#role.receive(message);
  }

  #greet(hello: ClientHello): void {
    if (this.#role !== undefined)
      throw new RerunError("protocol-error", "Expected hello to come once");
    if (!this.#host.tokenAllowed(hello.token))
      throw new SocketFailure("unauthorized", "The token is missing or wrong");
    if (hello.version !== PROTOCOL_VERSION)
      throw new SocketFailure(
        "unsupported",
        `Expected version ${PROTOCOL_VERSION} of the protocol`,
      );
    if (hello.role !== "viewer" && hello.role !== "producer")
      throw new SocketFailure("unsupported", "Expected role viewer or producer");
    this.#role = this.#host.open(this, hello);
    this.pump();
    this.#host.onProgress();
  }

  /** Refills the allowance, shows a sign of life, and ends who owes an answer; as often as the timeouts ask. */
  #check(): void {
    const { helloTimeoutMs, stallTimeoutMs, aliveMs, messagesPerSecond } = this.#host;
    const now = performance.now();
    const refill = (messagesPerSecond * (now - this.#lastRefill)) / 1000;
    this.#allowance = Math.min(messagesPerSecond * 2, this.#allowance + refill);
    this.#lastRefill = now;
    // What waits to be sent is a sign of life itself.
    if (now - this.#lastSent + this.#checkMs > aliveMs && this.#socket.bufferedAmount === 0)
      this.send({ type: "alive" });
    const silentMs = now - this.#lastSign;
    if (this.#role === undefined) {
      if (silentMs >= helloTimeoutMs) this.#fail("timeout", "Expected hello");
    } else if (this.#role.isAwaited && silentMs >= stallTimeoutMs) {
      this.#fail("timeout", "Expected ack");
    }
  }

  #fail(code: ProtocolErrorCode, message: string): void {
    this.send({ type: "error", code, message });
    // A reason has room for 123 bytes; the whole text is in the message.
    this.#socket.close(closeCodes[code], code);
    this.#stop();
    this.#socket.resume();
    // ws waits 30 s for the other side's close, which who misbehaves will not send.
    const end = setTimeout(() => this.#socket.terminate(), CLOSE_TIMEOUT_MS);
    end.unref();
    this.#socket.once("close", () => clearTimeout(end));
  }

  /** No more data; the socket may still be closing. */
  #stop(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    this.#watchdog?.stop();
    this.#role?.release();
  }
}

const closeCodes: Readonly<Record<ProtocolErrorCode, number>> = {
  "unsupported-data": CLOSE_CODE.unsupportedData,
  "bad-message": CLOSE_CODE.badMessage,
  unauthorized: CLOSE_CODE.unauthorized,
  unsupported: CLOSE_CODE.unsupported,
  timeout: CLOSE_CODE.timeout,
  "too-many": CLOSE_CODE.tooMany,
  full: CLOSE_CODE.full,
};
