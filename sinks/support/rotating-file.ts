import { dirname, resolve } from "node:path";
import type { Subscription } from "rxjs";
import { sizeOf } from "../../lib/encode/pieces.ts";
import { encodeFrameParts } from "../../lib/encode/rrd.ts";
import { RerunError } from "../../lib/errors.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { PinnedMessages } from "../../lib/pinned-messages.ts";
import { type Observable, Subject } from "../../lib/rxjs.ts";
import type { Delivery } from "../../lib/sink.ts";
import { type FilePart, Part, type PartLimits } from "./file-part.ts";
import { FileSink } from "./file-sink.ts";
import { PartNames } from "./part-names.ts";
import { type RetainOptions, Retention } from "./retention.ts";
import type { OutputOptions } from "./rrd-output.ts";
import { checkDirectory } from "./target-path.ts";

/** When a file is completed and the next one begun. What is given holds together; nothing: by `rotate()` alone. */
export interface RotateOptions extends PartLimits {
  /** With each value. What was logged before is in the part that ends, what is logged later in the next one. */
  readonly trigger$?: Observable<unknown>;
  /**
   * The name of a part by its number, which counts from 1; in the directory of `path` unless it is absolute. Names that
   * exist are passed over. Default: `run-0001.rrd` for `run.rrd`, counting on from what is there.
   */
  readonly name?: (number: number) => string;
}

export interface RotatingOptions extends OutputOptions {
  readonly rotate: RotateOptions;
  readonly retain?: RetainOptions;
}

/** What is repeated is written at once up to this many bytes, the rest in slices between which the program goes on. */
const REPEAT_BYTES = 256 << 10;
/** Length of such a slice, in milliseconds. */
const SLICE_MS = 1;
/** Parts that may wait for their index; a program that never lets go of the event loop must not collect them. */
const MAX_FINISHING = 2;

/** Writes messages to one file after the other, each of them complete: see `save`. */
export class RotatingFileSink extends FileSink {
  readonly #names: PartNames;
  readonly #options: RotatingOptions;
  readonly #pinned = new PinnedMessages();
  readonly #retention: Retention | undefined;
  readonly #parts$ = new Subject<FilePart>();
  readonly #finishing = new Map<Part, Promise<void>>();
  #part: Part | undefined;
  #timer: NodeJS.Timeout | undefined;
  #trigger: Subscription | undefined;
  #begun = false;
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

  override write(messages: readonly LogMsg[]): Delivery | undefined {
    let receipt: Delivery | undefined;
    this.#writing = true;
    try {
      receipt = super.write(messages);
    } finally {
      this.#writing = false;
    }
    if (!this.#rotateLater) return receipt;
    this.#rotateLater = false;
    // Who asked was told of one of these messages: it was logged before.
    this.guard(() => {
      if (this.#part?.hasData === true) this.#endPart(this.#part);
    });
    return receipt;
  }

  protected take(message: LogMsg): void {
    const frame = encodeFrameParts(message, this.#options.compression);
    const { rotate } = this.#options;
    if (!this.#rotating && this.#part?.isFull(rotate, sizeOf(frame)) === true)
      this.#endPart(this.#part);
    this.#part ??= this.#beginPart();
    this.#part.write(message, frame);
    this.#pinned.add(message);
    if (message.kind === "set-store-info") this.#retention?.own(message.storeId);
  }

  protected settle(): Promise<void> | undefined {
    if (this.#part === undefined) return undefined;
    this.#part.repeat();
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
      .then(() => this.#retention?.close())
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
      part.repeat();
      this.#finishing.set(part, Promise.resolve());
    }
    for (const part of this.#finishing.keys()) {
      whole = part.output.finishNow(deadline) && whole;
      this.#completed(part);
    }
    this.#retention?.applyNow(deadline);
    return whole;
  }

  protected abort(): void {
    this.#trigger?.unsubscribe();
    clearTimeout(this.#timer);
    this.#retention?.stop();
    this.#part?.output.abort();
    for (const part of this.#finishing.keys()) part.output.abort();
    this.#part = undefined;
    this.#parts$.complete();
  }

  #beginPart(): Part {
    if (!this.#begun) this.#retention?.adopt(this.#names.existing());
    this.#begun = true;
    const part = new Part(this.#names.create(), this.#pinned, this.#options, this.failed);
    const { ms, trigger$ } = this.#options.rotate;
    // One that is idle ends all the same, but need not keep the program alive for it.
    if (ms !== undefined) this.#timer = setTimeout(() => this.#rotateBySelf(), ms).unref();
    this.opened();
    if (trigger$ !== undefined) this.#listen(trigger$);
    part.repeat(REPEAT_BYTES);
    if (!part.isPrepared) this.#repeatLater(part);
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

  #repeatLater(part: Part): void {
    setImmediate(() => {
      if (part !== this.#part || this.failure !== undefined) return;
      try {
        this.guard(() => part.repeat(Infinity, performance.now() + SLICE_MS));
      } catch {
        return;
      }
      if (!part.isPrepared) this.#repeatLater(part);
    });
  }

  #endPart(part: Part): void {
    this.#part = undefined;
    clearTimeout(this.#timer);
    part.repeat();
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
    if (part.isComplete) return;
    part.isComplete = true;
    this.#finishing.delete(part);
    this.#bytesBefore += part.output.bytes;
    this.#retention?.add(part);
    this.#retention?.apply();
    this.#parts$.next(part.facts);
  }
}
