import { RerunError } from "../errors.ts";
import type { StoreId } from "../log-msg.ts";
import { decodeCompression, decodeStoreId } from "./envelope.ts";
import { decompressLz4 } from "./lz4.ts";
import { ProtobufReader } from "./protobuf.ts";

/** `rerun.log_msg.v1alpha1.RrdManifest`, its table still packed. */
export interface PackedManifest {
  readonly storeId: StoreId;
  /** The union of all columns of the store: an Arrow IPC stream without a batch. */
  readonly sorbetSchema: Uint8Array;
  readonly sorbetSchemaSha256: Uint8Array | undefined;
  /** One row for each chunk: an Arrow IPC stream. */
  readonly data: Uint8Array;
}

/**
 * Decodes the `RrdFooter` with which a stream ends: a manifest for each store that has chunks.
 *
 * @throws RerunError `invalid-data`, `unsupported-data`
 */
export function decodeRrdFooter(payload: Uint8Array): readonly PackedManifest[] {
  const message = new ProtobufReader(payload, "RrdFooter");
  const manifests: PackedManifest[] = [];
  while (message.next())
    if (message.field === 1) manifests.push(decodeManifest(message.message("RrdManifest")));
  return manifests;
}

function decodeManifest(message: ProtobufReader): PackedManifest {
  let storeId: StoreId | undefined;
  let sorbetSchema: Uint8Array | undefined;
  let sorbetSchemaSha256: Uint8Array | undefined;
  let data: Uint8Array | undefined;
  while (message.next()) {
    switch (message.field) {
      case 1:
        storeId = decodeStoreId(message.bytes());
        break;
      case 2: {
        const schema = message.message("Schema");
        while (schema.next()) if (schema.field === 1) sorbetSchema = schema.bytes();
        break;
      }
      case 3:
        sorbetSchemaSha256 = message.bytes();
        break;
      case 4:
        data = decodeDataframePart(message.message("DataframePart"));
        break;
      default:
    }
  }
  if (storeId === undefined || sorbetSchema === undefined || data === undefined)
    throw invalid("a store, a schema and a table in each manifest");
  if (sorbetSchemaSha256 !== undefined && sorbetSchemaSha256.length !== 32)
    throw invalid("a hash of 32 bytes in each manifest");
  return { storeId, sorbetSchema, sorbetSchemaSha256, data };
}

/** `rerun.common.v1alpha1.DataframePart`: the Arrow IPC stream in it. */
function decodeDataframePart(message: ProtobufReader): Uint8Array {
  let version = 0;
  let payload: Uint8Array | undefined;
  let compression = 0;
  let size = 0;
  while (message.next()) {
    if (message.field === 1) version = message.int32();
    else if (message.field === 2) payload = message.bytes();
    else if (message.field === 3) compression = message.int32();
    else if (message.field === 4) size = message.uint();
  }
  if (version !== 1) throw invalid("tables of encoder version 1");
  if (payload === undefined) throw invalid("a table in each manifest");
  return decodeCompression(compression, "DataframePart") === "none"
    ? payload
    : decompressLz4(payload, size);
}

const invalid = (expected: string): RerunError =>
  new RerunError(
    "invalid-data",
    `Expected ${expected} of a footer, got something else; the data is damaged`,
  );
