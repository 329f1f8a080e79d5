import { type RrdOptions, RrdStream } from "../../lib/encode/rrd-stream.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { FileSync, type FsyncPolicy } from "./file-sync.ts";
import { FileWriter, type OutputFile } from "./file-writer.ts";
import type { Gate } from "./gate.ts";

export interface OutputOptions extends RrdOptions {
  /** When data is forced onto the disk; default `"never"`. */
  readonly fsync?: FsyncPolicy;
}

/** Work that others have to wait for is done in slices of about this long, in milliseconds. */
const SLICE_MS = 1;

/** One file or pipe in Rerun's format, from its first byte to its last. Throws what the file system throws. */
export class RrdOutput {
  readonly #stream: RrdStream;
  readonly #writer: FileWriter;
  readonly #sync: FileSync | undefined;
  #steps: Iterator<"index" | "writing"> | undefined;
  #step: "index" | "writing" | "done" = "index";
  #closed = false;

  /**
   * @param path of a file, whose name is to be forced onto the disk, too
   * @param onError told about failures that no call waits for
   */
  constructor(
    to: OutputFile,
    path: string | undefined,
    options: OutputOptions,
    onError: (thrown: unknown) => void,
  ) {
    this.#stream = new RrdStream(options);
    this.#writer = new FileWriter(to, onError);
    if (path !== undefined && typeof to === "number" && this.#writer.isFile) {
      const { fsync = "never" } = options;
      this.#sync = new FileSync(to, path, fsync, () => void this.#writer.flush(), onError);
    }
    this.#writer.write(this.#stream.begin());
  }

  /** Bytes so far, those that wait in a buffer included. */
  get bytes(): number {
    return this.#writer.position;
  }

  /** Whether it is a file, and no pipe. */
  get isFile(): boolean {
    return this.#writer.isFile;
  }

  /** Of a pipe whose reader takes nothing now: kept when it has everything. */
  get waiting(): Gate | undefined {
    return this.#writer.waiting;
  }

  /** How much of what the index may hold is used up: from 0 to 1; with 1 it will be left out. */
  get footerFill(): number {
    return this.#stream.footerFill;
  }

  /** @param frame what `encodeFrameParts` made of the message, when that is known */
  write(message: LogMsg, frame?: readonly Uint8Array[]): void {
    this.#writer.write(this.#stream.message(message, frame));
    this.#sync?.wrote();
  }

  /** Hands what is buffered to the operating system; a promise where the policy asks for more, or a reader waits. */
  flush(): Promise<void> | undefined {
    return this.#writer.flush() ?? this.#sync?.flushed();
  }

  /** Nobody waits for it any more; see {@link FileWriter.letGo}. */
  letGo(): void {
    this.#writer.letGo();
  }

  /** For the end of a process, before anything else is written; see {@link FileWriter.endNow}. */
  endNow(deadline: number): void {
    if (!this.#closed) this.#writer.endNow(deadline);
  }

  /**
   * Writes the index and closes the file: at once if that is quick, else in slices between which the program goes on;
   * then the promise resolves when it is done.
   */
  finish(): Promise<void> | undefined {
    if (this.#closed) return undefined;
    this.#steps ??= this.#end();
    if (!this.#advance(performance.now() + SLICE_MS)) return this.#finishLater();
    const rest = this.#settle();
    if (rest !== undefined) return rest.finally(() => this.#close());
    this.#close();
    return undefined;
  }

  #settle(): Promise<void> | undefined {
    return this.#writer.flush() ?? this.#sync?.end();
  }

  /**
   * The same within this call, also when `finish` is at it, for the end of a process.
   *
   * @param deadline of `performance.now()`: when it passes before the index is made, the file goes without it
   * @returns whether the file has its index
   */
  finishNow(deadline: number): boolean {
    if (this.#closed) return true;
    this.#steps ??= this.#end();
    const whole = this.#advance(deadline);
    try {
      if (this.#step === "writing") this.#advance(Infinity);
      this.#writer.flush();
      this.#sync?.endNow();
    } finally {
      this.#close();
    }
    return whole || this.#step === "done";
  }

  /** Closes the file as it is. */
  abort(): void {
    try {
      this.#close();
    } catch {
      // It has failed before; that was told.
    }
  }

  async #finishLater(): Promise<void> {
    try {
      do {
        await new Promise((resolve) => setImmediate(resolve));
      } while (!this.#closed && !this.#advance(performance.now() + SLICE_MS));
      if (!this.#closed) await this.#settle();
    } finally {
      this.#close();
    }
  }

  *#end(): Generator<"index" | "writing"> {
    const steps = this.#stream.end();
    let step = steps.next();
    while (step.done !== true) {
      yield "index";
      step = steps.next();
    }
    const pieces = step.value;
    for (let i = 0; i < pieces.length; i++) {
      this.#writer.write([pieces[i] as Uint8Array], i === pieces.length - 1);
      this.#sync?.writing();
      yield "writing";
    }
    this.#writer.flush();
  }

  /** Goes on until it is done, or the time has come. */
  #advance(until: number): boolean {
    while (this.#step !== "done") {
      const step = this.#steps?.next();
      this.#step = step === undefined || step.done === true ? "done" : step.value;
      if (performance.now() >= until) break;
    }
    return this.#step === "done";
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#writer.close();
  }
}
