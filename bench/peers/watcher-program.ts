// Browsers' worth of WebSocket clients in a process of their own: `node watcher-program.js PORT READING STUCK`.
// Prints "ready" when all are connected; for each line on standard input, a sequence number, prints a line of JSON once
// all that read are there.
import { createInterface } from "node:readline";
import { WebSocket } from "ws";
import { encodeCbor } from "../../lib/encode/cbor.ts";
import { PROTOCOL_VERSION, SOCKET_PATH, SUBPROTOCOL } from "../../lib/protocol.ts";
import { readServerMessage } from "../../lib/protocol-reader.ts";

/** What all that read have together. */
export interface Watched {
  readonly frames: number;
  /** Messages that somebody was not given. */
  readonly dropped: number;
}

const [port, reading, stuck] = process.argv.slice(2).map(Number) as [number, number, number];

class Client {
  next = 0;
  frames = 0;
  dropped = 0;
  #bytes = 0;
  readonly ready: Promise<void>;

  /** @param reads false: takes nothing from its socket, as a frozen tab */
  constructor(reads: boolean, changed: () => void) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${SOCKET_PATH}`, SUBPROTOCOL);
    this.ready = new Promise((resolve) => {
      socket.on("message", (data: Buffer) => {
        const message = readServerMessage(data);
        if (message?.type === "hello") {
          socket.send(encodeCbor({ type: "hello", version: PROTOCOL_VERSION, role: "viewer" }));
          if (!reads) socket.pause();
          resolve();
        } else if (message?.type === "messages") {
          this.next = message.next;
          this.frames += message.sizes.length;
          this.#bytes += message.frames.length;
          socket.send(encodeCbor({ type: "ack", seq: message.next, bytes: this.#bytes }));
          changed();
        } else if (message?.type === "dropped") {
          this.dropped += message.messages;
        }
      });
    });
    socket.on("error", (error) => console.error(error.message));
  }
}

let look = (): void => undefined;
const clients = Array.from({ length: reading }, () => new Client(true, () => look()));
const frozen = Array.from({ length: stuck }, () => new Client(false, () => undefined));
await Promise.all([...clients, ...frozen].map((client) => client.ready));
console.log("ready");

for await (const line of createInterface({ input: process.stdin })) {
  const target = Number(line);
  await new Promise<void>((resolve) => {
    look = () => {
      if (clients.every((client) => client.next >= target)) resolve();
    };
    look();
  });
  const sum = (key: "frames" | "dropped"): number =>
    clients.reduce((total, client) => total + client[key], 0);
  console.log(JSON.stringify({ frames: sum("frames"), dropped: sum("dropped") } satisfies Watched));
}
process.exit();
