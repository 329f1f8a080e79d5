import { RerunError } from "../errors.ts";

/** What to print of an error: an expected one says what to do, of any other its origin helps. */
export function explain(error: unknown): string {
  if (error instanceof RerunError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Tells an error on standard error and ends the process. */
export function fail(error: unknown, code = 1): never {
  console.error(explain(error));
  process.exit(code);
}
