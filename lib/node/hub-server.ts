import { createServer, type Server } from "node:http";
import type { ServerHttp2Session } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import type { Access } from "./hub-access.ts";
import { createGrpcServer } from "./hub-grpc-http2.ts";
import { httpHandler } from "./hub-http.ts";
import type { HubOptions } from "./hub-options.ts";
import { sharePort } from "./hub-port.ts";
import { answerNonsense, listenError } from "./hub-refusal.ts";
import type { HubRoles } from "./hub-roles.ts";
import { type UpgradeOptions, upgradeHandler } from "./hub-upgrade.ts";
import { findPageAssets } from "./page-assets.ts";

/** What stands behind the port. */
export interface ServerParts extends Pick<UpgradeOptions, "accept" | "unavailable"> {
  readonly options: HubOptions;
  readonly access: Access;
  readonly roles: HubRoles;
  /** The body of `/healthz`. */
  readonly health: (whole: boolean) => unknown;
  /** A connection of gRPC came, or went. */
  readonly onConnections: () => void;
}

/** How long a connection may take to show what it speaks, and a request to send its headers, in milliseconds. */
const HEADERS_TIMEOUT_MS = 10_000;
/** How long a request may take, which matters to uploads of gRPC-web alone. */
const REQUEST_TIMEOUT_MS = 300_000;
/** How long a connection of HTTP/2 may take to make its first call. */
const IDLE_TIMEOUT_MS = 60_000;

/** The port of a hub: HTTP/1.1 with the page, gRPC-web and WebSockets, and HTTP/2 with gRPC. */
export class HubServer {
  readonly #options: HubOptions;
  readonly #http: Server;
  readonly #connections = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();

  #grpcConnections = 0;

  constructor(parts: ServerParts) {
    const { options, access, roles, health, accept, unavailable, onConnections } = parts;
    this.#options = options;
    const { gate, limits } = roles;
    const { allowedOrigins, maxConnections, maxMessageBytes, stallTimeoutMs, tls } = options;
    const http2 = createGrpcServer({
      gate,
      ...limits,
      idleTimeoutMs: IDLE_TIMEOUT_MS,
      stallTimeoutMs,
      onConnections: (count) => {
        this.#grpcConnections = count;
        onConnections();
      },
    });
    http2.on("session", (session) => {
      this.#sessions.add(session);
      session.once("close", () => this.#sessions.delete(session));
    });
    this.#http = createServer(
      {
        maxHeaderSize: 16 * 1024,
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: 5_000,
        connectionsCheckingInterval: 5_000,
        // Finds out about peers that vanished while nothing is said.
        keepAlive: true,
        keepAliveInitialDelay: 30_000,
      },
      httpHandler({
        access,
        assets: findPageAssets(),
        allowedOrigins,
        grpcWeb: { gate, access, ...limits },
        health,
      }),
    );
    // Sockets that are not peers yet count too: a page loads over six at once.
    this.#http.maxConnections = maxConnections * 8;
    this.#http.on("clientError", answerNonsense);
    this.#http.on("upgrade", upgradeHandler({ access, maxMessageBytes, accept, unavailable }));
    sharePort({ http1: this.#http, http2, tls, greetingTimeoutMs: HEADERS_TIMEOUT_MS });
    this.#http.on("connection", (socket) => {
      this.#connections.add(socket);
      socket.once("close", () => this.#connections.delete(socket));
    });
  }

  /** @throws RerunError `address-in-use`, `permission-denied`, or `server-failed` */
  async listen(): Promise<void> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#http.once("error", (error) => reject(listenError(error, host, port)));
      this.#http.listen(port, host, resolve);
    });
    this.#http.removeAllListeners("error").on("error", () => {});
  }

  /** Connections of gRPC that have made a call, whether they have one now or not. */
  get grpcConnections(): number {
    return this.#grpcConnections;
  }

  /** The port that it listens on. */
  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  /** Listens no more, and ends connections that wait for nothing; resolves when the last one is gone. */
  close(): Promise<void> {
    const gone = new Promise<void>((resolve) => {
      this.#http.close(() => resolve());
    });
    this.#http.closeIdleConnections();
    return gone;
  }

  /** Lets connections of gRPC end once their calls have. */
  finish(): void {
    for (const session of this.#sessions) if (!session.destroyed) session.close();
    this.#http.closeIdleConnections();
  }

  /** Ends all connections at once. */
  destroy(): void {
    for (const socket of this.#connections) socket.destroy();
  }
}
