import { dirname, resolve } from "node:path";
import type { Subscription } from "rxjs";
import { sizeOf } from "../../lib/encode/pieces.ts";
import { encodeFrameParts } from "../../lib/encode/rrd.ts";
import { RerunError } from "../../lib/errors.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { PinnedMessages } from "../../lib/pinned-messages.ts";
import { type Observable, Subject } from "../../lib/rxjs.ts";
import { FileSink } from "./file-sink.ts";
import { type NumberedFile, PartNames } from "./part-names.ts";
import { type RetainOptions, Retention } from "./retention.ts";
import { type OutputOptions, RrdOutput } from "./rrd-output.ts";
import { checkDirectory } from "./target-path.ts";

/** When a file is completed and the next one begun. What is given holds together; nothing: by `rotate()` alone. */
export interface RotateOptions {
  /**
   * Before a part, without its index, would be larger than this. A part holds at least one message, and at least as
   * much that is new as it repeats.
   */
  readonly bytes?: number;
  /** When it is this old, in milliseconds. */
  readonly ms?: number;
  /** With each value. What was logged before is in the part that ends, what is logged later in the next one. */
  readonly trigger$?: Observable<unknown>;
  /**
   * The name of a part by its number, which counts from 1; in the directory of `path` unless it is absolute. Names that
   * exist are passed over. Default: `run-0001.rrd` for `run.rrd`, counting on from what is there.
   */
  readonly name?: (number: number) => string;
}

/** A part that is complete. */
export interface FilePart extends NumberedFile {
  readonly bytes: number;
  readonly openedAt: Date;
  readonly closedAt: Date;
}

export interface RotatingOptions extends OutputOptions {
  readonly rotate: RotateOptions;
  readonly retain?: RetainOptions;
}

interface Part extends NumberedFile {
  readonly output: RrdOutput;
  readonly openedAt: number;
  /** What it repeats of earlier parts and is not written yet. */
  rest: readonly LogMsg[];
  /** Bytes that it repeats. */
  repeated: number;
  timer: NodeJS.Timeout | undefined;
  /** Whether it holds something that no part before it has. */
  hasData: boolean;
  complete: boolean;
}

/** What is repeated is written at once up to this many bytes, the rest in slices between which the program goes on. */
const REPEAT_BYTES = 256 << 10;
/** Length of such a slice, in milliseconds. */
const SLICE_MS = 1;
/** Parts that may wait for their index; a program that never lets go of the event loop must not collect them. */
const MAX_FINISHING = 2;
/** A part is completed when its index is this full. */
const FULL = 0.95;

/** Writes messages to one file after the other, each of them complete: see `save`. */
export class RotatingFileSink extends FileSink {
  readonly #names: PartNames;
  readonly #options: RotatingOptions;
  readonly #pinned = new PinnedMessages();
  readonly #retention: Retention | undefined;
  readonly #parts$ = new Subject<FilePart>();
  readonly #finishing = new Map<Part, Promise<void>>();
  #part: Part | undefined;
  #earlier: readonly NumberedFile[] | undefined;
  #trigger: Subscription | undefined;
  #writing = false;
  /** What comes now still belongs to the part of now. */
  #rotating = false;
  #rotateLater = false;
  #bytesBefore = 0;

  /** @throws RerunError `directory-missing`, `permission-denied` */
  constructor(path: string, options: RotatingOptions) {
    const target = `a recording to parts of ${path}`;
    checkDirectory(dirname(resolve(path)), target);
    super(`save(${path})`, target, options.compression);
    this.#options = options;
    this.#names = new PartNames(path, options.rotate.name);
    if (options.retain !== undefined)
      this.#retention = new Retention(options.retain, (error) => this.report(error));
  }

