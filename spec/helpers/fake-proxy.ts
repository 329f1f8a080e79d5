import { once } from "node:events";
import {
  createSecureServer,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { messageHeader, streamHeader } from "../../lib/encode/rrd.ts";
import { type DecodedChunk, decodeRrd } from "./decode-rrd.ts";

/** One call of a program that logs; what is not scripted is answered as a viewer would. */
export interface FakeCall {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly stream: ServerHttp2Stream;
  readonly session: ServerHttp2Session;
  /** Complete messages so far, as they stand in files. */
  readonly frames: readonly Uint8Array[];
  /** Answers with a status, whatever was sent. */
  answer(code?: number, message?: string): void;
}

/** What a scripted proxy does about a call. True: the script sees to it, nothing else is done. */
export type OnCall = (call: FakeCall) => boolean | void;

/** How a scripted proxy is started. */
export interface FakeProxyOptions {
  readonly port?: number;
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Called for each call that carries messages; not for the greeting, which is a call without. */
  readonly onCall?: OnCall;
  /** Called for each message; true: nothing else is done about it. */
  readonly onFrame?: (call: FakeCall) => boolean | void;
  /** Called before each call, the greeting included. */
  readonly onHeaders?: OnCall;
}

/** A message proxy whose every step a test controls. It speaks HTTP/2 by Node's own means. */
export class FakeProxy {
  readonly port: number;
  /** Messages of all calls, in the order of their arrival. */
  readonly frames: Uint8Array[] = [];
  readonly calls: FakeCall[] = [];
  readonly sessions: Set<ServerHttp2Session> = new Set();
  readonly #server: Http2Server;

  private constructor(server: Http2Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async listen(options: FakeProxyOptions = {}): Promise<FakeProxy> {
    const settings = { initialWindowSize: 1 << 20 };
    const server =
      options.tls === undefined
        ? createServer({ settings })
        : createSecureServer({ settings, ...options.tls });
    server.listen(options.port ?? 0, "127.0.0.1");
    await once(server, "listening");
    const proxy = new FakeProxy(server, (server.address() as AddressInfo).port);
    server.on("session", (session: ServerHttp2Session) => {
      proxy.sessions.add(session);
      session.setLocalWindowSize?.(16 << 20);
      session.on("error", () => undefined);
      session.once("close", () => proxy.sessions.delete(session));
    });
    server.on("sessionError", () => undefined);
    server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) =>
      proxy.#serve(stream, headers, options),
    );
    return proxy;
  }

  /** As an option of `connect`. */
  get url(): string {
    return `rerun+http://127.0.0.1:${this.port}/proxy`;
  }

  /** The messages as a file. */
  get rrd(): Uint8Array {
    return Buffer.concat([streamHeader(), ...this.frames]);
  }

  get chunks(): readonly DecodedChunk[] {
    return decodeRrd(this.rrd).chunks;
  }

  /** Ends all connections at once, as a process that is killed. */
  async kill(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const session of this.sessions) session.destroy();
    await closed;
  }

  #serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, options: FakeProxyOptions): void {
    const frames: Uint8Array[] = [];
    let answered = false;
    const answer = (code = 0, message = ""): void => {
      if (answered || stream.destroyed) return;
      answered = true;
      stream.respond(
        { ":status": 200, "content-type": "application/grpc" },
        { waitForTrailers: true },
      );
      stream.once("wantTrailers", () => {
        stream.sendTrailers({ "grpc-status": String(code), "grpc-message": message });
      });
      // An answer without fields.
      stream.end(code === 0 ? Buffer.alloc(5) : undefined);
    };
    const session = stream.session as ServerHttp2Session;
    const call: FakeCall = {
      path: headers[":path"] ?? "",
      headers,
      stream,
      session,
      frames,
      answer,
    };
    stream.on("error", () => undefined);
    this.calls.push(call);
    if (options.onHeaders?.(call) === true) return;
    let pending: Buffer = Buffer.alloc(0);
    let begun = false;
    let scripted = false;
    stream.on("data", (bytes: Buffer) => {
      if (!begun) {
        begun = true;
        scripted = options.onCall?.(call) === true;
      }
      if (scripted) return;
      pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
      for (;;) {
        if (pending.length < 5) break;
        const length = pending.readUInt32BE(1);
        if (pending.length < 5 + length) break;
        const frame = rrdFrame(pending.subarray(5, 5 + length));
        pending = pending.subarray(5 + length);
        frames.push(frame);
        if (options.onFrame?.(call) === true) continue;
        this.frames.push(frame);
      }
    });
    stream.once("end", () => {
      if (!scripted) answer();
    });
  }
}

/** Takes a `WriteMessagesRequest` apart: a message of a file is what is in the innermost field. */
function rrdFrame(request: Uint8Array): Uint8Array {
  const outer = onlyField(request);
  if (outer.number !== 1) throw new Error(`Expected field 1 of a request, got ${outer.number}`);
  const inner = onlyField(outer.bytes);
  return Buffer.concat([messageHeader(inner.number, inner.bytes.length), inner.bytes]);
}

function onlyField(message: Uint8Array): { readonly number: number; readonly bytes: Uint8Array } {
  const tag = message[0] ?? 0;
  let length = 0;
  let at = 1;
  for (let shift = 0; ; shift += 7) {
    const byte = message[at++] ?? 0;
    length += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  if ((tag & 7) !== 2 || at + length !== message.length)
    throw new Error("Expected a message with one field that is a message");
  return { number: tag >>> 3, bytes: message.subarray(at) };
}

/** Starts scripted proxies; they end with the test. Call it in the body of `describe`. */
export function useFakeProxy(): (options?: FakeProxyOptions) => Promise<FakeProxy> {
  let proxies: FakeProxy[] = [];
  afterEach("end the scripted proxies", async () => {
    const ended = proxies;
    proxies = [];
    await Promise.all(ended.map((proxy) => proxy.kill().catch(() => undefined)));
  });
  return async (options) => {
    const proxy = await FakeProxy.listen(options);
    proxies.push(proxy);
    return proxy;
  };
}
