import { Buffer } from "node:buffer";
import {
  type Data,
  DataType,
  type Field,
  type RecordBatch,
  RecordBatchReader,
  StructRow,
  Table,
  Vector,
} from "apache-arrow";
import { decompress } from "lz4-wasm-nodejs";

/**
 * A second reader of Rerun's format, for specs only. It shares no code with the library, is strict where
 * Rerun's own reader is lenient (unknown fields, sizes, checksums), and reads Arrow with `apache-arrow`.
 */

/** A store as it stands in messages. */
export interface DecodedStoreId {
  readonly kind: "recording" | "blueprint";
  readonly applicationId: string;
  readonly recordingId: string;
}

export interface DecodedStoreInfo {
  readonly kind: "set-store-info";
  readonly storeId: DecodedStoreId;
  /** 32 hex digits. */
  readonly rowId: string;
  /** Number of the source kind: 2 Python SDK, 3 Rust SDK, 6 other. */
  readonly sourceKind: number;
  /** Meaning depends on the kind; text for "other". */
  readonly sourceExtra: Uint8Array;
  /** Such as `0.33.0`; `undefined` when absent. */
  readonly version: string | undefined;
}

export interface DecodedChunk {
  readonly kind: "chunk";
  readonly storeId: DecodedStoreId;
  /** 32 hex digits, from the envelope; `undefined` when absent. The one in the schema is in {@link metadata}. */
  readonly chunkId: string | undefined;
  /** From the envelope; `undefined` when absent. */
  readonly isStatic: boolean | undefined;
  readonly compression: "none" | "lz4";
  /** The payload as sent, and after decompression. */
  readonly payload: Uint8Array;
  readonly ipc: Uint8Array;
  /** Escaped, with leading slash. */
  readonly entityPath: string;
  /** Metadata of the schema. */
  readonly metadata: ReadonlyMap<string, string>;
  readonly table: Table;
  readonly numRows: number;
  /** Names by kind of column, in order; the row id column is left out. */
  readonly timelines: readonly string[];
  readonly components: readonly string[];
  /** 32 hex digits each. */
  readonly rowIds: readonly string[];
  /** The field of a column, with its metadata. Throws when there is none of that name. */
  field(name: string): Field;
  /** The values of a column as plain JavaScript, one per row: see {@link plainValues}. */
  column(name: string): unknown[];
}

export interface DecodedActivation {
  readonly kind: "blueprint-activation";
  readonly storeId: DecodedStoreId;
  readonly makeActive: boolean;
  readonly makeDefault: boolean;
}

export type DecodedMessage = DecodedStoreInfo | DecodedChunk | DecodedActivation;

