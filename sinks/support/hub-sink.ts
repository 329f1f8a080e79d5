import { auditTime, map, startWith } from "rxjs";
import { RerunError } from "../../lib/errors.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { Hub, type HubOptions, type HubViewerEvent } from "../../lib/node/hub.ts";
import type { ClientProgress } from "../../lib/node/hub-peer.ts";
import type { ViewerCommand } from "../../lib/protocol.ts";
import { Observable } from "../../lib/rxjs.ts";
import {
  type Delivery,
  ObserverSink,
  type Sink,
  type SinkHost,
  type WaitOptions,
} from "../../lib/sink.ts";
import { VERSION } from "../../lib/version.ts";
import type { ServeSink } from "../serve.ts";
import { AsideQueue } from "./aside-queue.ts";

/** Messages other than data that a WebSocket may send in a second before it is taken for an attacker. */
const MESSAGES_PER_SECOND = 1000;

/** Opens a hub and puts a sink before it; options are checked by `serve`. */
export async function openHubSink(
  options: Omit<HubOptions, "messagesPerSecond" | "server">,
  closeTimeoutMs: number,
  compression: "lz4" | "none",
): Promise<ServeSink> {
  const hub = await Hub.listen({
    ...options,
    messagesPerSecond: MESSAGES_PER_SECOND,
    server: { name: "rerun-rx", version: VERSION },
  });
  return new HubSink(hub, options, closeTimeoutMs, compression);
}

/** How long `flush` waits for a viewer that takes nothing. */
const FLUSH_PATIENCE_MS = 2_000;

class HubSink extends ObserverSink implements ServeSink {
  readonly name: string;
  readonly live = true;
  readonly forceSaved = true;
  readonly url: string;
  readonly grpcUrl: string;
  readonly port: number;
  readonly clients$: Observable<readonly ClientProgress[]>;
  readonly viewerEvents$: Observable<HubViewerEvent>;
  readonly #hub: Hub;
  readonly #hosts = new Set<SinkHost>();
  readonly #closeTimeoutMs: number;
  readonly #queue: AsideQueue;
  #closed: Promise<void> | undefined;

  constructor(
    hub: Hub,
    { host, token, tls }: Pick<HubOptions, "host" | "token" | "tls">,
    closeTimeoutMs: number,
    compression: "lz4" | "none",
  ) {
    super();
    this.#hub = hub;
    this.port = hub.port;
    const origin = `${tls === undefined ? "http" : "https"}://${openable(host)}:${hub.port}`;
    // A fragment stays in the browser: it is not in requests, logs or `Referer`.
    this.url = token === undefined ? origin : `${origin}/#token=${encodeURIComponent(token)}`;
    this.grpcUrl = `rerun+${origin}/proxy`;
    // Without the token: names are printed.
    this.name = `serve(${origin})`;
    this.#closeTimeoutMs = closeTimeoutMs;
    this.#queue = new AsideQueue(compression, (message) => hub.take(message, compression));
    this.viewerEvents$ = hub.viewerEvents$.asObservable();
    this.clients$ = new Observable<readonly ClientProgress[]>((subscriber) =>
      hub.changes$
        .pipe(
          auditTime(100),
          startWith(undefined),
          map(() => hub.clients),
        )
        .subscribe(subscriber),
    );
  }

  get dropped(): number {
    return this.#hub.dropped;
  }

  command(command: ViewerCommand, clientId?: number): number {
    return this.#hub.command(command, clientId);
  }

  attach(sink: Sink): () => Promise<void> {
    return this.#hub.attach(sink, (options) => {
      for (const host of this.#hosts) host.drain(options);
      this.#queue.takeAll();
    });
  }

  attached(host: SinkHost): () => void {
    this.#hosts.add(host);
    return () => this.#hosts.delete(host);
  }

  write(messages: readonly LogMsg[]): void | Promise<void> | Delivery {
    if (this.#closed !== undefined) return;
    this.#queue.push(messages);
    const { pending: delivered, isFull } = this.#queue;
    const room = this.#hub.congested();
    if (delivered === undefined) return room;
    const ready = isFull ? delivered.then(() => this.#hub.congested()) : room;
    return { ready, delivered };
  }

  async flush({ signal }: WaitOptions = {}): Promise<void> {
    await this.#queue.pending;
    await this.#hub.drained({ signal, patienceMs: FLUSH_PATIENCE_MS });
    if (signal?.aborted === true)
      throw new RerunError("flush-timeout", `Not every viewer has everything yet: ${this.name}`);
  }

  close({ signal }: WaitOptions = {}): Promise<void> {
    this.#closed ??= this.#close(signal);
    return this.#closed;
  }

  async #close(signal: AbortSignal | undefined): Promise<void> {
    this.setState("closing");
    this.#queue.takeAll();
    const deadline = AbortSignal.timeout(this.#closeTimeoutMs);
    await this.#hub.close(signal === undefined ? deadline : AbortSignal.any([deadline, signal]));
    this.setState("closed");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** What one listens on is not always what one can open. */
function openable(host: string): string {
  const name = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return name.includes(":") ? `[${name}]` : name;
}
