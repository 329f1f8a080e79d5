import { createReadStream } from "node:fs";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import { type Access, bearerOf, isLoopback } from "./hub-access.ts";
import { answerGrpcWeb, type GrpcWebOptions } from "./hub-grpc-web.ts";
import type { ContentEncoding, PageAsset } from "./page-assets.ts";

/** What the HTTP side of a hub needs to know. */
export interface HttpOptions {
  readonly access: Access;
  readonly assets: ReadonlyMap<string, PageAsset>;
  readonly allowedOrigins: readonly string[];
  /** Absent: gRPC-web is not answered. */
  readonly grpcWeb?: GrpcWebOptions;
  /** The body of `/healthz`; the whole of it for those who may see the data. */
  readonly health: (whole: boolean) => unknown;
}

/** Answers what is asked over HTTP/1.1: the page, the viewer, `/healthz`, and gRPC-web. */
export function httpHandler(options: HttpOptions): RequestListener {
  const { access, assets, grpcWeb, health } = options;
  return (request, response) => {
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
    if (!access.hostAllowed(request.headers.host))
      return answer(response, 403, "This host name is not one that is served here");
    if (grpcWeb !== undefined && answerGrpcWeb(request, response, grpcWeb)) return;
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("Allow", "GET, HEAD");
      return answer(response, 405, "Only GET and HEAD are answered here");
    }
    const path = (request.url ?? "/").split("?", 1)[0] as string;
    if (path === "/healthz") {
      const token = bearerOf(request.headers.authorization);
      response.setHeader("Cache-Control", "no-store");
      return answer(
        response,
        200,
        JSON.stringify(health(access.tokenAllowed(token))),
        "application/json",
      );
    }
    const asset = assets.get(path);
    if (asset === undefined) return answer(response, 404, "There is nothing here");
    if (asset.type.startsWith("text/html"))
      response.setHeader(
        "Content-Security-Policy",
        contentSecurityPolicy(request.headers.host as string, options.allowedOrigins),
      );
    void sendAsset(request, response, asset);
  };
}

/**
 * What the page may do: run our scripts and the viewer's wasm, and talk to this hub. No inline script, no `eval`.
 *
 * Styles are wider, since the viewer sets them inline. Reading from `https:` is open: map views load tiles, and
 * the viewer opens recordings by URL; on loopback also other hubs.
 */
export function contentSecurityPolicy(host: string, allowedOrigins: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob: https:",
    "font-src 'self' data:",
    "media-src 'self' data: blob:",
    "worker-src 'self' blob:",
    // Not every browser counts a WebSocket of the same host as 'self'.
    `connect-src 'self' ws://${host} wss://${host} https: http://localhost:* http://127.0.0.1:*`,
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${["'self'", ...allowedOrigins].join(" ")}`,
  ].join("; ");
}

async function sendAsset(
  request: IncomingMessage,
  response: ServerResponse,
  asset: PageAsset,
): Promise<void> {
  const encoding = encodingFor(request, asset);
  const etag = encoding === "identity" ? asset.etag : asset.etag.replace(/"$/, `-${encoding}"`);
  response.setHeader("ETag", etag);
  response.setHeader("Vary", "Accept-Encoding");
  response.setHeader(
    "Cache-Control",
    asset.immutable ? "public, max-age=31536000, immutable" : "no-cache",
  );
  if (matches(request.headers["if-none-match"], etag)) {
    response.writeHead(304).end();
    return;
  }
  response.setHeader("Content-Type", asset.type);
  // The viewer's progress bar counts uncompressed bytes.
  response.setHeader("rerun-final-length", asset.size);
  try {
    const large = encoding === "identity" && asset.size > 4 * 1024 * 1024;
    const body = large ? undefined : await asset.content(encoding);
    if (encoding !== "identity") response.setHeader("Content-Encoding", encoding);
    response.setHeader("Content-Length", body?.length ?? asset.size);
    response.writeHead(200);
    if (request.method === "HEAD") response.end();
    else if (body !== undefined) response.end(body);
    // Large files are not kept in memory; a browser that leaves half-way is no matter.
    else pipeline(createReadStream(asset.file, { highWaterMark: 1024 * 1024 }), response, () => {});
  } catch {
    if (response.headersSent) response.destroy();
    else answer(response, 500, "This file cannot be read");
  }
}

/**
 * On loopback plain is quicker: 47 MB take 0.1 s to send and none to unpack. Elsewhere the network is what
 * takes time.
 */
function encodingFor(request: IncomingMessage, asset: PageAsset): ContentEncoding {
  if (asset.size < 1024 || isLoopback(request.socket.remoteAddress ?? "")) return "identity";
  const accepted = new Map<string, boolean>();
  for (const part of (request.headers["accept-encoding"] ?? "").split(",")) {
    const [name = "", ...parameters] = part
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/);
    accepted.set(name, !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter)));
  }
  if (accepted.get("br") === true) return "br";
  return accepted.get("gzip") === true ? "gzip" : "identity";
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const bare = etag.replace(/^W\//, "");
  return header
    .split(",")
    .some((part) => part.trim() === "*" || part.trim().replace(/^W\//, "") === bare);
}

function answer(
  response: ServerResponse,
  status: number,
  body: string,
  type = "text/plain; charset=utf-8",
): void {
  const bytes = Buffer.from(type === "application/json" ? body : `${body}\n`);
  response.writeHead(status, { "Content-Type": type, "Content-Length": bytes.length });
  response.end(response.req.method === "HEAD" ? undefined : bytes);
}
