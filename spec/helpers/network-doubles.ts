import { decodeEnvelope, decodeLogMsgProto, type EnvelopeKind } from "../../lib/decode/envelope.ts";
import { ProtobufReader } from "../../lib/decode/protobuf.ts";
import { encodeCbor } from "../../lib/encode/cbor.ts";
import type { Compression } from "../../lib/encode/log-msg.ts";
import { streamHeader } from "../../lib/encode/rrd.ts";
import { RerunError } from "../../lib/errors.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { type GrpcStatus } from "../../lib/node/grpc-answer.ts";
import { GrpcConnection } from "../../lib/node/grpc-client.ts";
import { type ClientCall } from "../../lib/node/grpc-client-call.ts";
import { readClientMessage } from "../../lib/protocol-reader.ts";
import { parseRerunUrl } from "../../lib/rerun-url.ts";
import type { ProducerSocket } from "../../lib/socket-link.ts";
import { GrpcSink } from "../../sinks/support/grpc-sink.ts";

/** How a connection ends: with the peer and all it had, by itself, or only what is under way on it. */
export type Loss = "peer" | "link" | "call";

/** The name of a message: that of its chunk, so that one that came twice is known. */
export const nameOf = (message: LogMsg): string =>
  message.kind === "chunk" ? String(message.chunk.id) : message.kind;

/** What a receiver has: names of messages, each once. */
export class Held {
  readonly #names = new Set<string>();
  /** For each connection names in the order in which they first came over it. */
  readonly #passes: Set<string>[] = [new Set()];

  get names(): readonly string[] {
    return [...this.#names];
  }

  get passes(): readonly (readonly string[])[] {
    return this.#passes.map((names) => [...names]);
  }

  /** Another connection begins: what comes may have come before. */
  begin(): void {
    this.#passes.push(new Set());
  }

  add(name: string): void {
    this.#names.add(name);
    this.#passes.at(-1)?.add(name);
  }

  addEncoded(kind: EnvelopeKind, bytes: Uint8Array): void {
    const envelope = decodeEnvelope(kind, bytes);
    this.add(envelope.kind === "arrow-msg" ? String(envelope.chunkId) : envelope.kind);
  }

  /** Whole RRD messages, of a file or on their way; returns what is left. */
  addFrames(bytes: Uint8Array): Uint8Array {
    let at = 0;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    while (at + 16 <= bytes.length) {
      const kind = view.getUint32(at, true);
      const end = at + 16 + view.getUint32(at + 8, true);
      // What follows the end of a file is its index.
      if (end > bytes.length || kind === 0) break;
      this.addEncoded(kind as EnvelopeKind, bytes.subarray(at + 16, end));
      at = end;
    }
    return bytes.subarray(at);
  }
}

/** The far side of a sink, which does nothing by itself: each step is asked for. */
export interface PeerDouble {
  readonly held: Held;
  /** Lets the oldest thing that waits happen; false when nothing does. */
  step(): boolean;
  lose(how: Loss): void;
}

const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

const gone = (): RerunError => new RerunError("viewer-unreachable", "the connection broke");

/** A gRPC connection that ends in a double instead of a network. */
class ConnectionDouble {
  readonly draining = false;
  onDraining: () => void = () => undefined;
  readonly closed: Promise<RerunError | undefined>;
  readonly end: (error?: RerunError) => void;
  readonly #peer: GrpcDouble;

  constructor(peer: GrpcDouble) {
    this.#peer = peer;
    let end: (error?: RerunError) => void = () => undefined;
    this.closed = new Promise((resolve) => {
      end = resolve;
    });
    this.end = end;
  }

  call(): ClientCall {
    return new CallDouble(this.#peer) as unknown as ClientCall;
  }

  close(): void {
    this.end();
  }
}

class CallDouble {
  readonly status: Promise<GrpcStatus>;
  ended = false;
  answer: (status: GrpcStatus) => void = () => undefined;
  fail: (error: RerunError) => void = () => undefined;
  isBroken = false;
  pending: Uint8Array = new Uint8Array(0);
  readonly #peer: GrpcDouble;
  #isEmpty = true;

  constructor(peer: GrpcDouble) {
    this.#peer = peer;
    this.status = new Promise((resolve, reject) => {
      this.answer = resolve;
      this.fail = reject;
    });
    this.status.catch(() => undefined);
  }

  write(pieces: readonly Uint8Array[], taken: () => void): void {
    this.#isEmpty = false;
    this.#peer.happens(this, () => {
      this.pending = this.#peer.take(join(this.pending, ...pieces));
      taken();
    });
  }

  end(): void {
    if (this.ended) return;
    this.ended = true;
    const ok = (): void => this.answer({ code: 0, message: "" });
    // A greeting is answered at once.
    if (this.#isEmpty) ok();
    else this.#peer.happens(this, ok);
  }

  cancel(): void {
    this.isBroken = true;
  }
}

/** A viewer; see {@link connectDouble}. */
export class GrpcDouble implements PeerDouble {
  held: Held = new Held();
  #events: { readonly call: CallDouble; readonly work: () => void }[] = [];
  #connection: ConnectionDouble | undefined;
  /** Until another one comes, what it acknowledged is with the one that is gone. */
  #isGone = false;

