import { dirname, resolve } from "node:path";
import type { Observable as ObservableOf, Subscription } from "rxjs";
import { quote, RerunError } from "../lib/errors.ts";
import type { LogMsg } from "../lib/log-msg.ts";
import { type Observable, Subject } from "../lib/rxjs.ts";
import { ObserverSink, type SinkHost } from "../lib/sink.ts";
import { Dump } from "./support/dump.ts";
import { onCrash, onExit } from "./support/exit-hooks.ts";
import { checkFsync } from "./support/file-sync.ts";
import { PartNames } from "./support/part-names.ts";
import { RecentMessages } from "./support/recent-messages.ts";
import type { OutputOptions } from "./support/rrd-output.ts";
import { checkDirectory, checkPath } from "./support/target-path.ts";

export interface FlightRecorderOptions extends OutputOptions {
  /** Where dumps go: `crash.rrd` becomes `crash-0001.rrd`, `crash-0002.rrd`, … counting on from what is there. */
  readonly path: string;
  /** The name of a dump by its number, which counts from 1; in the directory of `path` unless it is absolute. */
  readonly name?: (number: number) => string;
  /** How far back a dump reaches, in seconds. Default: as far as `bytes` allow. */
  readonly seconds?: number;
  /** Bytes of temporal data that are kept, in memory. Default 256 MiB. */
  readonly bytes?: number;
  /** A dump is made with each value. Values that come while one is being made lead to one more, after it. */
  readonly trigger$?: ObservableOf<unknown>;
  /**
   * Whether a dump is made when an error is caught by nobody, or a rejected promise handled by nobody. Once, before
   * anything else that happens then. Default false.
   */
  readonly onCrash?: boolean;
}

/** A dump that is complete. */
export interface FlightDump {
  readonly path: string;
  readonly bytes: number;
  readonly chunks: number;
  /** When it was asked for. */
  readonly at: Date;
}

const DEFAULT_BYTES = 256 << 20;

