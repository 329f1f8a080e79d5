import { randomUUID } from "node:crypto";
import type { EnvelopeKind } from "../decode/envelope.ts";
import { MESSAGE_HEADER_BYTES } from "../encode/rrd.ts";
import type { RerunError } from "../errors.ts";
import type { LogMsg } from "../log-msg.ts";
import type { ViewerCommand, ViewerEvent } from "../protocol.ts";
import { Subject } from "../rxjs.ts";
import type { Sink, SinkHost } from "../sink.ts";
import { raceSignal } from "../wait.ts";
import { Access, exposure } from "./hub-access.ts";
import type { HubItem } from "./hub-item.ts";
import { LocalReader } from "./hub-local.ts";
import { HubLog, type Taken } from "./hub-log.ts";
import type { HubOptions } from "./hub-options.ts";
import { type ClientProgress, countPeers, type HubPeer, type PeerCounts } from "./hub-peer.ts";
import { HubRoles } from "./hub-roles.ts";
import { HubServer } from "./hub-server.ts";
import { HubSocket } from "./hub-socket.ts";

export type { Taken } from "./hub-log.ts";
export type { HubOptions } from "./hub-options.ts";
export type { PeerCounts } from "./hub-peer.ts";

/** A viewer event and the browser it came from. */
export interface HubViewerEvent {
  readonly clientId: number;
  readonly event: ViewerEvent;
}

/** Past this, those who log by network are held back for a sink that must have everything. */
const CONGESTED_BYTES = 32 * 1024 * 1024;

/** What is left for answering `close` once the deadline for data is over. */
const CLOSE_HANDSHAKE_MS = 250;

/**
 * A server that keeps one ordered log of messages: takes them in from programs that log, and streams them to viewers,
 * each at its own pace. One port answers gRPC, gRPC-web, WebSockets, and the page that shows the data.
 * `docs/protocol.md` says what goes over the wire.
 */
export class Hub {
  readonly #server: HubServer;
  readonly #log: HubLog;
  readonly #roles: HubRoles;
  readonly #peers = new Set<HubPeer>();
  readonly #locals = new Set<LocalReader>();
  #scheduled = false;
  #closing = false;

  /** What people do in their viewers. */
  readonly viewerEvents$: Subject<HubViewerEvent> = new Subject();
  /** Emits when somebody came, went or moved on; {@link clients} has the state. */
  readonly changes$: Subject<void> = new Subject();
  /** Failures of attached sinks, and what they could not be given. Printed as warnings while nobody listens. */
  readonly errors$: Subject<RerunError> = new Subject();

