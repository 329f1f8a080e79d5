import { closeSync, fdatasync, fdatasyncSync, fsyncSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { quote, RerunError } from "../../lib/errors.ts";

/**
 * When what was written is forced onto the disk, to survive a crash of the whole machine. A crash of the program alone
 * loses nothing of what was written, whatever the policy.
 *
 * - `never`: when the operating system sees fit
 * - `close`: when a file is complete
 * - `always`: before a write is done; each chunk then costs the time of the disk, within `log` or on the next turn
 * - `everyMs`: that often, in the background, and before `flush` resolves
 */
export type FsyncPolicy = "never" | "close" | "always" | { readonly everyMs: number };

/** @throws RerunError `invalid-argument` */
export function checkFsync(policy: unknown): void {
  if (policy === "never" || policy === "close" || policy === "always") return;
  const everyMs = (policy as { everyMs?: unknown } | null | undefined)?.everyMs;
  if (typeof everyMs === "number" && everyMs > 0 && everyMs <= 0x7fff_ffff) return;
  throw new RerunError(
    "invalid-argument",
    `Expected \`fsync\` to be "never", "close", "always" or { everyMs } with a number above 0, got ${quote(policy)}`,
  );
}

/** Forces one file onto the disk, by a policy. */
export class FileSync {
  readonly #fd: number;
  readonly #path: string;
  readonly #policy: FsyncPolicy;
  readonly #flush: () => void;
  readonly #onError: (thrown: unknown) => void;
  #dirty = false;
  #named = false;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  /**
   * @param flush hands what is buffered to the operating system
   * @param onError told about failures that no call waits for
   */
  constructor(
    fd: number,
    path: string,
    policy: FsyncPolicy,
    flush: () => void,
    onError: (thrown: unknown) => void,
  ) {
    this.#fd = fd;
    this.#path = path;
    this.#policy = policy;
    this.#flush = flush;
    this.#onError = onError;
  }

  /** Something was written, and more follows: what is due is so when it is the turn of `wrote` or `end`. */
  writing(): void {
    this.#dirty = true;
  }

  /** Something was written. */
  wrote(): void {
    this.#dirty = true;
    if (this.#policy === "always") this.#now();
    else if (typeof this.#policy === "object") {
      // It must not keep the program alive: what was written is safe from its end.
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#inBackground().catch(this.#onError);
      }, this.#policy.everyMs).unref();
    }
  }

  /** Resolves when the policy is fulfilled for everything written so far; undefined when it is. */
  flushed(): Promise<void> | undefined {
    return typeof this.#policy === "object" ? this.#inBackground() : undefined;
  }

  /** Does what is due before the file is closed; undefined when that is nothing. */
  end(): Promise<void> | undefined {
    clearTimeout(this.#timer);
    if (this.#policy === "never") return undefined;
    return this.#inBackground();
  }

  /** The same within this call, for the end of a process. */
  endNow(): void {
    clearTimeout(this.#timer);
    if (this.#policy !== "never" && this.#dirty) this.#now();
  }

  #now(): void {
    this.#flush();
    this.#dirty = false;
    fdatasyncSync(this.#fd);
    this.#name();
  }

  /** One at a time; what is written meanwhile is done by the next. */
  async #inBackground(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
    if (!this.#dirty) return;
    this.#flush();
    this.#dirty = false;
    this.#running = new Promise<void>((resolve, reject) => {
      fdatasync(this.#fd, (error) => (error === null ? resolve() : reject(error)));
    }).finally(() => {
      this.#running = undefined;
    });
    await this.#running;
    this.#name();
  }

  /** A new file is not safe until its directory is. */
  #name(): void {
    if (this.#named) return;
    this.#named = true;
    try {
      const directory = openSync(dirname(this.#path), "r");
      try {
        fsyncSync(directory);
      } finally {
        closeSync(directory);
      }
    } catch {
      // Not every system lets a directory be opened or forced; the data is on the disk in any case.
    }
  }
}
