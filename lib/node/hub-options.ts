import type { ReplayOrder } from "./hub-feed.ts";
import type { TlsOptions } from "./hub-port.ts";

/** Everything that can be set on a hub; what has a default in `serve` has it there. */
export interface HubOptions {
  readonly port: number;
  readonly host: string;
  readonly token: string | undefined;
  readonly allowedOrigins: readonly string[];
  /** Key and certificate; without them all goes in the clear. */
  readonly tls?: TlsOptions | undefined;
  /** Bytes of temporal data kept for viewers that come late. */
  readonly historyBytes: number;
  /** Bytes of static data, blueprints and store infos taken from elsewhere; they are never dropped. */
  readonly maxStaticBytes: number;
  /** In which order viewers that come late get the history. */
  readonly replay: ReplayOrder;
  /** Bytes that may wait for one viewer; past it the oldest are dropped for it alone. */
  readonly clientBudgetBytes: number;
  /** Bytes sent ahead of acknowledgements on each WebSocket, in either direction. */
  readonly windowBytes: number;
  /** Largest message that is taken from a WebSocket. */
  readonly maxMessageBytes: number;
  /** Largest RRD message that is taken, a chunk above all. Twice as much may be on its way from all together. */
  readonly maxChunkBytes: number;
  /** WebSockets and calls of gRPC. */
  readonly maxConnections: number;
  /** How long a WebSocket may take to say hello. */
  readonly helloTimeoutMs: number;
  /** How long a browser may say nothing while data waits for it, and anybody may leave pings unanswered. */
  readonly stallTimeoutMs: number;
  /** How often a WebSocket on which nothing else is said gets a sign of life. */
  readonly aliveMs: number;
  /** Messages other than data that a WebSocket may send in the long run; twice as many at once. */
  readonly messagesPerSecond: number;
  /** What the hub calls itself. */
  readonly server: { readonly name: string; readonly version: string };
}
