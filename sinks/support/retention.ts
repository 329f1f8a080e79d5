import { statSync, unlinkSync } from "node:fs";
import { open, unlink } from "node:fs/promises";
import { decodeEnvelope } from "../../lib/decode/envelope.ts";
import { MESSAGE_HEADER_BYTES, MESSAGE_KIND, streamHeader } from "../../lib/encode/rrd.ts";
import type { RerunError } from "../../lib/errors.ts";
import type { StoreId } from "../../lib/log-msg.ts";
import { ioError } from "./io-error.ts";
import type { NumberedFile } from "./part-names.ts";

/**
 * Which completed parts are kept; the oldest ones are deleted first. What is given holds together. The part that is
 * being written comes on top.
 */
export interface RetainOptions {
  /** So many. */
  readonly count?: number;
  /** As many as have no more bytes together. */
  readonly bytes?: number;
  /** Those that were completed no longer ago, in milliseconds. */
  readonly ageMs?: number;
}

interface OwnFile extends NumberedFile {
  readonly bytes: number;
  readonly closedAt: number;
  /** The file itself: another of this name is not ours. */
  readonly inode: number;
}

/** Bytes at the start of a file that are looked at to see whose it is. */
const HEAD_BYTES = 4096;

/** Deletes old files, of those that it was told of alone. */
export class Retention {
  readonly #options: RetainOptions;
  readonly #report: (error: RerunError) => void;
  #files: OwnFile[] = [];
  #told = false;
  #running: Promise<void> = Promise.resolve();

  /** @param report told once when a file cannot be deleted */
  constructor(options: RetainOptions, report: (error: RerunError) => void) {
    this.#options = options;
    this.#report = report;
  }

  /** Takes note of a file that is complete. */
  add(file: NumberedFile): void {
    const { number, path } = file;
    try {
      const { size: bytes, mtimeMs: closedAt, ino: inode } = statSync(path);
      this.#files.push({ number, path, bytes, closedAt, inode });
    } catch (thrown) {
      this.#failed(thrown, file);
    }
    this.#files.sort((a, b) => a.number - b.number);
  }

  /** Takes note of those files of an earlier run that hold one of our recordings. */
  adopt(files: readonly NumberedFile[], isOurs: (store: StoreId) => boolean): void {
    this.#next(async () => {
      for (const file of files) {
        if ((await storesOf(file.path)).some(isOurs)) this.add(file);
      }
    });
  }

  /** Deletes what is too much, in the background. */
  apply(): void {
    this.#next(async () => {
      for (const file of this.#tooMuch()) {
        try {
          if (isStill(file)) await unlink(file.path);
        } catch (thrown) {
          this.#failed(thrown, file);
        }
        this.#forget(file);
      }
    });
  }

  /** The same within this call. */
  applyNow(): void {
    for (const file of this.#tooMuch()) {
      try {
        if (isStill(file)) unlinkSync(file.path);
      } catch (thrown) {
        this.#failed(thrown, file);
      }
      this.#forget(file);
    }
  }

  /** Resolves when nothing is on its way. */
  idle(): Promise<void> {
    return this.#running;
  }

  #next(work: () => Promise<void>): void {
    this.#running = this.#running.then(work);
  }

  #tooMuch(): OwnFile[] {
    const { count = Infinity, bytes = Infinity, ageMs = Infinity } = this.#options;
    const oldest = Date.now() - ageMs;
    let left = this.#files.length;
    let sum = 0;
    for (const file of this.#files) sum += file.bytes;
    const much: OwnFile[] = [];
    for (const file of this.#files) {
      if (left <= count && sum <= bytes && file.closedAt >= oldest) break;
      much.push(file);
      left--;
      sum -= file.bytes;
    }
    return much;
  }

  #forget(file: OwnFile): void {
    this.#files = this.#files.filter((other) => other !== file);
  }

  #failed(thrown: unknown, { path }: NumberedFile): void {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT" || this.#told) return;
    this.#told = true;
    this.#report(ioError(thrown, `no more than is to be kept, and to delete ${path}`));
  }
}

function isStill({ path, inode }: OwnFile): boolean {
  return statSync(path, { throwIfNoEntry: false })?.ino === inode;
}

/** The stores that a file announces at its start; none when it is no file of ours. */
async function storesOf(path: string): Promise<readonly StoreId[]> {
  const stores: StoreId[] = [];
  try {
    const file = await open(path, "r");
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
      const head = buffer.subarray(0, bytesRead);
      let at = streamHeader().length;
      if (head.toString("latin1", 0, 4) !== "RRF2") return [];
      while (at + MESSAGE_HEADER_BYTES <= head.length) {
        const kind = Number(head.readBigUInt64LE(at));
        const end = at + MESSAGE_HEADER_BYTES + Number(head.readBigUInt64LE(at + 8));
        if (kind !== MESSAGE_KIND.setStoreInfo || end > head.length) break;
        stores.push(decodeEnvelope(kind, head.subarray(at + MESSAGE_HEADER_BYTES, end)).storeId);
        at = end;
      }
    } finally {
      await file.close();
    }
  } catch {
    // What cannot be read is not ours.
  }
  return stores;
}
