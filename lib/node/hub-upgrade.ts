import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { SOCKET_PATH, SUBPROTOCOL } from "../protocol.ts";
import type { Access } from "./hub-access.ts";
import type { PeerAddress } from "./hub-peer.ts";
import { refuse } from "./hub-refusal.ts";

/** What decides about a WebSocket. */
export interface UpgradeOptions {
  readonly access: Access;
  readonly maxMessageBytes: number;
  /** Why there is no room, if there is none. */
  readonly unavailable: () => string | undefined;
  /** `heardBytes` counts what came over the connection so far. */
  readonly accept: (socket: WebSocket, peer: PeerAddress, heardBytes: () => number) => void;
}

/** Makes what answers requests for a WebSocket. */
export function upgradeHandler(
  options: UpgradeOptions,
): (request: IncomingMessage, socket: Duplex, head: Buffer) => void {
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    // LZ4 is inside the messages already, and a deflate context per browser is dear.
    perMessageDeflate: false,
    maxPayload: options.maxMessageBytes,
    handleProtocols: (protocols) => protocols.has(SUBPROTOCOL) && SUBPROTOCOL,
  });
  return (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    const { access, unavailable, accept } = options;
    const { host, origin } = request.headers;
    if (!access.hostAllowed(host)) return refuse(socket, 403, "This host name is not served");
    if (!access.originAllowed(origin, host))
      return refuse(socket, 403, "Pages of this origin may not connect");
    if ((request.url ?? "").split("?", 1)[0] !== SOCKET_PATH)
      return refuse(socket, 404, `The WebSocket is at ${SOCKET_PATH}`);
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(/\s*,\s*/);
    if (!offered.includes(SUBPROTOCOL))
      return refuse(socket, 400, `Expected the subprotocol ${SUBPROTOCOL}`);
    const reason = unavailable();
    if (reason !== undefined) return refuse(socket, 503, reason);
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const tcp = socket as Socket;
      tcp.setNoDelay(true);
      const address = tcp.remoteAddress ?? "";
      const userAgent = request.headers["user-agent"];
      accept(webSocket, { address, userAgent }, () => tcp.bytesRead);
    });
  };
}
