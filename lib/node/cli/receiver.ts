import {
  encodeGrpcParts,
  grpcLogMsgPrefix,
  type LogMsgKind,
  PROXY_SERVICE,
} from "../../encode/grpc.ts";
import { RerunError } from "../../errors.ts";
import type { LogMsg } from "../../log-msg.ts";
import type { RerunUrl } from "../../rerun-url.ts";
import { GRPC_CODE, showStatus } from "../grpc-answer.ts";
import { GrpcConnection } from "../grpc-client.ts";
import { type ClientCall } from "../grpc-client-call.ts";
import type { Hub } from "../hub.ts";

/** Takes messages of recordings. */
export interface Receiver {
  /** Takes a message as it stands in files, not looked into. A promise holds the next ones back. */
  takeEncoded(kind: LogMsgKind, message: Uint8Array): void | Promise<void>;
  /** Takes a message that was decoded. */
  take(message: LogMsg): void | Promise<void>;
  /** Resolves when all have arrived. */
  end(): Promise<void>;
  /** Breaks off. Idempotent. */
  close(): void;
}

/** Gives messages to a hub of this process. */
export class HubReceiver implements Receiver {
  readonly #hub: Hub;
  /** Messages that are there now. */
  taken = 0;
  /** Messages that nobody could read. */
  refused = 0;

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  takeEncoded(kind: LogMsgKind, message: Uint8Array): void | Promise<void> {
    return this.#after(this.#hub.takeEncoded(kind, message));
  }

  take(message: LogMsg): void | Promise<void> {
    return this.#after(this.#hub.take(message));
  }

  #after(taken: ReturnType<Hub["take"]>): void | Promise<void> {
    if (taken === "refused") this.refused++;
    else this.taken++;
    if (taken === "full")
      throw new RerunError(
        "data-dropped",
        "There is more static data than fits into the memory limit; raise --memory-limit",
      );
    return this.#hub.congested();
  }

  async end(): Promise<void> {}

  close(): void {}
}

/** Bytes sent ahead of what the network has taken. */
const MAX_IN_FLIGHT = 16 * 1024 * 1024;

/** Sends messages to a viewer over gRPC. */
export class ProxyReceiver implements Receiver {
  readonly #target: RerunUrl;
  readonly #connection: GrpcConnection;
  readonly #call: ClientCall;
  /** Messages that were sent. */
  sent = 0;
  #inFlight = 0;
  #wake: () => void = () => undefined;

  private constructor(target: RerunUrl, connection: GrpcConnection) {
    this.#target = target;
    this.#connection = connection;
    this.#call = connection.call(`${PROXY_SERVICE}/WriteMessages`);
    const ended = (): void => this.#wake();
    this.#call.status.then(ended, ended);
  }

  /** @throws RerunError `viewer-unreachable`, `access-denied` */
  static async open(target: RerunUrl, token: string | undefined): Promise<ProxyReceiver> {
    return new ProxyReceiver(target, await GrpcConnection.open({ origin: target.origin, token }));
  }

  takeEncoded(kind: LogMsgKind, message: Uint8Array): void | Promise<void> {
    return this.#write([grpcLogMsgPrefix(kind, message.length), message]);
  }

  take(message: LogMsg): void | Promise<void> {
    return this.#write(encodeGrpcParts(message));
  }

  async end(): Promise<void> {
    this.#call.end();
    await this.#settled();
    this.#connection.close();
    await this.#connection.closed;
  }

  close(): void {
    this.#call.cancel();
    this.#connection.close();
  }

  #write(pieces: readonly Uint8Array[]): void | Promise<void> {
    const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    this.sent++;
    this.#inFlight += bytes;
    this.#call.write(pieces, () => {
      this.#inFlight -= bytes;
      if (this.#inFlight < MAX_IN_FLIGHT) this.#wake();
    });
    return this.#inFlight < MAX_IN_FLIGHT ? undefined : this.#untilRoom();
  }

  async #untilRoom(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    // A viewer that ended the call takes nothing more.
    if (this.#inFlight >= MAX_IN_FLIGHT) await this.#settled();
  }

  async #settled(): Promise<void> {
    const status = await this.#call.status;
    if (status.code === GRPC_CODE.ok && this.#call.ended) return;
    const denied =
      status.code === GRPC_CODE.unauthenticated || status.code === GRPC_CODE.permissionDenied;
    throw new RerunError(
      denied ? "access-denied" : "viewer-unreachable",
      `Expected the viewer to take all data, it answered ${showStatus(status)}${denied ? "; give --token" : ""}: ${this.#target.url}`,
    );
  }
}
