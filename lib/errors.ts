/**
 * What went wrong, as a closed set. Each code says who can mend it:
 *
 * - `invalid-argument`: an option or argument of a call is wrong
 * - `invalid-entity-path`, `invalid-component`, `invalid-time`: a logged value is wrong; nothing of it was logged
 * - `recording-closed`: a call came after `close()`
 * - `sink-failed`: a sink threw something of its own; see `cause`
 * - `file-exists`, `file-missing`, `directory-missing`, `permission-denied`, `disk-full`, `io-failed`: the file system said no
 * - `stdout-is-terminal`: binary data would be printed on a screen
 * - `address-in-use`, `server-failed`, `protocol-error`: a server or its peer
 * - `viewer-unreachable`: nobody answers at an address, or a connection broke; a sink tells of it and tries again
 * - `access-denied`: the peer wants another token, or its certificate is not trusted
 * - `viewer-not-found`, `viewer-not-ready`: `spawn` found no viewer to start, or the one it started did not answer
 * - `data-dropped`: a budget was exceeded and the oldest data was let go
 * - `index-dropped`: a file holds more chunks than its index may: it is complete, but only read from front to back
 * - `invalid-data`: bytes from outside are not what they should be
 * - `unsupported-data`: bytes from outside are in order, but of a kind or version that is not read here
 * - `flush-timeout`: a signal ended a wait before everything was delivered
 */
export type RerunErrorCode =
  | "invalid-argument"
  | "invalid-entity-path"
  | "invalid-component"
  | "invalid-time"
  | "recording-closed"
  | "sink-failed"
  | "file-exists"
  | "file-missing"
  | "directory-missing"
  | "permission-denied"
  | "disk-full"
  | "io-failed"
  | "stdout-is-terminal"
  | "address-in-use"
  | "server-failed"
  | "protocol-error"
  | "viewer-unreachable"
  | "access-denied"
  | "viewer-not-found"
  | "viewer-not-ready"
  | "data-dropped"
  | "index-dropped"
  | "invalid-data"
  | "unsupported-data"
  | "flush-timeout";

/** The one error class of this package; `code` tells the kinds apart, `cause` keeps what was underneath. */
export class RerunError extends Error {
  override readonly name = "RerunError";
  readonly code: RerunErrorCode;

  constructor(code: RerunErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  /** Wraps anything that was thrown; a `RerunError` is returned as it is. */
  static from(thrown: unknown, code: RerunErrorCode = "sink-failed"): RerunError {
    if (thrown instanceof RerunError) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new RerunError(code, message, { cause: thrown });
  }
}

/** Shows a value in a message: strings quoted, long ones cut, objects by their type. */
export function quote(value: unknown): string {
  switch (typeof value) {
    case "string":
      return value.length > 60 ? `"${value.slice(0, 57)}…"` : `"${value}"`;
    case "bigint":
      return `\`${value}n\``;
    case "number":
    case "boolean":
    case "undefined":
      return `\`${value}\``;
    case "function":
      return "a function";
    case "symbol":
      return "a symbol";
    default: {
      if (value === null) return "`null`";
      if (Array.isArray(value)) return `an array of ${value.length}`;
      const name = (value as object).constructor?.name ?? "object";
      return ArrayBuffer.isView(value)
        ? `${name}(${value.byteLength} bytes)`
        : `an object (${name})`;
    }
  }
}
