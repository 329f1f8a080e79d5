import { openSync } from "node:fs";
import { RerunError } from "../../lib/errors.ts";
import { byteSizeOf, isPinned, type LogMsg } from "../../lib/log-msg.ts";
import { ioError } from "./io-error.ts";
import type { PartNames } from "./part-names.ts";
import { type OutputOptions, RrdOutput } from "./rrd-output.ts";

/** A dump is written in slices of about this long, in milliseconds, between which the program goes on. */
const SLICE_MS = 1;
/** How much longer the end of the process may be held up for the data of a dump, in milliseconds: it has no other place. */
const DATA_MS = 3000;
/** Of which the last part is for the index. */
const INDEX_MS = 500;
/** How much of the time for the data is spent by plan. */
const PLANNED = 0.7;

/** Messages on their way into a file of their own. */
export class Dump {
  readonly path: string;
  readonly at: Date = new Date();
  readonly #output: RrdOutput;
  readonly #messages: readonly LogMsg[];
  #next = 0;
  #leftOut = 0;

  /**
   * Creates the file.
   *
   * @param path of a file that does not exist, or names of which the next is taken
   * @throws RerunError what the file system says
   */
  constructor(path: string | PartNames, messages: readonly LogMsg[], options: OutputOptions) {
    try {
      const file = typeof path === "string" ? { path, fd: openSync(path, "wx") } : path.create();
      this.path = file.path;
      this.#output = new RrdOutput(file.fd, file.path, options, () => undefined);
    } catch (thrown) {
      if (thrown instanceof RerunError) throw thrown;
      throw ioError(thrown, `a dump to ${typeof path === "string" ? path : path.path(0)}`);
    }
    this.#messages = messages;
  }

  get bytes(): number {
    return this.#output.bytes;
  }

  /** Writes it, between other work of the program. */
  async finish(): Promise<void> {
    try {
      while (!this.#write(performance.now() + SLICE_MS)) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      await this.#output.finish();
    } catch (thrown) {
      throw this.#failed(thrown);
    }
  }

  /** Chunks that are in it when it is complete. */
  get chunks(): number {
    return this.#messages.filter(({ kind }) => kind === "chunk").length - this.#leftOut;
  }

  /** Chunks that there was no time for. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /**
   * The same within this call, also when `finish` is at it. Where there is no time for everything, the oldest temporal
   * data is left out.
   *
   * @param deadline of `performance.now()`, for files whose data is written; that of a dump may take somewhat longer
   */
  finishNow(deadline: number): void {
    const end = deadline + DATA_MS;
    try {
      this.#writeBefore(end - INDEX_MS);
      this.#output.finishNow(end);
    } catch (thrown) {
      throw this.#failed(thrown);
    }
  }

  /** Goes on until the time has come; tells whether all messages are written. */
  #write(until: number): boolean {
    while (this.#next < this.#messages.length) {
      this.#output.write(this.#messages[this.#next++] as LogMsg);
      if (performance.now() >= until) break;
    }
    return this.#next === this.#messages.length;
  }

  /** Writes what there is time for at the pace seen so far: all that is pinned, and the newest data. */
  #writeBefore(end: number): void {
    const begun = performance.now();
    const planned = begun + (end - begun) * PLANNED;
    const rest = this.#messages.slice(this.#next);
    this.#next = this.#messages.length;
    let left = rest.reduce((sum, message) => sum + byteSizeOf(message), 0);
    let done = 0;
    for (const message of rest) {
      const bytes = byteSizeOf(message);
      const now = performance.now();
      const isLate =
        now >= end ||
        // The pace of the first few says little, and what is slower than expected must not cost the newest.
        (now > begun + (end - begun) / 10 &&
          now < planned &&
          left > (done / (now - begun)) * (planned - now));
      if (isLate && !isPinned(message)) {
        this.#leftOut++;
      } else {
        this.#output.write(message);
        done += bytes;
      }
      left -= bytes;
    }
  }

  #failed(thrown: unknown): RerunError {
    this.#output.abort();
    return ioError(thrown, `a dump to ${this.path}`);
  }
}