/** The manifest of one store in a footer. */
export interface DecodedManifest {
  readonly storeId: DecodedStoreId;
  /** The fields of the union of all columns, with their metadata. */
  readonly schemaFields: readonly Field[];
  readonly schemaSha256: Uint8Array;
  /** One row per chunk. */
  readonly table: Table;
  /** The rows as plain JavaScript: see {@link plainValues}. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** Where a message stands in its stream. */
export interface MessagePlace {
  /** From the start of the stream to the payload, behind the 16 bytes of message header. */
  readonly offset: number;
  readonly byteLength: number;
  readonly message: DecodedMessage;
}

/** One stream; a file can hold several, back to back. */
export interface DecodedStream {
  /** From the start of the file. */
  readonly offset: number;
  readonly header: {
    readonly version: string;
    readonly compression: "none" | "lz4";
  };
  readonly places: readonly MessagePlace[];
  /** `undefined` when there is no end message. */
  readonly footer: { readonly manifests: readonly DecodedManifest[] } | undefined;
}

/** All that a file holds. */
export interface DecodedRrd {
  readonly streams: readonly DecodedStream[];
  /** The messages of all streams, in order. */
  readonly messages: readonly DecodedMessage[];
  /** The chunks among them. */
  readonly chunks: readonly DecodedChunk[];
  /** The manifests of all footers. */
  readonly manifests: readonly DecodedManifest[];
  /** Bytes at the end that are no complete message, as after a `kill -9`; 0 for a file in order. */
  readonly truncatedBytes: number;
}

/**
 * Decodes a file or a concatenation of files.
 *
 * Throws for everything that breaks the format, except for an end in the middle of a message, which is
 * reported as `truncatedBytes`. A footer is checked against the stream: place, length, CRC, and each row of
 * each manifest against the chunk that it points at.
 */
export function decodeRrd(bytes: Uint8Array): DecodedRrd {
  const streams: DecodedStream[] = [];
  let offset = 0;
  let truncatedBytes = 0;
  while (offset < bytes.length) {
    const read = readStream(bytes, offset);
    if (read.stream !== undefined) streams.push(read.stream);
    truncatedBytes = read.truncatedBytes;
    offset = read.end;
  }
  const messages = streams.flatMap(({ places }) => places.map(({ message }) => message));
  return {
    streams,
    messages,
    chunks: messages.filter((message) => message.kind === "chunk"),
    manifests: streams.flatMap(({ footer }) => footer?.manifests ?? []),
    truncatedBytes,
  };
}

/** Decodes the `LogMsg` that gRPC carries. */
export function decodeLogMsg(bytes: Uint8Array): DecodedMessage {
  const message = new ProtoMessage(bytes, [1, 2, 3]);
  const [info, chunk, activation] = [1, 2, 3].map((number) => message.optionalBytes(number));
  if (info !== undefined) return decodeSetStoreInfo(info);
  if (chunk !== undefined) return decodeArrowMsg(chunk);
  if (activation !== undefined) return decodeActivation(activation);
  throw new Error("Expected a LogMsg to hold a message, it is empty");
}

// --- framing -----------------------------------------------------------------------------------------------

const END = 0n;
const SET_STORE_INFO = 1n;
const ARROW_MSG = 2n;
const BLUEPRINT_ACTIVATION = 3n;

function readStream(
  bytes: Uint8Array,
  start: number,
): { stream: DecodedStream | undefined; end: number; truncatedBytes: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rest = (from: number): number => bytes.length - from;
  if (rest(start) < 12)
    return { stream: undefined, end: bytes.length, truncatedBytes: rest(start) };
  const header = readStreamHeader(bytes.subarray(start, start + 12));

  const places: MessagePlace[] = [];
  const finish = (footer: DecodedStream["footer"], end: number, truncatedBytes = 0) => ({
    stream: { offset: start, header, places, footer },
    end,
    truncatedBytes,
  });

  let at = start + 12;
  for (;;) {
    // Another stream may follow one without an end message.
    if (rest(at) >= 4 && ascii(bytes, at, 4) === "RRF2") return finish(undefined, at);
    if (rest(at) < 16) return finish(undefined, bytes.length, rest(at));
    const kind = view.getBigUint64(at, true);
    const length = Number(view.getBigUint64(at + 8, true));
    const from = at + 16;
    if (kind > BLUEPRINT_ACTIVATION) throw new Error(`Unknown message kind ${kind} at byte ${at}`);
    if (rest(from) < length) return finish(undefined, bytes.length, rest(at));
    const payload = bytes.subarray(from, from + length);
    at = from + length;
    if (kind === END) {
      if (rest(at) < 32) return finish(undefined, bytes.length, rest(from - 16));
      checkStreamFooter(bytes.subarray(at, at + 32), payload, from - start);
      return finish({ manifests: readFooter(payload, places) }, at + 32);
    }
    places.push({
      offset: from - start,
      byteLength: length,
      message: decodeMessage(kind, payload),
    });
  }
}

function readStreamHeader(bytes: Uint8Array): DecodedStream["header"] {
  const [major, minor, patch, meta, compression, serializer, reserved0, reserved1] =
    bytes.subarray(4);
  check("fourcc", ascii(bytes, 0, 4), "RRF2");
  check("version meta byte", meta, 0);
  check("serializer", serializer, 2);
  check("reserved bytes", `${reserved0},${reserved1}`, "0,0");
  if (compression !== 0 && compression !== 1)
    throw new Error(`Unknown compression ${compression} in the stream header`);
  return { version: `${major}.${minor}.${patch}`, compression: compression === 1 ? "lz4" : "none" };
}

function decodeMessage(kind: bigint, payload: Uint8Array): DecodedMessage {
  if (kind === SET_STORE_INFO) return decodeSetStoreInfo(payload);
  if (kind === ARROW_MSG) return decodeArrowMsg(payload);
  return decodeActivation(payload);
}

function checkStreamFooter(bytes: Uint8Array, payload: Uint8Array, payloadOffset: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  check("footer fourcc", ascii(bytes, 20, 8), "RRF2FOOT");
  check("number of footer entries", view.getUint32(28, true), 1);
  check("footer offset", view.getBigUint64(0, true), BigInt(payloadOffset));
  check("footer length", view.getBigUint64(8, true), BigInt(payload.length));
  check("footer CRC", view.getUint32(16, true), xxh32(payload, 7_850_921));
}

// --- messages ----------------------------------------------------------------------------------------------

function decodeSetStoreInfo(bytes: Uint8Array): DecodedStoreInfo {
  const message = new ProtoMessage(bytes, [1, 2]);
  const info = new ProtoMessage(message.bytes(2), [2, 5, 6]);
  const source = new ProtoMessage(info.bytes(5), [1, 2]);
  const extra = source.optionalBytes(2);
  const version = info.optionalBytes(6);
  return {
    kind: "set-store-info",
    storeId: decodeStoreId(info.bytes(2)),
    rowId: decodeTuid(message.bytes(1)),
    sourceKind: Number(source.optionalInteger(1) ?? 0n),
    sourceExtra: (extra && new ProtoMessage(extra, [1]).optionalBytes(1)) ?? new Uint8Array(),
    version: version && versionOf(Number(new ProtoMessage(version, [1]).optionalInteger(1) ?? 0n)),
  };
}

function decodeArrowMsg(bytes: Uint8Array): DecodedChunk {
  const message = new ProtoMessage(bytes, [1, 2, 3, 4, 5, 6, 7]);
  check("encoding", message.integer(4), 1n);
  const compression = compressionOf(message.integer(2));
  const payload = message.bytes(5);
  const ipc = decompressed(payload, compression, Number(message.integer(3)));
  const chunkId = message.optionalBytes(6);
  const isStatic = message.optionalInteger(7);
  const batch = readIpc(ipc);
  const metadata = batch.schema.metadata;
  const entityPath = metadata.get("rerun:entity_path");
  if (entityPath === undefined) throw new Error("A chunk without rerun:entity_path");

  const { fields } = batch.schema;
  const kindOf = (field: Field): string => field.metadata.get("rerun:kind") ?? "data";
  const order = fields.map(kindOf).join(" ");
  if (!/^control( index)*( data)*$/.test(order))
    throw new Error(`Wrong order of columns: ${order}`);
  const namesOf = (kind: string): string[] =>
    fields.filter((field) => kindOf(field) === kind).map(({ name }) => name);

  const fieldOf = (name: string): Field => {
    const field = fields.find((candidate) => candidate.name === name);
    if (field !== undefined) return field;
    throw new Error(
      `No column ${name} in ${entityPath}; there are: ${fields.map((each) => each.name).join(", ")}`,
    );
  };
  return {
    kind: "chunk",
    storeId: decodeStoreId(message.bytes(1)),
    chunkId: chunkId && decodeTuid(chunkId),
    isStatic: isStatic === undefined ? undefined : isStatic === 1n,
    compression,
    payload,
    ipc,
    entityPath,
    metadata,
    table: new Table(batch),
    numRows: batch.numRows,
    timelines: namesOf("index"),
    components: namesOf("data"),
    // Only when asked for: a file may have millions.
    get rowIds(): readonly string[] {
      return plainValues(columnAt(batch, 0)).map((id) => tuidText(id));
    },
    field: fieldOf,
    column: (name) => plainValues(columnAt(batch, fields.indexOf(fieldOf(name)))),
  };
}

function decodeActivation(bytes: Uint8Array): DecodedActivation {
  const message = new ProtoMessage(bytes, [1, 2, 3]);
  return {
    kind: "blueprint-activation",
    storeId: decodeStoreId(message.bytes(1)),
    makeActive: message.optionalInteger(2) === 1n,
    makeDefault: message.optionalInteger(3) === 1n,
  };
}

function decodeStoreId(bytes: Uint8Array): DecodedStoreId {
  const message = new ProtoMessage(bytes, [1, 2, 3]);
  const kind = message.integer(1);
  if (kind !== 1n && kind !== 2n) throw new Error(`Unknown store kind ${kind}`);
  return {
    kind: kind === 1n ? "recording" : "blueprint",
    applicationId: text(
      new ProtoMessage(message.bytes(3), [1]).optionalBytes(1) ?? new Uint8Array(),
    ),
    recordingId: text(message.bytes(2)),
  };
}

function decodeTuid(bytes: Uint8Array): string {
  const message = new ProtoMessage(bytes, [1, 2]);
  const hex = (number: number): string =>
    message.integer(number, "fixed64").toString(16).padStart(16, "0");
  return hex(1) + hex(2);
}

/** 32 hex digits of the Arrow form of a row id or chunk id. */
export function tuidText(bytes: unknown): string {
  if (!(bytes instanceof Uint8Array) || bytes.length !== 16)
    throw new Error(`Expected 16 bytes of id, got ${String(bytes)}`);
  return Buffer.from(bytes).toString("hex");
}

function compressionOf(value: bigint): "none" | "lz4" {
  if (value === 1n) return "none";
  if (value === 2n) return "lz4";
  throw new Error(`Unknown compression ${value}`);
}

function versionOf(bits: number): string {
  // The bytes of the version in the stream header, read as a little-endian integer.
  return `${bits & 0xff}.${(bits >>> 8) & 0xff}.${(bits >>> 16) & 0xff}`;
}

function decompressed(payload: Uint8Array, compression: "none" | "lz4", size: number): Uint8Array {
  if (compression === "none") {
    check("uncompressed size", size, payload.length);
    return payload;
  }
  // The package expects the size in front of the block.
  const sized = new Uint8Array(4 + payload.length);
  new DataView(sized.buffer).setUint32(0, size, true);
  sized.set(payload, 4);
  const ipc = decompress(sized);
  check("uncompressed size", size, ipc.length);
  return ipc;
}

// --- footer ------------------------------------------------------------------------------------------------

function readFooter(payload: Uint8Array, places: readonly MessagePlace[]): DecodedManifest[] {
  const manifests = readRepeated(payload, 1).map(decodeManifest);
  for (const { rows, storeId } of manifests) {
    const chunks = places.filter(
      ({ message }) => message.kind === "chunk" && sameStore(message.storeId, storeId),
    );
    check(`manifest rows of ${storeId.recordingId}`, rows.length, chunks.length);
    rows.forEach((row, i) => {
      const place = chunks[i];
      if (place?.message.kind !== "chunk") return;
      const { message, offset, byteLength } = place;
      check("chunk_byte_offset", row["chunk_byte_offset"], BigInt(offset));
      check("chunk_byte_size", row["chunk_byte_size"], BigInt(byteLength));
      check(
        "chunk_byte_size_uncompressed",
        row["chunk_byte_size_uncompressed"],
        BigInt(message.ipc.length),
      );
      check("chunk_id", tuidText(row["chunk_id"]), message.chunkId);
      check("chunk_entity_path", row["chunk_entity_path"], message.entityPath);
      check("chunk_is_static", row["chunk_is_static"], message.timelines.length === 0);
      check("chunk_num_rows", row["chunk_num_rows"], BigInt(message.numRows));
    });
  }
  const stored = new Set(
    places.flatMap(({ message }) => (message.kind === "chunk" ? [storeKey(message.storeId)] : [])),
  );
  check(
    "stores in the footer",
    manifests
      .map(({ storeId }) => storeKey(storeId))
      .toSorted()
      .join(),
    [...stored].toSorted().join(),
  );
  return manifests;
}

function decodeManifest(bytes: Uint8Array): DecodedManifest {
  const message = new ProtoMessage(bytes, [1, 2, 3, 4]);
  const schema = new ProtoMessage(message.bytes(2), [1]);
  const data = new ProtoMessage(message.bytes(4), [1, 2, 3, 4]);
  check("encoder version", data.integer(1), 1n);
  const schemaSha256 = message.bytes(3);
  check("length of schema_sha256", schemaSha256.length, 32);
  const batch = readIpc(
    decompressed(data.bytes(2), compressionOf(data.integer(3)), Number(data.integer(4))),
  );
  const columns = batch.schema.fields.map(
    ({ name }, i) => [name, plainValues(columnAt(batch, i))] as const,
  );
  return {
    storeId: decodeStoreId(message.bytes(1)),
    schemaFields: RecordBatchReader.from(aligned(schema.bytes(1))).open().schema.fields,
    schemaSha256,
    table: new Table(batch),
    rows: Array.from({ length: batch.numRows }, (_, i) =>
      Object.fromEntries(columns.map(([name, values]) => [name, values[i]])),
    ),
  };
}

const storeKey = ({ kind, applicationId, recordingId }: DecodedStoreId): string =>
  JSON.stringify([kind, applicationId, recordingId]);

const sameStore = (a: DecodedStoreId, b: DecodedStoreId): boolean => storeKey(a) === storeKey(b);

// --- Arrow -------------------------------------------------------------------------------------------------

/** Reads an Arrow IPC stream of exactly one record batch, with end marker. */
export function readIpc(bytes: Uint8Array): RecordBatch {
  const batches = [...RecordBatchReader.from(aligned(bytes))];
  check(
    "end of the Arrow stream",
    Buffer.from(bytes.subarray(-8)).toString("hex"),
    "ffffffff00000000",
  );
  const [batch] = batches;
  if (batch === undefined || batches.length !== 1)
    throw new Error(`Expected one record batch, got ${batches.length}`);
  return batch;
}

/** A copy at the start of a buffer: the library reads typed arrays in place. */
const aligned = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

function columnAt(batch: RecordBatch, index: number): Vector {
  const vector = batch.getChildAt(index);
  if (vector === null) throw new Error(`No column ${index}`);
  return vector;
}

/**
 * The values of an Arrow vector as plain JavaScript: lists of any kind become arrays, structs objects, binary data
 * `Uint8Array`, 64-bit integers, timestamps and durations `bigint`, nothing is `null`.
 */
export function plainValues(vector: Vector): unknown[] {
  return vector.data.flatMap((data) =>
    Array.from({ length: data.length }, (_, i) => plainValue(data, i)),
  );
}

function plainValue(data: Data, index: number): unknown {
  const vector = new Vector([data]);
  if (!vector.isValid(index)) return null;
  // The library turns nanoseconds into milliseconds; here they stay exact.
  const values: unknown = data.values;
  if (DataType.isTimestamp(data.type) && values instanceof BigInt64Array) return values[index];
  return plain(vector.get(index));
}

function plain(value: unknown): unknown {
  if (value instanceof Vector) return plainValues(value);
  if (value instanceof Uint8Array) return value.slice();
  if (value instanceof StructRow) {
    return Object.fromEntries(
      Object.entries(value.toJSON()).map(([name, child]) => [name, plain(child)]),
    );
  }
  return value;
}

// --- protobuf ----------------------------------------------------------------------------------------------

/** A message of which all fields are known and singular; getters without "optional" throw when it is absent. */
class ProtoMessage {
  readonly #fields = new Map<number, ProtoField>();

