import { RerunError, type RerunErrorCode } from "../errors.ts";

const CODES: Readonly<Record<string, readonly [RerunErrorCode, string]>> = {
  ENOENT: ["file-missing", "there is no such file"],
  ENOTDIR: ["file-missing", "a part of the path is not a directory"],
  EISDIR: ["io-failed", "the path is a directory; name a file"],
  EACCES: ["permission-denied", "it may not be read; check its permissions"],
  EPERM: ["permission-denied", "it may not be read; check its permissions"],
};

/** Turns an error of the file system into one of ours that says what to do. */
export function readError(thrown: unknown, path: string): RerunError {
  if (thrown instanceof RerunError) return thrown;
  const errno = (thrown as NodeJS.ErrnoException).code ?? "";
  const [code, advice] = CODES[errno] ?? ["io-failed", (thrown as Error).message];
  return new RerunError(code, `Expected to read a file: ${advice}: ${path}`, { cause: thrown });
}
