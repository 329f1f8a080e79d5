import type { IncomingHttpHeaders, IncomingHttpStatusHeader } from "node:http2";

/** How a call ended. */
export interface GrpcStatus {
  /** 0 is success. */
  readonly code: number;
  readonly message: string;
}

/** Codes of gRPC that matter here. */
export const GRPC_CODE = { ok: 0, permissionDenied: 7, unauthenticated: 16 } as const;

const CODE_NAMES = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
] as const;

const MAX_SHOWN = 200;

/** Shows a status in a message. */
export function showStatus({ code, message }: GrpcStatus): string {
  const name = CODE_NAMES[code];
  return `${name ?? "gRPC status"} (${code})${message === "" ? "" : `: ${message}`}`;
}

/** Reads the status off an answer; throws what is wrong with it. */
export function statusOf(
  headers: IncomingHttpHeaders & IncomingHttpStatusHeader,
  trailers: IncomingHttpHeaders,
): GrpcStatus {
  const http = headers[":status"];
  if (http === undefined) throw new Error("the call ended without an answer");
  const type = headers["content-type"] ?? "nothing";
  if (http !== 200 || !type.startsWith("application/grpc"))
    throw new Error(`expected an answer of gRPC, got HTTP status ${http} with ${shown(type)}`);
  const status = trailers["grpc-status"] ?? headers["grpc-status"];
  if (status === undefined) throw new Error("the answer of the server was cut off");
  const code = Number(status);
  if (!/^\d{1,2}$/.test(String(status)))
    throw new Error(`expected a gRPC status, got ${shown(String(status))}`);
  return { code, message: decodeMessage(trailers["grpc-message"] ?? headers["grpc-message"]) };
}

/** The text of a status: percent-encoded, and written by a stranger. */
function decodeMessage(header: string | string[] | undefined): string {
  const text = [header ?? ""]
    .flat()
    .join(" ")
    .slice(0, 3 * MAX_SHOWN);
  try {
    return shown(decodeURIComponent(text));
  } catch {
    return shown(text);
  }
}

/** Cuts what is long, and takes out what would move the cursor of a terminal. */
export const shown = (text: string): string =>
  text
    .replace(/\p{C}+/gu, " ")
    .trim()
    .slice(0, MAX_SHOWN);
