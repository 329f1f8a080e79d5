import { RerunError } from "../errors.ts";
import type { LogMsg } from "../log-msg.ts";
import { ProtobufWriter } from "./protobuf.ts";
import { type Compression, encodeFrameParts, MESSAGE_KIND } from "./rrd.ts";

/** Rerun's service for programs that log and viewers that read. */
export const PROXY_SERVICE = "/rerun.sdk_comms.v1alpha1.MessageProxyService";

/** Bytes before each gRPC message: whether it is compressed, and its length. */
export const GRPC_PREFIX_BYTES = 5;

/** Lengths are 32-bit. */
const MAX_MESSAGE_BYTES = 0xffff_ffff;

const LOG_MSG = 1;

/** Number of each kind of message in the oneof of `rerun.log_msg.v1alpha1.LogMsg`: the same as in files. */
export type LogMsgKind = 1 | 2 | 3;

const scratch = new ProtobufWriter();

/**
 * What goes over gRPC before one message: the prefix of the frame, then the tags of a `WriteMessagesRequest` or, with
 * the same bytes, of a `ReadMessagesResponse` that holds a `LogMsg` of that kind.
 *
 * | offset | size | content |
 * | --- | --- | --- |
 * | 0 | 1 | 0: not compressed by gRPC |
 * | 1 | 4 | length of what follows, big-endian |
 * | 5 | 1 + varint | field 1 `log_msg`, its length |
 * | … | 1 + varint | field 1, 2 or 3 of the `LogMsg`, the length of the message |
 *
 * The message itself, as it stands in files behind its header, follows; it is not copied.
 *
 * @param bytes of the message
 * @throws RerunError `invalid-data` for more than 4 GiB
 */
export function grpcLogMsgPrefix(kind: LogMsgKind, bytes: number): Uint8Array {
  const inner = scratch.reset().prefix(kind, bytes).finish().slice();
  const outer = scratch
    .reset()
    .prefix(LOG_MSG, inner.length + bytes)
    .finish();
  const length = outer.length + inner.length + bytes;
  if (length > MAX_MESSAGE_BYTES) {
    throw new RerunError(
      "invalid-data",
      `Expected a message of at most ${MAX_MESSAGE_BYTES} bytes to send over gRPC, got ${length}; log it in several parts`,
    );
  }
  const prefix = new Uint8Array(GRPC_PREFIX_BYTES + outer.length + inner.length);
  new DataView(prefix.buffer).setUint32(1, length);
  prefix.set(outer, GRPC_PREFIX_BYTES);
  prefix.set(inner, GRPC_PREFIX_BYTES + outer.length);
  return prefix;
}

const KINDS: Readonly<Record<LogMsg["kind"], LogMsgKind>> = {
  "set-store-info": MESSAGE_KIND.setStoreInfo,
  chunk: MESSAGE_KIND.arrowMsg,
  "blueprint-activation": MESSAGE_KIND.blueprintActivation,
};

/**
 * One message as a frame of `WriteMessages`, in pieces to be sent one after the other. Payloads are not copied:
 * the pieces are valid as long as the chunk's bytes are.
 */
export function encodeGrpcParts(message: LogMsg, compression: Compression = "lz4"): Uint8Array[] {
  const parts = encodeFrameParts(message, compression);
  let bytes = 0;
  for (let i = 1; i < parts.length; i++) bytes += (parts[i] as Uint8Array).length;
  // Files have a header of another kind in this place.
  parts[0] = grpcLogMsgPrefix(KINDS[message.kind], bytes);
  return parts;
}
