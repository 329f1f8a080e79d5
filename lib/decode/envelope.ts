import type { Compression } from "../encode/log-msg.ts";
import { RerunError } from "../errors.ts";
import type { StoreId, StoreOrigin } from "../log-msg.ts";
import { Tuid } from "../tuid.ts";
import { ProtobufReader } from "./protobuf.ts";

export interface StoreInfoEnvelope {
  readonly kind: "set-store-info";
  readonly storeId: StoreId;
  readonly rowId: Tuid;
  readonly origin: StoreOrigin;
  /** Version of the writer: the four bytes of a stream header as a little-endian number. */
  readonly versionBits: number | undefined;
}

export interface ArrowMsgEnvelope {
  readonly kind: "arrow-msg";
  readonly storeId: StoreId;
  /** Absent in messages of writers before 0.24. */
  readonly chunkId: Tuid | undefined;
  /** What the message says; absent in messages of older writers. The columns of the chunk decide. */
  readonly isStatic: boolean | undefined;
  readonly compression: Compression;
  /** Length of the Arrow IPC stream. */
  readonly uncompressedSize: number;
  /** The Arrow IPC stream, or an LZ4 block of it; a view. */
  readonly payload: Uint8Array;
}

export interface BlueprintActivationEnvelope {
  readonly kind: "blueprint-activation";
  readonly storeId: StoreId;
  readonly makeActive: boolean;
  readonly makeDefault: boolean;
}

/** A message as it stands in files and on the wire, its payload still packed. */
export type Envelope = StoreInfoEnvelope | ArrowMsgEnvelope | BlueprintActivationEnvelope;

/** Kinds of messages in an RRD stream that have an envelope. */
export type EnvelopeKind = 1 | 2 | 3;

const ENCODING_ARROW_IPC = 1;
const COMPRESSION_NONE = 1;
const COMPRESSION_LZ4 = 2;
const STORE_BLUEPRINT = 2;

/**
 * Decodes the message of an RRD stream: 1 `SetStoreInfo`, 2 `ArrowMsg`, 3 `BlueprintActivationCommand`.
 *
 * The payload is a view of `bytes`. The application id of a store is empty in messages of writers before 0.25; see
 * {@link StoreIds}.
 *
 * @throws RerunError `invalid-data`
 */
export function decodeEnvelope(kind: EnvelopeKind, bytes: Uint8Array): Envelope {
  switch (kind) {
    case 1:
      return decodeSetStoreInfo(bytes);
    case 2:
      return decodeArrowMsg(bytes);
    case 3:
      return decodeBlueprintActivation(bytes);
  }
}

/**
 * Opens the `rerun.log_msg.v1alpha1.LogMsg` that gRPC carries: which of the three messages it holds, and its bytes, a
 * view.
 *
 * @throws RerunError `invalid-data`
 */
export function decodeLogMsgProto(bytes: Uint8Array): {
  readonly kind: EnvelopeKind;
  readonly bytes: Uint8Array;
} {
  const message = new ProtobufReader(bytes, "LogMsg");
  let found: { kind: EnvelopeKind; bytes: Uint8Array } | undefined;
  while (message.next()) {
    const { field } = message;
    if (field === 1 || field === 2 || field === 3) found = { kind: field, bytes: message.bytes() };
  }
  return required(found, "LogMsg", "a message");
}

function decodeSetStoreInfo(bytes: Uint8Array): StoreInfoEnvelope {
  const what = "SetStoreInfo";
  const message = new ProtobufReader(bytes, what);
  let rowId: Tuid | undefined;
  let info: ProtobufReader | undefined;
  while (message.next()) {
    if (message.field === 1) rowId = decodeTuid(message.message("Tuid"));
    else if (message.field === 2) info = message.message("StoreInfo");
  }
  const fields = required(info, what, "info");
  let storeId: StoreId | undefined;
  let applicationId = "";
  let origin: StoreOrigin = { kind: 0, extra: new Uint8Array() };
  let versionBits: number | undefined;
  while (fields.next()) {
    switch (fields.field) {
      case 1:
        applicationId = decodeName(fields.message("ApplicationId"));
        break;
      case 2:
        storeId = decodeStoreId(fields.bytes());
        break;
      case 5:
        origin = decodeOrigin(fields.message("StoreSource"));
        break;
      case 6:
        versionBits = decodeVersionBits(fields.message("StoreVersion"));
        break;
      default:
    }
  }
  const id = required(storeId, what, "store_id");
  return {
    kind: "set-store-info",
    // Writers before 0.25 said it here alone.
    storeId: id.applicationId === "" && applicationId !== "" ? { ...id, applicationId } : id,
    rowId: required(rowId, what, "row_id"),
    origin,
    versionBits,
  };
}

