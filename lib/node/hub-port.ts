import type { Server } from "node:http";
import type { Http2Server } from "node:http2";
import type { Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { RerunError } from "../errors.ts";
import { refuse } from "./hub-refusal.ts";

/** Key and certificate of a hub, in PEM. */
export interface TlsOptions {
  readonly key: string | Uint8Array;
  /** The certificate, followed by those that vouch for it, if any. */
  readonly cert: string | Uint8Array;
}

/** What shares a port. */
export interface PortParts {
  /** Listens, and answers HTTP/1.1. */
  readonly http1: Server;
  /** Answers HTTP/2. */
  readonly http2: Http2Server;
  /** With it, nothing is answered in the clear. */
  readonly tls?: TlsOptions | undefined;
  /** How long a connection may take to show what it speaks, in milliseconds. */
  readonly greetingTimeoutMs: number;
}

/** With these three bytes HTTP/2 begins, and no request of HTTP/1.1. */
const HTTP2_PREFACE = "PRI";
/** First byte of a TLS handshake. */
const TLS_HANDSHAKE = 0x16;

/**
 * Lets HTTP/1.1 and HTTP/2 share the port of `http1`, told apart by what a connection begins with: gRPC clients
 * begin with the preface of HTTP/2, without asking (h2c with prior knowledge).
 *
 * With TLS the same is done inside of it. Those who offer both get HTTP/1.1 by ALPN: browsers do, and WebSockets
 * need it; gRPC clients offer HTTP/2 alone.
 *
 * @throws RerunError `invalid-argument` when key and certificate cannot be used
 */
export function sharePort({ http1, http2, tls, greetingTimeoutMs }: PortParts): void {
  // The server's own listener: what it does with a connection once it is known to be HTTP/1.1.
  const serveHttp1 = http1.listeners("connection") as ((socket: Socket) => void)[];
  http1.removeAllListeners("connection");
  const tellApart = (socket: Socket): void =>
    look(socket, greetingTimeoutMs, (head) => {
      if (head.toString("latin1", 0, HTTP2_PREFACE.length) !== HTTP2_PREFACE) {
        for (const serve of serveHttp1) serve.call(http1, socket);
        return;
      }
      // A server of HTTP/1.1 leaves half of a connection open when the other side has ended it; here all is over then.
      socket.once("end", () => socket.end());
      http2.emit("connection", socket);
    });
  if (tls === undefined) {
    http1.on("connection", tellApart);
    return;
  }
  const secure = secureServer(tls, greetingTimeoutMs);
  secure.on("secureConnection", (socket: TLSSocket) => tellApart(socket));
  http1.on("connection", (socket) =>
    look(socket, greetingTimeoutMs, (head) => {
      if (head[0] !== TLS_HANDSHAKE)
        return refuse(socket, 400, "This port speaks TLS: use https, wss or rerun+https");
      // Whoever ends the connection in the middle of a handshake is gone.
      socket.allowHalfOpen = false;
      secure.emit("connection", socket);
    }),
  );
}

function secureServer({ key, cert }: TlsOptions, handshakeTimeout: number) {
  const pem = (value: string | Uint8Array): string | Buffer =>
    typeof value === "string" ? value : Buffer.from(value);
  try {
    const server = createTlsServer({
      key: pem(key),
      cert: pem(cert),
      ALPNProtocols: ["http/1.1", "h2"],
      minVersion: "TLSv1.2",
      handshakeTimeout,
    });
    // Whoever fails to shake hands leaves, or is made to.
    server.on("tlsClientError", (_error, socket) => socket.destroy());
    return server;
  } catch (error) {
    throw new RerunError(
      "invalid-argument",
      `Expected \`tls\` to hold a key and its certificate in PEM: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

/** Waits for the first bytes of a connection, and puts them back before it is handed on. */
function look(socket: Socket, timeoutMs: number, decide: (head: Buffer) => void): void {
  let head: Buffer = Buffer.alloc(0);
  const fail = (): void => void socket.destroy();
  const deadline = setTimeout(fail, timeoutMs).unref();
  const stop = (): void => {
    clearTimeout(deadline);
    socket.off("readable", read);
    socket.off("end", fail);
    socket.off("close", stop);
  };
  const read = (): void => {
    const more = socket.read() as Buffer | null;
    if (more === null) return;
    head = head.length === 0 ? more : Buffer.concat([head, more]);
    // Too little to tell, as long as it may still become the preface.
    if (head.length < HTTP2_PREFACE.length && HTTP2_PREFACE.startsWith(head.toString("latin1")))
      return;
    stop();
    socket.unshift(head);
    decide(head);
  };
  // Stays: not everyone who takes over has a listener of its own at every moment.
  socket.on("error", fail);
  socket.on("readable", read);
  socket.on("end", fail);
  socket.on("close", stop);
}
