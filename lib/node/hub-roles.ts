import type { WebSocket } from "ws";
import { type EncodedBatch, encodeFrameBatch } from "../encode/frame-batch.ts";
import { streamHeader } from "../encode/rrd.ts";
import type { LogEntry } from "../message-log.ts";
import { type ClientHello, PROTOCOL_VERSION, type ViewerEvent } from "../protocol.ts";
import type { CallLimits } from "./grpc-call.ts";
import type { Access } from "./hub-access.ts";
import { HubBrowser } from "./hub-browser.ts";
import { type FeedOptions, HubFeed } from "./hub-feed.ts";
import { GrpcGate, type OpenHandler } from "./hub-grpc.ts";
import type { HubItem } from "./hub-item.ts";
import type { HubLog, Taken } from "./hub-log.ts";
import type { HubOptions } from "./hub-options.ts";
import type { HubPeer, PeerAddress } from "./hub-peer.ts";
import { HubProducer } from "./hub-producer.ts";
import { GrpcReader } from "./hub-reader.ts";
import { HubSocket, type SocketHost, type SocketRole } from "./hub-socket.ts";
import { wantsMessages, wantsOf, wantsTables } from "./hub-wants.ts";
import { GrpcWriter, type WriterHost } from "./hub-writer.ts";
import { ByteBudget } from "./message-assembly.ts";
import { findViewer } from "./page-assets.ts";

/** What the roles need of their hub. */
export interface RolesOptions {
  readonly options: HubOptions;
  readonly access: Access;
  readonly session: string;
  readonly log: HubLog;
  isClosing(): boolean;
  hasRoom(): boolean;
  joined(peer: HubPeer): void;
  left(peer: HubPeer): void;
  /** Something came in. */
  taken(): void;
  changed(): void;
  congested(): Promise<void> | undefined;
  onEvent(clientId: number, event: ViewerEvent): void;
}

/** A message to a viewer holds about this much. The page joins small ones, so this bounds delay, not calls. */
const BATCH_BYTES = 1024 * 1024;

/** Makes of connections and calls what they ask to be: browsers, producers, readers, writers. */
export class HubRoles {
  readonly gate: GrpcGate;
  readonly limits: CallLimits;
  readonly #socketHost: SocketHost;
  readonly #rerunVersion: string = findViewer().version;
  readonly #hub: RolesOptions;
  readonly #batchBytes: number;
  #nextId = 1;
  #lastBatch:
    | {
        entries: readonly LogEntry<HubItem>[];
        next: number;
        back: number | undefined;
        batch: EncodedBatch;
      }
    | undefined;

