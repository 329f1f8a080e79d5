import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { type EncodedBatch, encodeFrameBatch } from "../encode/frame-batch.ts";
import { streamHeader } from "../encode/rrd.ts";
import { type LogEntry, MessageLog } from "../message-log.ts";
import {
  PROTOCOL_VERSION,
  SOCKET_PATH,
  SUBPROTOCOL,
  type ViewerCommand,
  type ViewerEvent,
} from "../protocol.ts";
import { Subject } from "../rxjs.ts";
import { Access } from "./hub-access.ts";
import { type BrowserHost, type BrowserProgress, HubBrowser } from "./hub-browser.ts";
import { httpHandler } from "./hub-http.ts";
import type { HubItem } from "./hub-item.ts";
import { answerNonsense, listenError, refuse } from "./hub-refusal.ts";
import { findPageAssets, findViewer } from "./page-assets.ts";

/** Everything that can be set on a hub. */
export interface HubOptions {
  readonly port: number;
  readonly host: string;
  readonly token: string | undefined;
  readonly allowedOrigins: readonly string[];
  /** Bytes of temporal data kept for browsers that come late. */
  readonly historyBytes: number;
  /** Bytes that may wait for one browser; past it the oldest are dropped for it alone. */
  readonly clientBudgetBytes: number;
  /** Bytes sent ahead of acknowledgements, for each browser. */
  readonly windowBytes: number;
  /** Largest message that is taken from a browser. */
  readonly maxMessageBytes: number;
  readonly maxConnections: number;
  /** How long a browser may take to say hello. */
  readonly helloTimeoutMs: number;
  /** How long a browser may say nothing while data waits for it. */
  readonly stallTimeoutMs: number;
  /** Messages a browser may send in the long run; twice as many at once. */
  readonly messagesPerSecond: number;
  /** What the hub calls itself. */
  readonly server: { readonly name: string; readonly version: string };
}

/** A viewer event and the browser it came from. */
export interface HubViewerEvent {
  readonly clientId: number;
  readonly event: ViewerEvent;
}

/**
 * A server that keeps an ordered log of messages and streams it to browsers, each at its own pace; and the
 * page that shows them. `docs/protocol.md` says what goes over the wire.
 */
export class Hub {
  readonly #options: HubOptions;
  readonly #access: Access;
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #log: MessageLog<HubItem>;
  readonly #browsers = new Set<HubBrowser>();
  readonly #host: BrowserHost;
  readonly #session = randomUUID();
  #nextId = 1;
  #scheduled = false;
  #closing = false;
  #lastBatch:
    | { entries: readonly LogEntry<HubItem>[]; next: number; batch: EncodedBatch }
    | undefined;
  readonly #rerunVersion = findViewer().version;

  /** What people do in their viewers. */
  readonly viewerEvents$: Subject<HubViewerEvent> = new Subject();
  /** Emits when a browser came, went or moved on; {@link browsers} has the state. */
  readonly changes$: Subject<void> = new Subject();

