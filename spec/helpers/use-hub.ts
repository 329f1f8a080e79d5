import type { LogMsg } from "../../lib/log-msg.ts";
import { Hub, type HubOptions } from "../../lib/node/hub.ts";
import type { HubItem } from "../../lib/node/hub-item.ts";
import { memory } from "../../sinks/memory.ts";
import { type ServeOptions, type ServeSink, serve } from "../../sinks/serve.ts";
import { HubClient, type HubClientOptions } from "./hub-client.ts";

/** Starts servers and clients that end with the test. */
export interface HubStarter {
  /** A hub on any free port. */
  hub(options?: Partial<HubOptions>): Promise<Hub>;
  /** A serve sink on any free port. */
  serve(options?: ServeOptions): Promise<ServeSink>;
  client(port: number, options?: HubClientOptions): Promise<HubClient>;
  /** Runs at the end of the test, before the servers are closed. */
  onEnd(end: () => unknown): void;
}

const MIB = 1024 * 1024;

/** Call it in the body of `describe`. */
export function useHub(): HubStarter {
  const ends: (() => unknown)[] = [];

  afterEach("end clients and servers", async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  return {
    async hub(options = {}) {
      const hub = await Hub.listen({
        port: 0,
        host: "127.0.0.1",
        token: undefined,
        allowedOrigins: [],
        historyBytes: 64 * MIB,
        clientBudgetBytes: 64 * MIB,
        windowBytes: MIB,
        maxStaticBytes: 64 * MIB,
        replay: "oldest-first",
        maxMessageBytes: 64 * 1024,
        maxChunkBytes: 64 * MIB,
        maxConnections: 16,
        helloTimeoutMs: 5_000,
        stallTimeoutMs: 60_000,
        aliveMs: 5_000,
        messagesPerSecond: 100_000,
        server: { name: "spec", version: "0.0.0" },
        ...options,
      });
      ends.push(() => hub.close(AbortSignal.abort()));
      return hub;
    },
    async serve(options) {
      const sink = await serve({ port: 0, ...options });
      ends.push(() => sink.close({ signal: AbortSignal.abort() }));
      return sink;
    },
    async client(port, options) {
      const client = await HubClient.connect(port, options);
      ends.push(() => client.socket.terminate());
      return client;
    },
    onEnd: (end) => ends.push(end),
  };
}

/**
 * A message for a hub, of temporal data unless told: `size` bytes that begin with a number, which also stands behind the
 * place of an RRD header.
 */
export function item(number: number, size = 64, more: Partial<HubItem> = {}): HubItem {
  const bytes = Buffer.alloc(size);
  bytes.writeUInt32LE(number);
  if (size >= 20) bytes.writeUInt32LE(number, 16);
  return {
    parts: [bytes],
    bytes: size,
    pinned: false,
    keys: [],
    joinsNext: false,
    kind: "chunk",
    storeId: { kind: "recording", applicationId: "spec", recordingId: "items" },
    ...more,
  };
}

/** The number that {@link item} put into each frame. */
export function numbersOf(client: HubClient): number[] {
  return client.frames.map((frame) => Buffer.from(frame.buffer, frame.byteOffset).readUInt32LE());
}

/** The numbers from `first` to before `end`. */
export function range(first: number, end: number): number[] {
  return Array.from({ length: end - first }, (_, i) => first + i);
}

/** Resolves when something holds of a hub's browsers, looked at whenever one came, went or moved on. */
export async function untilBrowsers(
  hub: Hub,
  holds: (browsers: Hub["clients"]) => boolean,
): Promise<void> {
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (!holds(hub.clients)) return;
      subscription.unsubscribe();
      resolve();
    };
    const subscription = hub.changes$.subscribe(look);
    look();
  });
}

/** What a hub has, as a sink that is attached now would get it. */
export async function heldBy(hub: Hub): Promise<readonly LogMsg[]> {
  const sink = memory();
  await hub.attach(sink)();
  return sink.messages;
}

/** Rows of one entity. */
export function rowsAt(messages: readonly LogMsg[], entityPath: string): number {
  return messages.reduce(
    (rows, message) =>
      rows +
      (message.kind === "chunk" && message.chunk.entityPath === entityPath
        ? message.chunk.numRows
        : 0),
    0,
  );
}
