import type { LogEntry } from "../message-log.ts";
import type { GrpcCall, GrpcHandler } from "./grpc-call.ts";
import { GRPC_PREFIX_BYTES, grpcPrefix } from "./grpc-frames.ts";
import { GRPC_STATUS } from "./grpc-status.ts";
import type { HubFeed } from "./hub-feed.ts";
import { bareParts, type HubItem, sizeOf } from "./hub-item.ts";
import { type ClientProgress, type HubPeer, NO_TRAFFIC } from "./hub-peer.ts";

/** What a hub lends to each of its readers. */
export interface ReaderHost {
  /** Bytes handed to the network at once. */
  readonly batchBytes: number;
  openFeed(): HubFeed;
  onProgress(): void;
  onGone(peer: HubPeer): void;
}

/** `ReadMessages` and `ReadTables`: gets what was, then what comes, until it leaves or the hub ends. */
export class GrpcReader implements HubPeer, GrpcHandler {
  readonly #id: number;
  readonly #call: GrpcCall;
  readonly #host: ReaderHost;
  readonly #connectedAt: number = Date.now();
  #feed: HubFeed | undefined;
  #full = false;
  #gone = false;
  #sentMessages = 0;
  #sentBytes = 0;
  #ackedBytes = 0;
  #lastProgress = performance.now();

  constructor(id: number, call: GrpcCall, host: ReaderHost) {
    this.#id = id;
    this.#call = call;
    this.#host = host;
  }

  get progress(): ClientProgress {
    const feed = this.#feed;
    return {
      ...NO_TRAFFIC,
      id: this.#id,
      role: "reader",
      protocol: this.#call.protocol,
      ...this.#call.peer,
      connectedAt: this.#connectedAt,
      state: feed === undefined ? "greeting" : feed.atEnd && !this.#full ? "live" : "catching-up",
      sentMessages: this.#sentMessages,
      sentBytes: this.#sentBytes,
      ackedBytes: this.#ackedBytes,
      queuedBytes: feed?.queuedBytes ?? 0,
      dropped: feed?.dropped ?? 0,
    };
  }

  get idleMs(): number {
    return performance.now() - this.#lastProgress;
  }

  has(seq: number): boolean {
    if (this.#gone) return true;
    const feed = this.#feed;
    return feed !== undefined && feed.back === 0 && feed.next >= seq && this.#call.drained;
  }

  pump(): void {
    const feed = this.#feed;
    if (feed === undefined || this.#gone) return;
    while (!this.#full && !feed.atEnd) {
      if (this.#call.drained) this.#lastProgress = performance.now();
      const entries = feed.take(this.#host.batchBytes);
      if (entries.length === 0) continue;
      const pieces = encodeAnswers(entries);
      this.#sentMessages += entries.length;
      this.#sentBytes += sizeOf(pieces);
      this.#full = !this.#call.write(pieces);
      if (!this.#full) this.#ackedBytes = this.#sentBytes;
    }
  }

  /** The request says nothing but that it is there. */
  onMessage(): void {
    if (this.#feed !== undefined)
      return this.#call.end(GRPC_STATUS.invalidArgument, "Expected one message");
    this.#feed = this.#host.openFeed();
    // Headers at once: a reader of a hub without data is connected too.
    this.#call.write([]);
    this.pump();
    this.#host.onProgress();
  }

  onEnd(): void {
    if (this.#feed === undefined)
      this.#call.end(GRPC_STATUS.invalidArgument, "Expected a message, got none");
  }

  onDrain(): void {
    this.#full = false;
    this.#ackedBytes = this.#sentBytes;
    this.#lastProgress = performance.now();
    this.pump();
    this.#host.onProgress();
  }

  onClose(): void {
    this.#gone = true;
    this.#feed?.close();
    this.#host.onGone(this);
  }

  close(): void {
    this.#feed?.close();
    this.#feed = undefined;
    this.#call.end(GRPC_STATUS.ok);
  }

  terminate(): void {
    this.#call.destroy();
  }
}

/** Pieces from this size on go out as they are; smaller ones are joined, as each write has its cost. */
const LARGE_PIECE_BYTES = 16 * 1024;

/** Encodes answers of `ReadMessages` or `ReadTables`, one after the other. */
function encodeAnswers(entries: readonly LogEntry<HubItem>[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let small: Uint8Array[] = [];
  const join = (): void => {
    if (small.length > 0)
      pieces.push(small.length === 1 ? (small[0] as Uint8Array) : Buffer.concat(small));
    small = [];
  };
  for (const { item } of entries) {
    for (const piece of encodeAnswer(item)) {
      if (piece.length < LARGE_PIECE_BYTES) {
        small.push(piece);
      } else {
        join();
        pieces.push(piece);
      }
    }
  }
  join();
  return pieces;
}

const LOG_MSG_FIELD = 1;
const FIELD_OF = { "store-info": 1, chunk: 2, activation: 3 } as const;

/**
 * One answer, in pieces:
 *
 * ```
 * 00 xx xx xx xx          gRPC: not compressed, length
 * 0a …                    ReadMessagesResponse.log_msg, length
 * 0a | 12 | 1a …          LogMsg: set_store_info | arrow_msg | blueprint_activation_command, length
 * ```
 */
function encodeAnswer(item: HubItem): readonly Uint8Array[] {
  const parts = bareParts(item);
  const size = sizeOf(parts);
  if (item.kind === "table") return [grpcPrefix(0, size), ...parts];
  const inner = 1 + varintBytes(size);
  const outer = 1 + varintBytes(inner + size);
  const head = grpcPrefix(0, outer + inner + size, outer + inner);
  let at = writeField(head, GRPC_PREFIX_BYTES, LOG_MSG_FIELD, inner + size);
  at = writeField(head, at, FIELD_OF[item.kind], size);
  return [head, ...parts];
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes++;
  return bytes;
}

/** Tag and length of a message field; returns where it ends. */
function writeField(bytes: Uint8Array, from: number, field: number, length: number): number {
  let at = from;
  bytes[at++] = field * 8 + 2;
  let rest = length;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes[at++] = (rest % 0x80) | 0x80;
  bytes[at++] = rest;
  return at;
}
