import { decodeLogMsgProto, type EnvelopeKind } from "../decode/envelope.ts";
import { ProtobufReader } from "../decode/protobuf.ts";
import { RerunError } from "../errors.ts";
import { type GrpcCall, type GrpcHandler, HEADROOM } from "./grpc-call.ts";
import { grpcPrefix } from "./grpc-frames.ts";
import { GRPC_STATUS, GrpcFailure } from "./grpc-status.ts";
import type { Taken } from "./hub-log.ts";
import { type ClientProgress, type HubPeer, NO_TRAFFIC } from "./hub-peer.ts";

/** What a hub lends to those who log. */
export interface WriterHost {
  /** Takes one RRD message: its kind, and the frame with the header in place. */
  takeFrame(kind: EnvelopeKind, frame: Uint8Array): Taken;
  /** Takes the request of `WriteTable`. */
  takeTable(bytes: Uint8Array): Taken;
  /** A promise while who must have everything is behind. */
  congested(): Promise<void> | undefined;
  onProgress(): void;
  onGone(peer: HubPeer): void;
}

/** Trailer that tells a writer how many of its messages were left out because they could not be read. */
export const REFUSED_TRAILER = "rerun-rx-refused";

/** A message of gRPC without fields. */
const EMPTY_ANSWER: Uint8Array = grpcPrefix(0, 0);

/**
 * `WriteMessages` and `WriteTable`: takes messages, and answers once all of them are in.
 *
 * What is no protobuf ends the call. A message that is, but cannot be read by anyone, is left out and counted: it
 * would end the stream of every viewer, and the rest of this writer's data is as good as before.
 */
export class GrpcWriter implements HubPeer, GrpcHandler {
  /** It takes nothing, so it never waits for anything. */
  readonly idleMs = 0;
  readonly #id: number;
  readonly #call: GrpcCall;
  readonly #host: WriterHost;
  readonly #tables: boolean;
  readonly #connectedAt: number = Date.now();
  #messages = 0;
  #bytes = 0;
  #refused = 0;
  #waiting: Promise<void> | undefined;
  #ended = false;

  constructor(
    id: number,
    call: GrpcCall,
    host: WriterHost,
    { tables }: { readonly tables: boolean },
  ) {
    this.#id = id;
    this.#call = call;
    this.#host = host;
    this.#tables = tables;
  }

  get progress(): ClientProgress {
    return {
      ...NO_TRAFFIC,
      id: this.#id,
      role: "producer",
      protocol: this.#call.protocol,
      ...this.#call.peer,
      connectedAt: this.#connectedAt,
      state: "live",
      receivedMessages: this.#messages,
      receivedBytes: this.#bytes,
      refusedMessages: this.#refused,
    };
  }

  has(): boolean {
    return true;
  }

  pump(): void {}

  onMessage(bytes: Uint8Array): void {
    const size = bytes.length - HEADROOM;
    const taken = this.#tables ? this.#host.takeTable(bytes.subarray(HEADROOM)) : this.#take(bytes);
    this.#messages++;
    this.#bytes += size;
    if (taken === "refused") this.#refused++;
    if (taken === "full")
      throw new GrpcFailure(
        GRPC_STATUS.resourceExhausted,
        "This hub holds as much static data, blueprints and recordings as it may",
      );
    if (this.#tables && taken === "refused")
      throw new GrpcFailure(GRPC_STATUS.invalidArgument, "Expected a table with id and data");
    this.#holdBack();
    this.#host.onProgress();
  }

  onEnd(): void {
    this.#ended = true;
    if (this.#waiting !== undefined) return;
    const more = this.#refused > 0 ? { [REFUSED_TRAILER]: String(this.#refused) } : {};
    this.#call.write([EMPTY_ANSWER]);
    this.#call.end(GRPC_STATUS.ok, "", more);
  }

  onDrain(): void {}

  onClose(): void {
    this.#host.onGone(this);
  }

  close(reason: string): void {
    this.#call.end(GRPC_STATUS.unavailable, reason);
  }

  terminate(): void {
    this.#call.destroy();
  }

  #take(bytes: Uint8Array): Taken {
    let message: ReturnType<typeof decodeLogMsgProto> | undefined;
    try {
      const request = new ProtobufReader(bytes.subarray(HEADROOM), "WriteMessagesRequest");
      while (request.next()) if (request.field === 1) message = decodeLogMsgProto(request.bytes());
    } catch (thrown) {
      throw new GrpcFailure(
        GRPC_STATUS.invalidArgument,
        RerunError.from(thrown, "invalid-data").message,
      );
    }
    // An empty request is a message of a kind that is not known here.
    if (message === undefined) return "refused";
    // The room before the message, and the fields that wrapped it, have space for the header of a frame.
    const start = message.bytes.byteOffset - HEADROOM;
    const frame = new Uint8Array(bytes.buffer, start, HEADROOM + message.bytes.length);
    return this.#host.takeFrame(message.kind, frame);
  }

  /** Reads no more while someone who must have everything is behind. */
  #holdBack(): void {
    if (this.#waiting !== undefined) return;
    this.#waiting = this.#host.congested();
    if (this.#waiting === undefined) return;
    this.#call.pause();
    void this.#waiting.then(() => {
      this.#waiting = undefined;
      this.#call.resume();
      if (this.#ended) this.onEnd();
    });
  }
}
