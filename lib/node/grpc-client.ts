import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import { PROXY_SERVICE } from "../encode/grpc.ts";
import type { RerunError } from "../errors.ts";
import { VERSION } from "../version.ts";
import { Watchdog } from "../watchdog.ts";
import type { GrpcStatus } from "./grpc-answer.ts";
import { ClientCall, type UnderWay } from "./grpc-client-call.ts";
import { type GrpcTarget, sessionOptions, unreachable, WINDOW_BYTES } from "./grpc-target.ts";

/** How long to wait, in milliseconds. */
export interface GrpcTiming {
  /** For TCP, TLS and the first answer of HTTP/2. */
  readonly connectMs: number;
  /** Silence after which a peer is gone: it did not answer pings either. */
  readonly silenceMs: number;
}

export const GRPC_TIMING: GrpcTiming = { connectMs: 5_000, silenceMs: 15_000 };

/**
 * A ping waits behind what is under way: silence may be longer by the time that it takes on a line of so many bytes per
 * millisecond, but no more than twice as long.
 */
const SLOW_LINE = 256;

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
  readonly #watchdog: Watchdog;
  readonly #underWay: UnderWay = { bytes: 0 };
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
        this.#watchdog.stop();
        resolve(
          this.#closing
            ? undefined
            : (this.#reason ?? unreachable(target, new Error("the connection was closed"))),
        );
      });
    });
    const { silenceMs } = timing;
    this.#watchdog = new Watchdog({
      silenceMs,
      // Whatever comes from the peer shows that it is there.
      heardBytes: () => (session.destroyed ? 0 : session.socket.bytesRead),
      moreMs: () => Math.min(this.#underWay.bytes / SLOW_LINE, silenceMs),
      // Its answer counts as something heard.
      ask: () => {
        if (!session.destroyed) session.ping(() => undefined);
      },
      gone: () => {
        this.#reason ??= unreachable(target, new Error(`no answer to pings for ${silenceMs} ms`));
        session.destroy();
      },
    });
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
    const wrap = (thrown: unknown): RerunError => unreachable(this.#target, refused ?? thrown);
    return new ClientCall(stream, wrap, this.#underWay, onData);
  }

  /** Ends the connection; calls that are under way end with it. */
  close(): void {
    this.#closing = true;
    // Not in good order, with `close()`: that would wait for a peer that may never answer.
    this.#session.destroy();
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
