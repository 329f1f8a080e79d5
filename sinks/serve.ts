import { quote, RerunError } from "../lib/errors.ts";
import type { LogMsg } from "../lib/log-msg.ts";
import type { HubViewerEvent } from "../lib/node/hub.ts";
import type { BrowserProgress } from "../lib/node/hub-browser.ts";
import type { ViewerCommand } from "../lib/protocol.ts";
import type { Observable } from "../lib/rxjs.ts";
import type { ObserverSink, SinkState, WaitOptions } from "../lib/sink.ts";

export type { HubViewerEvent } from "../lib/node/hub.ts";
export type { BrowserProgress } from "../lib/node/hub-browser.ts";
export type { SelectionItem, ViewerCommand, ViewerEvent } from "../lib/protocol.ts";

const MIB = 1024 * 1024;

/** How to serve. All of it may be left out. */
export interface ServeOptions {
  /** Default 9876; 0 takes any free one. */
  readonly port?: number;
  /**
   * Address to listen on. Default `127.0.0.1`: this machine alone. With `0.0.0.0` everybody who reaches this
   * machine sees the data; give a `token` then.
   */
  readonly host?: string;
  /** Browsers must know it to get data. `url` contains it. */
  readonly token?: string;
  /** Bytes of temporal data kept for browsers that come late; default 1 GiB. Static data is always kept. */
  readonly historyBytes?: number;
  /**
   * Bytes that may wait for one slow browser before it loses its oldest temporal data; default `historyBytes`,
   * at least 64 MiB.
   */
  readonly clientBudgetBytes?: number;
  /** Bytes sent to a browser ahead of its acknowledgements; default 8 MiB. */
  readonly windowBytes?: number;
  /** Origins such as `https://example.org` whose pages may connect and embed ours; default none but our own. */
  readonly allowedOrigins?: readonly string[];
  /** Largest message taken from a browser; default 64 KiB. */
  readonly maxMessageBytes?: number;
  /** Most browsers at once; default 64. */
  readonly maxConnections?: number;
  /** How long a browser may be connected without a greeting, in milliseconds; default 5,000. */
  readonly helloTimeoutMs?: number;
  /** How long a browser may say nothing while data waits for it, in milliseconds; default 60,000. */
  readonly stallTimeoutMs?: number;
  /** How long `close` delivers what is left, in milliseconds; default 2,000. A `signal` may end it earlier. */
  readonly closeTimeoutMs?: number;
  /** `lz4` (default) shares its work with `save` and keeps more history in the same memory. */
  readonly compression?: "lz4" | "none";
}

/** A sink that streams to every browser that opens {@link url}; also an RxJS observer of messages. */
export interface ServeSink extends ObserverSink, AsyncDisposable {
  readonly state$: Observable<SinkState>;
  /** What to open in a browser, token included. */
  readonly url: string;
  readonly port: number;
  /** Who is connected and how far; emits at once, and at most every 100 ms when that changes. */
  readonly clients$: Observable<readonly BrowserProgress[]>;
  /** What people do in their viewers: selection, time, play and pause. */
  readonly viewerEvents$: Observable<HubViewerEvent>;
  /** Messages that left the history before any browser had them. */
  readonly dropped: number;
  /** Lets all browsers do something, or one of `clients$`; returns how many. Those that come later do not. */
  command(command: ViewerCommand, clientId?: number): number;
  write(messages: readonly LogMsg[]): void;
  /**
   * Resolves when every connected browser has what was written; at once when there is none. A browser that has
   * taken nothing for 2 s is not waited for.
   *
   * @throws RerunError `flush-timeout` when `signal` aborts before
   */
  flush(options?: WaitOptions): Promise<void>;
  /** Sends browsers the rest, within `closeTimeoutMs`, and ends the server. Idempotent. */
  close(options?: WaitOptions): Promise<void>;
}

/**
 * Hosts the Rerun web viewer and streams to every browser that opens it. Resolves when it listens.
 *
 * Late browsers get static data and history. A slow one loses only its own oldest temporal data, and none of
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
    historyBytes = 1024 * MIB,
    clientBudgetBytes = Math.max(historyBytes, 64 * MIB),
    windowBytes = 8 * MIB,
    allowedOrigins = [],
    maxMessageBytes = 64 * 1024,
    maxConnections = 64,
    helloTimeoutMs = 5_000,
    stallTimeoutMs = 60_000,
    closeTimeoutMs = 2_000,
    compression = "lz4",
  } = options;
  const limits = {
    historyBytes,
    clientBudgetBytes,
    windowBytes,
    maxMessageBytes,
    maxConnections,
    helloTimeoutMs,
    stallTimeoutMs,
  };
  whole("port", port, 0, 65535);
  for (const [name, value] of Object.entries(limits))
    whole(name, value, name === "historyBytes" ? 0 : 1);
  whole("closeTimeoutMs", closeTimeoutMs, 0);
  checkOrigins(allowedOrigins);
  // A web server, WebSockets and CBOR: loaded by those who serve, not by everyone who imports a sink.
  const { openHubSink } = await import("./support/hub-sink.ts");
  return openHubSink({ ...limits, port, host, token, allowedOrigins }, closeTimeoutMs, compression);
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
