import type { EnvelopeKind } from "../decode/envelope.ts";
import { MESSAGE_HEADER_BYTES } from "../encode/rrd.ts";
import { RerunError } from "../errors.ts";
import type { ClientMessage } from "../protocol.ts";
import type { ClientProgress } from "./hub-peer.ts";
import { type HubSocket, SocketFailure, type SocketRole } from "./hub-socket.ts";
import type { WriterHost } from "./hub-writer.ts";
import { type ByteBudget, MessageAssembly } from "./message-assembly.ts";

/** What a hub lends to each of its producers. */
export interface ProducerHost extends Pick<WriterHost, "takeFrame" | "congested" | "onProgress"> {
  readonly windowBytes: number;
  /** Largest RRD message that is taken. */
  readonly maxFrameBytes: number;
  readonly budget: ByteBudget;
}

/** One who logs over a WebSocket, such as a page: sends a stream of RRD messages, and hears how much of it is in. */
export class HubProducer implements SocketRole {
  /** It takes nothing, so it never waits for anything. */
  readonly idleMs = 0;
  readonly isAwaited = false;
  readonly #socket: HubSocket;
  readonly #host: ProducerHost;
  readonly #assembly: MessageAssembly;
  #frames = 0;
  #bytes = 0;
  #refused = 0;
  #waiting: Promise<void> | undefined;
  #telling = false;
  #toldBytes = 0;

  constructor(socket: HubSocket, host: ProducerHost) {
    this.#socket = socket;
    this.#host = host;
    this.#assembly = new MessageAssembly({
      prefixBytes: MESSAGE_HEADER_BYTES,
      lengthOf: readHeader,
      maxBytes: host.maxFrameBytes,
      budget: host.budget,
      tooMuch: (message) => new SocketFailure("full", message),
      headroom: MESSAGE_HEADER_BYTES,
      onMessage: (frame, header) => this.#take(frame, header),
    });
  }

  get progress(): Partial<ClientProgress> {
    return {
      role: "producer",
      state: "live",
      receivedMessages: this.#frames,
      receivedBytes: this.#bytes,
      refusedMessages: this.#refused,
    };
  }

  has(): boolean {
    return true;
  }

  pump(): void {}

  receive(message: ClientMessage): void {
    if (message.type !== "data")
      throw new RerunError("protocol-error", `Expected no ${message.type} from a producer`);
    this.#bytes += message.bytes.length;
    if (this.#bytes - this.#toldBytes > this.#host.windowBytes)
      throw new RerunError("protocol-error", "Expected no more data than the window has room for");
    this.#assembly.push(message.bytes);
    this.#holdBack();
    this.#tell();
    this.#host.onProgress();
  }

  release(): void {
    this.#assembly.release();
  }

  #take(frame: Uint8Array, header: Uint8Array): void {
    const taken = this.#host.takeFrame(header[0] as EnvelopeKind, frame);
    this.#frames++;
    if (taken === "refused") this.#refused++;
    if (taken === "full")
      throw new SocketFailure(
        "full",
        "This hub holds as much static data, blueprints and recordings as it may",
      );
  }

  /** Reads no more, and acknowledges nothing, while someone who must have everything is behind. */
  #holdBack(): void {
    if (this.#waiting !== undefined) return;
    this.#waiting = this.#host.congested();
    if (this.#waiting === undefined) return;
    this.#socket.pause();
    void this.#waiting.then(() => {
      this.#waiting = undefined;
      this.#socket.resume();
      this.#tell();
    });
  }

  /** Once for all that came in this turn. */
  #tell(): void {
    if (this.#telling || this.#waiting !== undefined) return;
    this.#telling = true;
    setImmediate(() => {
      this.#telling = false;
      this.#toldBytes = this.#bytes;
      this.#socket.send({
        type: "taken",
        frames: this.#frames,
        bytes: this.#bytes,
        refused: this.#refused,
      });
    });
  }
}

/** The length in the header of an RRD message, which must be one of the kinds that carry data. */
function readHeader(header: Uint8Array): number {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const kind = view.getBigUint64(0, true);
  if (kind < 1n || kind > 3n)
    throw new RerunError("protocol-error", `Expected RRD messages of kind 1 to 3, got ${kind}`);
  return Number(view.getBigUint64(8, true));
}
