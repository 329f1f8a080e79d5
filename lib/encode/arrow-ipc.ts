import { allocate } from "../arrow/allocate.ts";
import type { BufferVisitor, Memory } from "../arrow/builders/array-builder.ts";
import type { DataType, Field, ForeignLayout } from "../arrow/data-type.ts";
import type { EncodedChunk } from "../chunk.ts";
import { END_OF_STREAM, encapsulate, METADATA_V5 } from "./arrow-message.ts";
import { FlatbufferWriter, i16, i64, u8 } from "./flatbuffer.ts";

/** Number of a record batch among the headers of Arrow's Message.fbs. */
const HEADER_RECORD_BATCH = 3;

/** Buffers of foreign types that have not two. */
const FOREIGN_BUFFERS: Partial<Record<ForeignLayout, number>> = {
  "large-bytes": 3,
  "list-view": 3,
  "sparse-union": 1,
  "run-end": 0,
};

/** Nodes and buffers of a type and its children, as Arrow counts them. */
function countLayout(type: DataType, count: { nodes: number; buffers: number }): void {
  count.nodes++;
  switch (type.kind) {
    case "null":
      break;
    case "struct":
    case "fixed-size-list":
      count.buffers += 1;
      break;
    case "utf8":
    case "binary":
      count.buffers += 3;
      break;
    case "foreign":
      count.buffers += FOREIGN_BUFFERS[type.foreign?.layout ?? "fixed"] ?? 2;
      break;
    default:
      count.buffers += 2;
  }
  // The values of a dictionary stand elsewhere.
  if (type.foreign?.layout === "dictionary") return;
  for (const child of type.children) countLayout(child.type, count);
}

/**
 * Writes record batches of one schema. The flatbuffer of a batch has the same bytes each time but for some
 * numbers, so it is made once; a batch costs the copy of its buffers and little else.
 */
export class RecordBatchWriter {
  readonly #message: Uint8Array;
  readonly #view: DataView;
  readonly #bodyLengthAt: number;
  readonly #lengthAt: number;
  readonly #nodesAt: number;
  readonly #buffersAt: number;

  constructor(fields: readonly Field[]) {
    const count = { nodes: 0, buffers: 0 };
    for (const field of fields) countLayout(field.type, count);
    const w = new FlatbufferWriter();
    const message = w.table(w.root(), [i16(METADATA_V5), u8(HEADER_RECORD_BATCH), "ref", i64(0)]);
    const batch = w.table(message[2] as number, [i64(0), "ref", "ref"]);
    const nodes = w.vector(batch[1] as number, count.nodes, 16);
    const buffers = w.vector(batch[2] as number, count.buffers, 16);
    this.#message = encapsulate(w.finish());
    this.#view = new DataView(this.#message.buffer);
    this.#bodyLengthAt = 8 + (message[3] as number);
    this.#lengthAt = 8 + (batch[0] as number);
    this.#nodesAt = 8 + nodes;
    this.#buffersAt = 8 + buffers;
  }

