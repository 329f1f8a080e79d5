import { encodeCbor } from "../encode/cbor.ts";
import { type HubPatience, HubWatch } from "../hub-watch.ts";
import {
  CLOSE_CODE,
  type ClientMessage,
  type FrameMessages,
  PROTOCOL_VERSION,
  type ServerHello,
  type ServerMessage,
  SUBPROTOCOL,
  type ViewerCommand,
  type ViewerEvent,
} from "../protocol.ts";
import { readServerMessage } from "../protocol-reader.ts";

/** What of a browser's WebSocket is used here. */
export interface LinkSocket {
  binaryType: string;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: (() => void) | null;
  send(data: Uint8Array): void;
  close(code?: number): void;
  /** Ends the connection at once, where that is possible. */
  terminate?(): void;
}

/**
 * Where the link is. `refused` is final; everything else goes on by itself. `ended`: the hub said goodbye, so that
 * nothing is wrong; another run of the program may come.
 */
export type LinkState =
  | { readonly kind: "connecting"; readonly ended: boolean }
  | { readonly kind: "live" }
  | { readonly kind: "waiting"; readonly retryAt: number; readonly ended: boolean }
  | { readonly kind: "refused"; readonly message: string };

/** A batch of frames, and what to call once it is handed over to the viewer. */
export interface ReceivedFrames {
  readonly header: Uint8Array;
  readonly messages: FrameMessages;
  readonly done: () => void;
}

/** How a link is made, and whom it tells. */
export interface LinkOptions extends HubPatience {
  readonly open: (protocol: string) => LinkSocket;
  readonly token?: string | undefined;
  readonly onState: (state: LinkState) => void;
  readonly onFrames: (frames: ReceivedFrames) => void;
  readonly onCommand?: (command: ViewerCommand) => void;
  /** Messages that the hub left out because this browser was slow. */
  readonly onDropped?: (messages: number) => void;
  /** First wait before a new attempt; it doubles up to `maxRetryMs`. Defaults 250 and 10,000. */
  readonly minRetryMs?: number;
  readonly maxRetryMs?: number;
  /** A connection that lasted so long was a good one: the waits begin anew. Default 5,000. */
  readonly stableMs?: number;
  readonly random?: () => number;
}

/** While nothing else is said, this often a browser shows that it lives. */
const SIGN_OF_LIFE_MS = 10_000;

/**
 * The connection of a page to its hub: greets, receives, acknowledges; and when it breaks, or nothing is heard any
 * more, comes back and goes on where it was.
 */
