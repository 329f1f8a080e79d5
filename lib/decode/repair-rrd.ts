import { RerunError } from "../errors.ts";
import type { LogMsg } from "../log-msg.ts";
import { openInput, type RrdSource } from "./byte-input.ts";
import { openRandomAccess, type RandomAccess } from "./random-access.ts";
import { parseStreamHeader, STREAM_HEADER_BYTES } from "./rrd-parser.ts";
import type { RepairLoss, SalvageStep } from "./salvage.ts";

export type { RepairLoss } from "./salvage.ts";

/** What became of a file; see {@link repairRrd}. */
export interface RepairReport {
  /** Of the whole file. */
  readonly totalBytes: number;
  /** Messages that were kept. */
  readonly messages: number;
  /** Of them, those with data, and the rows in them. */
  readonly chunks: number;
  readonly rows: number;
  /** Messages among those that were kept whose header was damaged: they were recognised by their content. */
  readonly withoutHeader: number;
  /** Messages that were lost, as far as they can be told from other bytes. */
  readonly lostMessages: number;
  /** Bytes that could not be kept; the index at the end, which is made anew, does not count. */
  readonly lostBytes: number;
  /** Each lost part, in order; see {@link MAX_LOSSES}. */
  readonly losses: readonly RepairLoss[];
  /** Bytes of indices, whole or cut off; 0 for a file without one. */
  readonly footerBytes: number;
}

export interface RepairOptions {
  /** Told of each part that is lost, as it is met. */
  readonly onLoss?: (loss: RepairLoss) => void;
  /** Told how far it is, in bytes of the file. */
  readonly onProgress?: (bytes: number) => void;
}

/** So many lost parts are listed in a report; all are counted. */
export const MAX_LOSSES = 1000;

/** Read at once from a file. */
const BLOCK_BYTES = 1 << 20;

/**
 * Reads a damaged recording: gives every message that is whole and valid, whatever stands between. Write them to a sink,
 * and the result is a file in order, with an index.
 *
 * For files that were cut off anywhere, with bits flipped, with other bytes between messages, without a footer. A message
 * is valid when all of it can be decoded; where the version that wrote it is known here, the names in it must be, too.
 *
 * ```ts
 * const repair = repairRrd("broken.rrd");
 * const sink = save("repaired.rrd");
 * for await (const message of repair) sink.write([message]);
 * await sink.close();
 * console.log(repair.report.lostMessages, repair.report.lostBytes);
 * ```
 *
 * @param source what can be read here and there is read in parts; a stream is taken into memory first
 */
export function repairRrd(source: RrdSource, options: RepairOptions = {}): RrdRepair {
  return new RrdRepair(source, options);
}

/** A repair; see {@link repairRrd}. Can be gone through once. */
export class RrdRepair implements AsyncIterable<LogMsg> {
  readonly #source: RrdSource;
  readonly #options: RepairOptions;
  readonly #count = new RepairCount();

  constructor(source: RrdSource, options: RepairOptions) {
    this.#source = source;
    this.#options = options;
  }

  /** What was found so far; complete when all messages were taken. */
  get report(): RepairReport {
    return this.#count.report;
  }

  /**
   * The messages that are kept.
   *
   * @throws RerunError `unsupported-data` for a file of Rerun before 0.23; `file-missing`, `permission-denied`, `io-failed`
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<LogMsg, void, undefined> {
    // Knows all archetypes, which takes a while to load.
    const { salvage } = await import("./salvage.ts");
    const access = await openAccess(this.#source);
    try {
      const { byteLength } = access;
      this.#count.totalBytes = byteLength;
      await refuseOldFile(access);
      const window = new Window(access);
      const steps = salvage(byteLength);
      let step = steps.next();
      while (step.done !== true) {
        const { value } = step;
        let answer: Uint8Array | undefined;
        if (value.kind === "read") {
          answer = window.get(value.offset, value.byteLength);
          answer ??= await window.load(value.offset, value.byteLength);
          this.#options.onProgress?.(value.offset);
        } else {
          this.#count.add(value);
          if (value.kind === "loss") this.#options.onLoss?.(value.loss);
          else if (value.kind === "message") yield value.message;
        }
        step = steps.next(answer);
      }
    } finally {
      await access.close();
    }
  }
}

/** Adds up what was found. */
export class RepairCount {
  totalBytes = 0;
  #messages = 0;
  #chunks = 0;
  #rows = 0;
  #withoutHeader = 0;
  #lostMessages = 0;
  #lostBytes = 0;
  #footerBytes = 0;
  readonly #losses: RepairLoss[] = [];