  open(): ConnectionDouble {
    if (this.#isGone) this.held = new Held();
    this.#isGone = false;
    this.held.begin();
    this.#connection = new ConnectionDouble(this);
    this.#events = [];
    return this.#connection;
  }

  happens(call: CallDouble, work: () => void): void {
    this.#events.push({ call, work });
  }

  step(): boolean {
    this.#events = this.#events.filter(({ call }) => !call.isBroken);
    const event = this.#events.shift();
    event?.work();
    return event !== undefined;
  }

  lose(how: Loss): void {
    const events = this.#events;
    this.#events = [];
    this.#isGone ||= how === "peer";
    if (how !== "call") this.#connection?.end(gone());
    else for (const { call } of events) call.fail(gone());
  }

  /** Whole messages of gRPC; returns what is left. */
  take(bytes: Uint8Array): Uint8Array {
    let at = 0;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    while (at + 5 <= bytes.length) {
      const end = at + 5 + view.getUint32(at + 1);
      if (end > bytes.length) break;
      const request = new ProtobufReader(bytes.subarray(at + 5, end), "WriteMessagesRequest");
      request.next();
      const { kind, bytes: message } = decodeLogMsgProto(request.bytes());
      this.held.addEncoded(kind, message);
      at = end;
    }
    return bytes.subarray(at);
  }
}

const grpcDoubles = new Map<string, GrpcDouble>();

interface DoubledSinkOptions {
  readonly name: string;
  readonly compression: Compression;
}

/** What `connect` makes, with a viewer that is a double; see {@link useGrpcDoubles}. */
export function connectDouble({ name, compression }: DoubledSinkOptions): {
  readonly sink: GrpcSink;
  readonly peer: GrpcDouble;
} {
  const host = `double-${grpcDoubles.size}:80`;
  const peer = new GrpcDouble();
  grpcDoubles.set(`http://${host}`, peer);
  const sink = new GrpcSink({
    name,
    url: parseRerunUrl(`rerun+http://${host}/proxy`),
    target: { origin: `http://${host}` },
    compression,
    closeTimeoutMs: 1_500,
    exitTimeoutMs: 5_000,
    silenceMs: 15_000,
  });
  return { sink, peer };
}

/** Lets gRPC connections of the surrounding suite end in doubles. */
export function useGrpcDoubles(): void {
  const { open } = GrpcConnection;
  before("let connections end in doubles", () => {
    GrpcConnection.open = async ({ origin }) => {
      const peer = grpcDoubles.get(origin);
      if (peer === undefined) throw gone();
      return peer.open() as unknown as GrpcConnection;
    };
  });
  afterEach("forget the doubles", () => grpcDoubles.clear());
  after("let connections go over the network", () => {
    GrpcConnection.open = open;
  });
}

/** A hub, and what makes WebSockets that end in it. */
export class SocketDouble implements PeerDouble {
  held: Held = new Held();
  readonly WebSocket: new (
    url: string,
    protocol: string,
  ) => ProducerSocket;
  #events: (() => void)[] = [];
  #socket: ProducerSocket | undefined;
  #session = 0;
  /** Until another one comes, what it acknowledged is with the one that is gone. */
  #isGone = false;
  #pending: Uint8Array = new Uint8Array(0);
  #bytes = 0;
  #frames = 0;

  constructor() {
    const accept = (socket: ProducerSocket): void => this.#accept(socket);
    const receive = (socket: ProducerSocket, bytes: Uint8Array): void => {
      if (socket === this.#socket) this.#events.push(() => this.#receive(bytes));
    };
    this.WebSocket = class implements ProducerSocket {
      binaryType = "";
      onmessage: ProducerSocket["onmessage"] = null;
      onclose: ProducerSocket["onclose"] = null;
      onerror: ProducerSocket["onerror"] = null;

      constructor() {
        accept(this);
      }

      send(bytes: Uint8Array): void {
        receive(this, bytes);
      }

      close(): void {}
    };
  }

  step(): boolean {
    const event = this.#events.shift();
    event?.();
    return event !== undefined;
  }

  lose(how: Loss): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#events = [];
    this.#isGone ||= how === "peer";
    socket?.onclose?.({ code: 1006, reason: "" });
  }

  #accept(socket: ProducerSocket): void {
    this.#socket = socket;
    if (this.#isGone) {
      this.held = new Held();
      this.#session++;
    }
    this.#isGone = false;
    this.held.begin();
    this.#pending = new Uint8Array(0);
    this.#bytes = 0;
    this.#frames = 0;
    this.#events = [
      () =>
        this.#send({
          type: "hello",
          version: 1,
          session: String(this.#session),
          server: { name: "double", version: "0" },
          rerun: "0.33.0",
          header: streamHeader(),
          next: 0,
          window: 3000,
          maxMessage: 1024,
        }),
    ];
  }

  #receive(bytes: Uint8Array): void {
    const message = readClientMessage(bytes);
    if (message.type !== "data") return;
    this.#bytes += message.bytes.length;
    const all = join(this.#pending, message.bytes);
    const before = countFrames(all);
    this.#pending = this.held.addFrames(all);
    this.#frames += before;
    this.#send({ type: "taken", frames: this.#frames, bytes: this.#bytes, refused: 0 });
  }

  #send(message: object): void {
    this.#socket?.onmessage?.({ data: encodeCbor(message) });
  }
}

/** Whole RRD messages at the beginning of some bytes. */
function countFrames(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let count = 0;
  for (let at = 0; at + 16 <= bytes.length; count++) {
    at += 16 + view.getUint32(at + 8, true);
    if (at > bytes.length) break;
  }
  return count;
}
