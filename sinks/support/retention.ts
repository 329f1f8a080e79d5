import { statSync, unlinkSync } from "node:fs";
import { unlink } from "node:fs/promises";
import type { RerunError } from "../../lib/errors.ts";
import type { StoreId } from "../../lib/log-msg.ts";
import { storesNowOf, storesOf } from "./file-stores.ts";
import { ioError } from "./io-error.ts";
import type { NumberedFile } from "./part-names.ts";

/**
 * Which completed parts are kept; the oldest ones are deleted first. What is given holds together. The part that is
 * being written comes on top.
 *
 * Parts of earlier runs count if they hold the same recording: give `RecordingStream` a `recordingId`, as it makes up
 * another one for each run by default. What they left is looked at when this run begins its first part.
 */
export interface RetainOptions {
  /** So many. */
  readonly count?: number;
  /** As many as have no more bytes together. */
  readonly bytes?: number;
  /** Those that were completed no longer ago, in milliseconds; also while nothing is logged. */
  readonly ageMs?: number;
}

interface OwnFile extends NumberedFile {
  readonly bytes: number;
  /** When it is too old, of `performance.now()`: the time of day may be set meanwhile. */
  readonly expiresMs: number;
  /** The file itself: another of this name is not ours. */
  readonly inode: number;
}

const MAX_TIMER_MS = 0x7fff_ffff;

/** Deletes old files, of those that it was told of and of earlier ones of the same recordings. */
export class Retention {
  readonly #options: RetainOptions;
  readonly #report: (error: RerunError) => void;
  /** By number. */
  #files: OwnFile[] = [];
  readonly #ours = new Set<string>();
  /** Of earlier runs, and not looked at so far. */
  readonly #unread = new Set<NumberedFile>();
  /** Of earlier runs, of recordings that are not ours so far. */
  readonly #others = new Map<NumberedFile, readonly string[]>();
  #told = false;
  #ended = false;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  /** @param report told once when a file cannot be deleted */
  constructor(options: RetainOptions, report: (error: RerunError) => void) {
    this.#options = options;
    this.#report = report;
  }

  /** Takes note of a file that is complete as of now. */
  add(file: NumberedFile): void {
    this.#add(file, () => 0);
  }

  #add(file: NumberedFile, ageOf: (mtimeMs: number) => number): void {
    const { number, path } = file;
    const { ageMs = Infinity } = this.#options;
    try {
      const { size: bytes, mtimeMs, ino: inode } = statSync(path);
      const expiresMs = performance.now() + ageMs - ageOf(mtimeMs);
      this.#files.push({ number, path, bytes, expiresMs, inode });
    } catch (thrown) {
      this.#failed(thrown, file);
    }
    this.#files.sort((a, b) => a.number - b.number);
  }

  /** Takes note of files of earlier runs: those that hold a recording of ours count as soon as they were looked at. */
  adopt(files: readonly NumberedFile[]): void {
    for (const file of files) this.#unread.add(file);
    if (files.length === 0) return;
    this.#next(async () => {
      for (const file of this.#unread) this.#sort(file, await storesOf(file.path));
    });
    this.apply();
  }

  /** Takes note of a store of ours. */
  own(store: StoreId): void {
    const key = keyOf(store);
    if (key === undefined || this.#ours.has(key)) return;
    this.#ours.add(key);
    for (const [file, keys] of this.#others) {
      if (!keys.includes(key)) continue;
      this.#others.delete(file);
      this.#add(file, ageOfEarlier);
    }
    this.apply();
  }

  /** Deletes what is too much, in the background, now and when more is too old. */
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
      this.#applyLater();
    });
  }

  /**
   * The same within this call.
   *
   * @param deadline of `performance.now()`, for looking at what earlier runs left
   */
  applyNow(deadline: number = Infinity): void {
    for (const file of this.#unread) {
      if (performance.now() >= deadline) break;
      this.#sort(file, storesNowOf(file.path));
    }
    for (const file of this.#tooMuch()) {
      try {
        if (isStill(file)) unlinkSync(file.path);
      } catch (thrown) {
        this.#failed(thrown, file);
      }
      this.#forget(file);
    }
  }

  /** Deletes what is too much by now, and nothing after that. Resolves when it is done. */
  close(): Promise<void> {
    this.stop();
    this.apply();
    return this.#running;
  }

  /** Deletes nothing from now on but what is on its way. */
  stop(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  #next(work: () => Promise<void>): void {
    this.#running = this.#running.then(work);
  }

  #sort(file: NumberedFile, stores: readonly StoreId[]): void {
    // Else it was looked at meanwhile.
    if (!this.#unread.delete(file)) return;
    const keys = stores.flatMap((store) => keyOf(store) ?? []);
    if (keys.some((key) => this.#ours.has(key))) this.#add(file, ageOfEarlier);
    else this.#others.set(file, keys);
  }

  #applyLater(): void {
    clearTimeout(this.#timer);
    const first = Math.min(...this.#files.map(({ expiresMs }) => expiresMs));
    if (this.#ended || first === Infinity) return;
    const ms = Math.max(0, Math.min(Math.ceil(first - performance.now()), MAX_TIMER_MS));
    // A program need not go on for it.
    this.#timer = setTimeout(() => this.apply(), ms).unref();
  }

  #tooMuch(): OwnFile[] {
    const { count = Infinity, bytes = Infinity } = this.#options;
    const now = performance.now();
    let left = this.#files.length;
    let sum = 0;
    for (const file of this.#files) sum += file.bytes;
    return this.#files.filter((file) => {
      if (left <= count && sum <= bytes && file.expiresMs > now) return false;
      left--;
      sum -= file.bytes;
      return true;
    });
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

/** Undefined for blueprints: a file that holds one alone is of no recording. */
function keyOf({ kind, applicationId, recordingId }: StoreId): string | undefined {
  return kind === "recording" ? `${applicationId}\n${recordingId}` : undefined;
}

const ageOfEarlier = (mtimeMs: number): number => Math.max(0, Date.now() - mtimeMs);

function isStill({ path, inode }: OwnFile): boolean {
  return statSync(path, { throwIfNoEntry: false })?.ino === inode;
}
