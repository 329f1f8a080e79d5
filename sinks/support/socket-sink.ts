import { AttachedSink } from "../../lib/attached-sink.ts";
import { encodeFrameParts } from "../../lib/encode/rrd.ts";
import { RerunError } from "../../lib/errors.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { MessageLog } from "../../lib/message-log.ts";
import { type Delivery, ObserverSink, type SinkHost, type WaitOptions } from "../../lib/sink.ts";
import type { SocketLink } from "../../lib/socket-link.ts";
import { messageRetention } from "../../lib/static-data.ts";
import { keepAlive } from "../../lib/wait.ts";
import { Waiters } from "../../lib/waiters.ts";
import type { SocketOptions, SocketSink } from "../socket.ts";
import { backoffMs } from "./backoff.ts";
import { beforeExit } from "./before-exit.ts";

/** What a sink that streams over a WebSocket needs to know; checked by `socket`. */
export interface SocketSinkOptions extends Omit<SocketOptions, "token"> {
  readonly url: string;
  readonly token: string | undefined;
}

/** Bytes taken from recordings and not acknowledged; past it they are asked to wait. */
const WINDOW_BYTES = 16 * 1024 * 1024;
/** How long a hub that takes nothing is waited for at the end, in milliseconds. */
const CLOSE_TIMEOUT_MS = 2_000;
/** A connection that lasted so long was a good one, in milliseconds. */
const STABLE_MS = 5_000;
/** How long a hub is waited for when the connection is closed in good order, in milliseconds: it may not answer any more. */
const HANDSHAKE_MS = 1_000;
/** Bytes for late connections when messages come from no recording stream but from any Observable. */
const INBOX_BYTES = 256 * 1024 * 1024;

/**
 * Streams messages to a hub over a WebSocket, in Node and in browsers.
 *
 * Neither sockets nor timers keep a program running, except while someone waits for the rest to be delivered.
 */
export class HubSocketSink extends ObserverSink implements SocketSink {
  readonly name: string;
  readonly live = true;
  readonly forceSaved = true;
  readonly replays = true;
  readonly closeTimeoutMs: number = CLOSE_TIMEOUT_MS;
  readonly url: string;
  readonly #options: SocketSinkOptions;
  readonly #hosts = new Set<SinkHost>();
  readonly #unhook: () => void;
  #link: SocketLink | undefined;
  #attempt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  /** Batches that were written and are not acknowledged; 0 again when the hub begins anew. */
  #owed = 0;
  readonly #waiters = new Waiters();
  #told = false;
  #toldLost = false;
  /** When the present connection was made, and whether the hub took something over it. */
  #openedAt: number = Number.POSITIVE_INFINITY;
  #hasWorked = false;
  #inbox: { readonly log: MessageLog<LogMsg>; readonly reader: AttachedSink } | undefined;
  #ended = false;
  #closed: Promise<void> | undefined;

  constructor(options: SocketSinkOptions) {
    super("connecting");
    this.url = options.url;
    this.name = `socket(${options.url})`;
    this.#options = options;
    // A page ends without asking.
    this.#unhook = isNode ? beforeExit(() => this.#onBeforeExit()) : () => undefined;
    void this.#start();
  }

  attached(host: SinkHost): () => void {
    this.#hosts.add(host);
    return () => this.#hosts.delete(host);
  }

  write(messages: readonly LogMsg[]): Delivery {
    if (this.failure !== undefined) throw this.failure;
    // While it closes it still takes what a recording owes to a hub that has just come.
    if (this.#ended)
      throw new RerunError("sink-failed", `Expected to write to ${this.url} before it was closed`);
    this.#owed++;
    const link = this.#link;
    // Without a hub one batch is enough: all is asked for again when there is one.
    if (link === undefined || (!link.isOpen && this.state === "connecting"))
      return { ready: never(), delivered: never() };
    const compression = this.#options.compression ?? (isNode ? "lz4" : "none");
    const frames = messages.map((message) => encodeFrameParts(message, compression));
    const delivered = new Promise<void>((resolve) => {
      link.send(frames, (refused) => {
        this.#owed--;
        if (refused > 0) this.#tellRefused(refused);
        resolve();
      });
    });
    if (link.queuedBytes < WINDOW_BYTES) return { delivered };
    return { delivered, ready: this.#step(() => link.queuedBytes < WINDOW_BYTES / 2) };
  }

  async flush({ signal }: WaitOptions = {}): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    await this.#until(() => this.#owed === 0, signal);
    if (this.#owed > 0 && signal?.aborted === true)
      throw new RerunError(
        "flush-timeout",
        `Expected the hub at ${this.url} to have everything in time; it is ${this.state}`,
      );
  }

  close({ signal }: WaitOptions = {}): Promise<void> {
    this.#closed ??= this.#close(signal);
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Takes one message of no recording stream; with a log of its own, bounded like that of one. */
  override next(message: LogMsg): void {
    if (this.failure !== undefined || this.#ended || this.#closed !== undefined) return;
    this.#inbox ??= this.#openInbox();
    if (message.kind === "chunk") message.chunk.own();
    this.#inbox.log.append(message);
  }

  override complete(): void {
    const ended = this.#inbox?.reader.end() ?? this.close();
    Promise.resolve(ended).catch((thrown: unknown) => warn(RerunError.from(thrown)));
  }

  #openInbox(): { readonly log: MessageLog<LogMsg>; readonly reader: AttachedSink } {
    const log = new MessageLog<LogMsg>({
      ...messageRetention(),
      historyBytes: INBOX_BYTES,
      backlogBytes: INBOX_BYTES,
    });
    const events = {
      enabled: true,
      changed: () => undefined,
      report: warn,
      drain: () => undefined,
    };
    return { log, reader: new AttachedSink(log, this, "start", {}, events) };
  }

  async #close(signal: AbortSignal | undefined): Promise<void> {
    if (this.failure === undefined) this.setState("closing");
    await this.#until(() => this.#owed === 0, signal ?? AbortSignal.timeout(CLOSE_TIMEOUT_MS));
    this.#end();
    if (this.failure === undefined) this.setState("closed");
  }

  async #start(): Promise<void> {
    try {
      const [{ SocketLink }, WebSocket] = await Promise.all([
        loadLink(),
        this.#options.WebSocket ?? findWebSocket(),
      ]);
      if (this.#ended) return;
      this.#link = new SocketLink({
        open: (protocol) => new WebSocket(this.url, protocol),
        token: this.#options.token,
        silenceMs: this.#options.silenceMs,
        onOpen: (isNew) => this.#onOpen(isNew),
        onProgress: () => {
          this.#hasWorked = true;
          this.#waiters.wake();
        },
        onClose: (error, isFinal) => this.#onClose(error, isFinal),
      });
      this.#link.open();
    } catch (thrown) {
      this.#giveUp(RerunError.from(thrown));
    }
  }