function decodeArrowMsg(bytes: Uint8Array): ArrowMsgEnvelope {
  const what = "ArrowMsg";
  const message = new ProtobufReader(bytes, what);
  let storeId: StoreId | undefined;
  let compression = 0;
  let uncompressedSize = 0;
  let encoding = 0;
  let payload: Uint8Array | undefined;
  let chunkId: Tuid | undefined;
  let isStatic: boolean | undefined;
  while (message.next()) {
    switch (message.field) {
      case 1:
        storeId = decodeStoreId(message.bytes());
        break;
      case 2:
        compression = message.int32();
        break;
      case 3:
        uncompressedSize = message.uint();
        break;
      case 4:
        encoding = message.int32();
        break;
      case 5:
        payload = message.bytes();
        break;
      case 6:
        chunkId = decodeTuid(message.message("Tuid"));
        break;
      case 7:
        isStatic = message.bool();
        break;
      default:
    }
  }
  if (encoding !== ENCODING_ARROW_IPC)
    throw invalid(what, `the encoding ${ENCODING_ARROW_IPC} (Arrow IPC)`, `${encoding}`);
  const packed = required(payload, what, "payload");
  const isPlain = decodeCompression(compression, what) === "none";
  return {
    kind: "arrow-msg",
    storeId: required(storeId, what, "store_id"),
    chunkId,
    isStatic,
    compression: isPlain ? "none" : "lz4",
    // Plain ones need not say it.
    uncompressedSize: isPlain ? packed.length : uncompressedSize,
    payload: packed,
  };
}

function decodeBlueprintActivation(bytes: Uint8Array): BlueprintActivationEnvelope {
  const what = "BlueprintActivationCommand";
  const message = new ProtobufReader(bytes, what);
  let storeId: StoreId | undefined;
  let makeActive = false;
  let makeDefault = false;
  while (message.next()) {
    if (message.field === 1) storeId = decodeStoreId(message.bytes());
    else if (message.field === 2) makeActive = message.bool();
    else if (message.field === 3) makeDefault = message.bool();
  }
  return {
    kind: "blueprint-activation",
    storeId: required(storeId, what, "blueprint_id"),
    makeActive,
    makeDefault,
  };
}

/** `rerun.common.v1alpha1.Compression`, as messages number it. */
export function decodeCompression(value: number, what: string): Compression {
  if (value === 0 || value === COMPRESSION_NONE) return "none";
  if (value === COMPRESSION_LZ4) return "lz4";
  throw invalid(what, "the compression 1 (none) or 2 (LZ4)", `${value}`);
}

/** The id decoded last: most messages in a row belong to one store. */
let last: { readonly bytes: Uint8Array; readonly id: StoreId } | undefined;

/** `rerun.common.v1alpha1.StoreId`; the same object for the same bytes in a row. */
export function decodeStoreId(bytes: Uint8Array): StoreId {
  if (last !== undefined && sameBytes(last.bytes, bytes)) return last.id;
  const message = new ProtobufReader(bytes, "StoreId");
  let kind = 0;
  let recordingId = "";
  let applicationId = "";
  while (message.next()) {
    if (message.field === 1) kind = message.int32();
    else if (message.field === 2) recordingId = message.string();
    else if (message.field === 3) applicationId = decodeName(message.message("ApplicationId"));
  }
  const id: StoreId = Object.freeze({
    kind: kind === STORE_BLUEPRINT ? "blueprint" : "recording",
    applicationId,
    recordingId,
  });
  if (bytes.length <= 1024) last = { bytes: new Uint8Array(bytes), id };
  return id;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function decodeName(message: ProtobufReader): string {
  let name = "";
  while (message.next()) if (message.field === 1) name = message.string();
  return name;
}

function decodeTuid(message: ProtobufReader): Tuid {
  let time: { readonly hi: number; readonly lo: number } | undefined;
  let inc: { readonly hi: number; readonly lo: number } | undefined;
  while (message.next()) {
    if (message.field === 1) time = message.fixed64();
    else if (message.field === 2) inc = message.fixed64();
  }
  const high = required(time, "Tuid", "time_ns");
  const low = required(inc, "Tuid", "inc");
  return new Tuid(high.hi, high.lo, low.hi, low.lo);
}

function decodeOrigin(message: ProtobufReader): StoreOrigin {
  let kind = 0;
  let extra: Uint8Array = new Uint8Array();
  while (message.next()) {
    if (message.field === 1) kind = message.int32();
    else if (message.field === 2) {
      const details = message.message("StoreSourceExtra");
      // A copy: it must not keep the bytes of a whole file.
      while (details.next()) if (details.field === 1) extra = new Uint8Array(details.bytes());
    }
  }
  return { kind, extra };
}

function decodeVersionBits(message: ProtobufReader): number {
  let bits = 0;
  while (message.next()) if (message.field === 1) bits = message.int32();
  return bits;
}

function required<T>(value: T | undefined, what: string, field: string): T {
  if (value === undefined) throw invalid(what, field, "none");
  return value;
}

function invalid(what: string, expected: string, got: string): RerunError {
  return new RerunError(
    "invalid-data",
    `Expected ${expected} in the message ${what}, got ${got}; the data is damaged, or of a version that is not known here`,
  );
}
