import type { IncomingMessage, ServerResponse } from "node:http";
import { type CallLimits, GrpcCall } from "./grpc-call.ts";
import { GRPC_WEB_TRAILERS, grpcPrefix } from "./grpc-frames.ts";
import { encodeGrpcMessage, type GrpcCode } from "./grpc-status.ts";
import type { Access } from "./hub-access.ts";
import { GRPC_SERVICE, type GrpcGate } from "./hub-grpc.ts";
import type { PeerAddress } from "./hub-peer.ts";

/** What the gRPC-web side of a hub needs. */
export interface GrpcWebOptions extends CallLimits {
  readonly gate: GrpcGate;
  readonly access: Access;
}

/** `-text` is base64 of the same, for old browsers. */
const GRPC_WEB = /^application\/grpc-web(-text)?(\+proto)?\s*(;|$)/i;

/** How long a browser may remember that it may ask, in seconds. */
const PREFLIGHT_SECONDS = 600;

/**
 * Answers gRPC-web over HTTP/1.1: what a Rerun viewer in a browser speaks, and with it pages of other origins, which
 * ask first (CORS).
 *
 * @returns false when the request is for someone else
 */
export function answerGrpcWeb(
  request: IncomingMessage,
  response: ServerResponse,
  options: GrpcWebOptions,
): boolean {
  const { method, url = "", headers } = request;
  const path = url.split("?", 1)[0] as string;
  if (!path.startsWith(GRPC_SERVICE)) return false;
  const { host, origin } = headers;
  const allowed = options.access.hostAllowed(host) && options.access.originAllowed(origin, host);
  // What this answers depends on who asks.
  response.setHeader("Vary", "Origin");
  if (allowed && origin !== undefined) {
    response.setHeader("Access-Control-Allow-Origin", origin);
    response.setHeader("Access-Control-Allow-Credentials", "true");
    response.setHeader("Cross-Origin-Resource-Policy", "cross-origin");
  }
  if (method === "OPTIONS") {
    answerPreflight(request, response, allowed);
    return true;
  }
  const match = GRPC_WEB.exec(headers["content-type"] ?? "");
  if (method !== "POST" || match === null) {
    response.setHeader("Allow", "POST, OPTIONS");
    response.writeHead(method === "POST" ? 415 : 405).end();
    return true;
  }
  const call = new WebCall(request, response, match[1] !== undefined, options);
  options.gate.open(call, { path, host, origin, authorization: headers.authorization });
  return true;
}

function answerPreflight(
  { headers }: IncomingMessage,
  response: ServerResponse,
  allowed: boolean,
): void {
  if (!allowed) return void response.writeHead(403).end();
  response.setHeader("Access-Control-Allow-Methods", "POST");
  const asked = headers["access-control-request-headers"];
  if (asked !== undefined && /^[\w\-, ]+$/.test(asked))
    response.setHeader("Access-Control-Allow-Headers", asked);
  if (headers["access-control-request-private-network"] === "true")
    response.setHeader("Access-Control-Allow-Private-Network", "true");
  response.setHeader("Access-Control-Max-Age", PREFLIGHT_SECONDS);
  response.writeHead(204).end();
}

class WebCall extends GrpcCall {
  readonly protocol = "grpc-web";
  readonly peer: PeerAddress;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #text: boolean;
  /** Characters of base64 that do not make up a group yet. */
  #rest = "";

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    text: boolean,
    limits: CallLimits,
  ) {
    super(limits);
    this.#request = request;
    this.#response = response;
    this.#text = text;
    this.peer = {
      address: request.socket.remoteAddress ?? "",
      userAgent: request.headers["user-agent"],
    };
    request.on("data", (bytes: Buffer) => this.received(text ? this.#decode(bytes) : bytes));
    request.on("end", () => this.receivedAll());
    request.on("error", () => {});
    response.once("close", () => this.isGone());
    response.on("error", () => {});
  }

  get drained(): boolean {
    return this.#response.writableLength === 0;
  }

  /** A response tells of room only when there was none; that everything has gone is worth knowing, too. */
  readonly #written = (): void => {
    if (this.drained) this.hasRoom();
  };

  write(pieces: readonly Uint8Array[]): boolean {
    const response = this.#response;
    if (response.destroyed || response.writableEnded) return false;
    if (!response.headersSent) this.#respond();
    let room = true;
    for (const [i, piece] of pieces.entries())
      room = response.write(
        this.#encode(piece),
        i === pieces.length - 1 ? this.#written : undefined,
      );
    return room;
  }

  pause(): void {
    this.#request.pause();
  }

  resume(): void {
    this.#request.resume();
  }

  destroy(): void {
    this.#request.destroy();
  }

  protected sendStatus(
    code: GrpcCode,
    message: string,
    more: Readonly<Record<string, string>>,
  ): void {
    const lines = [`grpc-status:${code}`];
    if (message !== "") lines.push(`grpc-message:${encodeGrpcMessage(message)}`);
    for (const [name, value] of Object.entries(more)) lines.push(`${name}:${value}`);
    const trailers = Buffer.from(lines.map((line) => `${line}\r\n`).join(""));
    this.write([Buffer.concat([grpcPrefix(GRPC_WEB_TRAILERS, trailers.length), trailers])]);
    this.#response.end();
    // What is still being sent is not kept; a sender that goes on is cut off.
    if (!this.#request.complete) this.#response.once("finish", () => this.#request.destroy());
  }

  #respond(): void {
    // In place of the type of the request, which may name anything behind it.
    const type = this.#text ? "application/grpc-web-text+proto" : "application/grpc-web+proto";
    this.#response.writeHead(200, { "Content-Type": type, "Cache-Control": "no-store" });
    this.#response.flushHeaders();
  }

  #encode(piece: Uint8Array): Uint8Array | string {
    if (!this.#text) return piece;
    return Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString("base64");
  }

  /** Whole groups of four; padding may come at the end of each part that the sender encoded by itself. */
  #decode(bytes: Buffer): Uint8Array {
    const text = this.#rest + bytes.toString("latin1");
    const whole = text.length - (text.length % 4);
    this.#rest = text.slice(whole);
    const groups = text.slice(0, whole).match(/[^=]+={0,2}/g) ?? [];
    return Buffer.concat(groups.map((group) => Buffer.from(group, "base64")));
  }
}