  constructor(hub: RolesOptions) {
    this.#hub = hub;
    const { options, access } = hub;
    this.#batchBytes = Math.min(BATCH_BYTES, options.windowBytes);
    this.limits = {
      maxMessageBytes: options.maxChunkBytes,
      budget: new ByteBudget(2 * options.maxChunkBytes),
    };
    this.gate = new GrpcGate({
      access,
      isClosing: () => hub.isClosing(),
      methods: {
        WriteMessages: this.#writer(false),
        WriteTable: this.#writer(true),
        ReadMessages: this.#reader(wantsMessages),
        ReadTables: this.#reader(wantsTables),
      },
    });
    this.#socketHost = {
      ...options,
      tokenAllowed: (token) => access.tokenAllowed(token),
      open: (socket, hello) =>
        hello.role === "viewer" ? this.#browser(socket, hello) : this.#producer(socket),
      onEvent: (socket, event) => hub.onEvent(socket.id, event),
      onProgress: () => hub.changed(),
      onGone: (socket) => hub.left(socket),
    };
  }

  /** Says hello to who came by WebSocket. */
  greet(webSocket: WebSocket, address: PeerAddress, heardBytes: () => number): void {
    const { log, options, session } = this.#hub;
    const socket = new HubSocket(this.#nextId++, webSocket, this.#socketHost, address, heardBytes);
    socket.send({
      type: "hello",
      version: PROTOCOL_VERSION,
      session,
      server: options.server,
      rerun: this.#rerunVersion,
      header: streamHeader(),
      next: log.log.nextSeq,
      window: options.windowBytes,
      maxMessage: options.maxMessageBytes,
      alive: options.aliveMs,
    });
    this.#hub.joined(socket);
  }

  get #writing(): WriterHost {
    const hub = this.#hub;
    const taken = (result: Taken): Taken => {
      hub.taken();
      return result;
    };
    return {
      takeFrame: (kind, frame) => taken(hub.log.takeFrame(kind, frame)),
      takeTable: (bytes) => taken(hub.log.takeTable(bytes)),
      congested: () => hub.congested(),
      onProgress: () => hub.changed(),
      onGone: (peer) => hub.left(peer),
    };
  }

  #writer(tables: boolean): OpenHandler {
    return (call) => {
      if (!this.#hub.hasRoom()) return undefined;
      const writer = new GrpcWriter(this.#nextId++, call, this.#writing, { tables });
      this.#hub.joined(writer);
      return writer;
    };
  }

  #reader(wants: (item: HubItem) => boolean): OpenHandler {
    return (call) => {
      if (!this.#hub.hasRoom()) return undefined;
      const reader = new GrpcReader(this.#nextId++, call, {
        batchBytes: this.#batchBytes,
        openFeed: () => this.#feed({ from: "start", wants }),
        onProgress: () => this.#hub.changed(),
        onGone: (peer) => this.#hub.left(peer),
      });
      this.#hub.joined(reader);
      return reader;
    };
  }

  #feed(more: Pick<FeedOptions, "from" | "wants" | "back">): HubFeed {
    const { clientBudgetBytes: budgetBytes, replay } = this.#hub.options;
    return new HubFeed(this.#hub.log.log, { budgetBytes, replay, ...more });
  }

  #browser(socket: HubSocket, { resume, subscribe }: ClientHello): SocketRole {
    const { log } = this.#hub.log;
    // Numbers of another run of the hub mean nothing here; nor do those that were never given.
    const resumes = resume?.session === this.#hub.session && resume.seq <= log.nextSeq;
    const seq = resumes ? resume.seq : 0;
    const wants = wantsOf(subscribe);
    const { back } = resumes ? resume : {};
    const feed = this.#feed({
      from: resumes ? { seq } : "start",
      wants,
      ...(back === undefined ? {} : { back: Math.min(back, seq) }),
    });
    return new HubBrowser(
      socket,
      {
        windowBytes: this.#hub.options.windowBytes,
        batchBytes: this.#batchBytes,
        encode: (...batch) => this.#encode(...batch),
        onProgress: () => this.#hub.changed(),
      },
      { feed, seq, missed: resumes ? log.nextSeq - seq - log.countFrom(seq) : 0 },
    );
  }

  #producer(socket: HubSocket): SocketRole {
    return new HubProducer(socket, {
      ...this.#writing,
      windowBytes: this.#hub.options.windowBytes,
      maxFrameBytes: this.limits.maxMessageBytes,
      budget: this.limits.budget,
    });
  }

  /** Live browsers are all at the same place: the last batch is kept for the next of them. */
  #encode(
    entries: readonly LogEntry<HubItem>[],
    next: number,
    back: number | undefined,
  ): EncodedBatch {
    const last = this.#lastBatch;
    if (
      last?.next === next &&
      last.back === back &&
      last.entries.length === entries.length &&
      last.entries.every((entry, i) => entry === entries[i])
    )
      return last.batch;
    const batch = encodeFrameBatch({
      seq: (entries[0] as LogEntry<HubItem>).seq,
      next,
      back,
      frames: entries.map(({ item }) => item.parts),
    });
    this.#lastBatch = { entries, next, back, batch };
    return batch;
  }

  /** Lets go of what is kept for the next browser, when there is none. */
  rest(): void {
    this.#lastBatch = undefined;
  }
}
