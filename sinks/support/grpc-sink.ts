import { RerunError } from "../../lib/errors.ts";
import { byteSizeOf, type LogMsg } from "../../lib/log-msg.ts";
import type { RerunUrl } from "../../lib/rerun-url.ts";
import { type Delivery, ObserverSink, type SinkHost, type WaitOptions } from "../../lib/sink.ts";
import { keepAlive } from "../../lib/wait.ts";
import { Waiters } from "../../lib/waiters.ts";
import type { ConnectSink } from "../connect.ts";
import { Departure } from "./departure.ts";
import { Inbox } from "./inbox.ts";
import type { MessageWriter } from "./message-writer.ts";
import { ViewerLink, type ViewerLinkOptions } from "./viewer-link.ts";

/** What a sink that streams over gRPC needs to know; checked by `connect`. */
export interface GrpcSinkOptions extends ViewerLinkOptions {
  readonly url: RerunUrl;
  readonly closeTimeoutMs: number;
  readonly exitTimeoutMs: number;
}

/** Bytes taken from recordings and not acknowledged; past it they are asked to wait. */
const WINDOW_BYTES = 32 << 20;
/** The same of what is not sent: what waits in the recording instead can still be let go in favour of what is later. */
const UNSENT_BYTES = 8 << 20;

/**
 * Streams messages to a viewer over gRPC, and begins anew whenever the connection was lost.
 *
 * What it was given and the viewer did not acknowledge is not kept here: after each new connection it asks the
 * recordings for everything once more, because the viewer may be another one, which knows nothing.
 *
 * Sockets and timers never keep the process alive, except while someone waits for the rest to be delivered.
 */
