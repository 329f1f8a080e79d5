import { encodeCbor } from "./encode/cbor.ts";
import { RerunError } from "./errors.ts";
import { type HubPatience, HubWatch } from "./hub-watch.ts";
import {
  CLOSE_CODE,
  PROTOCOL_VERSION,
  type ServerHello,
  type ServerMessage,
  SUBPROTOCOL,
} from "./protocol.ts";
import { readServerMessage } from "./protocol-reader.ts";

/** What of a WebSocket is used: a browser's own, or that of the package `ws`. */
export interface ProducerSocket {
  binaryType: string;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: ((event: { message?: string }) => void) | null;
  send(data: Uint8Array): void;
  close(code?: number): void;
  /** Ends the connection at once, where that is possible. */
  terminate?(): void;
}

/** How a link is made, and whom it tells. */
export interface SocketLinkOptions extends HubPatience {
  readonly open: (protocol: string) => ProducerSocket;
  readonly token: string | undefined;
  /**
   * The hub takes data from now on.
   *
   * @param isNew true when it is another one than before, or another run of it, which has nothing yet
   */
  readonly onOpen: (isNew: boolean) => void;
  /** Something was acknowledged. */
  readonly onProgress: () => void;
  /** The connection is gone: for good, or until it is opened again. */
  readonly onClose: (error: RerunError, isFinal: boolean) => void;
}

/** Messages on their way. */
interface Batch {
  readonly parts: readonly Uint8Array[];
  readonly frames: number;
  readonly bytes: number;
  readonly onTaken: (refused: number) => void;
}

/** What stands around the bytes of a data message, at most. */
const ENVELOPE_BYTES = 64;

/** Data messages are about this large: small enough for the hub to acknowledge steadily. */
const PIECE_BYTES = 256 * 1024;

/** Codes after which another attempt would end in the same way. */
const FINAL: ReadonlySet<number> = new Set([
  CLOSE_CODE.unsupportedData,
  CLOSE_CODE.tooBig,
  CLOSE_CODE.badMessage,
  CLOSE_CODE.unauthorized,
  CLOSE_CODE.unsupported,
  CLOSE_CODE.full,
]);

/**
 * Sends RRD messages to a hub over a WebSocket, as `docs/protocol.md` tells: no more than a window ahead of what the hub
 * says it has taken in. After a break what it has not is sent again. A connection on which nothing is heard for too long
 * counts as broken.
 */
export class SocketLink {
  readonly #options: SocketLinkOptions;
  readonly #watch: HubWatch;
  #socket: ProducerSocket | undefined;
  #hello: ServerHello | undefined;
  #session: string | undefined;
  /** Not yet acknowledged, in order. */
  #queue: Batch[] = [];
  #queuedBytes = 0;
  /** Where to go on in the queue: batch, part of it, byte of that. */
  #at = { batch: 0, part: 0, byte: 0 };
  // Of this connection.
  #sentBytes = 0;
  #ackedBytes = 0;
  #ackedFrames = 0;
  #refused = 0;

  constructor(options: SocketLinkOptions) {
    this.#options = options;
    this.#watch = new HubWatch(options, (silenceMs) => this.#giveUp(silenceMs));
  }

  /** Bytes that the hub has not acknowledged. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** True while the hub takes data. */
  get isOpen(): boolean {
    return this.#hello !== undefined;
  }

