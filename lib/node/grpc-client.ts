import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
  type SecureClientSessionOptions,
} from "node:http2";
import { PROXY_SERVICE } from "../encode/grpc.ts";
import { quote, RerunError } from "../errors.ts";
import { VERSION } from "../version.ts";

/** What to trust, and how to show who one is, on an encrypted connection. As the options of `node:tls`. */
export interface TlsOptions {
  /** Certificates to trust in place of the well-known authorities; PEM. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[];
  /** Our own certificate, for servers that ask for one; PEM. */
  readonly cert?: string | Uint8Array;
  /** Private key of `cert`; PEM. */
  readonly key?: string | Uint8Array;
  /** False takes any certificate: then whoever sits in between can read and change everything. Default true. */
  readonly rejectUnauthorized?: boolean;
  /** Name that the certificate must hold; default the host of the URL. */
  readonly servername?: string;
}

/** Where to connect, and as whom. */
export interface GrpcTarget {
  /** Such as `http://127.0.0.1:9876`. */
  readonly origin: string;
  /** Sent as `authorization: Bearer TOKEN`. */
  readonly token?: string | undefined;
  readonly tls?: TlsOptions | undefined;
}

/** How long to wait, in milliseconds. */
export interface GrpcTiming {
  /** For TCP, TLS and the first answer of HTTP/2. */
  readonly connectMs: number;
  /** Between pings. A peer that has left two of them unanswered is gone. */
  readonly pingMs: number;
}

export const GRPC_TIMING: GrpcTiming = { connectMs: 5_000, pingMs: 10_000 };

/** How a call ended. */
export interface GrpcStatus {
  /** 0 is success. */
  readonly code: number;
  readonly message: string;
}

/** Codes of gRPC that matter here. */
export const GRPC_CODE = { ok: 0, permissionDenied: 7, unauthenticated: 16 } as const;

const CODE_NAMES = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
] as const;

/** Pings without an answer after which a peer counts as gone. */
const MAX_SILENT_PINGS = 2;
/** Bytes that a peer may answer to a call; the real answer has 5. */
const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_SHOWN = 200;
/** What a server may send ahead, of each call and of all together: the usual 64 KiB would hold back who reads. */
const WINDOW_BYTES = 8 << 20;

const { HTTP2_HEADER_PATH, HTTP2_HEADER_METHOD } = constants;

/**
 * One connection to a server that speaks gRPC, over HTTP/2 as Node has it: that moves ten times the small messages of
 * the libraries.
 *
 * It never keeps the process alive; whoever waits for something has to.
 */
export class GrpcConnection {
  /** Resolves when the connection is gone: with the reason, or with undefined after {@link close}. */
  readonly closed: Promise<RerunError | undefined>;
  readonly #session: ClientHttp2Session;
  readonly #target: GrpcTarget;
  readonly #pings: ReturnType<typeof setInterval>;
  #silentPings = 0;
  #heardBytes = 0;
  #closing = false;
  #draining = false;
  #onDraining: () => void = () => undefined;
  #reason: RerunError | undefined;

