/** How someone who is connected to a hub is called in its answers. */
export interface PeerAddress {
  /** Address it connected from. */
  readonly address: string;
  readonly userAgent: string | undefined;
}

/** Who is connected to a hub, and how far. */
export interface ClientProgress extends PeerAddress {
  readonly id: number;
  /** `browser`: our page; `reader`: a Rerun viewer or another program that reads; `producer`: a program that logs. */
  readonly role: "browser" | "reader" | "producer";
  readonly protocol: "websocket" | "grpc" | "grpc-web";
  /** Milliseconds since the Unix epoch. */
  readonly connectedAt: number;
  /** `greeting`: no `hello` yet; `catching-up`: history or more waits for it; `live`: has everything. */
  readonly state: "greeting" | "catching-up" | "live";
  /** Messages and bytes that it was sent. */
  readonly sentMessages: number;
  readonly sentBytes: number;
  /** Bytes that it said it has handled; of readers, that the network took. */
  readonly ackedBytes: number;
  /** Bytes that wait for it in the log. */
  readonly queuedBytes: number;
  /** Messages that it was too slow for, or that were gone when it came back. */
  readonly dropped: number;
  /** Messages and bytes that came from it. */
  readonly receivedMessages: number;
  readonly receivedBytes: number;
  /** Messages of it that could not be read, and were left out. */
  readonly refusedMessages: number;
}

/** One who is connected. */
export interface HubPeer {
  readonly progress: ClientProgress;
  /** Milliseconds since it last took something. */
  readonly idleMs: number;
  /** True once everything below `seq` is handled there, or there is nobody to handle it. */
  has(seq: number): boolean;
  /** Sends what there is room for. */
  pump(): void;
  /** Ends the connection in an orderly way. */
  close(reason: string): void;
  /** Ends it at once. */
  terminate(): void;
}

/** Counters of those who do not have some. */
export const NO_TRAFFIC = {
  sentMessages: 0,
  sentBytes: 0,
  ackedBytes: 0,
  queuedBytes: 0,
  dropped: 0,
  receivedMessages: 0,
  receivedBytes: 0,
  refusedMessages: 0,
} as const;

/** How many are connected. */
export interface PeerCounts {
  /** With our page, or another program that watches over a WebSocket. */
  readonly browsers: number;
  /** That log, by gRPC or over a WebSocket. */
  readonly producers: number;
  /** That read by gRPC, as Rerun viewers do. */
  readonly readers: number;
  /**
   * Connections of gRPC over HTTP/2 that have made a call. They may have none at the moment: a program that logs may end
   * a call, to hear that all of it is in, and begin the next one when there is more.
   */
  readonly connections: number;
}

/** Counts those who are connected by what they do. */
export function countPeers(clients: readonly ClientProgress[]): Omit<PeerCounts, "connections"> {
  const counts = { browser: 0, producer: 0, reader: 0 };
  for (const { role } of clients) counts[role]++;
  return { browsers: counts.browser, producers: counts.producer, readers: counts.reader };
}