  /** Connects. */
  open(): void {
    const socket = this.#options.open(SUBPROTOCOL);
    let trouble = "";
    let refusal: string | undefined;
    this.#socket = socket;
    this.#watch.connecting();
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      if (socket !== this.#socket) return;
      try {
        const message = readServerMessage(new Uint8Array(data as ArrayBuffer));
        this.#watch.heard(message);
        if (message?.type === "error") refusal = message.message;
        else this.#handle(message);
      } catch (thrown) {
        // Not our protocol, or not a hub that keeps to it.
        trouble = RerunError.from(thrown, "protocol-error").message;
        socket.close(CLOSE_CODE.normal);
      }
    };
    socket.onerror = ({ message }) => {
      trouble ||= message ?? "";
    };
    socket.onclose = ({ code, reason }) => {
      if (socket !== this.#socket) return;
      this.#release();
      const why = refusal ?? (trouble || reason || `code ${code}`);
      const final = FINAL.has(code);
      const kind = code === CLOSE_CODE.unauthorized ? "access-denied" : "protocol-error";
      this.#options.onClose(new RerunError(final ? kind : "viewer-unreachable", why), final);
    };
  }

  /**
   * Sends messages, or keeps them until it can.
   *
   * @param frames RRD messages, header included, each in pieces
   * @param onTaken called when the hub has them, with the number of those that it left out as unreadable
   */
  send(frames: readonly (readonly Uint8Array[])[], onTaken: (refused: number) => void): void {
    const parts = frames.flat().filter((part) => part.length > 0);
    if (parts.length === 0) return onTaken(0);
    let bytes = 0;
    for (const part of parts) bytes += part.length;
    this.#queue.push({ parts, frames: frames.length, bytes, onTaken });
    this.#queuedBytes += bytes;
    this.#pump();
  }

  /** Forgets what is not acknowledged. */
  clear(): void {
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#at = { batch: 0, part: 0, byte: 0 };
  }

  /** Ends the connection; nothing is told any more. */
  close(): void {
    const socket = this.#socket;
    this.#release();
    socket?.close(CLOSE_CODE.normal);
  }

  /** Gives up a connection on which nothing is heard: to be closed in good order, it would have to be answered. */
  #giveUp(silenceMs: number): void {
    const socket = this.#socket;
    this.#release();
    if (socket?.terminate === undefined) socket?.close(CLOSE_CODE.normal);
    else socket.terminate();
    const why = `the hub gave no sign of life for ${silenceMs} ms`;
    this.#options.onClose(new RerunError("viewer-unreachable", why), false);
  }

  #release(): void {
    this.#watch.stop();
    this.#socket = undefined;
    this.#hello = undefined;
    this.#at = { batch: 0, part: 0, byte: 0 };
  }

  #handle(message: ServerMessage | undefined): void {
    if (message?.type === "hello") this.#greet(message);
    else if (message?.type === "taken") this.#take(message);
  }

  #greet(hello: ServerHello): void {
    const { token, onOpen } = this.#options;
    this.#socket?.send(
      encodeCbor({ type: "hello", version: PROTOCOL_VERSION, role: "producer", token }),
    );
    this.#sentBytes = 0;
    this.#ackedBytes = 0;
    this.#ackedFrames = 0;
    this.#refused = 0;
    const isNew = hello.session !== this.#session;
    this.#session = hello.session;
    this.#hello = hello;
    // May clear the queue, and send.
    onOpen(isNew);
    this.#pump();
  }

  #take({ frames, bytes, refused }: { frames: number; bytes: number; refused: number }): void {
    if (bytes > this.#sentBytes || bytes < this.#ackedBytes || frames < this.#ackedFrames)
      throw new RerunError("protocol-error", "Expected the hub to have taken what was sent");
    this.#ackedBytes = bytes;
    for (;;) {
      const [batch] = this.#queue;
      // A batch that is under way in part is taken when the rest is.
      if (batch === undefined || this.#at.batch === 0) break;
      if (this.#ackedFrames + batch.frames > frames) break;
      this.#ackedFrames += batch.frames;
      this.#queue.shift();
      this.#queuedBytes -= batch.bytes;
      this.#at.batch--;
      batch.onTaken(refused - this.#refused);
      this.#refused = refused;
    }
    this.#pump();
    this.#options.onProgress();
  }

  /** Sends what the window has room for. */
  #pump(): void {
    const hello = this.#hello;
    if (hello === undefined) return;
    const most = Math.max(1, Math.min(PIECE_BYTES, hello.maxMessage - ENVELOPE_BYTES));
    for (;;) {
      const room = hello.window - (this.#sentBytes - this.#ackedBytes);
      const bytes = this.#cut(Math.min(room, most));
      if (bytes.length === 0) return;
      this.#sentBytes += bytes.length;
      this.#socket?.send(encodeCbor({ type: "data", bytes }));
    }
  }

  /** The next bytes of the queue. */
  #cut(most: number): Uint8Array {
    const pieces: Uint8Array[] = [];
    let size = 0;
    while (size < most) {
      const part = this.#queue[this.#at.batch]?.parts[this.#at.part];
      if (part === undefined) break;
      const piece = part.subarray(this.#at.byte, this.#at.byte + most - size);
      pieces.push(piece);
      size += piece.length;
      this.#advance(part.length, piece.length);
    }
    if (pieces.length === 1) return pieces[0] as Uint8Array;
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  #advance(partBytes: number, by: number): void {
    const at = this.#at;
    at.byte += by;
    if (at.byte < partBytes) return;
    at.byte = 0;
    at.part++;
    if (at.part < (this.#queue[at.batch]?.parts.length ?? 0)) return;
    at.part = 0;
    at.batch++;
  }
}
