import type { LogMsg } from "../../lib/log-msg.ts";
import type { NumberedFile } from "./part-names.ts";
import { type OutputOptions, RrdOutput } from "./rrd-output.ts";

/** How far a part may go. */
export interface PartLimits {
  /**
   * Before a part, without its index, would be larger than this. A part holds at least one message, and at least as
   * much that is new as it repeats.
   */
  readonly bytes?: number;
  /** When it is this old, in milliseconds. */
  readonly ms?: number;
}

/** A part that is complete. */
export interface FilePart extends NumberedFile {
  readonly bytes: number;
  readonly openedAt: Date;
  readonly closedAt: Date;
}

/** A part is completed when its index is this full. */
const FULL = 0.95;

/** One file of a row, while it is written. */
export class Part implements NumberedFile {
  readonly number: number;
  readonly path: string;
  readonly output: RrdOutput;
  readonly #openedAt = new Date();
  /** Of `performance.now()`: the time of day may be set meanwhile. */
  readonly #begunMs = performance.now();
  /** What it repeats of earlier parts and is not written yet. */
  #rest: readonly LogMsg[];
  /** Bytes that it repeats. */
  #repeated: number;
  /** Whether it holds something that no part before it has. */
  hasData = false;
  /** Whether it was told of. */
  isComplete = false;

  /** @param repeats what comes first */
  constructor(
    file: NumberedFile & { readonly fd: number },
    repeats: Iterable<LogMsg>,
    options: OutputOptions,
    onError: (thrown: unknown) => void,
  ) {
    this.number = file.number;
    this.path = file.path;
    this.output = new RrdOutput(file.fd, file.path, options, onError);
    this.#repeated = this.output.bytes;
    this.#rest = [...repeats];
  }

  /** Whether all is written that it repeats. */
  get isPrepared(): boolean {
    return this.#rest.length === 0;
  }

  get facts(): FilePart {
    const { number, path, output } = this;
    return { number, path, bytes: output.bytes, openedAt: this.#openedAt, closedAt: new Date() };
  }

  /** @param more bytes of the message that comes next */
  isFull({ bytes = Infinity, ms = Infinity }: PartLimits, more: number): boolean {
    const written = this.output.bytes;
    return (
      this.hasData &&
      ((written + more > bytes && written >= 2 * this.#repeated) ||
        this.output.footerFill > FULL ||
        performance.now() - this.#begunMs >= ms)
    );
  }

  write(message: LogMsg, frame: readonly Uint8Array[]): void {
    this.output.write(message, frame);
    if (message.kind !== "set-store-info") this.hasData = true;
  }

  /**
   * Goes on with what it repeats, until so many bytes are written or the time has come, but not before blueprints are
   * written: of two activations the later one holds, while of static data the newest row does, wherever it is.
   */
  repeat(bytes: number = Infinity, until: number = Infinity): void {
    const { output } = this;
    const start = output.bytes;
    let next = 0;
    while (next < this.#rest.length) {
      const message = this.#rest[next] as LogMsg;
      const isDue = output.bytes - start < bytes && performance.now() < until;
      if (!isDue && mayComeLate(message)) break;
      const before = output.bytes;
      output.write(message);
      next++;
      this.#repeated += output.bytes - before;
    }
    if (next > 0) this.#rest = this.#rest.slice(next);
  }
}

function mayComeLate({ kind, storeId }: LogMsg): boolean {
  return kind === "chunk" && storeId.kind === "recording";
}