  private constructor(options: HubOptions) {
    this.#options = options;
    this.#access = new Access(options);
    this.#log = new MessageLog<HubItem>({
      sizeOf: (item) => item.bytes,
      isPinned: (item) => item.pinned,
      pinKey: (item) => item.pinKey,
      historyBytes: options.historyBytes,
      backlogBytes: options.historyBytes,
    });
    this.#host = {
      ...options,
      log: this.#log,
      session: this.#session,
      batchBytes: Math.min(BATCH_BYTES, options.windowBytes),
      budgetBytes: options.clientBudgetBytes,
      tokenAllowed: (token) => this.#access.tokenAllowed(token),
      encode: (entries, next) => this.#encode(entries, next),
      onEvent: (browser, event) => this.viewerEvents$.next({ clientId: browser.id, event }),
      onProgress: () => this.changes$.next(),
    };
    this.#http = createServer(
      {
        maxHeaderSize: 16 * 1024,
        headersTimeout: 10_000,
        requestTimeout: 30_000,
        keepAliveTimeout: 5_000,
        connectionsCheckingInterval: 5_000,
      },
      httpHandler({
        access: this.#access,
        assets: findPageAssets(),
        allowedOrigins: options.allowedOrigins,
        health: () => ({
          status: "ok",
          server: options.server,
          session: this.#session,
          messages: this.#log.nextSeq,
          bytes: this.#log.bytes,
          clients: this.#browsers.size,
        }),
      }),
    );
    // Sockets that are not browsers yet count too: a page loads over six at once.
    this.#http.maxConnections = options.maxConnections * 8;
    this.#http.on("clientError", answerNonsense);
    this.#http.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    this.#sockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      // LZ4 is inside the messages already, and a deflate context per browser is dear.
      perMessageDeflate: false,
      maxPayload: options.maxMessageBytes,
      handleProtocols: (protocols) => protocols.has(SUBPROTOCOL) && SUBPROTOCOL,
    });
  }

  /**
   * Starts a hub; resolves when it listens.
   *
   * @throws RerunError `address-in-use`, `permission-denied`, or `server-failed`
   */
  static async listen(options: HubOptions): Promise<Hub> {
    const hub = new Hub(options);
    const { host, port } = options;
    await new Promise<void>((resolve, reject) => {
      hub.#http.once("error", (error) => reject(listenError(error, host, port)));
      hub.#http.listen(port, host, resolve);
    });
    hub.#http.removeAllListeners("error").on("error", () => {});
    return hub;
  }

  /** The port that it listens on. */
  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  /** Messages that were let go before any browser had them. */
  get dropped(): number {
    return this.#log.dropped;
  }

  /** Those who are connected, by age. */
  get browsers(): readonly BrowserProgress[] {
    return Array.from(this.#browsers, (browser) => browser.progress);
  }

  /** Appends messages; never waits. Browsers get them in the next turn of the event loop, many at once. */
  append(items: readonly HubItem[]): void {
    if (this.#closing) return;
    for (const item of items) this.#log.append(item);
    if (this.#scheduled || this.#browsers.size === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      for (const browser of this.#browsers) browser.pump();
    });
  }

  /** Sends a command to all browsers, or to one; returns to how many. */
  command(command: ViewerCommand, clientId?: number): number {
    let count = 0;
    for (const browser of this.#browsers) {
      if (clientId !== undefined && browser.id !== clientId) continue;
      browser.send({ type: "command", command });
      count++;
    }
    return count;
  }

  /**
   * Resolves when every browser has acknowledged what was appended before, or `signal` aborts. One that takes
   * nothing for `patienceMs` is not waited for: a forgotten tab must not hold up the program.
   */
  async drained(options: { signal?: AbortSignal | undefined; patienceMs: number }): Promise<void> {
    const { signal, patienceMs } = options;
    const target = this.#log.nextSeq;
    const done = (): boolean =>
      signal?.aborted === true ||
      Array.from(this.#browsers).every(
        (browser) => browser.has(target) || browser.idleMs > patienceMs,
      );
    for (const browser of this.#browsers) browser.pump();
    if (done()) return;
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!done()) return;
        subscription.unsubscribe();
        clearInterval(timer);
        signal?.removeEventListener("abort", look);
        resolve();
      };
      const subscription = this.changes$.subscribe(look);
      const timer = setInterval(look, Math.min(100, patienceMs));
      signal?.addEventListener("abort", look);
    });
  }

  /** Delivers the rest until `deadline` aborts, then closes everything. */
  async close(deadline: AbortSignal): Promise<void> {
    this.#closing = true;
    const ended = new Promise<void>((resolve) => this.#http.close(() => resolve()));
    this.#http.closeIdleConnections();
    await this.drained({ signal: deadline, patienceMs: 1000 });
    for (const browser of this.#browsers) browser.close("The program has ended");
    await this.#gone(deadline);
    for (const browser of this.#browsers) browser.terminate();
    this.#http.closeAllConnections();
    await ended;
    this.changes$.complete();
    this.viewerEvents$.complete();
  }

  /** Resolves when no browser is left, a moment after the deadline at the latest. */
  async #gone(deadline: AbortSignal): Promise<void> {
    const last = Date.now() + CLOSE_HANDSHAKE_MS;
    while (this.#browsers.size > 0 && !(deadline.aborted && Date.now() > last)) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    const { host, origin } = request.headers;
    if (!this.#access.hostAllowed(host)) return refuse(socket, 403, "This host name is not served");
    if (!this.#access.originAllowed(origin, host))
      return refuse(socket, 403, "Pages of this origin may not connect");
    if ((request.url ?? "").split("?", 1)[0] !== SOCKET_PATH)
      return refuse(socket, 404, `The WebSocket is at ${SOCKET_PATH}`);
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(/\s*,\s*/);
    if (!offered.includes(SUBPROTOCOL))
      return refuse(socket, 400, `Expected the subprotocol ${SUBPROTOCOL}`);
    if (this.#closing || this.#browsers.size >= this.#options.maxConnections)
      return refuse(socket, 503, this.#closing ? "This hub ends" : "Too many connections");
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      (socket as Socket).setNoDelay(true);
      const browser = new HubBrowser(this.#nextId++, webSocket, this.#host, {
        address: (socket as Socket).remoteAddress ?? "",
        userAgent: request.headers["user-agent"],
        connectedAt: Date.now(),
      });
      this.#browsers.add(browser);
      webSocket.once("close", () => {
        this.#browsers.delete(browser);
        if (this.#browsers.size === 0) this.#lastBatch = undefined;
        this.changes$.next();
      });
      browser.send({
        type: "hello",
        version: PROTOCOL_VERSION,
        session: this.#session,
        server: this.#options.server,
        rerun: this.#rerunVersion,
        header: streamHeader(),
        next: this.#log.nextSeq,
        window: this.#options.windowBytes,
      });
      this.changes$.next();
    });
  }

  /** Live browsers are all at the same place: the last batch is kept for the next of them. */
  #encode(entries: readonly LogEntry<HubItem>[], next: number): EncodedBatch {
    const last = this.#lastBatch;
    if (
      last?.next === next &&
      last.entries.length === entries.length &&
      last.entries.every((entry, i) => entry === entries[i])
    )
      return last.batch;
    const batch = encodeFrameBatch({
      seq: (entries[0] as LogEntry<HubItem>).seq,
      next,
      frames: entries.map(({ item }) => item.parts),
    });
    this.#lastBatch = { entries, next, batch };
    return batch;
  }
}

/** A message to a browser holds about this much. The page joins small ones, so this bounds delay, not calls. */
const BATCH_BYTES = 1024 * 1024;

/** What is left for answering `close` once the deadline for data is over. */
const CLOSE_HANDSHAKE_MS = 250;
