/** The status codes of gRPC that a hub answers with. */
export const GRPC_STATUS = {
  ok: 0,
  invalidArgument: 3,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** A status code of gRPC, as a number. */
export type GrpcCode = (typeof GRPC_STATUS)[keyof typeof GRPC_STATUS];

/** Ends a call with a status that says why. */
export class GrpcFailure extends Error {
  override readonly name = "GrpcFailure";
  readonly code: GrpcCode;

  constructor(code: GrpcCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** A status message as it stands in a header: printable ASCII as it is, the bytes of all else percent-encoded. */
export function encodeGrpcMessage(message: string): string {
  let text = "";
  for (const byte of Buffer.from(message)) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    text += plain
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return text;
}
