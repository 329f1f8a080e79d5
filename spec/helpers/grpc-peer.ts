import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import { encodeFrame } from "../../lib/encode/rrd.ts";
import type { LogMsg } from "../../lib/log-msg.ts";

/** Path of the service. */
export const SERVICE = "/rerun.sdk_comms.v1alpha1.MessageProxyService/";

/** How a call ended. */
export interface GrpcEnd {
  /** `undefined` when the connection broke before there was one. */
  readonly status: number | undefined;
  readonly message: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** How to connect. */
export interface GrpcPeerOptions {
  /** More headers for each call; `null` leaves one out. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** By TLS; the certificate is not checked. */
  readonly tls?: boolean;
}

/**
 * A gRPC client over a real HTTP/2 connection, written straight from the description of the protocol: shares nothing
 * with the hub.
 */
export class GrpcPeer {
  readonly session: ClientHttp2Session;
  readonly #headers: GrpcPeerOptions["headers"];

  private constructor(session: ClientHttp2Session, headers: GrpcPeerOptions["headers"]) {
    this.session = session;
    this.#headers = headers;
    session.on("error", () => {});
  }

  static async connect(
    port: number,
    { headers = {}, tls = false }: GrpcPeerOptions = {},
  ): Promise<GrpcPeer> {
    const session = connect(`${tls ? "https" : "http"}://127.0.0.1:${port}`, {
      rejectUnauthorized: false,
      settings: { initialWindowSize: 4 * 1024 * 1024 },
    });
    const peer = new GrpcPeer(session, headers);
    await once(session, "connect");
    return peer;
  }

  /** Begins a call. */
  call(method: string, headers: Readonly<Record<string, string | null>> = {}): GrpcPeerCall {
    const all = {
      ":method": "POST",
      ":path": method.startsWith("/") ? method : `${SERVICE}${method}`,
      "content-type": "application/grpc",
      te: "trailers",
      ...this.#headers,
      ...headers,
    };
    const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
    return new GrpcPeerCall(this.session.request(given));
  }

  /** Begins `ReadMessages`. */
  read(method: "ReadMessages" | "ReadTables" = "ReadMessages"): GrpcPeerCall {
    const call = this.call(method);
    call.send(new Uint8Array(0));
    call.stream.end();
    return call;
  }

  /** Sends RRD frames by `WriteMessages` and waits for the answer. */
  async write(frames: readonly Uint8Array[]): Promise<GrpcEnd> {
    const call = this.call("WriteMessages");
    for (const frame of frames) call.send(writeRequest(frame));
    call.stream.end();
    return await call.end;
  }

  close(): void {
    this.session.destroy();
  }
}

/** One call. */
export class GrpcPeerCall {
  readonly stream: ClientHttp2Stream;
  /** What came, without prefix. */
  readonly messages: Buffer[] = [];
  /** Resolves when it is over; never rejects. */
  readonly end: Promise<GrpcEnd>;
  #pieces: Buffer[] = [];
  #bytes = 0;
  /** Bytes without which there is no whole message. */
  #wanted = 5;
  #watchers = new Set<() => void>();
  #over = false;

  constructor(stream: ClientHttp2Stream) {
    this.stream = stream;
    let headers: Record<string, unknown> = {};
    const take = (more: Record<string, unknown>): void => {
      headers = { ...headers, ...more };
    };
    stream.on("response", take);
    stream.on("trailers", take);
    stream.on("data", (data: Buffer) => this.#receive(data));
    stream.on("error", () => {});
    this.end = new Promise((resolve) => {
      stream.once("close", () => {
        this.#over = true;
        this.#look();
        const { "grpc-status": status, "grpc-message": message } = headers;
        resolve({
          status: status === undefined ? undefined : Number(status),
          message: typeof message === "string" ? decodeURIComponent(message) : "",
          headers,
        });
      });
    });
  }

  /** The RRD frames of all answers of `ReadMessages`. */
  get frames(): Uint8Array[] {
    return this.messages.map(frameOf);
  }

  send(message: Uint8Array): void {
    this.stream.write(prefixed(message));
  }

  /** Resolves when something holds, looked at whenever something came. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const held = holds();
        if (!held && !this.#over) return;
        this.#watchers.delete(look);
        if (held) resolve();
        else reject(new Error("The call was over before"));
      };
      this.#watchers.add(look);
      look();
    });
  }

  cancel(): void {
    this.stream.close(constants.NGHTTP2_CANCEL);
  }

  #receive(data: Buffer): void {
    this.#pieces.push(data);
    this.#bytes += data.length;
    if (this.#bytes < this.#wanted) return;
    const { messages, rest } = splitMessages(Buffer.concat(this.#pieces));
    this.#pieces = [rest];
    this.#bytes = rest.length;
    this.#wanted = rest.length < 5 ? 5 : 5 + rest.readUInt32BE(1);
    this.messages.push(...messages);
    if (messages.length > 0) this.#look();
  }

  #look(): void {
    for (const watcher of this.#watchers) watcher();
  }
}

/** A message of gRPC: flag, length, bytes. */
export function prefixed(message: Uint8Array, flag = 0): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flag;
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** Takes the whole messages of gRPC out of bytes. */
export function splitMessages(bytes: Buffer): {
  messages: Buffer[];
  flags: number[];
  rest: Buffer;
} {
  const messages: Buffer[] = [];
  const flags: number[] = [];
  let at = 0;
  while (at + 5 <= bytes.length) {
    const end = at + 5 + bytes.readUInt32BE(at + 1);
    if (end > bytes.length) break;
    flags.push(bytes[at] as number);
    messages.push(bytes.subarray(at + 5, end));
    at = end;
  }
  return { messages, flags, rest: bytes.subarray(at) };
}

/** A `WriteMessagesRequest` of one RRD frame, which has its header of 16 bytes. */
export function writeRequest(frame: Uint8Array): Buffer {
  return field(1, field(frame[0] as number, frame.subarray(16)));
}

/** The RRD frame of a `ReadMessagesResponse`. */
export function frameOf(response: Buffer): Uint8Array {
  const message = fieldAt(fieldAt(response).bytes);
  const header = Buffer.alloc(16);
  header.writeUInt32LE(message.number);
  header.writeUInt32LE(message.bytes.length, 8);
  return Buffer.concat([header, message.bytes]);
}

/** The RRD frames of messages, not compressed. */
export const framesOf = (messages: readonly LogMsg[]): Uint8Array[] =>
  messages.map((message) => encodeFrame(message, "none"));

/** A protobuf field of bytes. */
export function field(number: number, bytes: Uint8Array): Buffer {
  const head = [number * 8 + 2];
  let rest = bytes.length;
  for (; rest > 127; rest >>>= 7) head.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([...head, rest]), bytes]);
}

/** The one field of a message. */
function fieldAt(bytes: Buffer): { number: number; bytes: Buffer } {
  let at = 1;
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++] as number;
    length += (byte & 127) * 2 ** shift;
    if (byte < 128) break;
  }
  if (((bytes[0] as number) & 7) !== 2 || at + length !== bytes.length)
    throw new Error("Expected a message of one field");
  return { number: (bytes[0] as number) >> 3, bytes: bytes.subarray(at) };
}