  /**
   * Encodes a whole stream: `schema`, one batch of `rows` rows, end of stream.
   *
   * @param schema a message of {@link encodeSchema}; copied
   * @param visit shows all columns, in the order of the schema
   */
  encode(schema: Uint8Array, rows: number, visit: (visitor: BufferVisitor) => void): EncodedChunk {
    const layout = new Layout(this.#view, this.#nodesAt, this.#buffersAt);
    visit(layout);
    this.#int64(this.#bodyLengthAt, layout.bodyLength);
    this.#int64(this.#lengthAt, rows);
    return layout.assemble(schema, this.#message);
  }

  /**
   * Encodes the message of a batch alone, for a body that is written elsewhere: its length is `bodyLength`.
   *
   * @param visit names all nodes and buffers, in the order of the schema
   */
  message(
    rows: number,
    visit: (layout: BatchLayout) => void,
  ): { readonly message: Uint8Array; readonly bodyLength: number } {
    const layout = new Layout(this.#view, this.#nodesAt, this.#buffersAt);
    visit(layout);
    this.#int64(this.#bodyLengthAt, layout.bodyLength);
    this.#int64(this.#lengthAt, rows);
    return { message: this.#message.slice(), bodyLength: layout.bodyLength };
  }

  #int64(at: number, value: number): void {
    this.#view.setUint32(at, value >>> 0, true);
    this.#view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true);
  }
}

/** Where the buffers of a batch go in its body. */
export interface BatchLayout {
  node(length: number, nullCount: number): void;
  /** Gives a buffer its place: from the returned offset in the body, padded to a multiple of 8. */
  reserve(bytes: number): number;
}

/** Pieces from this size on are worth a part of their own. */
const REFERENCE_BYTES = 1 << 16;

/** Notes where each buffer goes, then puts the stream together. */
class Layout implements BufferVisitor, BatchLayout {
  bodyLength = 0;
  readonly #view: DataView;
  #nodeAt: number;
  #bufferAt: number;
  readonly #pieces: Uint8Array[] = [];
  /** Padding after the piece of the same index. */
  readonly #padding: number[] = [];
  /** Pieces that may be referred to instead of copied; everything else is memory of builders, soon reused. */
  readonly #lasting = new Set<Uint8Array>();
  #borrowed: Set<Uint8Array> | undefined;

  constructor(view: DataView, nodesAt: number, buffersAt: number) {
    this.#view = view;
    this.#nodeAt = nodesAt;
    this.#bufferAt = buffersAt;
  }

  node(length: number, nullCount: number): void {
    this.#view.setUint32(this.#nodeAt, length, true);
    this.#view.setUint32(this.#nodeAt + 8, nullCount, true);
    this.#nodeAt += 16;
  }

  reserve(bytes: number): number {
    const offset = this.bodyLength;
    const view = this.#view;
    const at = this.#bufferAt;
    view.setUint32(at, offset >>> 0, true);
    view.setUint32(at + 4, Math.floor(offset / 0x1_0000_0000), true);
    view.setUint32(at + 8, bytes >>> 0, true);
    view.setUint32(at + 12, Math.floor(bytes / 0x1_0000_0000), true);
    this.#bufferAt = at + 16;
    this.bodyLength = offset + bytes + (-bytes & 7);
    return offset;
  }

  buffer(pieces: readonly Uint8Array[], memory: Memory): void {
    let bytes = 0;
    for (const piece of pieces) {
      bytes += piece.length;
      this.#pieces.push(piece);
      this.#padding.push(0);
    }
    if (memory !== "scratch") {
      for (const piece of pieces) {
        if (piece.length < REFERENCE_BYTES) continue;
        this.#lasting.add(piece);
        if (memory === "borrowed") (this.#borrowed ??= new Set()).add(piece);
      }
    }
    if (bytes > 0) this.#padding[this.#padding.length - 1] = -bytes & 7;
    this.reserve(bytes);
  }

  assemble(schema: Uint8Array, batch: Uint8Array): EncodedChunk {
    // A message that refers to user memory is a list of parts; small pieces between are gathered.
    if (this.#lasting.size > 0)
      return { parts: this.#gather(schema, batch), borrowed: this.#borrowed };
    const total = schema.length + batch.length + this.bodyLength + END_OF_STREAM.length;
    const bytes = allocate(total);
    bytes.set(schema, 0);
    bytes.set(batch, schema.length);
    this.#fill(bytes, schema.length + batch.length, 0, this.#pieces.length);
    bytes.set(END_OF_STREAM, total - END_OF_STREAM.length);
    return { parts: [bytes], borrowed: undefined };
  }

  /** Copies pieces and zeroes their padding; unzeroed memory must not reach a file. */
  #fill(target: Uint8Array, offset: number, from: number, to: number): number {
    let at = offset;
    for (let i = from; i < to; i++) {
      const piece = this.#pieces[i] as Uint8Array;
      target.set(piece, at);
      at += piece.length;
      for (let pad = this.#padding[i] as number; pad > 0; pad--) target[at++] = 0;
    }
    return at;
  }

  #gather(schema: Uint8Array, batch: Uint8Array): Uint8Array[] {
    // Both are templates that the next chunk changes.
    const parts: Uint8Array[] = [schema.slice(), batch.slice()];
    let from = 0;
    const flush = (to: number, tail: number): void => {
      let bytes = tail;
      for (let i = from; i < to; i++)
        bytes += (this.#pieces[i] as Uint8Array).length + (this.#padding[i] as number);
      if (bytes === 0) return;
      const part = new Uint8Array(bytes);
      this.#fill(part, 0, from, to);
      parts.push(part);
    };
    for (let i = 0; i < this.#pieces.length; i++) {
      const piece = this.#pieces[i] as Uint8Array;
      if (!this.#lasting.has(piece)) continue;
      flush(i, 0);
      parts.push(piece);
      const padding = this.#padding[i] as number;
      if (padding > 0) parts.push(new Uint8Array(padding));
      from = i + 1;
    }
    flush(this.#pieces.length, 0);
    parts.push(END_OF_STREAM);
    return parts;
  }
}