  add(step: SalvageStep): void {
    switch (step.kind) {
      case "message": {
        const { message, hasOwnHeader } = step;
        this.#messages++;
        if (!hasOwnHeader) this.#withoutHeader++;
        if (message.kind !== "chunk") return;
        this.#chunks++;
        this.#rows += message.chunk.numRows;
        return;
      }
      case "loss": {
        const { loss } = step;
        this.#lostBytes += loss.byteLength;
        if (loss.kind !== "unknown") this.#lostMessages++;
        if (this.#losses.length < MAX_LOSSES) this.#losses.push(loss);
        return;
      }
      case "footer":
        this.#footerBytes += step.byteLength;
        return;
      case "read":
    }
  }

  get report(): RepairReport {
    return {
      totalBytes: this.totalBytes,
      messages: this.#messages,
      chunks: this.#chunks,
      rows: this.#rows,
      withoutHeader: this.#withoutHeader,
      lostMessages: this.#lostMessages,
      lostBytes: this.#lostBytes,
      losses: [...this.#losses],
      footerBytes: this.#footerBytes,
    };
  }
}

async function openAccess(source: RrdSource): Promise<RandomAccess> {
  const isWhole =
    typeof source === "string" ||
    source instanceof URL ||
    source instanceof Uint8Array ||
    source instanceof ArrayBuffer ||
    source instanceof Blob;
  if (isWhole) return openRandomAccess(source);
  const input = await openInput(source);
  const blocks: Uint8Array[] = [];
  try {
    for (let block = await input.read(); block !== undefined; block = await input.read())
      blocks.push(block);
  } finally {
    await input.close();
  }
  const bytes = new Uint8Array(blocks.reduce((sum, block) => sum + block.length, 0));
  let at = 0;
  for (const block of blocks) {
    bytes.set(block, at);
    at += block.length;
  }
  return openRandomAccess(bytes);
}

/** Such a file is whole, for all that is known, and not to be "repaired" to nothing. */
async function refuseOldFile(access: RandomAccess): Promise<void> {
  if (access.byteLength < STREAM_HEADER_BYTES) return;
  try {
    parseStreamHeader(await access.read(0, STREAM_HEADER_BYTES));
  } catch (thrown) {
    if (thrown instanceof RerunError && thrown.code === "unsupported-data") throw thrown;
  }
}

/** The part of a file that was read last. */
class Window {
  readonly #access: RandomAccess;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;

  constructor(access: RandomAccess) {
    this.#access = access;
  }

  /** Bytes that are there already. */
  get(offset: number, byteLength: number): Uint8Array | undefined {
    const from = offset - this.#at;
    if (from < 0 || from + byteLength > this.#bytes.length) return undefined;
    return this.#bytes.subarray(from, from + byteLength);
  }

  async load(offset: number, byteLength: number): Promise<Uint8Array> {
    const end = this.#at + this.#bytes.length;
    // A short look far ahead, to see what follows a message, is no reason to forget where this was.
    const isLook = byteLength < 64 && offset > end + BLOCK_BYTES;
    if (isLook) return this.#access.read(offset, byteLength);
    const length = Math.min(Math.max(byteLength, BLOCK_BYTES), this.#access.byteLength - offset);
    this.#bytes = await this.#access.read(offset, length);
    this.#at = offset;
    return this.#bytes.subarray(0, byteLength);
  }
}
