import type { BlueprintActivation, ChunkMsg, SetStoreInfo, StoreId } from "../log-msg.ts";
import type { Tuid } from "../tuid.ts";
import { ProtobufWriter } from "./protobuf.ts";

/** How payloads are compressed: as a raw LZ4 block, or not. */
export type Compression = "lz4" | "none";

/** Version of Rerun whose formats are written: 0.33.0, as the four bytes of a stream header. */
export const RERUN_VERSION_BYTES: Uint8Array = Uint8Array.of(0, 33, 0, 0);
/** The same four bytes read as a little-endian number. */
const CRATE_VERSION_BITS = 33 << 8;

// Numbers of rerun.common.v1alpha1 and rerun.log_msg.v1alpha1.
const STORE_KIND = { recording: 1, blueprint: 2 } as const;
const COMPRESSION = { none: 1, lz4: 2 } as const;
const ENCODING_ARROW_IPC = 1;
const SOURCE_OTHER = 6;
/** Two fields of a tag and eight bytes each. */
const TUID_BYTES = 18;

const storeIds = new WeakMap<StoreId, Uint8Array>();

/** `rerun.common.v1alpha1.StoreId` */
export function encodeStoreId(id: StoreId): Uint8Array {
  let bytes = storeIds.get(id);
  if (bytes === undefined) {
    bytes = new ProtobufWriter()
      .varint(1, STORE_KIND[id.kind])
      .bytes(2, id.recordingId)
      .bytes(3, new ProtobufWriter().bytes(1, id.applicationId))
      .finish();
    storeIds.set(id, bytes);
  }
  return bytes;
}

/** `rerun.common.v1alpha1.Tuid` */
function encodeTuid(id: Tuid): ProtobufWriter {
  return new ProtobufWriter().fixed64(1, id.timeHi, id.timeLo).fixed64(2, id.incHi, id.incLo);
}

/** `rerun.log_msg.v1alpha1.SetStoreInfo` */
export function encodeSetStoreInfo(message: SetStoreInfo): Uint8Array {
  const { origin } = message;
  const source = new ProtobufWriter().varint(1, origin?.kind ?? SOURCE_OTHER);
  if (origin === undefined || origin.extra.length > 0)
    source.bytes(2, new ProtobufWriter().bytes(1, origin?.extra ?? message.source));
  const info = new ProtobufWriter()
    .bytes(2, encodeStoreId(message.storeId))
    .bytes(5, source)
    .bytes(6, new ProtobufWriter().varint(1, CRATE_VERSION_BITS));
  return new ProtobufWriter().bytes(1, encodeTuid(message.rowId)).bytes(2, info).finish();
}

/** `rerun.log_msg.v1alpha1.BlueprintActivationCommand` */
export function encodeBlueprintActivation(message: BlueprintActivation): Uint8Array {
  const w = new ProtobufWriter().bytes(1, encodeStoreId(message.storeId));
  if (message.makeActive) w.varint(2, 1);
  if (message.makeDefault) w.varint(3, 1);
  return w.finish();
}

/** What stands before and after the payload of an `ArrowMsg`. */
export interface ArrowMsgFrame {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** Reused for each message; what is returned is a copy. */
const scratch = new ProtobufWriter();

/**
 * `rerun.log_msg.v1alpha1.ArrowMsg`, all but its payload.
 *
 * @param payloadBytes length of the payload as it is written
 */
export function encodeArrowMsgFrame(
  message: ChunkMsg,
  compression: Compression,
  payloadBytes: number,
): ArrowMsgFrame {
  const { chunk, storeId } = message;
  const before = scratch
    .reset()
    .bytes(1, encodeStoreId(storeId))
    .varint(2, COMPRESSION[compression])
    .varint(3, chunk.byteLength)
    .varint(4, ENCODING_ARROW_IPC)
    .prefix(5, payloadBytes)
    .finish()
    .slice();
  // Both have explicit presence: a false is written too.
  const after = scratch
    .reset()
    .prefix(6, TUID_BYTES)
    .fixed64(1, chunk.id.timeHi, chunk.id.timeLo)
    .fixed64(2, chunk.id.incHi, chunk.id.incLo)
    .varint(7, chunk.isStatic ? 1 : 0)
    .finish()
    .slice();
  return { before, after };
}
