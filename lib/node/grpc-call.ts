import { GRPC_PREFIX_BYTES, readGrpcPrefix } from "./grpc-frames.ts";
import { GRPC_STATUS, type GrpcCode, GrpcFailure } from "./grpc-status.ts";
import type { PeerAddress } from "./hub-peer.ts";
import { type ByteBudget, MessageAssembly } from "./message-assembly.ts";

/** What is done with a call; one for each. */
export interface GrpcHandler {
  /** A message; {@link HEADROOM} bytes of any contents stand before it. */
  onMessage(bytes: Uint8Array): void;
  /** The other side has said all. */
  onEnd(): void;
  /** What was written has gone; there is room again. */
  onDrain(): void;
  /** The call is over, however. */
  onClose(): void;
}

/** Room before each message that came: an RRD header fits, so that a message becomes a frame without a copy. */
export const HEADROOM = 16;

/** Bounds of what calls may bring. */
export interface CallLimits {
  /** Largest message. */
  readonly maxMessageBytes: number;
  /** For messages that are not complete yet, of all calls together. */
  readonly budget: ByteBudget;
}

/** One call of gRPC, over HTTP/2 or as gRPC-web. */
export abstract class GrpcCall {
  abstract readonly protocol: "grpc" | "grpc-web";
  abstract readonly peer: PeerAddress;
  readonly #assembly: MessageAssembly;
  #handler: GrpcHandler | undefined;
  #ended = false;

  constructor({ maxMessageBytes, budget }: CallLimits) {
    this.#assembly = new MessageAssembly({
      prefixBytes: GRPC_PREFIX_BYTES,
      lengthOf: readGrpcPrefix,
      maxBytes: maxMessageBytes,
      budget,
      tooMuch: (message) => new GrpcFailure(GRPC_STATUS.resourceExhausted, message),
      headroom: HEADROOM,
      onMessage: (bytes) => {
        if (!this.#ended) this.#handler?.onMessage(bytes);
      },
    });
  }

  /** True when nothing that was written waits in this process. */
  abstract get drained(): boolean;
  /** Queues bytes; false asks to wait for `onDrain`. They are borrowed for good: nobody may change them. */
  abstract write(pieces: readonly Uint8Array[]): boolean;
  /** Stops taking data from the network, which holds the sender back; and goes on. */
  abstract pause(): void;
  abstract resume(): void;
  /** Ends the connection without an answer. */
  abstract destroy(): void;
  protected abstract sendStatus(
    code: GrpcCode,
    message: string,
    more: Readonly<Record<string, string>>,
  ): void;

  /** Says who handles the call; before anything of it is read. */
  handle(handler: GrpcHandler): void {
    this.#handler = handler;
  }

  /** Ends the call with a status; what comes after that is not listened to. */
  end(code: GrpcCode, message = "", more: Readonly<Record<string, string>> = {}): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#assembly.release();
    this.sendStatus(code, message, more);
  }

  /** For transports: bytes came. */
  protected received(bytes: Uint8Array): void {
    if (this.#ended) return;
    this.#guard(() => this.#assembly.push(bytes));
  }

  /** For transports: no more bytes will come. */
  protected receivedAll(): void {
    if (this.#ended) return;
    this.#guard(() => {
      if (!this.#assembly.atBoundary)
        throw new GrpcFailure(GRPC_STATUS.invalidArgument, "Expected the end of the message");
      this.#handler?.onEnd();
    });
  }

  /** For transports: there is room again. */
  protected hasRoom(): void {
    if (!this.#ended) this.#handler?.onDrain();
  }

  /** For transports: the connection is gone. */
  protected isGone(): void {
    this.#ended = true;
    this.#assembly.release();
    this.#handler?.onClose();
    this.#handler = undefined;
  }

  /** Whatever goes wrong with one call ends that call. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (thrown) {
      if (thrown instanceof GrpcFailure) this.end(thrown.code, thrown.message);
      else this.end(GRPC_STATUS.internal, `The call could not be handled: ${String(thrown)}`);
    }
  }
}
