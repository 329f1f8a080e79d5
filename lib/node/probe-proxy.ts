import { GRPC_TIMING, GrpcConnection, shakeHands } from "./grpc-client.ts";
import { type TlsOptions } from "./grpc-target.ts";

/** Where to look, and how long. */
export interface ProbeOptions {
  /** Default `127.0.0.1`. */
  readonly host?: string;
  readonly port: number;
  /** Sent along; a viewer that wants another one is still a viewer. */
  readonly token?: string | undefined;
  /** Whether it speaks TLS, and what to trust then. Default: it does not. */
  readonly tls?: TlsOptions | undefined;
  /** Longest time for all of it, in milliseconds; default 2,000. */
  readonly timeoutMs?: number;
}

/**
 * Tells what listens on a port, by a real handshake: a call over gRPC that writes nothing.
 *
 * - `viewer`: a Rerun viewer or proxy; also one that refuses our token
 * - `other`: something that is none, or that does not answer in time
 * - `nothing`: no connection
 *
 * Never rejects, and leaves nothing open.
 */
export async function probeProxy(options: ProbeOptions): Promise<"viewer" | "other" | "nothing"> {
  const { host = "127.0.0.1", port, token, tls, timeoutMs = 2_000 } = options;
  const address = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  const origin = `${tls === undefined ? "http" : "https"}://${address}:${port}`;
  // Whoever asks wants to know, so the program does not end meanwhile.
  const alive = setInterval(() => undefined, timeoutMs);
  const start = performance.now();
  try {
    const connection = await GrpcConnection.open(
      { origin, token, tls },
      { timing: { ...GRPC_TIMING, connectMs: timeoutMs } },
    );
    try {
      const left = Math.max(1, timeoutMs - (performance.now() - start));
      const { code } = await shakeHands(connection, left);
      return PROXY_ANSWERS.has(code) ? "viewer" : "other";
    } finally {
      connection.close();
      await connection.closed;
    }
  } catch (thrown) {
    const { code } = (thrown as { cause?: { code?: string } }).cause ?? {};
    return NO_CONNECTION.has(code ?? "") ? "nothing" : "other";
  } finally {
    clearInterval(alive);
  }
}

/** Success, and the two ways to refuse a token. */
const PROXY_ANSWERS: ReadonlySet<number> = new Set([0, 7, 16]);

const NO_CONNECTION: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "ENOTFOUND",
  "EAI_AGAIN",
]);
