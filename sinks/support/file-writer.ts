import { closeSync, fstatSync, ftruncateSync, writeSync, writevSync } from "node:fs";
import type { Gate } from "./gate.ts";
import { Pipe } from "./pipe.ts";

/** Small pieces are gathered up to this size before they are written. */
const BUFFER_BYTES = 256 * 1024;
/** Pieces from this size on are written from where they are. */
const DIRECT_BYTES = 32 * 1024;
/** The last of the standard streams. */
const STDERR = 2;

/** Where bytes go: a descriptor, or what opens one of a pipe that may have no reader so far; see {@link Pipe}. */
export type OutputFile = number | (() => number);

/**
 * Writes pieces to a file or a pipe, synchronously: a program that logs in a tight loop is slowed down by the
 * disk instead of filling its memory.
 *
 * Small pieces wait in a buffer until it is full or the event loop turns. After a failure the file ends
 * with the last whole record, and everything later is refused with the same error.
 */
export class FileWriter {
  /** Of a file; undefined for what is none. */
  readonly #fd: number | undefined;
  readonly #pipe: Pipe | undefined;
  readonly #onError: (error: unknown) => void;
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #buffered = 0;
  #written = 0;
  /** Where the last whole record in the file ends. */
  #safe = 0;
  /** Where the records end that are not in the file yet, in order. */
  #ends: number[] = [];
  #timer: NodeJS.Immediate | undefined;
  #error: unknown;
  #failed = false;
  #closed = false;

  /** @param onError told about failures of writes that no call waits for */
  constructor(to: OutputFile, onError: (error: unknown) => void) {
    this.#onError = onError;
    if (typeof to === "number" && fstatSync(to).isFile()) this.#fd = to;
    else this.#pipe = new Pipe(to, (thrown) => this.#failedLater(thrown));
  }

  /** Whether it is a file, and no pipe. */
  get isFile(): boolean {
    return this.#fd !== undefined;
  }

  /** Of a pipe whose reader takes nothing now: kept when it has everything. */
  get waiting(): Gate | undefined {
    return this.#pipe?.waiting;
  }

  /** Bytes taken so far. */
  get position(): number {
    return this.#written + this.#buffered;
  }

  /**
   * Takes one record in pieces; they may be reused when the call returns. Throws what the file system throws.
   *
   * @param whole false when more of the record follows with the next call
   */
  write(pieces: readonly Uint8Array[], whole = true): void {
    this.#check();
    try {
      for (const piece of pieces) {
        if (piece.length >= DIRECT_BYTES) {
          this.#writeWithBuffer(piece);
        } else {
          if (this.#buffered + piece.length > BUFFER_BYTES) this.#writeBuffer();
          this.#buffer.set(piece, this.#buffered);
          this.#buffered += piece.length;
        }
      }
      // A large last piece is in the file already.
      if (whole && this.#buffered === 0) this.#safe = this.#written;
      else if (whole) this.#ends.push(this.position);
    } catch (thrown) {
      this.#fail(thrown);
    }
    // Without `unref`: what waits here is data, and a program must not end before it is written.
    this.#timer ??= setImmediate(() => this.#flushLater());
  }

  /** Writes what waits; a promise while the reader of a pipe takes nothing. */
  flush(): Gate | undefined {
    this.#check();
    try {
      this.#writeBuffer();
    } catch (thrown) {
      this.#fail(thrown);
    }
    return this.waiting;
  }

  /** See {@link Pipe.letGo}. */
  letGo(): void {
    this.#pipe?.letGo();
  }

  /**
   * For the end of a process: hands over what the reader of a pipe has not taken so far, and from now on waits for it
   * within each call. Throws when it takes nothing.
   */
  endNow(deadline: number): void {
    this.#check();
    try {
      this.#pipe?.endNow(deadline);
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  /** Writes what waits and closes the file. Idempotent. */
  close(): void {
    if (this.#closed) return;
    try {
      if (!this.#failed) this.flush();
    } finally {
      this.#closed = true;
      clearImmediate(this.#timer);
      this.#pipe?.close();
      // Standard streams stay open: the number would go to the next file, and what is printed then into that.
      if (this.#fd !== undefined && this.#fd > STDERR) closeSync(this.#fd);
    }
  }

  #check(): void {
    if (this.#failed) throw this.#error;
  }

  #flushLater(): void {
    this.#timer = undefined;
    if (this.#closed || this.#failed) return;
    try {
      this.flush();
    } catch (thrown) {
      this.#onError(thrown);
    }
  }

  #failedLater(thrown: unknown): void {
    try {
      this.#fail(thrown);
    } catch {
      this.#onError(thrown);
    }
  }

  #fail(thrown: unknown): never {
    this.#failed = true;
    this.#error = thrown;
    clearImmediate(this.#timer);
    this.#timer = undefined;
    if (this.#fd !== undefined) {
      for (const end of this.#ends) if (end <= this.#written) this.#safe = end;
      try {
        ftruncateSync(this.#fd, this.#safe);
      } catch {
        // The tail stays; readers ignore a message that is cut off.
      }
    }
    throw thrown;
  }

  #writeBuffer(): void {
    if (this.#buffered === 0) return;
    this.#writeAll(this.#buffer.subarray(0, this.#buffered));
    this.#emptied();
  }

  /** Writes the buffer and a large piece with one call. */
  #writeWithBuffer(piece: Uint8Array): void {
    const bytes = this.#buffer.subarray(0, this.#buffered);
    const done =
      this.#fd === undefined
        ? 0
        : writevSync(this.#fd, bytes.length > 0 ? [bytes, piece] : [piece]);
    this.#written += done;
    if (done < bytes.length) this.#writeAll(bytes.subarray(done));
    if (done < bytes.length + piece.length)
      this.#writeAll(piece.subarray(Math.max(0, done - bytes.length)));
    this.#emptied();
  }

  /** Writes all bytes: a call may take fewer than it is given. */
  #writeAll(bytes: Uint8Array): void {
    if (this.#fd === undefined) {
      this.#pipe?.write(bytes);
      this.#written += bytes.length;
      return;
    }
    let done = 0;
    while (done < bytes.length) {
      const taken = writeSync(this.#fd, bytes, done, bytes.length - done);
      done += taken;
      this.#written += taken;
    }
  }

  /** Nothing waits in the buffer any more. */
  #emptied(): void {
    this.#buffered = 0;
    this.#safe = this.#ends.at(-1) ?? this.#safe;
    if (this.#ends.length > 0) this.#ends = [];
  }
}
