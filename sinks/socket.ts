import type { Compression } from "../lib/encode/log-msg.ts";
import { quote, RerunError } from "../lib/errors.ts";
import type { LogMsg } from "../lib/log-msg.ts";
import { SOCKET_PATH } from "../lib/protocol.ts";
import type { Observable } from "../lib/rxjs.ts";
import type { Delivery, ObserverSink, SinkState, WaitOptions } from "../lib/sink.ts";
import type { ProducerSocket } from "../lib/socket-link.ts";
import { HubSocketSink } from "./support/socket-sink.ts";

export type { ProducerSocket } from "../lib/socket-link.ts";

/** How to connect. All of it may be left out. */
export interface SocketOptions {
  /** For hubs that ask for one. Default: the `#token=…` of the URL, if it has one. */
  readonly token?: string;
  /** What makes WebSockets. Default: that of the browser, or in Node the package `ws`. */
  readonly WebSocket?: new (
    url: string,
    protocol: string,
  ) => ProducerSocket;
  /** How payloads are compressed: by default `"lz4"` in Node, and not at all in browsers, which have none of their own. */
  readonly compression?: Compression;
  /**
   * How long the hub may say nothing before the connection counts as lost, in milliseconds, at least twice the interval
   * in which it shows signs of life; default three times that, which is 15,000. A hub that does not say that it shows
   * them, an older one, is waited for.
   */
  readonly silenceMs?: number;
}

/** A sink that streams to a hub over a WebSocket; also an RxJS observer of messages. See {@link socket}. */
export interface SocketSink extends ObserverSink, AsyncDisposable {
  /** Where it connects to, without the token. */
  readonly url: string;
  /**
   * - `connecting`: no hub so far; it keeps trying
   * - `open`: a hub takes what is logged
   * - `reconnecting`: it was lost; it keeps trying
   * - `closing`, `closed`
   * - `failed`: the hub refuses our token, or what we send; see `failure`
   */
  readonly state$: Observable<SinkState>;
  /** Messages count as delivered once the hub has taken them in. */
  write(messages: readonly LogMsg[]): Delivery;
  /**
   * Resolves when the hub has taken in what was written.
   *
   * @throws RerunError `flush-timeout` when `signal` aborts before
   */
  flush(options?: WaitOptions): Promise<void>;
  /** Delivers the rest, for 2 s without a `signal`, and ends the connection. Idempotent. */
  close(options?: WaitOptions): Promise<void>;
}

/**
 * Streams to a hub, such as that of `serve` or of `rerun-rx viewer`, over a WebSocket: what a web page logs with, and
 * programs where HTTP/2 does not get through.
 *
 * Returns at once and connects in the background; tries until a hub appears. After a break it goes on where it was; a
 * hub that was restarted gets the history that the recording still holds. Works in Node and in browsers.
 *
 * ```ts
 * import { socket } from "rerun-rx/sinks/socket";
 *
 * rec.attach(socket("http://127.0.0.1:9876"));
 * ```
 *
 * @param url of the hub, as `serve` and `rerun-rx viewer` print it: `http://HOST:PORT`, `https://…`, `ws://…` or
 *   `wss://…`
 * @throws RerunError `invalid-argument` for a bad URL or option; trouble with the hub shows in `state$` and `errors$`
 */
export function socket(url: string, options: SocketOptions = {}): SocketSink {
  const parsed = parseHubUrl(url);
  const { silenceMs } = options;
  if (silenceMs !== undefined && !(Number.isFinite(silenceMs) && silenceMs > 0))
    throw new RerunError(
      "invalid-argument",
      `Expected \`silenceMs\` to be a number of milliseconds above 0, got ${quote(silenceMs)}`,
    );
  return new HubSocketSink({ ...options, url: parsed.url, token: options.token ?? parsed.token });
}

/** Makes the address of the WebSocket of what one opens in a browser, or of the WebSocket itself. */
function parseHubUrl(text: string): { readonly url: string; readonly token: string | undefined } {
  const refused = (why: string): RerunError =>
    new RerunError(
      "invalid-argument",
      `Expected the URL of a hub, such as "http://127.0.0.1:9876", got ${quote(text)}: ${why}`,
    );
  if (typeof text !== "string") throw refused("it is not a string");
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw refused("it is not a URL");
  }
  const scheme = { "http:": "ws:", "ws:": "ws:", "https:": "wss:", "wss:": "wss:" }[url.protocol];
  if (scheme === undefined) throw refused(`its scheme is ${quote(url.protocol.slice(0, -1))}`);
  if (url.pathname !== "/" && url.pathname !== SOCKET_PATH)
    throw refused(`the WebSocket is at ${SOCKET_PATH}`);
  const token = new URLSearchParams(url.hash.slice(1)).get("token") ?? undefined;
  return { url: `${scheme}//${url.host}${SOCKET_PATH}`, token };
}