export class HubLink {
  readonly #options: LinkOptions;
  readonly #watch: HubWatch;
  #socket: LinkSocket | undefined;
  #session: string | undefined;
  /** Everything below was received in this session, but for history below `#back`. */
  #next = 0;
  #back = 0;
  #attempts = 0;
  #greetedAt: number | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #ended = false;
  #closed = false;
  #ack: (() => void) | undefined;
  readonly #signs: ReturnType<typeof setInterval>;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#watch = new HubWatch(options, () => this.#cut());
    this.#signs = setInterval(() => this.#ack?.(), SIGN_OF_LIFE_MS);
    this.#connect();
  }

  /** Sends what a person did in the viewer; forgotten when there is no connection. */
  sendEvent(event: ViewerEvent): void {
    if (this.#ack !== undefined) this.#send({ type: "viewer-event", event });
  }

  /** Tries at once instead of at the end of the wait. */
  retryNow(): void {
    if (this.#retry === undefined) return;
    this.#stopWaiting();
    this.#connect();
  }

  /** Ends the connection for good. */
  close(): void {
    this.#closed = true;
    this.#stopWaiting();
    clearInterval(this.#signs);
    this.#watch.stop();
    this.#socket?.close(CLOSE_CODE.normal);
  }

  #stopWaiting(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
  }

  #send(message: ClientMessage): void {
    this.#socket?.send(encodeCbor(message));
  }

  #connect(): void {
    this.#retry = undefined;
    this.#options.onState({ kind: "connecting", ended: this.#ended });
    const socket = this.#options.open(SUBPROTOCOL);
    this.#socket = socket;
    this.#greetedAt = undefined;
    this.#watch.connecting();
    socket.binaryType = "arraybuffer";
    let refusal: string | undefined;
    const connection = new Connection(
      (message) => this.#send(message),
      () => this.#socket === socket,
    );
    socket.onmessage = ({ data }) => {
      // A line that was given up may come to life once more.
      if (socket !== this.#socket) return;
      let message: ServerMessage | undefined;
      try {
        message = readServerMessage(new Uint8Array(data as ArrayBuffer));
      } catch {
        // Not our protocol: a new connection is the only thing that may help.
        return socket.close(CLOSE_CODE.normal);
      }
      this.#watch.heard(message);
      switch (message?.type) {
        case "hello":
          connection.header = message.header;
          this.#greet(message);
          this.#ack = () => connection.acknowledge();
          break;
        case "messages":
          this.#next = message.next;
          this.#back = message.back ?? 0;
          this.#options.onFrames(connection.received(message));
          break;
        case "dropped":
          this.#options.onDropped?.(message.messages);
          break;
        case "command":
          this.#options.onCommand?.(message.command);
          break;
        case "bye":
          this.#ended = true;
          break;
        case "error":
          // Trying again would only be refused again.
          if (message.code === "unauthorized" || message.code === "unsupported")
            refusal = message.message;
          break;
        // It was heard, which is all that it says; or it is for those who log.
        case "alive":
        case "taken":
        case undefined:
          break;
      }
    };
    socket.onclose = () => {
      if (socket !== this.#socket) return;
      this.#watch.stop();
      this.#ack = undefined;
      if (this.#closed) return;
      if (refusal !== undefined) this.#options.onState({ kind: "refused", message: refusal });
      else this.#wait();
    };
    socket.onerror = () => {};
  }

  /** Gives up a connection on which nothing is heard: to be closed in good order, it would have to be answered. */
  #cut(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#ack = undefined;
    if (socket?.terminate === undefined) socket?.close(CLOSE_CODE.normal);
    else socket.terminate();
    this.#wait();
  }

  #greet(hello: ServerHello): void {
    this.#greetedAt = performance.now();
    this.#ended = false;
    const { token } = this.#options;
    const resume =
      hello.session === this.#session && this.#next > 0
        ? { session: hello.session, seq: this.#next, back: this.#back }
        : undefined;
    if (resume === undefined) {
      // Another run of the hub: its numbers start anew. What it sends again, the viewer knows by chunk ids.
      this.#session = hello.session;
      this.#next = 0;
      this.#back = 0;
    }
    this.#send({
      type: "hello",
      version: PROTOCOL_VERSION,
      role: "viewer",
      ...(resume === undefined ? {} : { resume }),
      ...(token === undefined ? {} : { token }),
    });
    this.#options.onState({ kind: "live" });
  }

  #wait(): void {
    const {
      minRetryMs = 250,
      maxRetryMs = 10_000,
      stableMs = 5_000,
      random = Math.random,
    } = this.#options;
    // A hub that greets and closes, again and again, is not to be asked as often as one that was restarted.
    if (performance.now() - (this.#greetedAt ?? Number.POSITIVE_INFINITY) >= stableMs)
      this.#attempts = 0;
    const most = Math.min(maxRetryMs, minRetryMs * 2 ** this.#attempts++);
    // Between half and all of it, so that many browsers do not come back at the same moment.
    const delayMs = most * (0.5 + random() / 2);
    this.#options.onState({ kind: "waiting", retryAt: Date.now() + delayMs, ended: this.#ended });
    this.#retry = setTimeout(() => this.#connect(), delayMs);
  }
}

/** Counts what one connection received and what of it was handled. */
class Connection {
  header: Uint8Array = new Uint8Array(0);
  readonly #send: (message: ClientMessage) => void;
  readonly #isCurrent: () => boolean;
  #seq = 0;
  #bytes = 0;

  constructor(send: (message: ClientMessage) => void, isCurrent: () => boolean) {
    this.#send = send;
    this.#isCurrent = isCurrent;
  }

  received(messages: FrameMessages): ReceivedFrames {
    const done = (): void => {
      this.#seq = messages.next;
      this.#bytes += messages.frames.length;
      // The page may still hand over what came before the connection broke.
      if (this.#isCurrent()) this.acknowledge();
    };
    return { header: this.header, messages, done };
  }

  acknowledge(): void {
    this.#send({ type: "ack", seq: this.#seq, bytes: this.#bytes });
  }
}