  constructor(bytes: Uint8Array, known: readonly number[]) {
    for (const field of protoFields(bytes)) {
      const { number } = field;
      if (!known.includes(number)) throw new Error(`Unknown protobuf field ${number}`);
      if (this.#fields.has(number)) throw new Error(`Protobuf field ${number} occurs twice`);
      this.#fields.set(number, field);
    }
  }

  optionalBytes(number: number): Uint8Array | undefined {
    const field = this.#fields.get(number);
    if (field !== undefined && field.type !== "bytes")
      throw new Error(`Protobuf field ${number} is a ${field.type}`);
    return field?.value;
  }

  optionalInteger(number: number, type: "varint" | "fixed64" = "varint"): bigint | undefined {
    const field = this.#fields.get(number);
    if (field === undefined) return undefined;
    if (field.type === "bytes" || field.type !== type)
      throw new Error(`Protobuf field ${number} is a ${field.type}`);
    return field.value;
  }

  bytes(number: number): Uint8Array {
    return present(number, this.optionalBytes(number));
  }

  integer(number: number, type?: "varint" | "fixed64"): bigint {
    return present(number, this.optionalInteger(number, type));
  }
}

function present<T>(number: number, value: T | undefined): T {
  if (value === undefined) throw new Error(`Protobuf field ${number} is missing`);
  return value;
}

/** Reads a message whose only field is a repeated message. */
function readRepeated(bytes: Uint8Array, number: number): Uint8Array[] {
  return protoFields(bytes).map((field) => {
    if (field.number !== number || field.type !== "bytes")
      throw new Error(`Unexpected protobuf field ${field.number}`);
    return field.value;
  });
}

type ProtoField =
  | { readonly number: number; readonly type: "varint" | "fixed64"; readonly value: bigint }
  | { readonly number: number; readonly type: "bytes"; readonly value: Uint8Array };

function protoFields(bytes: Uint8Array): ProtoField[] {
  const fields: ProtoField[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = (): bigint => {
    for (let value = 0n, shift = 0n; ; shift += 7n) {
      const byte = view.getUint8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const number = tag >>> 3;
    const wireType = tag & 7;
    if (wireType === 0) {
      fields.push({ number, type: "varint", value: varint() });
    } else if (wireType === 1) {
      fields.push({ number, type: "fixed64", value: view.getBigUint64(at, true) });
      at += 8;
    } else if (wireType === 2) {
      const length = Number(varint());
      if (at + length > bytes.length)
        throw new Error(`Protobuf field ${number} ends behind its message`);
      fields.push({ number, type: "bytes", value: bytes.subarray(at, at + length) });
      at += length;
    } else {
      throw new Error(`Unknown protobuf wire type ${wireType} of field ${number}`);
    }
  }
  return fields;
}

// --- small things ------------------------------------------------------------------------------------------

/**
 * The 32-bit xxHash that footers carry, straight from its specification.
 *
 * Source: Cyan4973/xxHash doc/xxhash_spec.md.
 */
export function xxh32(bytes: Uint8Array, seed: number): number {
  const [p1, p2, p3, p4, p5] = [
    0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1,
  ] as const;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rotate = (value: number, by: number): number => (value << by) | (value >>> (32 - by));
  let at = 0;
  let hash = seed + p5;
  if (bytes.length >= 16) {
    const lanes = [seed + p1 + p2, seed + p2, seed, seed - p1];
    while (at + 16 <= bytes.length) {
      for (const [i, lane] of lanes.entries()) {
        lanes[i] = Math.imul(rotate((lane + Math.imul(view.getUint32(at, true), p2)) | 0, 13), p1);
        at += 4;
      }
    }
    hash = lanes.reduce((sum, lane, i) => sum + rotate(lane, [1, 7, 12, 18][i] ?? 0), 0);
  }
  hash = (hash + bytes.length) | 0;
  for (; at + 4 <= bytes.length; at += 4) {
    hash = Math.imul(rotate((hash + Math.imul(view.getUint32(at, true), p3)) | 0, 17), p4);
  }
  for (; at < bytes.length; at++) {
    hash = Math.imul(rotate((hash + Math.imul(view.getUint8(at), p5)) | 0, 11), p1);
  }
  hash = Math.imul(hash ^ (hash >>> 15), p2);
  hash = Math.imul(hash ^ (hash >>> 13), p3);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const text = (bytes: Uint8Array): string => new TextDecoder("utf-8", { fatal: true }).decode(bytes);

const ascii = (bytes: Uint8Array, at: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(at, at + length));

function check<T>(what: string, actual: T, expected: T): void {
  if (actual !== expected)
    throw new Error(`Expected ${what} to be ${String(expected)}, got ${String(actual)}`);
}
