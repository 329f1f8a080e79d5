import { RerunError } from "../errors.ts";
import { FlatbufferReader, type FlatTable, type FlatVector } from "./flatbuffer.ts";

const CONTINUATION = 0xffff_ffff;
const METADATA_V5 = 4;
const HEADER_SCHEMA = 1;
const HEADER_DICTIONARY_BATCH = 2;
const HEADER_RECORD_BATCH = 3;

/** Where the parts of an Arrow IPC stream with one record batch stand in its bytes. */
export interface ArrowStream {
  /** Behind the schema message. */
  readonly schemaEnd: number;
  /** Rows of the batch. */
  readonly rows: number;
  /** Position of the first field node, and their number: 16 bytes each, length and number of nulls. */
  readonly nodes: FlatVector;
  /** The same of the buffers: 16 bytes each, offset in the body and length. */
  readonly buffers: FlatVector;
  readonly bodyAt: number;
  readonly bodyBytes: number;
}

interface Message {
  readonly headerType: number;
  readonly header: FlatTable;
  /** Position of the flatbuffer. */
  readonly metadataAt: number;
  readonly bodyAt: number;
  readonly bodyBytes: number;
}

/** The `Schema` table of an IPC stream, and where its message ends. */
export function openSchema(ipc: Uint8Array): { readonly table: FlatTable; readonly end: number } {
  const message = readMessage(ipc, 0, "schema");
  if (message?.headerType !== HEADER_SCHEMA) throw invalid("a schema at its beginning");
  if (message.bodyBytes !== 0) throw invalid("a schema without body");
  return { table: message.header, end: message.bodyAt };
}

/**
 * Length of the schema message with which an IPC stream begins, without looking into it.
 *
 * @throws RerunError `invalid-data`
 */
export function schemaLength(ipc: Uint8Array): number {
  return 8 + metadataLength(ipc, 0);
}

/**
 * Finds the first record batch behind the schema, as Rerun's reader does; what follows is not looked at.
 *
 * @throws RerunError `invalid-data`, `unsupported-data`
 */
export function openBatch(ipc: Uint8Array, schemaEnd: number): ArrowStream {
  let at = schemaEnd;
  for (;;) {
    const message = readMessage(ipc, at, "record batch");
    if (message === undefined) throw invalid("a record batch behind the schema");
    if (message.headerType === HEADER_RECORD_BATCH) return readBatch(message, schemaEnd);
    if (message.headerType !== HEADER_DICTIONARY_BATCH)
      throw invalid("a record batch behind the schema");
    at = message.bodyAt + message.bodyBytes;
  }
}

function readBatch(message: Message, schemaEnd: number): ArrowStream {
  const { header, metadataAt, bodyAt, bodyBytes } = message;
  if (header.has(3)) {
    throw new RerunError(
      "unsupported-data",
      "Expected an Arrow record batch without compression of its own, got a compressed one; Rerun compresses whole streams instead",
    );
  }
  const nodes = header.vector(1, 16, 8);
  const buffers = header.vector(2, 16, 8);
  return {
    schemaEnd,
    rows: header.length64(0),
    nodes: { at: metadataAt + nodes.at, count: nodes.count },
    buffers: { at: metadataAt + buffers.at, count: buffers.count },
    bodyAt,
    bodyBytes,
  };
}

/** Reads the message at a position: undefined at the end of the stream. */
function readMessage(ipc: Uint8Array, at: number, what: string): Message | undefined {
  const length = metadataLength(ipc, at);
  if (length === 0) return undefined;
  const metadataAt = at + 8;
  const bodyAt = metadataAt + length;
  const message = new FlatbufferReader(ipc.subarray(metadataAt, bodyAt), what).root();
  if (message.int16(0) !== METADATA_V5) {
    throw new RerunError(
      "unsupported-data",
      `Expected an Arrow stream of metadata version ${METADATA_V5 + 1}, got ${message.int16(0) + 1}`,
    );
  }
  const header = message.table(2);
  const bodyBytes = message.length64(3);
  if (header === undefined) throw invalid("messages with a header");
  if (bodyAt + bodyBytes > ipc.length) throw invalid(`a body of ${bodyBytes} bytes`);
  return { headerType: message.uint8(1), header, metadataAt, bodyAt, bodyBytes };
}

/** Bytes of the flatbuffer of the message at a position; 0 at the end of the stream. */
function metadataLength(ipc: Uint8Array, at: number): number {
  // A stream may end without its marker.
  if (at === ipc.length) return 0;
  if (at + 8 > ipc.length) throw invalid("another message");
  const view = new DataView(ipc.buffer, ipc.byteOffset + at, 8);
  if (view.getUint32(0, true) !== CONTINUATION) throw invalid("the marker of a message");
  const length = view.getInt32(4, true);
  if (length < 0 || at + 8 + length > ipc.length) throw invalid(`metadata of ${length} bytes`);
  return length;
}

function invalid(expected: string): RerunError {
  return new RerunError(
    "invalid-data",
    `Expected ${expected} in an Arrow stream, got something else or its end; the data is damaged`,
  );
}
