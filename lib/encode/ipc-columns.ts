import type { ArrowArray, TypedArray } from "../arrow/array.ts";
import { isFixedWidth, strideOf } from "../arrow/array.ts";
import { byteWidth, type DataType, type Kind } from "../arrow/data-type.ts";
import type { ChunkColumns } from "../chunk.ts";
import type { IpcField } from "./arrow-schema.ts";

/**
 * Finds the columns of a record batch again, given its fields: views of the bytes, no copies but for
 * booleans and validity, which are unpacked to one byte each.
 *
 * Trusts its input: for bytes that this process wrote.
 */
export function ipcColumns(fields: readonly IpcField[]): (ipc: Uint8Array) => ChunkColumns {
  return (ipc) => {
    const columns = readColumns(ipc, fields);
    const named = (name: string): ArrowArray => {
      const index = fields.findIndex((f) => f.name === name);
      if (index < 0)
        throw new RangeError(
          `Expected one of the columns ${fields.map((f) => f.name).join(", ")}, got "${name}"`,
        );
      return columns[index] as ArrowArray;
    };
    return {
      rowIds: () => (columns[0] as ArrowArray).values as Uint8Array,
      times: (timeline) => named(timeline.name).values as BigInt64Array,
      component: (descriptor) => named(descriptor.component),
    };
  };
}

const VIEWS: Partial<
  Record<Kind, new (buffer: ArrayBufferLike, offset: number, length: number) => TypedArray>
> = {
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

function readColumns(ipc: Uint8Array, fields: readonly IpcField[]): ArrowArray[] {
  // Views need aligned memory; our own buffers are, a slice of something else may not be.
  const bytes = ipc.byteOffset % 8 === 0 ? ipc : ipc.slice();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const batchAt = 8 + view.getUint32(4, true);
  const metadata = batchAt + 8;
  const body = metadata + view.getUint32(batchAt + 4, true);
  const follow = (at: number): number => at + view.getUint32(at, true);
  const member = (table: number, id: number): number => {
    const vtable = table - view.getInt32(table, true);
    const offset =
      4 + 2 * id < view.getUint16(vtable, true) ? view.getUint16(vtable + 4 + 2 * id, true) : 0;
    return offset === 0 ? 0 : table + offset;
  };
  const batch = follow(member(follow(metadata), 2));
  let node = follow(member(batch, 1)) + 4;
  let buffer = follow(member(batch, 2)) + 4;

  const nextBuffer = (): Uint8Array => {
    const offset = Number(view.getBigInt64(buffer, true));
    const length = Number(view.getBigInt64(buffer + 8, true));
    buffer += 16;
    return bytes.subarray(body + offset, body + offset + length);
  };
  const typed = (kind: Kind, raw: Uint8Array): TypedArray => {
    const View = VIEWS[kind];
    return View === undefined
      ? raw
      : new View(raw.buffer, raw.byteOffset, raw.byteLength / byteWidth(kind));
  };
  const read = (type: DataType): ArrowArray => {
    const length = Number(view.getBigInt64(node, true));
    const nulls = Number(view.getBigInt64(node + 8, true));
    node += 16;
    if (type.kind === "null") return { type, length };
    if (type.kind === "dense-union") {
      const typeIds = typed("int8", nextBuffer()) as Int8Array;
      const offsets = typed("int32", nextBuffer()) as Int32Array;
      return {
        type,
        length,
        typeIds,
        offsets,
        children: type.children.map((child) => read(child.type)),
      };
    }
    const bitmap = nextBuffer();
    const valid = nulls > 0 ? unpackBits(bitmap, length) : undefined;
    switch (type.kind) {
      case "list":
      case "utf8":
      case "binary": {
        const offsets = typed("int32", nextBuffer()) as Int32Array;
        if (type.kind !== "list") return { type, length, valid, offsets, values: nextBuffer() };
        return {
          type,
          length,
          valid,
          offsets,
          children: type.children.map((child) => read(child.type)),
        };
      }
      case "struct":
        return { type, length, valid, children: type.children.map((child) => read(child.type)) };
      case "bool":
        return { type, length, valid, values: unpackBits(nextBuffer(), length) };
      case "fixed-size-list":
        if (isFixedWidth(type)) {
          const item = read(type.children[0]?.type as DataType);
          return { type, length, valid, values: item.values };
        }
        return { type, length, valid, children: type.children.map((child) => read(child.type)) };
      default:
        return {
          type,
          length,
          valid,
          values: typed(type.kind, nextBuffer()).subarray(0, length * strideOf(type)),
        };
    }
  };
  return fields.map((field) => read(field.type));
}

function unpackBits(bits: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = ((bits[i >> 3] ?? 0) >> (i & 7)) & 1;
  return bytes;
}
