import { closeSync, writeSync } from "node:fs";
import { beforeExit } from "./before-exit.ts";
import { EXIT_MS } from "./exit-hooks.ts";
import { Gate } from "./gate.ts";
import { withoutWaiting } from "./open-pipe.ts";

/** A reader that takes nothing for so long, in milliseconds, is waited for in the background. */
const STALL_MS = 1000;
/** How long to wait for a full pipe before trying again, in milliseconds: at first, and at most; then in the background. */
const RETRY_MS = 0.02;
const MAX_RETRY_MS = 2;
const POLL_MS = 1;
const MAX_POLL_MS = 50;
/** The last of the standard streams. */
const STDERR = 2;

/** Nobody reads so far, or nobody takes anything now. */
const WAIT_CODES: ReadonlySet<unknown> = new Set(["EAGAIN", "ENXIO"]);

const lock = new Int32Array(new SharedArrayBuffer(4));

/** Why a pipe was given up: a program ends, and its reader takes nothing. */
export class StalledReader extends Error {
  /** Bytes that it did not take. */
  readonly bytes: number;

  constructor(bytes: number) {
    super(`The reader took nothing for ${EXIT_MS} ms`);
    this.bytes = bytes;
  }
}

/**
 * Writes to a pipe, or anything else that is no file.
 *
 * A reader that is slow is waited for within the call, so that a program in a tight loop goes no faster than it. One
 * that takes nothing for a second must not hold up the whole program: what comes is then kept, until it takes it all;
 * {@link waiting} says when. A program that has nothing else to do waits for its reader, as all do that write to a pipe;
 * one that is told to end only as long as the reader takes something.
 */
export class Pipe {
  readonly #open: () => number;
  readonly #onError: (thrown: unknown) => void;
  /** What was handed to us, to be closed; undefined when we open it ourselves. */
  readonly #given: number | undefined;
  #fd: number | undefined;
  /** Copies of what the reader has not taken, from `#done` bytes of the first on. */
  #kept: Uint8Array[] = [];
  #done = 0;
  #keptBytes = 0;
  #waiting: Gate | undefined;
  /** When the reader last took something, of `performance.now()`. */
  #takenMs = 0;
  /** There is nothing else to do in this program. */
  #isLast = false;
  /** Since when the end of the program waits, if not for ever. */
  #endMs: number | undefined;
  #isLetGo = false;
  #isEnding = false;
  #pollMs = POLL_MS;
  #timer: NodeJS.Timeout | undefined;
  #unhook: (() => void) | undefined;

  /**
   * @param to descriptor, which is closed with the pipe unless it is a standard stream, or what opens one; that may
   *   throw `ENXIO` for now
   * @param onError told about failures of writes that no call waits for
   */
  constructor(to: number | (() => number), onError: (thrown: unknown) => void) {
    this.#onError = onError;
    if (typeof to === "number") {
      this.#given = to;
      this.#fd = withoutWaiting(to);
      this.#open = () => to;
    } else {
      this.#open = to;
    }
  }

  /** Kept when everything is with the reader; undefined when it is. Broken when that fails. */
  get waiting(): Gate | undefined {
    return this.#waiting;
  }

