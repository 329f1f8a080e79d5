import { RerunError, type RerunErrorCode } from "../../lib/errors.ts";
import { EXIT_MS } from "./exit-hooks.ts";
import { StalledReader } from "./pipe.ts";

const CODES: Readonly<Record<string, readonly [RerunErrorCode, string]>> = {
  EEXIST: ["file-exists", "the file exists; pass { overwrite: true } or another path"],
  ENOENT: ["directory-missing", "the directory does not exist; create it first"],
  ENOTDIR: ["directory-missing", "a part of the path is not a directory"],
  EISDIR: ["io-failed", "the path is a directory; name a file"],
  EACCES: ["permission-denied", "the file may not be written; check its permissions"],
  EPERM: ["permission-denied", "the file may not be written; check its permissions"],
  EROFS: ["permission-denied", "the file system is read-only"],
  ENOSPC: ["disk-full", "the disk is full; what was written before can be read"],
  EDQUOT: ["disk-full", "the quota is used up; what was written before can be read"],
  EFBIG: ["disk-full", "the file may not grow further; what was written before can be read"],
  EPIPE: ["io-failed", "the reader is gone"],
};

/** Turns an error of the file system into one of ours that says what to do. */
export function ioError(thrown: unknown, what: string): RerunError {
  if (thrown instanceof StalledReader) {
    return new RerunError(
      "flush-timeout",
      `Expected the reader of ${what} to take the rest when the program ends, but it took nothing for ${EXIT_MS / 1000} s: ${thrown.bytes} bytes are lost; let it read to the end`,
      { cause: thrown },
    );
  }
  const errno = (thrown as NodeJS.ErrnoException).code ?? "";
  const [code, advice] = CODES[errno] ?? ["io-failed", errno];
  return new RerunError(code, `Expected to write ${what}: ${advice}`, { cause: thrown });
}