  /** Bytes of all parts so far. */
  get bytesWritten(): number {
    let bytes = this.#bytesBefore + (this.#part?.output.bytes ?? 0);
    for (const part of this.#finishing.keys()) bytes += part.output.bytes;
    return bytes;
  }

  /** Parts, as they are completed. */
  get parts$(): Observable<FilePart> {
    return this.#parts$.asObservable();
  }

  /** Path of the part that is being written; undefined until there is data for it. */
  get path(): string | undefined {
    return this.#part?.path;
  }

  /** Completes the part of now; what is logged from here on goes to the next. Nothing happens to one without data. */
  rotate(): void {
    if (this.state !== "open") return;
    if (this.#writing) {
      this.#rotateLater = true;
      return;
    }
    this.guard(() => {
      this.#rotating = true;
      try {
        for (const host of this.hosts) host.drain();
      } finally {
        this.#rotating = false;
      }
      if (this.#part?.hasData === true) this.#endPart(this.#part);
    });
  }

  override write(messages: readonly LogMsg[]): void {
    this.#writing = true;
    try {
      super.write(messages);
    } finally {
      this.#writing = false;
    }
    if (!this.#rotateLater) return;
    this.#rotateLater = false;
    // Who asked was told of one of these messages: it was logged before.
    this.guard(() => {
      if (this.#part?.hasData === true) this.#endPart(this.#part);
    });
  }

  protected take(message: LogMsg): void {
    const frame = encodeFrameParts(message, this.#options.compression);
    if (this.#part !== undefined && this.#isFull(this.#part, sizeOf(frame)))
      this.#endPart(this.#part);
    this.#part ??= this.#beginPart();
    this.#part.output.write(message, frame);
    if (message.kind !== "set-store-info") this.#part.hasData = true;
    this.#pinned.add(message);
  }

  protected settle(): Promise<void> | undefined {
    if (this.#part === undefined) return undefined;
    this.#repeat(this.#part, Infinity, Infinity);
    return this.#part.output.flush();
  }

  protected finish(): Promise<void> | undefined {
    this.#trigger?.unsubscribe();
    if (this.#part !== undefined) this.#endPart(this.#part);
    if (this.#finishing.size === 0 && this.#retention === undefined) {
      this.#parts$.complete();
      return undefined;
    }
    return Promise.all(this.#finishing.values())
      .then(() => this.#retention?.idle())
      .then(() => {
        if (this.failure !== undefined) throw this.failure;
        this.#parts$.complete();
      });
  }

  protected finishNow(deadline: number): boolean {
    let whole = true;
    if (this.#part !== undefined) {
      const part = this.#part;
      this.#part = undefined;
      this.#repeat(part, Infinity, Infinity);
      this.#finishing.set(part, Promise.resolve());
    }
    for (const part of this.#finishing.keys()) {
      whole = part.output.finishNow(deadline) && whole;
      this.#completed(part);
    }
    this.#retention?.applyNow();
    return whole;
  }

  protected abort(): void {
    this.#trigger?.unsubscribe();
    clearTimeout(this.#part?.timer);
    this.#part?.output.abort();
    for (const part of this.#finishing.keys()) part.output.abort();
    this.#part = undefined;
    this.#parts$.complete();
  }

  #isFull(part: Part, more: number): boolean {
    if (!part.hasData || this.#rotating) return false;
    const { bytes = Infinity, ms = Infinity } = this.#options.rotate;
    const written = part.output.bytes;
    return (
      (written + more > bytes && written >= 2 * part.repeated) ||
      part.output.footerFill > FULL ||
      Date.now() - part.openedAt >= ms
    );
  }

  #beginPart(): Part {
    // Those that are there now are of others.
    if (this.#retention !== undefined) this.#earlier ??= this.#names.existing();
    const { fd, path, number } = this.#names.create();
    const output = new RrdOutput(fd, path, this.#options, this.failed);
    const { ms, trigger$ } = this.#options.rotate;
    const part: Part = {
      number,
      path,
      output,
      openedAt: Date.now(),
      rest: [...this.#pinned],
      repeated: output.bytes,
      // One that is idle ends all the same, but need not keep the program alive for it.
      timer: ms === undefined ? undefined : setTimeout(() => this.#rotateBySelf(), ms).unref(),
      hasData: false,
      complete: false,
    };
    this.opened();
    if (trigger$ !== undefined) this.#listen(trigger$);
    this.#repeat(part, REPEAT_BYTES, Infinity);
    if (part.rest.length > 0) this.#repeatLater(part);
    return part;
  }

  #listen(trigger$: Observable<unknown>): void {
    if (this.#trigger !== undefined) return;
    // What it has at hand when it is asked is of the time before.
    let before = true;
    this.#trigger = trigger$.subscribe({
      next: () => {
        if (!before) this.#rotateBySelf();
      },
      error: (thrown: unknown) =>
        this.report(
          new RerunError(
            "sink-failed",
            `The trigger of ${this.name} failed: it goes on without; handle errors in the observable`,
            { cause: thrown },
          ),
        ),
    });
    before = false;
  }

  #rotateBySelf(): void {
    try {
      this.rotate();
    } catch {
      // The state says so, and the recordings were told.
    }
  }

  /** Goes on with what a part repeats, until so many bytes are written or the time has come. */
  #repeat(part: Part, bytes: number, until: number): void {
    const { output } = part;
    const start = output.bytes;
    let next = 0;
    while (next < part.rest.length && output.bytes - start < bytes && performance.now() < until) {
      const before = output.bytes;
      output.write(part.rest[next++] as LogMsg);
      part.repeated += output.bytes - before;
    }
    part.rest = part.rest.slice(next);
  }

  #repeatLater(part: Part): void {
    setImmediate(() => {
      if (part !== this.#part || this.failure !== undefined) return;
      try {
        this.guard(() => this.#repeat(part, Infinity, performance.now() + SLICE_MS));
      } catch {
        return;
      }
      if (part.rest.length > 0) this.#repeatLater(part);
    });
  }

  #endPart(part: Part): void {
    this.#part = undefined;
    clearTimeout(part.timer);
    this.#repeat(part, Infinity, Infinity);
    // One after the other: together they would take longer turns, and end in any order.
    const [before] = [...this.#finishing.values()].slice(-1);
    const rest =
      before === undefined ? part.output.finish() : before.then(() => part.output.finish());
    if (rest === undefined) {
      this.#completed(part);
      return;
    }
    this.#finishing.set(
      part,
      rest.then(() => this.#completed(part), this.failed),
    );
    if (this.#finishing.size <= MAX_FINISHING) return;
    const [oldest] = this.#finishing.keys();
    oldest?.output.finishNow(Infinity);
    if (oldest !== undefined) this.#completed(oldest);
  }

  #completed(part: Part): void {
    if (part.complete) return;
    part.complete = true;
    this.#bytesBefore += part.output.bytes;
    this.#finishing.delete(part);
    const { path, number, output, openedAt } = part;
    if (this.#retention !== undefined) {
      this.#adopt();
      this.#retention.add(part);
      this.#retention.apply();
    }
    this.#parts$.next({
      path,
      number,
      bytes: output.bytes,
      openedAt: new Date(openedAt),
      closedAt: new Date(),
    });
  }

  /** Parts of an earlier run count, too, if they hold what we do. */
  #adopt(): void {
    const earlier = this.#earlier ?? [];
    this.#earlier = [];
    if (earlier.length === 0) return;
    const ours = new Set(
      this.#pinned.infos
        .filter((info) => info.storeId.kind === "recording")
        .map(({ storeId: id }) => `${id.applicationId}\n${id.recordingId}`),
    );
    this.#retention?.adopt(
      earlier,
      (id) => id.kind === "recording" && ours.has(`${id.applicationId}\n${id.recordingId}`),
    );
  }
}
