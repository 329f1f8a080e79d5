import {
  constants,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { Watchdog } from "../watchdog.ts";
import { type CallLimits, GrpcCall } from "./grpc-call.ts";
import { encodeGrpcMessage, GRPC_STATUS, type GrpcCode } from "./grpc-status.ts";
import type { GrpcGate } from "./hub-grpc.ts";
import type { PeerAddress } from "./hub-peer.ts";

/** What the HTTP/2 side of a hub needs. */
export interface Http2Options extends CallLimits {
  readonly gate: GrpcGate;
  /** How long a connection may take to make its first call, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** How long it may leave pings unanswered, in milliseconds. */
  readonly stallTimeoutMs: number;
  /** A connection made its first call, or is gone after it. */
  readonly onConnections: (count: number) => void;
}

const MIB = 1024 * 1024;

/** Bytes that a sender may have under way, on a connection and on a call: enough for a long and fast line. */
const WINDOW_BYTES = 8 * MIB;
const FRAME_BYTES = 256 * 1024;
/** Calls that one connection may have at the same time. */
const MAX_CALLS = 32;

/**
 * Makes the server that answers gRPC over HTTP/2. It does not listen: connections are given to it.
 *
 * What a connection may cost is bounded: calls, headers, memory of the session, frames that make no sense, pings and
 * settings without end, and time without a call.
 */
export function createGrpcServer(options: Http2Options): Http2Server {
  const server = createServer({
    settings: {
      enablePush: false,
      initialWindowSize: WINDOW_BYTES,
      maxFrameSize: FRAME_BYTES,
      maxConcurrentStreams: MAX_CALLS,
      maxHeaderListSize: 16 * 1024,
      headerTableSize: 4096,
    },
    // In MB. Holds what is sent and not yet taken; calls beyond it are turned away.
    maxSessionMemory: 64,
    maxSessionInvalidFrames: 100,
    maxSessionRejectedStreams: 100,
    maxOutstandingPings: 10,
    maxSettings: 32,
    maxHeaderListPairs: 64,
    unknownProtocolTimeout: 1000,
  });
  let connections = 0;
  const count = (by: number): void => {
    connections += by;
    options.onConnections(connections);
  };
  server.on("session", (session) => watch(session, options, count));
  server.on("stream", (stream, headers) => {
    stream.on("error", () => {});
    answer(stream, headers, options);
  });
  // A connection that fails is over; nobody else needs to know.
  server.on("sessionError", () => {});
  server.on("error", () => {});
  return server;
}

/**
 * Ends connections that never make a call, and those that do not answer: what is dead does not say so by itself. One
 * that is between calls stays.
 */
function watch(
  session: ServerHttp2Session,
  { idleTimeoutMs, stallTimeoutMs }: Pick<Http2Options, "idleTimeoutMs" | "stallTimeoutMs">,
  count: (by: number) => void,
): void {
  // Of a whole connection only 64 KiB are allowed ahead by default.
  if (!session.destroyed) session.setLocalWindowSize(WINDOW_BYTES);
  let watchdog: Watchdog | undefined;
  const idle = setTimeout(() => session.destroy(), idleTimeoutMs).unref();
  session.once("stream", () => {
    clearTimeout(idle);
    count(1);
    const dog = new Watchdog({
      silenceMs: stallTimeoutMs,
      // After a frame that breaks the protocol Node reads no more, and tells nobody: no answer comes then.
      ask: () => {
        // Its `close` may be some turns away still; a ping would throw.
        if (!session.destroyed) session.ping((error) => void (error ?? dog.heard()));
      },
      gone: () => session.destroy(),
    });
    watchdog = dog;
  });
  session.once("close", () => {
    clearTimeout(idle);
    watchdog?.stop();
    if (watchdog !== undefined) count(-1);
  });
  session.on("error", () => {});
}

function answer(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  { gate, ...limits }: Http2Options,
): void {
  const { ":method": method, ":path": path = "", "content-type": type = "" } = headers;
  if (method !== "POST" || !/^application\/grpc(\+proto)?(;|$)/.test(type)) {
    // As the protocol has it; whoever wants the page asks by HTTP/1.1.
    stream.respond({ ":status": method === "POST" ? 415 : 404 }, { endStream: true });
    stream.close(constants.NGHTTP2_NO_ERROR);
    return;
  }
  const call = new Http2Call(stream, limits, {
    address: stream.session?.socket.remoteAddress ?? "",
    userAgent: headers["user-agent"],
  });
  gate.open(call, {
    path,
    host: headers[":authority"] ?? headers.host,
    origin: headers.origin,
    authorization: headers.authorization,
  });
}

class Http2Call extends GrpcCall {
  readonly protocol = "grpc";
  readonly peer: PeerAddress;
  readonly #stream: ServerHttp2Stream;

  constructor(stream: ServerHttp2Stream, limits: CallLimits, peer: PeerAddress) {
    super(limits);
    this.#stream = stream;
    this.peer = peer;
    stream.on("data", (bytes: Buffer) => this.received(bytes));
    stream.on("end", () => this.receivedAll());
    stream.once("close", () => this.isGone());
  }

  get drained(): boolean {
    return this.#stream.writableLength === 0;
  }

  /** A stream tells of room only when there was none; that everything has gone is worth knowing, too. */
  readonly #written = (): void => {
    if (this.drained) this.hasRoom();
  };

  write(pieces: readonly Uint8Array[]): boolean {
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return false;
    if (!stream.headersSent) this.#respond();
    let room = true;
    for (const [i, piece] of pieces.entries())
      room = stream.write(piece, i === pieces.length - 1 ? this.#written : undefined);
    return room;
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  destroy(): void {
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  protected sendStatus(
    code: GrpcCode,
    message: string,
    more: Readonly<Record<string, string>>,
  ): void {
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return;
    const trailers = {
      "grpc-status": String(code),
      ...(message === "" ? {} : { "grpc-message": encodeGrpcMessage(message) }),
      ...more,
    };
    // Tells a sender to stop, once the answer is out. What it still sends is not kept.
    const stop = (): void => {
      if (code !== GRPC_STATUS.ok) stream.close(constants.NGHTTP2_NO_ERROR);
    };
    stream.resume();
    if (!stream.headersSent) {
      stream.respond(
        { ":status": 200, "content-type": "application/grpc", ...trailers },
        { endStream: true },
      );
      stop();
      return;
    }
    stream.once("wantTrailers", () => {
      stream.sendTrailers(trailers);
      // Not before: Node would ask for memory without end when a call is closed that has trailers to send.
      setImmediate(stop);
    });
    stream.end();
  }

  #respond(): void {
    this.#stream.respond(
      { ":status": 200, "content-type": "application/grpc" },
      { waitForTrailers: true },
    );
  }
}