  /** Bytes that the reader has not taken, of those that were written. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** Takes all bytes; they may be reused when it returns. Throws what the system throws. */
  write(bytes: Uint8Array): void {
    let done = 0;
    if (this.#waiting === undefined) {
      done = this.#push(bytes, 0);
      if (done === bytes.length) return;
      if (this.#isEnding) throw new StalledReader(bytes.length - done);
      this.#wait();
    }
    // A copy, which `slice` of a Buffer is not.
    this.#kept.push(new Uint8Array(bytes.subarray(done)));
    this.#keptBytes += bytes.length - done;
  }

  /** Nobody wants to know any more: from now on the end of the program is not held up by a reader that takes nothing. */
  letGo(): void {
    this.#isLetGo = true;
  }

  /**
   * Hands over what is kept within this call, and waits for the reader from now on within each, as long as it takes
   * something. Throws when it does not.
   *
   * @param deadline of `performance.now()`; later, when the reader takes something meanwhile
   */
  endNow(deadline: number): void {
    this.#isEnding = true;
    this.#endMs ??= deadline - EXIT_MS;
    const { waiting } = this;
    if (waiting === undefined) return;
    while (this.#kept.length > 0) {
      const first = this.#kept[0] as Uint8Array;
      const done = this.#push(first, this.#done);
      this.#keptBytes -= done - this.#done;
      this.#done = done;
      if (done < first.length) throw new StalledReader(this.#keptBytes);
      this.#kept.shift();
      this.#done = 0;
    }
    this.#stop();
    waiting.open();
  }

  /** Lets go of what is kept, and closes. */
  close(): void {
    const { waiting } = this;
    this.#stop();
    this.#kept = [];
    this.#done = 0;
    this.#keptBytes = 0;
    waiting?.fail(new Error("The pipe was closed before its reader had everything"));
    for (const fd of new Set([this.#fd, this.#given])) {
      // Standard streams stay open: the number would go to the next file, and what is printed then into that.
      if (fd !== undefined && fd > STDERR) closeSync(fd);
    }
    this.#fd = undefined;
  }

  /**
   * Writes, and waits while the reader takes something.
   *
   * @returns how far it came
   */
  #push(bytes: Uint8Array, from: number): number {
    const begunMs = performance.now();
    let done = from;
    let pause = RETRY_MS;
    while (done < bytes.length) {
      const taken = this.#try(bytes, done);
      done += taken;
      if (taken > 0) {
        pause = RETRY_MS;
        continue;
      }
      if (this.#isStalled(begunMs)) break;
      Atomics.wait(lock, 0, 0, pause);
      pause = Math.min(pause * 2, MAX_RETRY_MS);
    }
    return done;
  }

  /** A program that ends waits for a reader that takes nothing once, however much there is for it. */
  #isStalled(begunMs: number): boolean {
    const sinceMs = Math.max(this.#takenMs, this.#endMs ?? begunMs);
    return performance.now() - sinceMs >= (this.#endMs === undefined ? STALL_MS : EXIT_MS);
  }

  /** Bytes that the reader takes at once. */
  #try(bytes: Uint8Array, from: number): number {
    try {
      this.#fd ??= this.#open();
      const taken = writeSync(this.#fd, bytes, from, bytes.length - from);
      if (taken > 0) this.#takenMs = performance.now();
      return taken;
    } catch (thrown) {
      if (!WAIT_CODES.has((thrown as NodeJS.ErrnoException).code)) throw thrown;
      return 0;
    }
  }

  #wait(): void {
    this.#waiting = new Gate();
    this.#pollMs = POLL_MS;
    // While there is something else to do it goes on by itself.
    this.#unhook = beforeExit(() => {
      if (this.#isLetGo) this.#endMs ??= performance.now();
      this.#isLast = true;
      this.#timer?.ref();
    });
    this.#pollLater();
  }

  #pollLater(): void {
    this.#timer = setTimeout(() => this.#poll(), this.#pollMs);
    if (!this.#isLast) this.#timer.unref();
  }

  #poll(): void {
    const { waiting } = this;
    try {
      const before = this.#keptBytes;
      this.#drain();
      if (this.#kept.length === 0) {
        this.#stop();
        waiting?.open();
        return;
      }
      const isMoving = this.#keptBytes < before;
      this.#pollMs = isMoving ? POLL_MS : Math.min(this.#pollMs * 2, MAX_POLL_MS);
      if (this.#endMs !== undefined && this.#isStalled(this.#endMs))
        throw new StalledReader(this.#keptBytes);
      this.#pollLater();
    } catch (thrown) {
      this.#stop();
      waiting?.fail(thrown);
      this.#onError(thrown);
    }
  }

  /** Writes what the reader takes without waiting. */
  #drain(): void {
    while (this.#kept.length > 0) {
      const first = this.#kept[0] as Uint8Array;
      const taken = this.#try(first, this.#done);
      if (taken === 0) return;
      this.#done += taken;
      this.#keptBytes -= taken;
      if (this.#done < first.length) continue;
      this.#kept.shift();
      this.#done = 0;
    }
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#unhook?.();
    this.#unhook = undefined;
    this.#waiting = undefined;
    this.#isLast = false;
    if (!this.#isEnding) this.#endMs = undefined;
  }
}
