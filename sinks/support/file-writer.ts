import { closeSync, fstatSync, ftruncateSync, writeSync, writevSync } from "node:fs";

/** Small pieces are gathered up to this size before they are written. */
const BUFFER_BYTES = 256 * 1024;
/** Pieces from this size on are written from where they are. */
const DIRECT_BYTES = 32 * 1024;
/** The last of the standard streams. */
const STDERR = 2;
/** How long to wait for a full pipe before trying again, in milliseconds. */
const RETRY_MS = 1;

/**
 * Writes pieces to a file descriptor, synchronously: a program that logs in a tight loop is slowed down by the
 * disk instead of filling its memory.
 *
 * Small pieces wait in a buffer until it is full or the event loop turns. After a failure the file ends
 * with the last whole record, and everything later is refused with the same error.
 */
export class FileWriter {
  readonly #fd: number;
  readonly #regular: boolean;
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
  constructor(fd: number, onError: (error: unknown) => void) {
    this.#fd = fd;
    this.#onError = onError;
    this.#regular = fstatSync(fd).isFile();
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

  /** Writes what waits. */
  flush(): void {
    this.#check();
    try {
      this.#writeBuffer();
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  /** Writes what waits and closes the descriptor. Idempotent. */
  close(): void {
    if (this.#closed) return;
    try {
      if (!this.#failed) this.flush();
    } finally {
      this.#closed = true;
      clearImmediate(this.#timer);
      // Standard streams stay open: the number would go to the next file, and what is printed then into that.
      if (this.#fd > STDERR) closeSync(this.#fd);
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

  #fail(thrown: unknown): never {
    this.#failed = true;
    this.#error = thrown;
    clearImmediate(this.#timer);
    this.#timer = undefined;
    if (this.#regular) {
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
    let done = 0;
    try {
      done = writevSync(this.#fd, bytes.length > 0 ? [bytes, piece] : [piece]);
    } catch (thrown) {
      if (!isFull(thrown)) throw thrown;
    }
    this.#written += done;
    if (done < bytes.length) this.#writeAll(bytes.subarray(done));
    if (done < bytes.length + piece.length)
      this.#writeAll(piece.subarray(Math.max(0, done - bytes.length)));
    this.#emptied();
  }

  /** Writes all bytes: a call may take fewer than it is given, and a full pipe none. */
  #writeAll(bytes: Uint8Array): void {
    let done = 0;
    while (done < bytes.length) {
      try {
        const taken = writeSync(this.#fd, bytes, done, bytes.length - done);
        done += taken;
        this.#written += taken;
      } catch (thrown) {
        if (!isFull(thrown)) throw thrown;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
      }
    }
  }

  /** Nothing waits in the buffer any more. */
  #emptied(): void {
    this.#buffered = 0;
    this.#safe = this.#ends.at(-1) ?? this.#safe;
    if (this.#ends.length > 0) this.#ends = [];
  }
}

const isFull = (thrown: unknown): boolean => (thrown as NodeJS.ErrnoException).code === "EAGAIN";