  /**
   * Connects, and resolves when the peer has spoken HTTP/2.
   *
   * @throws RerunError `viewer-unreachable`, `access-denied` for a certificate that is not trusted
   */
  static open(
    target: GrpcTarget,
    options: { readonly timing?: GrpcTiming; readonly signal?: AbortSignal } = {},
  ): Promise<GrpcConnection> {
    const { timing = GRPC_TIMING, signal } = options;
    return new Promise((resolve, reject) => {
      let session: ClientHttp2Session;
      try {
        session = connect(target.origin, sessionOptions(target));
      } catch (thrown) {
        reject(unreachable(target, thrown));
        return;
      }
      session.unref();
      let last: unknown;
      let connected = false;
      session.once("connect", () => {
        connected = true;
      });
      const timer = setTimeout(
        () => giveUp(timedOut(connected, timing.connectMs)),
        timing.connectMs,
      );
      timer.unref();
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", aborted);
        session.off("close", closed);
      };
      const giveUp = (thrown: unknown): void => {
        settle();
        session.destroy();
        reject(unreachable(target, thrown));
      };
      const aborted = (): void => giveUp(new Error("stopped"));
      const closed = (): void => giveUp(last ?? new Error("closed before HTTP/2 was agreed on"));
      signal?.addEventListener("abort", aborted, { once: true });
      if (signal?.aborted === true) aborted();
      // Stays for good: an error without a listener would end the process.
      session.on("error", (error) => {
        last ??= error;
      });
      session.once("close", closed);
      session.once("remoteSettings", () => {
        settle();
        if (session.destroyed) {
          reject(unreachable(target, last ?? new Error("closed at once")));
          return;
        }
        // What comes back, if much does, is read as fast as it comes.
        session.setLocalWindowSize(WINDOW_BYTES);
        resolve(new GrpcConnection(session, target, timing));
      });
    });
  }

  private constructor(session: ClientHttp2Session, target: GrpcTarget, timing: GrpcTiming) {
    this.#session = session;
    this.#target = target;
    session.on("error", (error) => {
      this.#reason ??= unreachable(target, error);
    });
    session.once("goaway", (code: number) => {
      this.#draining = true;
      this.#reason ??= unreachable(
        target,
        new Error(`the server ends the connection (GOAWAY ${code})`),
      );
      this.#onDraining();
    });
    this.closed = new Promise((resolve) => {
      session.once("close", () => {
        clearInterval(this.#pings);
        resolve(
          this.#closing
            ? undefined
            : (this.#reason ?? unreachable(target, new Error("the connection was closed"))),
        );
      });
    });
    this.#pings = setInterval(() => this.#ping(), timing.pingMs);
    this.#pings.unref();
  }

  /** True once the server said that it ends the connection: calls under way may finish, no new ones begin. */
  get draining(): boolean {
    return this.#draining;
  }

  /** Called once when {@link draining} becomes true. */
  set onDraining(listener: () => void) {
    this.#onDraining = listener;
  }

  /**
   * Begins a call. A connection that is gone ends it at once, with an error.
   *
   * @param onData gets what the server answers, as it comes. Default: only the status counts, and much more than it
   *   ends the call.
   */
  call(method: string, onData?: (bytes: Uint8Array) => void): ClientCall {
    const headers = {
      [HTTP2_HEADER_METHOD]: "POST",
      [HTTP2_HEADER_PATH]: method,
      "content-type": "application/grpc",
      te: "trailers",
      "user-agent": `rerun-rx/${VERSION}`,
      ...(this.#target.token === undefined
        ? {}
        : { authorization: `Bearer ${this.#target.token}` }),
    };
    let stream: ClientHttp2Stream | undefined;
    let refused: unknown;
    try {
      stream = this.#session.request(headers, { endStream: false });
    } catch (thrown) {
      refused = this.#reason ?? thrown;
    }
    return new ClientCall(stream, (thrown) => unreachable(this.#target, refused ?? thrown), onData);
  }

  /** Ends the connection; calls that are under way end with it. */
  close(): void {
    this.#closing = true;
    // Not in good order, with `close()`: that would wait for a peer that may never answer.
    this.#session.destroy();
  }

  /** Whatever comes from the peer shows that it is there: on a slow network a ping waits behind much data. */
  #ping(): void {
    if (this.#session.destroyed) return;
    const heard = this.#session.socket.bytesRead;
    if (heard !== this.#heardBytes) this.#silentPings = 0;
    this.#heardBytes = heard;
    if (this.#silentPings >= MAX_SILENT_PINGS) {
      this.#reason ??= unreachable(this.#target, new Error("no answer to pings"));
      this.#session.destroy();
      return;
    }
    this.#silentPings++;
    // Its answer counts as something heard.
    this.#session.ping(() => undefined);
  }
}

/** One call: messages go out, a status comes back. */
export class ClientCall {
  /**
   * How the server ended the call; rejects with a {@link RerunError} when it did not, or not in the words of gRPC. A
   * status that comes before {@link end} tells nothing of what was sent.
   */
  readonly status: Promise<GrpcStatus>;
  readonly #stream: ClientHttp2Stream | undefined;
  #ended = false;

  constructor(
    stream: ClientHttp2Stream | undefined,
    wrap: (thrown: unknown) => RerunError,
    onData?: (bytes: Uint8Array) => void,
  ) {
    this.#stream = stream;
    this.status = new Promise((resolve, reject) => {
      if (stream === undefined) {
        reject(wrap(undefined));
        return;
      }
      let headers: IncomingHttpHeaders & IncomingHttpStatusHeader = {};
      let trailers: IncomingHttpHeaders = {};
      let answered = 0;
      let last: unknown;
      const end = (): void => {
        try {
          resolve(statusOf(headers, trailers));
        } catch (thrown) {
          reject(wrap(last ?? thrown));
        }
      };
      stream.on("error", (error) => {
        last ??= error;
      });
      stream.once("response", (response) => {
        headers = response;
      });
      stream.once("trailers", (response) => {
        trailers = response;
      });
      stream.on("data", (bytes: Uint8Array) => {
        if (onData !== undefined) return onData(bytes);
        answered += bytes.length;
        if (answered <= MAX_ANSWER_BYTES) return;
        last ??= new Error(`expected a short answer, got more than ${MAX_ANSWER_BYTES} bytes`);
        stream.destroy();
      });
      stream.once("end", end);
      stream.once("close", () => {
        if (last === undefined && stream.rstCode !== 0)
          last = new Error(`the server reset the stream (RST_STREAM ${stream.rstCode})`);
        end();
      });
    });
    // Whoever asks is told; nobody has to ask.
    this.status.catch(() => undefined);
  }

  /** True once {@link end} was called. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Sends pieces, in order; they must not change until `taken` is called: once the peer and the network have taken
   * them off our hands. It is never called when the call breaks.
   */
  write(pieces: readonly Uint8Array[], taken: () => void): void {
    const stream = this.#stream;
    if (stream === undefined || stream.destroyed || this.#ended || pieces.length === 0) return;
    stream.cork();
    for (let i = 0; i < pieces.length - 1; i++) stream.write(pieces[i]);
    stream.write(pieces.at(-1), (error) => {
      if (error == null) taken();
    });
    stream.uncork();
  }

  /** Says that nothing more comes: the server then answers with its status. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stream?.end();
  }

  /** Lets the server wait with its answer. */
  pause(): void {
    this.#stream?.pause();
  }

  resume(): void {
    this.#stream?.resume();
  }

  /** Breaks the call off. */
  cancel(): void {
    this.#ended = true;
    // Not in good order, with `close()`: that would wait for the peer.
    this.#stream?.destroy();
  }
}

/**
 * Asks whether the other side is a message proxy of Rerun, by a call that writes no message: a viewer answers it with
 * status 0 and does nothing.
 *
 * @throws RerunError `viewer-unreachable` when the answer is none of gRPC, or late
 */
export async function shakeHands(
  connection: GrpcConnection,
  timeoutMs: number = GRPC_TIMING.connectMs,
): Promise<GrpcStatus> {
  const call = connection.call(`${PROXY_SERVICE}/WriteMessages`);
  call.end();
  const timer = setTimeout(() => call.cancel(), timeoutMs);
  timer.unref();
  try {
    return await call.status;
  } finally {
    clearTimeout(timer);
  }
}

function timedOut(connected: boolean, afterMs: number): Error {
  if (connected) return new Error(`no answer of an HTTP/2 server for ${afterMs} ms`);
  return Object.assign(new Error(`no connection for ${afterMs} ms`), { code: "ETIMEDOUT" });
}

/** Shows a status in a message. */
export function showStatus({ code, message }: GrpcStatus): string {
  const name = CODE_NAMES[code];
  return `${name ?? "gRPC status"} (${code})${message === "" ? "" : `: ${message}`}`;
}

function sessionOptions({ tls = {} }: GrpcTarget): SecureClientSessionOptions {
  const { ca, cert, key, rejectUnauthorized, servername } = tls;
  return {
    settings: { enablePush: false, initialWindowSize: WINDOW_BYTES },
    ...(ca === undefined ? {} : { ca: [ca].flat().map(pem) }),
    ...(cert === undefined ? {} : { cert: pem(cert) }),
    ...(key === undefined ? {} : { key: pem(key) }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    ...(servername === undefined ? {} : { servername }),
  };
}

const pem = (text: string | Uint8Array): string | Buffer =>
  typeof text === "string" ? text : Buffer.from(text.buffer, text.byteOffset, text.byteLength);

/** Reads the status off an answer; throws what is wrong with it. */
function statusOf(
  headers: IncomingHttpHeaders & IncomingHttpStatusHeader,
  trailers: IncomingHttpHeaders,
): GrpcStatus {
  const http = headers[":status"];
  if (http === undefined) throw new Error("the call ended without an answer");
  const type = headers["content-type"] ?? "nothing";
  if (http !== 200 || !type.startsWith("application/grpc"))
    throw new Error(`expected an answer of gRPC, got HTTP status ${http} with ${shown(type)}`);
  const status = trailers["grpc-status"] ?? headers["grpc-status"];
  if (status === undefined) throw new Error("the answer of the server was cut off");
  const code = Number(status);
  if (!/^\d{1,2}$/.test(String(status)))
    throw new Error(`expected a gRPC status, got ${shown(String(status))}`);
  return { code, message: decodeMessage(trailers["grpc-message"] ?? headers["grpc-message"]) };
}

/** The text of a status: percent-encoded, and written by a stranger. */
function decodeMessage(header: string | string[] | undefined): string {
  const text = [header ?? ""]
    .flat()
    .join(" ")
    .slice(0, 3 * MAX_SHOWN);
  try {
    return shown(decodeURIComponent(text));
  } catch {
    return shown(text);
  }
}

/** Cuts what is long, and takes out what would move the cursor of a terminal. */
const shown = (text: string): string =>
  text
    .replace(/\p{C}+/gu, " ")
    .trim()
    .slice(0, MAX_SHOWN);

const UNTRUSTED =
  /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|HOSTNAME_MISMATCH)/;

function unreachable({ origin }: GrpcTarget, thrown: unknown): RerunError {
  if (thrown instanceof RerunError) return thrown;
  const error = thrown as NodeJS.ErrnoException;
  const code = error.code ?? "";
  if (UNTRUSTED.test(code)) {
    return new RerunError(
      "access-denied",
      `Expected a certificate that is trusted, got one that is not (${code}); give the authority as \`tls.ca\`: ${origin}`,
      { cause: thrown },
    );
  }
  const why =
    code === "ECONNREFUSED" ? "nothing listens there" : shown(error.message ?? quote(thrown));
  return new RerunError(
    "viewer-unreachable",
    `Expected a Rerun viewer at ${origin}: ${why === "" ? code : why}`,
    {
      cause: thrown,
    },
  );
}
