import { GRPC_STATUS, GrpcFailure } from "./grpc-status.ts";

/** Bytes before each message of gRPC: a flag and the length, 32-bit big-endian. */
export const GRPC_PREFIX_BYTES = 5;

/** The flag of the frame that stands for trailers in gRPC-web. */
export const GRPC_WEB_TRAILERS = 0x80;

const COMPRESSED = 1;

/**
 * Reads the length out of a prefix.
 *
 * @throws GrpcFailure when it is none
 */
export function readGrpcPrefix(prefix: Uint8Array): number {
  const flag = prefix[0];
  if (flag === COMPRESSED)
    throw new GrpcFailure(
      GRPC_STATUS.unimplemented,
      "Expected messages without compression of gRPC's own; chunks are compressed inside",
    );
  if (flag !== 0)
    throw new GrpcFailure(
      GRPC_STATUS.invalidArgument,
      `Expected a message of gRPC to begin with 0, got ${flag}`,
    );
  return new DataView(prefix.buffer, prefix.byteOffset).getUint32(1);
}

/** The prefix of a message, with room for `more` bytes behind it. */
export function grpcPrefix(flag: number, length: number, more = 0): Uint8Array {
  const bytes = new Uint8Array(GRPC_PREFIX_BYTES + more);
  bytes[0] = flag;
  new DataView(bytes.buffer).setUint32(1, length);
  return bytes;
}
