import { type ArrowArray, isFixedWidth, type TypedArray } from "../arrow/array.ts";
import { byteWidth, type DataType, type Field, type Kind } from "../arrow/data-type.ts";
import { RerunError } from "../errors.ts";
import type { ArrowStream } from "./arrow-stream.ts";
import { type ColumnPlace, isReadable } from "./batch-check.ts";

type View = new (buffer: ArrayBufferLike, offset: number, length: number) => TypedArray;

const VIEWS: Partial<Record<Kind, View>> = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  float16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  timestamp: BigInt64Array,
  duration: BigInt64Array,
};

/**
 * Reads a column of a batch that `checkBatch` let pass: views of the bytes where these are aligned, else copies.
 * Booleans and validity become one byte each; 64-bit offsets become 32-bit ones.
 *
 * @throws RerunError `unsupported-data` for types that are not read here
 */
export function readColumn(
  ipc: Uint8Array,
  stream: ArrowStream,
  field: Field,
  place: ColumnPlace,
): ArrowArray {
  if (!isReadable(field.type)) {
    throw new RerunError(
      "unsupported-data",
      `Expected a column of a type that is read here, got ${field.type.key}; it can be passed on as it is`,
    );
  }
  return new ColumnReader(ipc, stream, place).read(field.type);
}

/** Rows of a data column that are not null, and the instances of all rows together; without reading them. */
export function countCells(
  ipc: Uint8Array,
  stream: ArrowStream,
  isList: boolean,
  { node, buffer }: ColumnPlace,
): { readonly cells: number; readonly instances: number } {
  const { rows, nodes, buffers, bodyAt } = stream;
  const view = new DataView(ipc.buffer, ipc.byteOffset, ipc.byteLength);
  const int53 = (at: number): number =>
    view.getUint32(at + 4, true) * 0x1_0000_0000 + view.getUint32(at, true);
  const bufferAt = (i: number): number => bodyAt + int53(buffers.at + 16 * (buffer + i));
  let cells = rows;
  if (int53(nodes.at + 16 * node + 8) > 0) {
    const bits = bufferAt(0);
    cells = 0;
    for (let i = 0; i < rows; i++) cells += ((ipc[bits + (i >> 3)] as number) >> (i & 7)) & 1;
  }
  if (!isList) return { cells, instances: rows };
  if (rows === 0) return { cells, instances: 0 };
  const offsets = bufferAt(1);
  const instances = view.getInt32(offsets + 4 * rows, true) - view.getInt32(offsets, true);
  return { cells, instances };
}

class ColumnReader {
  readonly #ipc: Uint8Array;
  readonly #view: DataView;
  readonly #bodyAt: number;
  #nodeAt: number;
  #bufferAt: number;

  constructor(ipc: Uint8Array, stream: ArrowStream, place: ColumnPlace) {
    this.#ipc = ipc;
    this.#view = new DataView(ipc.buffer, ipc.byteOffset, ipc.byteLength);
    this.#bodyAt = stream.bodyAt;
    this.#nodeAt = stream.nodes.at + 16 * place.node;
    this.#bufferAt = stream.buffers.at + 16 * place.buffer;
  }

  read(type: DataType): ArrowArray {
    const length = this.#int53(this.#nodeAt);
    const nulls = this.#int53(this.#nodeAt + 8);
    this.#nodeAt += 16;
    if (type.kind === "null") return { type, length };
    if (type.kind === "dense-union") {
      const typeIds = this.#typed(Int8Array, 1, length) as Int8Array;
      const offsets = this.#typed(Int32Array, 4, length) as Int32Array;
      return { type, length, typeIds, offsets, children: this.#children(type) };
    }
    if (type.foreign?.layout === "sparse-union") {
      const typeIds = this.#typed(Int8Array, 1, length) as Int8Array;
      return { type, length, typeIds, children: this.#children(type) };
    }
    const bitmap = this.#next();
    const valid = nulls > 0 ? unpackBits(bitmap, length) : undefined;
    switch (type.kind) {
      case "list":
        return {
          type,
          length,
          valid,
          offsets: this.#offsets(length),
          children: this.#children(type),
        };
      case "utf8":
      case "binary": {
        const offsets = this.#offsets(length);
        return { type, length, valid, offsets, values: this.#next() };
      }
      case "struct":
        return { type, length, valid, children: this.#children(type) };
      case "bool":
        return { type, length, valid, values: unpackBits(this.#next(), length) };
      case "fixed-size-list": {
        const children = this.#children(type);
        const item = children[0];
        // Numbers side by side, unless some of them are null.
        if (isFixedWidth(type) && item?.valid === undefined)
          return { type, length, valid, values: within(item?.values, length * type.size) };
        return { type, length, valid, children };
      }
      case "fixed-size-binary":
        return { type, length, valid, values: this.#typed(Uint8Array, 1, length * type.size) };
      case "foreign":
        return this.#foreign(type, length, valid);
      default:
        return {
          type,
          length,
          valid,
          values: this.#typed(VIEWS[type.kind] as View, byteWidth(type.kind), length),
        };
    }
  }

  #foreign(type: DataType, length: number, valid: Uint8Array | undefined): ArrowArray {
    switch (type.foreign?.layout) {
      case "large-bytes": {
        const offsets = this.#largeOffsets(length);
        return { type, length, valid, offsets, values: this.#next() };
      }
      case "large-list":
        return {
          type,
          length,
          valid,
          offsets: this.#largeOffsets(length),
          children: this.#children(type),
        };
      case "list":
        return {
          type,
          length,
          valid,
          offsets: this.#offsets(length),
          children: this.#children(type),
        };
      default: {
        const values =
          type.size === 4
            ? this.#typed(Int32Array, 4, length)
            : type.size === 8
              ? this.#typed(BigInt64Array, 8, length)
              : this.#typed(Uint8Array, 1, length * type.size);
        return { type, length, valid, values };
      }
    }
  }

  #children(type: DataType): ArrowArray[] {
    return type.children.map((child) => this.read(child.type));
  }

  #next(): Uint8Array {
    const offset = this.#int53(this.#bufferAt);
    const length = this.#int53(this.#bufferAt + 8);
    this.#bufferAt += 16;
    return this.#ipc.subarray(this.#bodyAt + offset, this.#bodyAt + offset + length);
  }

  #typed(Values: View, width: number, length: number): TypedArray {
    const bytes = this.#next();
    // Numbers in other numbers' memory must be aligned; what our own and the official writers make is.
    const aligned =
      bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes.subarray(0, length * width));
    return new Values(aligned.buffer, aligned.byteOffset, length);
  }

  #offsets(length: number): Int32Array {
    // Left out by some writers when there is nothing.
    if (length === 0) {
      this.#next();
      return new Int32Array(1);
    }
    return this.#typed(Int32Array, 4, length + 1) as Int32Array;
  }

  #largeOffsets(length: number): Int32Array {
    const offsets = new Int32Array(length + 1);
    const bytes = this.#next();
    if (length === 0) return offsets;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i <= length; i++) offsets[i] = view.getInt32(8 * i, true);
    return offsets;
  }

  #int53(at: number): number {
    return this.#view.getUint32(at + 4, true) * 0x1_0000_0000 + this.#view.getUint32(at, true);
  }
}

/** The first so many values; a child may have more than its parent uses. */
function within(values: ArrowArray["values"], length: number): ArrowArray["values"] {
  if (values === undefined || values.length === length || !ArrayBuffer.isView(values))
    return values;
  return values.subarray(0, length);
}

function unpackBits(bits: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = ((bits[i >> 3] as number) >> (i & 7)) & 1;
  return bytes;
}
