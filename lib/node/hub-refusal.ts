import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { RerunError } from "../errors.ts";

/** Answers what the HTTP parser could not read. */
export function answerNonsense(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === "ECONNRESET") return void socket.destroy();
  const status =
    error.code === "HPE_HEADER_OVERFLOW"
      ? 431
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? 408
        : 400;
  refuse(socket, status, "This is not a request that can be answered");
}

/** Answers a request without the machinery of `node:http`, and ends the connection. */
export function refuse(socket: Duplex, status: number, body: string): void {
  const text = `${body}\n`;
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n` +
      `Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
    // Whoever does not read the answer does not keep the socket.
    () => socket.destroy(),
  );
}

/** Says in our words why a port cannot be listened on. */
export function listenError(error: NodeJS.ErrnoException, host: string, port: number): RerunError {
  const address = `${host}:${port}`;
  const options = { cause: error };
  if (error.code === "EADDRINUSE")
    return new RerunError(
      "address-in-use",
      `Port ${port} is taken; give another with \`port\`, or 0 for any: ${address}`,
      options,
    );
  if (error.code === "EACCES")
    return new RerunError(
      "permission-denied",
      `Port ${port} needs permission: ${address}`,
      options,
    );
  return new RerunError("server-failed", `Cannot listen, ${error.message}: ${address}`, options);
}
