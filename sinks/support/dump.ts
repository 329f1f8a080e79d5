import { openSync } from "node:fs";
import { RerunError } from "../../lib/errors.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { ioError } from "./io-error.ts";
import type { PartNames } from "./part-names.ts";
import { type OutputOptions, RrdOutput } from "./rrd-output.ts";

/** A dump is written in slices of about this long, in milliseconds, between which the program goes on. */
const SLICE_MS = 1;
/** How long the end of the process may be held up to make the index of a dump, in milliseconds. */
const EXIT_MS = 2000;

/** Messages on their way into a file of their own. */
export class Dump {
  readonly path: string;
  readonly at: Date = new Date();
  readonly chunks: number;
  readonly #output: RrdOutput;
  readonly #messages: readonly LogMsg[];
  #next = 0;

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
    this.chunks = messages.filter((message) => message.kind === "chunk").length;
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

  /** The same within this call, also when `finish` is at it. */
  finishNow(): void {
    try {
      this.#write(Infinity);
      this.#output.finishNow(performance.now() + EXIT_MS);
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

  #failed(thrown: unknown): RerunError {
    this.#output.abort();
    return ioError(thrown, `a dump to ${this.path}`);
  }
}
