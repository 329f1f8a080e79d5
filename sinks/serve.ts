import { quote, RerunError } from "../lib/errors.ts";
import { forcedSavePath } from "../lib/force-save.ts";
import type { LogMsg } from "../lib/log-msg.ts";
import type { HubViewerEvent } from "../lib/node/hub.ts";
import type { ReplayOrder } from "../lib/node/hub-feed.ts";
import type { ClientProgress } from "../lib/node/hub-peer.ts";
import type { TlsOptions } from "../lib/node/hub-port.ts";
import type { ViewerCommand } from "../lib/protocol.ts";
import type { Observable } from "../lib/rxjs.ts";
import type { Delivery, ObserverSink, Sink, SinkState, WaitOptions } from "../lib/sink.ts";

export type { HubViewerEvent } from "../lib/node/hub.ts";
export type { ReplayOrder } from "../lib/node/hub-feed.ts";
export type { ClientProgress } from "../lib/node/hub-peer.ts";
export type { TlsOptions } from "../lib/node/hub-port.ts";
export type { SelectionItem, ViewerCommand, ViewerEvent } from "../lib/protocol.ts";

const MIB = 1024 * 1024;

/** How to serve. All of it may be left out. */
export interface ServeOptions {
  /** Default 9876; 0 takes any free one. */
  readonly port?: number;
  /**
   * Address to listen on. Default `127.0.0.1`: this machine alone. With `0.0.0.0` everybody who reaches this
   * machine sees the data and can log more, which is said on standard error; give a `token` then.
   */
  readonly host?: string;
  /**
   * Viewers and programs that log must know it; default none is asked for. `url` contains it; gRPC clients send it as
   * `authorization: Bearer TOKEN`, which the official SDKs and viewers of 0.33 have no option for.
   */
  readonly token?: string;
  /** Key and certificate in PEM; default none. With them everything is encrypted, and nothing else is answered. */
  readonly tls?: TlsOptions;
  /**
   * Bytes of temporal data kept for viewers that come late; default 1 GiB, 0 keeps none. The latest value of each
   * component of each entity is kept even if it is older than that, within half of these bytes; static data always is.
   */
  readonly historyBytes?: number;
  /**
   * In which order viewers that come late get the history. `oldest-first` (default); with `newest-first` what comes in
   * goes first, and history follows backwards. Static data, blueprints and store infos come before it in any case.
   */
  readonly replay?: ReplayOrder;
  /**
   * Bytes of static data, blueprints and store infos that are taken from programs which log by network; default 1 GiB.
   * They are never dropped, so more of them is refused. Does not limit what this sink is given.
   */
  readonly maxStaticBytes?: number;
  /**
   * Bytes that may wait for one slow viewer before it loses its oldest temporal data; default `historyBytes`,
   * at least 64 MiB.
   */
  readonly clientBudgetBytes?: number;
  /** Bytes sent ahead of acknowledgements on each WebSocket, in either direction; default 8 MiB. */
  readonly windowBytes?: number;
  /**
   * Origins such as `https://example.org` whose pages may connect and embed ours; default none but our own and those
   * that this machine serves, such as `http://localhost:5173`.
   */
  readonly allowedOrigins?: readonly string[];
  /** Largest message taken from a WebSocket; default 1 MiB. Chunks of producers are sent in pieces. */
  readonly maxMessageBytes?: number;
  /**
   * Largest chunk taken from programs that log by network, also once it is unpacked; default 512 MiB. Chunks that are
   * on their way from all of them together may take twice as much memory.
   */
  readonly maxChunkBytes?: number;
  /** Most WebSockets and calls of gRPC at once; default 64. */
  readonly maxConnections?: number;
  /** How long a WebSocket may be open without a greeting, in milliseconds; default 5,000. */
  readonly helloTimeoutMs?: number;
  /**
   * How long a browser may say nothing while data waits for it, and whoever is connected may leave pings unanswered, in
   * milliseconds; default 60,000.
   */
  readonly stallTimeoutMs?: number;
  /**
   * How often a WebSocket on which nothing else is said gets a sign of life, in milliseconds; default 5,000. Pages and
   * `socket` that miss three of them take the line for dead, and connect again.
   */
  readonly aliveMs?: number;
  /** How long `close` delivers what is left, in milliseconds; default 2,000. A `signal` may end it earlier. */
  readonly closeTimeoutMs?: number;
  /** `lz4` (default) shares its work with `save` and keeps more history in the same memory. */
  readonly compression?: "lz4" | "none";
}

/**
 * A sink that streams to every browser that opens {@link url} and every Rerun viewer that connects to {@link grpcUrl};
 * also an RxJS observer of messages.
 */