/** Keeps the last of a recording in memory; see {@link flightRecorder}. */
export class FlightRecorder extends ObserverSink {
  readonly name: string;
  readonly #options: FlightRecorderOptions;
  readonly #names: PartNames;
  readonly #recent: RecentMessages;
  readonly #hosts = new Set<SinkHost>();
  readonly #dumps$ = new Subject<FlightDump>();
  /** On their way. */
  readonly #dumps = new Set<Dump>();
  #tail: Promise<unknown> = Promise.resolve();
  #writing = false;
  /** A value of the trigger waits for its dump. */
  #triggers = false;
  #isAnswering = false;
  #answered: Promise<void> | undefined;
  #trigger: Subscription | undefined;
  #unhookCrash: (() => void) | undefined;
  #unhookExit: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: FlightRecorderOptions) {
    super();
    const { path, seconds = Infinity, bytes = DEFAULT_BYTES } = options;
    this.name = `flightRecorder(${path})`;
    this.#options = options;
    this.#names = new PartNames(path, options.name);
    this.#recent = new RecentMessages(bytes, seconds * 1000);
    if (options.onCrash === true)
      this.#unhookCrash = onCrash((deadline) => this.#dumpAtCrash(deadline));
    this.#trigger = options.trigger$?.subscribe({
      next: () => this.#triggered(),
      error: (thrown: unknown) =>
        this.#report(
          new RerunError(
            "sink-failed",
            `The trigger of ${this.name} failed: it goes on without; handle errors in the observable`,
            { cause: thrown },
          ),
        ),
    });
  }

  /** Bytes of temporal data that are held now. */
  get heldBytes(): number {
    return this.#recent.bytes;
  }

  /** Dumps, as they are completed. */
  get dumps$(): Observable<FlightDump> {
    return this.#dumps$.asObservable();
  }

  attached(host: SinkHost): () => void {
    this.#hosts.add(host);
    return () => this.#hosts.delete(host);
  }

  write(messages: readonly LogMsg[]): void {
    this.#writing = true;
    try {
      this.#recent.add(messages);
    } finally {
      this.#writing = false;
    }
  }

  /** Resolves when the dumps on their way are complete. */
  async flush(): Promise<void> {
    await this.#answered;
    await this.#tail;
  }

  /** Completes the dumps that were asked for, makes no more, and lets go of what it holds. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /**
   * Writes what is held now to a complete file: infos, static data, properties and the blueprint in use, then the last
   * temporal data. Recording goes on meanwhile.
   *
   * @param path of the file; default: the next of the numbered ones
   * @returns when the file is complete
   * @throws RerunError `file-exists`, `directory-missing`, `permission-denied`, `disk-full`, `io-failed`,
   *   `invalid-argument`
   */
  async dump(path?: string): Promise<FlightDump> {
    if (path !== undefined) checkPath(path);
    if (this.#closing !== undefined) {
      throw new RerunError(
        "sink-failed",
        `Expected dump() before ${this.name} was closed; make a new recorder`,
      );
    }
    return this.#make(path ?? this.#names);
  }

  async #make(path: string | PartNames): Promise<FlightDump> {
    // Now, not when it is its turn: what counts is the moment at which it was asked for.
    const dump = this.#begin(path);
    const made = this.#tail.then(() => this.#finish(dump));
    this.#tail = made.catch(() => undefined);
    return made;
  }

  async #close(): Promise<void> {
    this.#trigger?.unsubscribe();
    this.#unhookCrash?.();
    this.setState("closing");
    await this.flush();
    this.#recent.clear();
    this.#dumps$.complete();
    this.setState("closed");
  }

  #triggered(): void {
    this.#triggers = true;
    // What is handed on for a dump may be what the next value comes from.
    if (this.#isAnswering) return;
    this.#isAnswering = true;
    this.#answered = this.#answer();
  }

  async #answer(): Promise<void> {
    while (this.#triggers) {
      this.#triggers = false;
      await this.#make(this.#names).catch((thrown: unknown) => this.#report(thrown));
    }
    this.#isAnswering = false;
  }

  #begin(path: string | PartNames): Dump {
    // Asked for by one of our own messages: its recording is at it, and hands on the rest later.
    if (!this.#writing) for (const host of this.#hosts) host.drain();
    const dump = new Dump(path, this.#recent.snapshot(), this.#options);
    this.#dumps.add(dump);
    this.#unhookExit ??= onExit((deadline) => this.#finishAtExit(deadline));
    return dump;
  }

  async #finish(dump: Dump): Promise<FlightDump> {
    try {
      await dump.finish();
    } finally {
      this.#done(dump);
    }
    const { path, bytes, chunks, at } = dump;
    this.#dumps$.next({ path, bytes, chunks, at });
    return { path, bytes, chunks, at };
  }

  #done(dump: Dump): void {
    this.#dumps.delete(dump);
    if (this.#dumps.size > 0) return;
    this.#unhookExit?.();
    this.#unhookExit = undefined;
  }

  #finishAtExit(deadline: number): void {
    const tell = (thrown: unknown): void =>
      console.error(`rerun-rx: ${RerunError.from(thrown).message}`);
    for (const dump of this.#dumps) this.#finishNow(() => dump, deadline, tell);
    if (!this.#triggers) return;
    this.#triggers = false;
    this.#finishNow(() => this.#begin(this.#names), deadline, tell);
  }

  #dumpAtCrash(deadline: number): void {
    this.#unhookCrash?.();
    this.#unhookCrash = undefined;
    // The program may go on.
    const tell = (thrown: unknown): void => this.#report(thrown);
    const dump = this.#finishNow(() => this.#begin(this.#names), deadline, tell);
    if (dump === undefined) return;
    console.error(`rerun-rx: what was logged before the error is in ${dump.path}`);
  }

  /** Completes a dump within the call; undefined when it failed, which is told. */
  #finishNow(
    begin: () => Dump,
    deadline: number,
    tell: (thrown: unknown) => void,
  ): Dump | undefined {
    let dump: Dump | undefined;
    try {
      dump = begin();
      dump.finishNow(deadline);
      if (dump.leftOut > 0) {
        console.error(
          `rerun-rx: ${dump.leftOut} chunks, the oldest, were left out of ${dump.path}, as there was no time for them`,
        );
      }
      return dump;
    } catch (thrown) {
      tell(thrown);
      return undefined;
    } finally {
      if (dump !== undefined) this.#done(dump);
    }
  }

  #report(thrown: unknown): void {
    const error = RerunError.from(thrown);
    if (this.#hosts.size === 0) console.warn(`rerun-rx: ${error.message}`);
    for (const host of this.#hosts) host.report(error);
  }
}

/**
 * Keeps the last seconds, or bytes, of a recording in memory, and writes them to a complete file when something has
 * happened: with each value of an observable, when `dump` is called, or when the program crashes. Each dump opens
 * alone: store info, static data, properties and the blueprint in use are pinned and come first in it.
 *
 * A dump is written between other work of the program, and recording goes on; what was logged before the trigger is in
 * it, what comes later is not. Whole chunks are kept: a dump reaches back at least as far as was asked for.
 *
 * ```ts
 * const recorder = flightRecorder({ seconds: 30, path: "logs/incident.rrd", trigger$: emergencyStops$ });
 * rec.attach(recorder);
 * await recorder.dump("logs/now.rrd");
 * ```
 *
 * @throws RerunError `invalid-argument`, `directory-missing`, `permission-denied` at once; a dump that a trigger asked
 *   for and that fails is told on `errors$`, and the recorder goes on
 */
export function flightRecorder(options: FlightRecorderOptions): FlightRecorder {
  checkPath((options as Partial<FlightRecorderOptions> | undefined)?.path);
  const { path, seconds, bytes, footerBytes, fsync } = options;
  if (fsync !== undefined) checkFsync(fsync);
  for (const [name, value] of Object.entries({ seconds, bytes, footerBytes })) {
    if (value === undefined || (typeof value === "number" && value > 0)) continue;
    throw new RerunError(
      "invalid-argument",
      `Expected \`${name}\` to be a number above 0, got ${quote(value)}`,
    );
  }
  checkDirectory(dirname(resolve(path)), `dumps to ${path}`);
  return new FlightRecorder(options);
}
