import {
  accessSync,
  constants,
  lstatSync,
  openSync,
  realpathSync,
  type Stats,
  statSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { quote, RerunError } from "../../lib/errors.ts";
import type { OutputFile } from "./file-writer.ts";
import { ioError } from "./io-error.ts";
import { openNamedPipe } from "./open-pipe.ts";

/** Paths that sinks of this process are going to create. */
const claimed = new Set<string>();

/** @throws RerunError `invalid-argument` */
export function checkPath(path: unknown): asserts path is string {
  if (typeof path === "string" && path.length > 0) return;
  throw new RerunError(
    "invalid-argument",
    `Expected the path of a file to save to, got ${quote(path)}`,
  );
}

/**
 * Looks whether files can be created in a directory, without creating one.
 *
 * @throws RerunError `directory-missing`, `permission-denied`
 */
export function checkDirectory(directory: string, target: string): void {
  try {
    if (!statSync(directory).isDirectory()) throw errno("ENOTDIR");
    accessSync(directory, constants.W_OK | constants.X_OK);
  } catch (thrown) {
    throw ioError(thrown, target);
  }
}

/**
 * A path that is going to be written: looked at now, so that the caller hears at once of what is wrong with it, opened
 * when there is something to write.
 */
export class TargetPath {
  readonly #path: string;
  readonly #overwrite: boolean;
  #claim: string | undefined;

  /**
   * @param target how messages name it
   * @throws RerunError `file-exists`, `directory-missing`, `permission-denied`, `io-failed`
   */
  constructor(path: string, target: string, overwrite: boolean) {
    this.#path = path;
    this.#overwrite = overwrite;
    try {
      // Also a link to nothing is something that exists.
      const there = lstatSync(path, { throwIfNoEntry: false });
      if (there !== undefined) this.#checkExisting();
    } catch (thrown) {
      throw ioError(thrown, target);
    }
    if (statSync(path, { throwIfNoEntry: false }) !== undefined) return;
    checkDirectory(dirname(resolve(path)), target);
    const claim = join(realpathSync(dirname(resolve(path))), basename(path));
    // The one that comes second would find the file only when it is too late to tell its caller.
    if (claimed.has(claim) && !overwrite) throw ioError(errno("EEXIST"), target);
    claimed.add(claim);
    this.#claim = claim;
  }

  /** Opens it; throws what the file system throws. A named pipe is opened by the result, as it may have no reader. */
  open(): OutputFile {
    this.release();
    // It would wait for one, and the whole program with it.
    if (this.#stat()?.isFIFO() === true) return () => openNamedPipe(this.#path);
    return openSync(this.#path, this.#overwrite || this.#isSpecial() ? "w" : "wx");
  }

  /** Leaves the path to others. Idempotent. */
  release(): void {
    if (this.#claim !== undefined) claimed.delete(this.#claim);
    this.#claim = undefined;
  }

  #checkExisting(): void {
    if (this.#stat()?.isDirectory() === true) throw errno("EISDIR");
    if (!this.#overwrite && !this.#isSpecial()) throw errno("EEXIST");
    accessSync(this.#path, constants.W_OK);
  }

  /** A device or a pipe has nothing that could be overwritten. */
  #isSpecial(): boolean {
    return this.#stat()?.isFile() === false;
  }

  #stat(): Stats | undefined {
    return statSync(this.#path, { throwIfNoEntry: false });
  }
}

function errno(code: string): Error {
  return Object.assign(new Error(code), { code });
}