  private constructor(options: HubOptions) {
    const access = new Access(options);
    const session = randomUUID();
    const hasRoom = (): boolean => this.#peers.size < options.maxConnections;
    this.#log = new HubLog({
      historyBytes: options.historyBytes,
      pinnedBytes: options.maxStaticBytes,
      maxChunkBytes: options.maxChunkBytes,
    });
    this.#roles = new HubRoles({
      options,
      access,
      session,
      log: this.#log,
      hasRoom,
      isClosing: () => this.#closing,
      joined: (peer) => this.#join(peer),
      left: (peer) => this.#leave(peer),
      taken: () => this.#schedule(),
      congested: () => this.congested(),
      changed: () => this.changes$.next(),
      onEvent: (clientId, event) => this.viewerEvents$.next({ clientId, event }),
    });
    this.#server = new HubServer({
      options,
      access,
      roles: this.#roles,
      health: (whole) => ({
        status: "ok",
        server: options.server,
        ...(whole && {
          session,
          messages: this.#log.log.nextSeq,
          bytes: this.#log.log.bytes,
          clients: this.#peers.size,
          ...this.peers,
        }),
      }),
      unavailable: () => {
        if (this.#closing) return "This hub ends";
        return hasRoom() ? undefined : "Too many connections";
      },
      accept: (socket, ...about) => this.#roles.greet(socket, ...about),
      onConnections: () => this.changes$.next(),
    });
  }

  /**
   * Starts a hub; resolves when it listens. Says on standard error what it means when others than this machine can
   * reach it.
   *
   * @throws RerunError `address-in-use`, `permission-denied`, `server-failed`, or `invalid-argument`
   */
  static async listen(options: HubOptions): Promise<Hub> {
    const hub = new Hub(options);
    await hub.#server.listen();
    const warning = exposure(options, hub.port);
    if (warning !== undefined) console.warn(`rerun-rx: ${warning}`);
    return hub;
  }

  /** The port that it listens on. */
  get port(): number {
    return this.#server.port;
  }

  /** Messages that were let go before any viewer had them. */
  get dropped(): number {
    return this.#log.log.dropped;
  }

  /** Everyone who is connected, by age. */
  get clients(): readonly ClientProgress[] {
    return Array.from(this.#peers, (peer) => peer.progress);
  }

  /** How many are connected. */
  get peers(): PeerCounts {
    return { ...countPeers(this.clients), connections: this.#server.grpcConnections };
  }

  /** Takes a message of this program; never waits. Viewers get it in the next turn of the event loop. */
  take(message: LogMsg, compression: "lz4" | "none" = "lz4"): Taken {
    if (this.#closing) return "refused";
    const taken = this.#log.takeMessage(message, compression);
    this.#schedule();
    return taken;
  }

  /**
   * Takes the message of an RRD stream as it is, without its header: 1 `SetStoreInfo`, 2 `ArrowMsg`, 3
   * `BlueprintActivationCommand`. It is copied.
   */
  takeEncoded(kind: EnvelopeKind, message: Uint8Array): Taken {
    if (this.#closing) return "refused";
    const frame = new Uint8Array(MESSAGE_HEADER_BYTES + message.length);
    frame.set(message, MESSAGE_HEADER_BYTES);
    const taken = this.#log.takeFrame(kind, frame);
    this.#schedule();
    return taken;
  }

  /** Appends items as they are. */
  append(items: readonly HubItem[]): void {
    if (this.#closing) return;
    for (const item of items) this.#log.log.append(item);
    this.#schedule();
  }

  /** A promise while a sink that must have everything is far behind: who can wait should. */
  congested(): Promise<void> | undefined {
    if (!this.#isBehind()) return undefined;
    for (const local of this.#locals) local.pump();
    return this.#isBehind() ? this.#until(() => !this.#isBehind()) : undefined;
  }

  /**
   * Gives a sink of this process, such as `save`, everything from the start of the history: each message once, in
   * order, decoded. It loses nothing: while it is behind, those who log by network are held back.
   *
   * @param drain lets those who log in this process hand over what they hold back, for sinks that must finish while the
   *   process ends
   * @returns what gives it the rest and closes it; rejects when the sink failed
   */
  attach(sink: Sink, drain: SinkHost["drain"] = () => undefined): () => Promise<void> {
    const local = new LocalReader(this.#log.log, sink, {
      drain,
      changed: () => this.changes$.next(),
      report: (error) => this.#report(error),
      failed: (error) => {
        this.#locals.delete(local);
        this.#report(error);
        this.changes$.next();
      },
    });
    this.#locals.add(local);
    local.pump();
    return async () => {
      this.#locals.delete(local);
      await local.end();
    };
  }

  /** Sends a command to all browsers, or to one; returns to how many. */
  command(command: ViewerCommand, clientId?: number): number {
    let count = 0;
    for (const peer of this.#peers) {
      if (!(peer instanceof HubSocket) || peer.progress.role !== "browser") continue;
      if (clientId !== undefined && peer.id !== clientId) continue;
      peer.send({ type: "command", command });
      count++;
    }
    return count;
  }

  /**
   * Resolves when every viewer has what was appended before, or `signal` aborts. One that takes nothing for
   * `patienceMs` is not waited for: a forgotten tab must not hold up the program.
   */
  async drained(options: { signal?: AbortSignal | undefined; patienceMs: number }): Promise<void> {
    const { signal, patienceMs } = options;
    const target = this.#log.log.nextSeq;
    this.#pump();
    await this.#until(
      () =>
        signal?.aborted === true ||
        (Array.from(this.#locals).every((local) => local.has(target)) &&
          Array.from(this.#peers).every((peer) => peer.has(target) || peer.idleMs > patienceMs)),
      { signal, everyMs: Math.min(100, patienceMs) },
    );
  }

  /** Delivers the rest until `deadline` aborts, then closes everything, attached sinks too. */
  async close(deadline: AbortSignal): Promise<void> {
    this.#closing = true;
    const gone = this.#server.close();
    await this.drained({ signal: deadline, patienceMs: 1000 });
    const locals = Array.from(this.#locals, (local) => local.end({ signal: deadline }));
    for (const peer of this.#peers) peer.close("The program has ended");
    this.#server.finish();
    await raceSignal(gone, deadline);
    // Answering a close takes a moment more, whatever the deadline says.
    await raceSignal(gone, AbortSignal.timeout(CLOSE_HANDSHAKE_MS));
    for (const peer of this.#peers) peer.terminate();
    this.#server.destroy();
    await gone;
    await Promise.allSettled(locals);
    this.changes$.complete();
    this.viewerEvents$.complete();
    this.errors$.complete();
  }

  #join(peer: HubPeer): void {
    this.#peers.add(peer);
    this.changes$.next();
  }

  #leave(peer: HubPeer): void {
    this.#peers.delete(peer);
    if (this.#peers.size === 0) this.#roles.rest();
    this.changes$.next();
  }

  #isBehind(): boolean {
    return Array.from(this.#locals).some((local) => local.queuedBytes > CONGESTED_BYTES);
  }

  /** Viewers get what came in many messages at once. */
  #schedule(): void {
    if (this.#scheduled || this.#peers.size + this.#locals.size === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    for (const local of this.#locals) local.pump();
    for (const peer of this.#peers) peer.pump();
  }

  /** Resolves when something holds, looked at whenever something changed, or the signal aborts. */
  async #until(
    holds: () => boolean,
    { signal, everyMs }: { signal?: AbortSignal | undefined; everyMs?: number } = {},
  ): Promise<void> {
    if (holds()) return;
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!holds()) return;
        subscription.unsubscribe();
        clearInterval(timer);
        signal?.removeEventListener("abort", look);
        resolve();
      };
      const subscription = this.changes$.subscribe({ next: look, complete: resolve });
      const timer = everyMs === undefined ? undefined : setInterval(look, everyMs);
      signal?.addEventListener("abort", look);
    });
  }

  #report(error: RerunError): void {
    if (this.errors$.observed) this.errors$.next(error);
    else console.warn(`rerun-rx: ${error.message}`);
  }
}
