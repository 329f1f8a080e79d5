import type { Compression } from "../../lib/encode/log-msg.ts";
import { RerunError } from "../../lib/errors.ts";
import { byteSizeOf, type LogMsg } from "../../lib/log-msg.ts";
import type { GrpcConnection } from "../../lib/node/grpc-client.ts";
import type { GrpcTarget } from "../../lib/node/grpc-target.ts";
import type { RerunUrl } from "../../lib/rerun-url.ts";
import { type Delivery, ObserverSink, type SinkHost, type WaitOptions } from "../../lib/sink.ts";
import { Waiters } from "../../lib/waiters.ts";
import type { ConnectSink } from "../connect.ts";
import { backoffMs } from "./backoff.ts";
import { beforeExit } from "./before-exit.ts";
import { Inbox } from "./inbox.ts";
import type { MessageWriter } from "./message-writer.ts";

/** What a sink that streams over gRPC needs to know; checked by `connect`. */
export interface GrpcSinkOptions {
  readonly name: string;
  readonly url: RerunUrl;
  readonly target: GrpcTarget;
  readonly compression: Compression;
  readonly closeTimeoutMs: number;
  readonly exitTimeoutMs: number;
}

/** Bytes taken from recordings and not acknowledged; past it they are asked to wait. */
const WINDOW_BYTES = 32 << 20;
/** The same of what is not sent: what waits in the recording instead can still be let go in favour of what is later. */
const UNSENT_BYTES = 8 << 20;
/** A viewer that does not appear for so long is told of, in milliseconds. */
const TELL_AFTER_MS = 5_000;
/** A connection that lasted so long was a good one, in milliseconds. */
const STABLE_MS = 5_000;
/** While someone waits for the end, attempts to connect are no further apart, in milliseconds. */
const HURRY_MS = 100;

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
  readonly #stop = new AbortController();
  readonly #unhook: () => void;
  #writer: MessageWriter | undefined;
  /** Batches taken and acknowledged since the last connection was made. */
  #taken = 0;
  #delivered = 0;
  #bytes = 0;
  /** Waiting for room. */
  readonly #room = new Waiters();
  /** Waiting for anything to happen. */
  readonly #steps = new Waiters();
  #trouble: RerunError | undefined;
  /** Whether the present trouble was told of. */
  #told = false;
  #attempt = 0;
  /** Whether someone waits for the end. */
  #hurried = false;
  #endPause: () => void = () => undefined;
  #holds = 0;
  #alive: ReturnType<typeof setInterval> | undefined;
  #leaving: ReturnType<typeof setTimeout> | undefined;
  #hasLeft = false;
  #inbox: Inbox | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: GrpcSinkOptions) {
    super("connecting");
    this.#options = options;
    this.name = options.name;
    this.url = options.url.url;
    this.closeTimeoutMs = options.closeTimeoutMs;
    this.#unhook = beforeExit(() => this.#onBeforeExit());
    this.#run().catch((thrown: unknown) => this.#giveUp(RerunError.from(thrown)));
  }

  get trouble(): RerunError | undefined {
    return this.#trouble;
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
        this.#bytes -= bytes;
        resolve(refused);
        this.#makeRoom(writer);
        this.#steps.wake();
      });
    });
    if (this.#hurried) writer.flush();
    if (this.#bytes < WINDOW_BYTES && writer.unsentBytes < UNSENT_BYTES) return { delivered };
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
    const release = this.#hold();
    await this.#until(isDone, signal);
    release();
  }

  /** Waits until something holds, nothing is to be expected any more, or the signal ends the wait. */
  #until(isDone: () => boolean, signal: AbortSignal | undefined): Promise<void> {
    return this.#steps.until(
      () => isDone() || this.failure !== undefined || this.#stop.signal.aborted,
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

  async #run(): Promise<void> {
    const begin = performance.now();
    const { signal } = this.#stop;
    while (!signal.aborted) {
      let trouble: RerunError;
      try {
        trouble = await this.#serve(await this.#open());
        this.#lost(trouble);
      } catch (thrown) {
        trouble = RerunError.from(thrown, "viewer-unreachable");
      }
      if (signal.aborted) return;
      this.#trouble = trouble;
      if (trouble.code === "access-denied") {
        this.#giveUp(trouble);
        return;
      }
      if (this.state === "connecting" && performance.now() - begin > TELL_AFTER_MS)
        this.#tellOnce(
          `${this.name} has found no viewer so far and tries again: ${trouble.message}; start one with \`rerun\` or \`npx rerun-rx viewer\``,
        );
      await this.#pause();
    }
  }

  /** Streams over one connection; resolves with the reason when it is lost. */
  #serve({ connection, writing }: Opened): Promise<RerunError> {
    const opened = performance.now();
    let worked = false;
    let hasRefused = false;
    return new Promise((resolve) => {
      const writer = new writing.MessageWriter(connection, this.#options.compression, {
        lost: (error) => {
          if (worked || performance.now() - opened > STABLE_MS) {
            this.#attempt = 0;
            this.#told = false;
          }
          resolve(error);
        },
        progress: () => {
          worked ||= this.#delivered > 0;
          this.#makeRoom(writer);
          this.#leaving?.refresh();
        },
        refused: (error) => {
          if (hasRefused) return;
          hasRefused = true;
          this.#tell(
            new RerunError(
              "data-dropped",
              `${this.name}: the viewer refused a message, which is left out: ${error.message}`,
              { cause: error },
            ),
          );
        },
      });
      this.#start(writer);
    });
  }

  /** Connects, and asks whether that is a viewer: before any data is sent. */
  async #open(): Promise<Opened> {
    const [client, writing] = await loadModules();
    const { signal } = this.#stop;
    const connection = await client.GrpcConnection.open(this.#options.target, { signal });
    const close = (): void => connection.close();
    signal.addEventListener("abort", close, { once: true });
    try {
      const status = await client.shakeHands(connection);
      if (status.code !== 0) throw writing.statusError(status, true);
      return { connection, writing };
    } catch (thrown) {
      close();
      throw thrown;
    } finally {
      signal.removeEventListener("abort", close);
    }
  }

  #start(writer: MessageWriter): void {
    if (this.#stop.signal.aborted) {
      writer.close();
      return;
    }
    this.#trouble = undefined;
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
    if (!this.#stop.signal.aborted && error.code !== "access-denied") {
      if (this.state === "open") this.setState("reconnecting");
      this.#tellOnce(
        `${this.name} lost the viewer and tries again: ${error.message}; what it did not acknowledge is sent again`,
      );
    }
    this.#steps.wake();
  }

  /** Whether the recordings handed over what the viewer has not acknowledged. */
  get #isOwing(): boolean {
    return this.#taken > this.#delivered;
  }

  #makeRoom({ unsentBytes }: MessageWriter): void {
    if (this.#bytes <= WINDOW_BYTES / 2 && unsentBytes <= UNSENT_BYTES / 2) this.#room.wake();
  }

  /** Promises of before are void. */
  #forget(): void {
    this.#taken = 0;
    this.#delivered = 0;
    this.#bytes = 0;
    this.#room.forget();
  }

  async #pause(): Promise<void> {
    const delay = backoffMs(this.#attempt++);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#hurried ? Math.min(delay, HURRY_MS) : delay).unref();
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #tellOnce(message: string): void {
    if (this.#told) return;
    this.#told = true;
    this.#tell(new RerunError("viewer-unreachable", message, { cause: this.#trouble }));
  }

  #tell(error: RerunError): void {
    for (const host of this.#hosts) host.report(error);
  }

  // ---- Ending -------------------------------------------------------------------------------------------------

  async #close(signal: AbortSignal | undefined): Promise<void> {
    if (this.failure === undefined) {
      this.setState("closing");
      if (this.#isOwing && signal?.aborted !== true) {
        const { closeTimeoutMs, exitTimeoutMs } = this.#options;
        await this.#deliverRest(
          this.#writer === undefined ? closeTimeoutMs : exitTimeoutMs,
          signal,
        );
      }
    }
    this.#end();
    if (this.failure === undefined) this.setState("closed");
  }

  /** Nothing is left to do for the program but to deliver. */
  #onBeforeExit(): void {
    if (this.#hasLeft || this.#leaving !== undefined || this.#closed !== undefined) return;
    for (const host of [...this.#hosts]) host.drain();
    if (!this.#isOwing) return;
    void this.#deliverRest(this.#options.exitTimeoutMs).then((isDelivered) => {
      if (isDelivered || this.#closed !== undefined) return;
      // Once is enough: the program ends now.
      this.#hasLeft = true;
      this.#tell(
        new RerunError(
          "flush-timeout",
          `${this.name} lets the program end although the viewer does not have everything; \`await rec.close()\` tells what was lost`,
        ),
      );
    });
  }

  /**
   * Keeps the process alive while what was handed over is delivered.
   *
   * @param idleMs how long without any progress
   * @returns whether all of it was
   */
  async #deliverRest(idleMs: number, signal?: AbortSignal): Promise<boolean> {
    const release = this.#hold();
    const controller = new AbortController();
    this.#leaving = setTimeout(() => controller.abort(), idleMs);
    const stop =
      signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]);
    if (!this.#hurried) {
      this.#hurried = true;
      this.#endPause();
    }
    this.#writer?.flush();
    await this.#until(() => !this.#isOwing, stop);
    clearTimeout(this.#leaving);
    this.#leaving = undefined;
    this.#hurried = false;
    release();
    return !this.#isOwing;
  }

  /** Keeps the process alive until the result is called. */
  #hold(): () => void {
    this.#holds++;
    this.#alive ??= setInterval(() => undefined, LONG_MS);
    return () => {
      if (--this.#holds > 0) return;
      clearInterval(this.#alive);
      this.#alive = undefined;
    };
  }

  #giveUp(error: RerunError): void {
    this.#end();
    this.fail(error);
  }

  #end(): void {
    this.#stop.abort();
    this.#unhook();
    this.#writer?.close();
    this.#writer = undefined;
    this.#endPause();
    this.#steps.wake();
  }
}

let modules: Promise<[GrpcClientModule, WritingModule]> | undefined;

type GrpcClientModule = typeof import("../../lib/node/grpc-client.ts");
type WritingModule = typeof import("./message-writer.ts");

/** HTTP/2 is loaded by those who connect, not by everyone who imports a sink; asked for once. */
function loadModules(): Promise<[GrpcClientModule, WritingModule]> {
  modules ??= Promise.all([import("../../lib/node/grpc-client.ts"), import("./message-writer.ts")]);
  return modules;
}

interface Opened {
  readonly connection: GrpcConnection;
  readonly writing: WritingModule;
}

/** Anything that a timer takes. */
const LONG_MS = 2 ** 30;

/** A new one each time, so that who waits for it can be forgotten. */
const never = (): Promise<never> => new Promise(() => undefined);
