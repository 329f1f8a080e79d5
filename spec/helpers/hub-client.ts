import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { WebSocket } from "ws";
import { encodeCbor } from "../../lib/encode/cbor.ts";
import {
  type ClientMessage,
  PROTOCOL_VERSION,
  type ServerHello,
  type ServerMessage,
  SUBPROTOCOL,
} from "../../lib/protocol.ts";
import { readServerMessage } from "../../lib/protocol-reader.ts";

/** How a client behaves; all of it well unless told. */
export interface HubClientOptions {
  readonly headers?: Record<string, string>;
  readonly protocols?: string | string[];
  readonly path?: string;
  /** Fields of its `hello`; `null`: says none. */
  readonly hello?: Record<string, unknown> | null;
  /** False: receives but never acknowledges. */
  readonly acknowledge?: boolean;
}

/** How the hub closed a connection. */
export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** A program that speaks the protocol of `serve` over a real socket, in place of the page. */
export class HubClient {
  readonly socket: WebSocket;
  /** Everything that came, decoded. */
  readonly messages: ServerMessage[] = [];
  /** The same, as it came. */
  readonly raw: Uint8Array[] = [];
  /** Frames received, without the ones of former connections. */
  readonly frames: Uint8Array[] = [];
  /** Resolves when the connection is gone; never rejects. */
  readonly closed: Promise<Closed>;
  next = 0;
  /** Newest first: history below this is still to come. */
  back = 0;
  bytes = 0;
  readonly #options: HubClientOptions;
  #watchers = new Set<() => void>();
  #gone = false;

  private constructor(port: number, options: HubClientOptions) {
    const { headers, protocols = SUBPROTOCOL, path = "/ws" } = options;
    this.#options = options;
    this.socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, { headers });
    this.socket.on("message", (data) => this.#receive(data as Buffer));
    this.socket.on("error", () => {});
    this.closed = new Promise((resolve) => {
      this.socket.once("close", (code, reason) => {
        this.#gone = true;
        this.#look();
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  /** Connects; resolves when greeted, or rejects with the status of the refusal. */
  static async connect(port: number, options: HubClientOptions = {}): Promise<HubClient> {
    const client = new HubClient(port, options);
    const refused = new Promise<never>((_, reject) => {
      client.socket.once("unexpected-response", (_request, response) => {
        response.resume();
        reject(new Error(String(response.statusCode)));
      });
    });
    await Promise.race([client.until(() => client.messages.length > 0), refused]);
    return client;
  }

  get hello(): ServerHello {
    return this.messages[0] as ServerHello;
  }

  send(message: ClientMessage | Record<string, unknown>): void {
    this.socket.send(encodeCbor(message));
  }

  acknowledge(): void {
    this.send({ type: "ack", seq: this.next, bytes: this.bytes });
  }

  /** Resolves when something holds, looked at whenever something came. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const held = holds();
        if (!held && !this.#gone) return;
        this.#watchers.delete(look);
        if (held) resolve();
        else reject(new Error("The connection was closed before"));
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** The first message of a type. */
  async message<T extends ServerMessage["type"]>(
    type: T,
  ): Promise<Extract<ServerMessage, { type: T }>> {
    const find = (): ServerMessage | undefined =>
      this.messages.find((message) => message.type === type);
    await this.until(() => find() !== undefined);
    return find() as Extract<ServerMessage, { type: T }>;
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }

  #receive(data: Buffer): void {
    const bytes = new Uint8Array(data);
    const message = readServerMessage(bytes);
    this.raw.push(bytes);
    if (message === undefined) return;
    this.messages.push(message);
    const { hello, acknowledge = true } = this.#options;
    if (message.type === "hello" && hello !== null)
      this.send({ type: "hello", version: PROTOCOL_VERSION, role: "viewer", ...hello });
    if (message.type === "messages") {
      let at = 0;
      for (const size of message.sizes) {
        this.frames.push(message.frames.subarray(at, at + size));
        at += size;
      }
      this.next = message.next;
      this.back = message.back ?? 0;
      this.bytes += message.frames.length;
      if (acknowledge && this.socket.readyState === WebSocket.OPEN) this.acknowledge();
    }
    this.#look();
  }

  #look(): void {
    for (const watcher of this.#watchers) watcher();
  }
}

/**
 * Shakes hands for a WebSocket on a bare socket, which then reads no more: a browser that hangs. Whoever calls
 * it destroys the socket.
 */
export async function connectDeaf(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(
    `GET /ws HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n` +
      `Sec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n\r\n`,
  );
  await once(socket, "data");
  socket.pause();
  const hello = encodeCbor({ type: "hello", version: PROTOCOL_VERSION, role: "viewer" });
  socket.write(maskedFrame(2, hello));
  return socket;
}

/** A WebSocket frame as clients send it; the mask is zero, which is allowed. */
export function maskedFrame(opcode: number, payload: Uint8Array): Uint8Array {
  const head = Buffer.from([0x80 | opcode, 0x80 | Math.min(payload.length, 126), 0, 0, 0, 0]);
  if (payload.length < 126) return Buffer.concat([head, payload]);
  const long = Buffer.from([head[0] as number, 0x80 | 126, 0, 0, 0, 0, 0, 0]);
  long.writeUInt16BE(payload.length, 2);
  return Buffer.concat([long, payload]);
}

/** Sends bytes as they are to a port and resolves with all that comes back until the end. */
export async function exchange(port: number, request: string | Uint8Array): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  const parts: Buffer[] = [];
  socket.on("error", () => {});
  socket.on("data", (data) => parts.push(data));
  socket.write(request);
  await new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
  });
  return Buffer.concat(parts).toString("latin1");
}