export interface ServeSink extends ObserverSink, AsyncDisposable {
  readonly state$: Observable<SinkState>;
  /** What to open in a browser, token included. */
  readonly url: string;
  /**
   * Where Rerun viewers and SDKs connect, such as `rerun+http://127.0.0.1:9876/proxy`: for `rerun URL`,
   * `rr.connect_grpc(URL)` and `connect(URL)`.
   */
  readonly grpcUrl: string;
  readonly port: number;
  /** Who is connected and how far; emits at once, and at most every 100 ms when that changes. */
  readonly clients$: Observable<readonly ClientProgress[]>;
  /** What people do in their viewers: selection, time, play and pause. */
  readonly viewerEvents$: Observable<HubViewerEvent>;
  /** Messages that left the history before any viewer had them. */
  readonly dropped: number;
  /** Lets all browsers do something, or one of `clients$`; returns how many. Those that come later do not. */
  command(command: ViewerCommand, clientId?: number): number;
  /**
   * Gives another sink, such as `save`, everything from the start of the history, also what other programs log here:
   * each message once, in order. It loses nothing; while it is behind, the others are held back.
   *
   * @returns what gives it the rest and closes it; rejects when it failed
   */
  attach(sink: Sink): () => Promise<void>;
  /** Waits for sinks that are attached here, and for large messages that are compressed on another thread. */
  write(messages: readonly LogMsg[]): void | Promise<void> | Delivery;
  /**
   * Resolves when every connected viewer has what was written; at once when there is none. A viewer that has
   * taken nothing for 2 s is not waited for.
   *
   * @throws RerunError `flush-timeout` when `signal` aborts before
   */
  flush(options?: WaitOptions): Promise<void>;
  /** Sends viewers the rest, within `closeTimeoutMs`, closes attached sinks, and ends the server. Idempotent. */
  close(options?: WaitOptions): Promise<void>;
}

/**
 * Hosts the Rerun web viewer and streams to every browser that opens it, and to every Rerun viewer that connects.
 * Other programs can log to the same port: the official SDKs by gRPC, and pages over a WebSocket. Resolves when it
 * listens.
 *
 * Late viewers get static data and history. A slow one loses only its own oldest temporal data, and none of
 * them ever holds up the program. Several recording streams may attach the same sink. The server keeps the
 * process alive until {@link ServeSink.close}.
 *
 * ```ts
 * const viewer = await serve();
 * rec.attach(viewer);
 * console.log(`open ${viewer.url}`);
 * ```
 *
 * @throws RerunError `address-in-use` | `permission-denied` | `server-failed` (see the message) |
 * `invalid-argument` (an option is wrong)
 */
export async function serve(options: ServeOptions = {}): Promise<ServeSink> {
  const {
    port = 9876,
    host = "127.0.0.1",
    token,
    tls,
    historyBytes = 1024 * MIB,
    replay = "oldest-first",
    maxStaticBytes = 1024 * MIB,
    clientBudgetBytes = Math.max(historyBytes, 64 * MIB),
    windowBytes = 8 * MIB,
    allowedOrigins = [],
    maxMessageBytes = MIB,
    maxChunkBytes = 512 * MIB,
    maxConnections = 64,
    helloTimeoutMs = 5_000,
    stallTimeoutMs = 60_000,
    aliveMs = 5_000,
    closeTimeoutMs = 2_000,
    compression = "lz4",
  } = options;
  const limits = {
    historyBytes,
    maxStaticBytes,
    clientBudgetBytes,
    windowBytes,
    maxMessageBytes,
    maxChunkBytes,
    maxConnections,
    helloTimeoutMs,
    stallTimeoutMs,
    aliveMs,
  };
  whole("port", port, 0, 65535);
  for (const [name, value] of Object.entries(limits))
    whole(name, value, name === "historyBytes" ? 0 : 1);
  whole("closeTimeoutMs", closeTimeoutMs, 0);
  if (replay !== "oldest-first" && replay !== "newest-first")
    throw new RerunError(
      "invalid-argument",
      `Expected \`replay\` to be "oldest-first" or "newest-first", got ${quote(replay)}`,
    );
  checkOrigins(allowedOrigins);
  if (forcedSavePath() !== undefined) {
    const { IdleServer } = await import("./support/idle-sink.ts");
    return new IdleServer({ port, host });
  }
  // Servers, WebSockets and CBOR: loaded by those who serve, not by everyone who imports a sink.
  const { openHubSink } = await import("./support/hub-sink.ts");
  return openHubSink(
    { ...limits, port, host, token, tls, replay, allowedOrigins },
    closeTimeoutMs,
    compression,
  );
}

function whole(
  name: string,
  value: number,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): void {
  if (!Number.isSafeInteger(value) || value < least || value > most)
    throw new RerunError(
      "invalid-argument",
      `Expected \`${name}\` to be a whole number from ${least} to ${most}, got ${quote(value)}`,
    );
}

function checkOrigins(origins: readonly string[]): void {
  for (const origin of origins) {
    // They also go into a header: nothing but scheme, host and port.
    if (!/^[a-z][a-z0-9+.-]*:\/\/[a-z0-9.[\]:_-]+$/i.test(origin))
      throw new RerunError(
        "invalid-argument",
        `Expected \`allowedOrigins\` to hold origins such as "https://example.org", got ${quote(origin)}`,
      );
  }
}