export class GrpcSink extends ObserverSink implements ConnectSink {
  readonly name: string;
  readonly live = true;
  readonly forceSaved = true;
  readonly replays = true;
  readonly closeTimeoutMs: number;
  readonly url: string;
  readonly #options: GrpcSinkOptions;
  readonly #hosts = new Set<SinkHost>();
  readonly #link: ViewerLink;
  readonly #departure: Departure;
  #writer: MessageWriter | undefined;
  /** Batches taken and acknowledged since the last connection was made. */
  #taken = 0;
  #delivered = 0;
  #bytes = 0;
  /** Waiting for room. */
  readonly #room = new Waiters();
  /** Waiting for anything to happen. */
  readonly #steps = new Waiters();
  #inbox: Inbox | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: GrpcSinkOptions) {
    super("connecting");
    this.#options = options;
    this.name = options.name;
    this.url = options.url.url;
    this.closeTimeoutMs = options.closeTimeoutMs;
    this.#departure = new Departure({
      drain: () => {
        for (const host of [...this.#hosts]) host.drain();
      },
      isOwing: () => this.#isOwing,
      deliver: (signal) => this.#deliver(signal),
      idleMs: options.exitTimeoutMs,
      leaves: () =>
        this.#tell(
          new RerunError(
            "flush-timeout",
            `${this.name} lets the program end although the viewer does not have everything; \`await rec.close()\` tells what was lost`,
          ),
        ),
    });
    this.#link = new ViewerLink(options, {
      opened: (writer) => this.#start(writer),
      lost: (error) => this.#lost(error),
      progress: (writer) => {
        this.#makeRoom(writer);
        this.#departure.progress();
      },
      isSearching: () => this.state === "connecting",
      tell: (error) => this.#tell(error),
    });
    this.#link.run().catch((thrown: unknown) => this.#giveUp(RerunError.from(thrown)));
  }

  get trouble(): RerunError | undefined {
    return this.#link.trouble;
  }

  attached(host: SinkHost): () => void {
    this.#hosts.add(host);
    return () => this.#hosts.delete(host);
  }

  write(messages: readonly LogMsg[]): Delivery {
    if (this.failure !== undefined) throw this.failure;
    if (this.#closed !== undefined) {
      throw new RerunError(
        "sink-failed",
        `Expected to write to ${this.url} before it was closed; make a new sink`,
      );
    }
    if (messages.length === 0) return { delivered: Promise.resolve() };
    const writer = this.#writer;
    this.#taken++;
    // Without a viewer one batch is enough: all is asked for again when there is one.
    if (writer === undefined) return { ready: never(), delivered: never() };
    let bytes = 0;
    for (const message of messages) bytes += byteSizeOf(message);
    this.#bytes += bytes;
    const delivered = new Promise<void | readonly LogMsg[]>((resolve) => {
      writer.push(messages, (refused) => {
        if (writer !== this.#writer) return;
        this.#delivered++;
        this.#link.worked();
        this.#bytes -= bytes;
        resolve(refused);
        this.#makeRoom(writer);
        this.#steps.wake();
      });
    });
    if (this.#link.hurried) writer.flush();
    const isFull = this.#bytes >= WINDOW_BYTES;
    // What shrinks may be too little to be acknowledged by itself: then both sides would wait for a second.
    if (isFull) writer.flush();
    if (!isFull && writer.unsentBytes < UNSENT_BYTES) return { delivered };
    return { ready: this.#room.next(), delivered };
  }

  async flush({ signal }: WaitOptions = {}): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    const writer = this.#writer;
    // Without a viewer there may be nothing to wait for, ever: then the program may end.
    if (writer === undefined) {
      if (this.#isOwing) await this.#until(() => this.#writer !== undefined, signal);
    } else await this.#acknowledged(writer, this.#taken, signal);
    if (signal?.aborted === true && this.#isOwing) {
      throw new RerunError(
        "flush-timeout",
        `Expected the viewer at ${this.url} to have everything in time; it is ${this.state}`,
      );
    }
  }

  /** Waits for the acknowledgement of some batches on one connection, or for its end. */
  async #acknowledged(
    writer: MessageWriter,
    taken: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const isDone = (): boolean => this.#delivered >= taken || writer !== this.#writer;
    if (isDone()) return;
    writer.flush();
    const letGo = keepAlive();
    await this.#until(isDone, signal);
    letGo();
  }

  /** Waits until something holds, nothing is to be expected any more, or the signal ends the wait. */
  #until(isDone: () => boolean, signal: AbortSignal | undefined): Promise<void> {
    return this.#steps.until(
      () => isDone() || this.failure !== undefined || this.#link.stopped,
      signal,
    );
  }

  close({ signal }: WaitOptions = {}): Promise<void> {
    this.#closed ??= this.#close(signal);
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // ---- As an observer: messages of no recording stream --------------------------------------------------------

  /** Settles when a source that can wait may go on. */
  override get pending(): Promise<void> | undefined {
    return this.#inbox?.pending;
  }

  /** Takes one message; with a log of its own, bounded like that of a recording stream. */
  override next(message: LogMsg): void {
    if (this.failure !== undefined || this.#closed !== undefined) return;
    this.#inbox ??= new Inbox(this);
    this.#inbox.append(message);
  }

  override complete(): void {
    void (this.#inbox?.end() ?? this.close());
  }

  // ---- The connection -----------------------------------------------------------------------------------------

  #start(writer: MessageWriter): void {
    this.#forget();
    this.#writer = writer;
    this.setState("open");
    // It may be a new viewer: it gets all there is, in order.
    for (const host of [...this.#hosts]) host.replay();
    this.#steps.wake();
  }

  #lost(error: RerunError): void {
    const isOwing = this.#isOwing;
    this.#forget();
    this.#writer = undefined;
    // Something is still to be delivered, though not by the promises of before.
    if (isOwing) this.#taken = 1;
    if (!this.#link.stopped && error.code !== "access-denied" && this.state === "open")
      this.setState("reconnecting");
    this.#steps.wake();
  }

  /** Whether the recordings handed over what the viewer has not acknowledged. */
  get #isOwing(): boolean {
    return this.#taken > this.#delivered;
  }

  #makeRoom({ unsentBytes }: MessageWriter): void {
    if (this.#bytes < WINDOW_BYTES && unsentBytes <= UNSENT_BYTES / 2) this.#room.wake();
  }

  /** Promises of before are void. */
  #forget(): void {
    this.#taken = 0;
    this.#delivered = 0;
    this.#bytes = 0;
    this.#room.forget();
  }

  #tell(error: RerunError): void {
    for (const host of this.#hosts) host.report(error);
  }

  // ---- Ending -------------------------------------------------------------------------------------------------

  async #close(signal: AbortSignal | undefined): Promise<void> {
    this.#departure.cancel();
    if (this.failure === undefined) {
      this.setState("closing");
      if (this.#isOwing && signal?.aborted !== true) {
        const { closeTimeoutMs, exitTimeoutMs } = this.#options;
        await this.#departure.deliverRest(
          this.#writer === undefined ? closeTimeoutMs : exitTimeoutMs,
          signal,
        );
      }
    }
    this.#end();
    if (this.failure === undefined) this.setState("closed");
  }

  /** Delivers what was taken as soon as may be, until the signal ends the wait. */
  async #deliver(signal: AbortSignal): Promise<void> {
    this.#link.hurried = true;
    this.#writer?.flush();
    await this.#until(() => !this.#isOwing, signal);
    this.#link.hurried = false;
  }

  #giveUp(error: RerunError): void {
    this.#end();
    this.fail(error);
  }

  #end(): void {
    this.#departure.unhook();
    this.#link.stop();
    this.#writer?.close();
    this.#writer = undefined;
    this.#steps.wake();
  }
}

/** A new one each time, so that who waits for it can be forgotten. */
const never = (): Promise<never> => new Promise(() => undefined);
