import { existsSync, readFileSync } from "node:fs";
import { streamHeader } from "../../lib/encode/rrd.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import type { Delivery, ObserverSink, Sink, SinkHost } from "../../lib/sink.ts";
import { memory } from "../../sinks/memory.ts";
import { save } from "../../sinks/save.ts";
import { HubSocketSink } from "../../sinks/support/socket-sink.ts";
import {
  connectDouble,
  Held,
  type Loss,
  nameOf,
  type PeerDouble,
  SocketDouble,
} from "./network-doubles.ts";

/**
 * - `memory`, `file`, `grpc`, `socket`: those of the package; networks end in doubles
 * - `sync`, `slow`, `acks`: sinks that are done at once, later, or that acknowledge later and may lose their peer
 * - `throws`, `rejects`, `fails to close`: those that fail after a while, or at the end
 * - `never`, `never closes`: those that stop answering, at once or at the end
 */
export const SINK_KINDS = [
  "memory",
  "file",
  "grpc",
  "socket",
  "sync",
  "slow",
  "acks",
  "throws",
  "rejects",
  "fails to close",
  "never",
  "never closes",
] as const;
export type SinkKind = (typeof SINK_KINDS)[number];

/** A sink whose every step a schedule controls. */
export interface TestedSink {
  readonly kind: SinkKind;
  readonly sink: Sink;
  /** What its receiver has. */
  readonly held: Pick<Held, "names" | "passes">;
  /** Lets the oldest thing that waits happen; false when nothing does. */
  step(): boolean;
  /** Whether it stopped answering. */
  readonly isStuck: boolean;
  /** Whether it failed. */
  readonly hasFailed: boolean;
  /** Undefined for sinks without a peer to lose. */
  readonly lose?: ((how: Loss) => void) | undefined;
}

/** What a sink needs to be made. */
export interface SinkPlace {
  /** Shown in messages. */
  readonly name: string;
  /** Of the file, for those that write one. */
  readonly path: string;
}

export function makeSink(kind: SinkKind, { name, path }: SinkPlace): TestedSink {
  if (kind === "memory") {
    const sink = memory();
    return new Immediate(kind, sink, () => heldOf(sink.messages));
  }
  if (kind === "file") {
    return new Immediate(kind, save(path, { compression: "none" }), () => heldIn(path));
  }
  if (kind === "grpc") {
    const { sink, peer } = connectDouble({ name, compression: "none" });
    return new Networked(kind, sink, peer);
  }
  if (kind === "socket") {
    const peer = new SocketDouble();
    const { WebSocket } = peer;
    const url = "ws://double";
    const options = { url, token: undefined, compression: "none", WebSocket } as const;
    return new Networked(kind, new HubSocketSink(options), peer);
  }
  return new ScriptedSink(kind, name);
}

/** What networks need is loaded by the first sink of a kind, in real time; later ones then need none. */
export async function loadNetworkSinks(): Promise<void> {
  for (const kind of ["grpc", "socket"] as const) {
    const { sink, step } = makeSink(kind, { name: kind, path: "" }) as Networked;
    while ((sink as ObserverSink).state !== "open") {
      step();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await sink.close?.();
  }
}

/** One that is done within each call. */
class Immediate implements TestedSink {
  readonly isStuck = false;
  readonly hasFailed = false;
  readonly kind: SinkKind;
  readonly sink: Sink;
  readonly #held: () => Held;

  constructor(kind: SinkKind, sink: Sink, held: () => Held) {
    this.kind = kind;
    this.sink = sink;
    this.#held = held;
  }

  get held(): Held {
    return this.#held();
  }

  step(): boolean {
    return false;
  }
}

function heldOf(messages: readonly LogMsg[]): Held {
  const held = new Held();
  for (const message of messages) held.add(nameOf(message));
  return held;
}

/** What is in a file, which may not be there. */
function heldIn(path: string): Held {
  const held = new Held();
  if (existsSync(path)) held.addFrames(readFileSync(path).subarray(streamHeader().length));
  return held;
}

class Networked implements TestedSink {
  readonly isStuck = false;
  readonly hasFailed = false;
  readonly kind: SinkKind;
  readonly sink: Sink;
  readonly #peer: PeerDouble;

  constructor(kind: SinkKind, sink: Sink, peer: PeerDouble) {
    this.kind = kind;
    this.sink = sink;
    this.#peer = peer;
  }

  get held(): Held {
    return this.#peer.held;
  }

  readonly step = (): boolean => this.#peer.step();

  lose(how: Loss): void {
    this.#peer.lose(how);
  }
}

/** Calls of `write` after which those fail that fail. */
const GOOD_WRITES = 2;

/** One that does what its kind says, and complains when it is called as it must not be. */
class ScriptedSink implements TestedSink, Sink {
  readonly kind: SinkKind;
  readonly name: string;
  readonly sink: Sink = this;
  readonly replays = true;
  hasFailed = false;
  isStuck = false;
  readonly lose: ((how: Loss) => void) | undefined;
  held: Held = new Held();
  #isClosed = false;
  #writes = 0;
  #pending: (() => void)[] = [];
  #host: SinkHost | undefined;

  constructor(kind: SinkKind, name: string) {
    this.kind = kind;
    this.name = name;
    this.lose = kind === "acks" ? (how) => this.#lose(how) : undefined;
  }

  attached(host: SinkHost): () => void {
    this.#host = host;
    return () => {
      this.#host = undefined;
    };
  }

  write(messages: readonly LogMsg[]): void | Promise<void> | Delivery {
    if (this.hasFailed) throw new Error(`${this.name} was called after it failed`);
    if (this.#isClosed) throw new Error(`${this.name} was called after it was closed`);
    if (this.#pending.length > 0 && this.kind !== "acks")
      throw new Error(`${this.name} was called while it was busy`);
    this.#writes++;
    const isBad = this.#writes > GOOD_WRITES;
    if (this.kind === "throws" && isBad) {
      this.hasFailed = true;
      throw new Error(`${this.name} throws`);
    }
    for (const message of messages) this.held.add(nameOf(message));
    if (!["slow", "acks", "rejects", "never"].includes(this.kind)) return undefined;
    this.isStuck ||= this.kind === "never";
    const settled = new Promise<void>((resolve, reject) => {
      this.#pending.push(() => {
        if (this.kind === "rejects" && isBad) {
          this.hasFailed = true;
          reject(new Error(`${this.name} rejects`));
        } else resolve();
      });
    });
    if (this.kind !== "acks") return settled;
    // Takes two ahead of what is acknowledged.
    return { ready: this.#pending.length > 2 ? settled : undefined, delivered: settled };
  }

  step(): boolean {
    if (this.kind === "never") return false;
    const settle = this.#pending.shift();
    settle?.();
    return settle !== undefined;
  }

  close(): void | Promise<void> {
    this.#isClosed = true;
    if (this.kind === "fails to close") {
      this.hasFailed = true;
      return Promise.reject(new Error(`${this.name} fails to close`));
    }
    if (this.kind !== "never closes") return undefined;
    this.isStuck = true;
    return new Promise(() => undefined);
  }

  #lose(how: Loss): void {
    if (how === "call" || this.#host === undefined) return;
    if (how === "peer") this.held = new Held();
    this.held.begin();
    this.#pending = [];
    this.#host.replay();
  }
}