  #onOpen(isNew: boolean): void {
    this.#openedAt = performance.now();
    this.#hasWorked = false;
    this.#told = false;
    if (this.state !== "closing") this.setState("open");
    if (isNew) {
      // It has nothing yet: it gets all there is, in order.
      this.#link?.clear();
      this.#owed = 0;
      for (const host of [...this.#hosts]) host.replay();
    }
    this.#waiters.wake();
  }

  #onClose(error: RerunError, isFinal: boolean): void {
    if (this.#ended) return;
    if (isFinal) return this.#giveUp(error);
    // One that greets and closes, again and again, is not to be asked as often as one that was restarted.
    if (this.#hasWorked || performance.now() - this.#openedAt >= STABLE_MS) {
      this.#attempt = 0;
      this.#toldLost = false;
    }
    this.#hasWorked = false;
    this.#openedAt = Number.POSITIVE_INFINITY;
    if (this.state === "open") {
      this.setState("reconnecting");
      this.#tellLost(error);
    }
    this.#retry = setTimeout(() => this.#link?.open(), backoffMs(this.#attempt++));
    unref(this.#retry);
    this.#waiters.wake();
  }

  #giveUp(error: RerunError): void {
    this.#end();
    this.fail(new RerunError(error.code, `${this.name}: ${error.message}`, { cause: error }));
  }

  #end(): void {
    this.#ended = true;
    clearTimeout(this.#retry);
    this.#unhook();
    this.#link?.close();
    this.#waiters.wake();
  }

  /** Once until a connection has proved to be of use. */
  #tellLost(error: RerunError): void {
    if (this.#toldLost) return;
    this.#toldLost = true;
    this.#tell(
      new RerunError(
        "viewer-unreachable",
        `${this.name} lost the hub and tries again: ${error.message}; what it did not acknowledge is sent again`,
      ),
    );
  }

  #tellRefused(count: number): void {
    if (this.#told) return;
    this.#told = true;
    this.#tell(
      new RerunError("data-dropped", `${this.name}: the hub could not read ${count} messages`),
    );
  }

  #tell(error: RerunError): void {
    for (const host of this.#hosts) host.report(error);
  }

  /** Nothing is left to do for the program but to deliver. */
  #onBeforeExit(): void {
    if (this.#closed !== undefined || this.#ended) return;
    for (const host of [...this.#hosts]) host.drain();
    if (this.#owed > 0) void this.close();
  }

  /** Waits until something holds, nothing is to be expected any more, or the signal ends the wait. */
  #step(isDone: () => boolean, signal?: AbortSignal): Promise<void> {
    return this.#waiters.until(() => isDone() || this.#ended, signal);
  }

  /** The same, and keeps the process alive meanwhile. */
  async #until(isDone: () => boolean, signal?: AbortSignal): Promise<void> {
    const letGo = keepAlive();
    await this.#step(isDone, signal);
    letGo();
  }
}

const warn = (error: RerunError): void => console.warn(`rerun-rx: ${error.message}`);

const isNode = typeof process === "object" && process.versions?.node !== undefined;

/** A new one each time: who waits for it can be forgotten. */
const never = (): Promise<never> => new Promise(() => undefined);

/** Browsers have numbers for timers. */
function unref(timer: unknown): void {
  (timer as { unref?: () => void }).unref?.();
}

let linkModule: Promise<typeof import("../../lib/socket-link.ts")> | undefined;

/** CBOR is loaded by those who connect, not by everyone who imports a sink; asked for once. */
function loadLink(): Promise<typeof import("../../lib/socket-link.ts")> {
  linkModule ??= import("../../lib/socket-link.ts");
  return linkModule;
}

async function findWebSocket(): Promise<NonNullable<SocketOptions["WebSocket"]>> {
  const own = (globalThis as { WebSocket?: SocketOptions["WebSocket"] }).WebSocket;
  // That of Node would keep a program from ending.
  if (!isNode && own !== undefined) return own;
  const { WebSocket } = await import("ws");
  // Its types do not know all of them.
  const options: object = { perMessageDeflate: false, closeTimeout: HANDSHAKE_MS };
  return class extends WebSocket {
    constructor(url: string, protocol: string) {
      super(url, protocol, options);
      this.once("upgrade", (response) => response.socket.unref());
    }
  } as unknown as NonNullable<SocketOptions["WebSocket"]>;
}
