import { type BatchData, isArrowArray } from "../component-batch.ts";
import { allocate } from "./allocate.ts";
import {
  type ArrowArray,
  isFixedWidth,
  type NumericValues,
  strideOf,
  type TypedArray,
} from "./array.ts";
import { byteWidth, type DataType, type Kind } from "./data-type.ts";

/**
 * Whose memory a buffer is: `scratch` is reused by the next batch, `owned` stays as it is for good, `borrowed`
 * belongs to the caller and stays as it is until the caller regains control.
 */
export type Memory = "scratch" | "owned" | "borrowed";

/**
 * Takes the buffers of columns in the order in which Arrow IPC wants them: depth first, for each node its
 * length and null count, then its buffers with exact byte lengths.
 */
export interface BufferVisitor {
  node(length: number, nullCount: number): void;
  /** One buffer, in one or more pieces. */
  buffer(pieces: readonly Uint8Array[], memory: Memory): void;
}

/** Grows a column of one Arrow type, batch by batch; reused for chunk after chunk. */
export interface ArrayBuilder {
  /** Slots so far. */
  readonly length: number;
  /**
   * Appends `length` slots.
   *
   * @param borrow true when the chunk is closed before the caller regains control: large arrays are then
   *   referenced, not copied
   */
  append(data: BatchData, length: number, borrow: boolean): void;
  /** Appends slots without a value. */
  appendNulls(count: number): void;
  /** Shows the buffers. They are valid until the next `append` or `reset`. */
  visit(visitor: BufferVisitor): void;
  /** Starts anew, keeping moderate amounts of memory. */
  reset(): void;
}

/** The builder for a type. */
export function arrayBuilder(type: DataType): ArrayBuilder {
  if (
    type.kind === "bool" ||
    (type.kind === "fixed-size-list" && type.children[0]?.type.kind === "bool")
  ) {
    return new BoolBuilder(type);
  }
  if (isFixedWidth(type)) return new FixedBuilder(type);
  switch (type.kind) {
    case "utf8":
    case "binary":
      return new BytesBuilder();
    case "list":
      return new ListBuilder(type);
    case "dense-union":
      return new UnionBuilder(type);
    case "null":
      return new NullBuilder();
    default:
      return new StructBuilder(type);
  }
}

/** Buffers up to this size survive `reset`: a busy entity need not grow them again, an idle one holds little. */
const KEEP_BYTES = 1 << 20;
/** Arrays from this size on are copied once, or not at all, instead of into a buffer that grows. */
const PIECE_BYTES = 1 << 16;

function copyOf(bytes: Uint8Array): Uint8Array {
  const copy = allocate(bytes.length);
  copy.set(bytes);
  return copy;
}

const STORAGE: Partial<Record<Kind, new (length: number) => TypedArray>> = {
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
  "fixed-size-binary": Uint8Array,
};

const bytesOf = (values: TypedArray, elements = values.length): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, elements * values.BYTES_PER_ELEMENT);

/** Grows to at least `needed` elements; the contents are kept. */
function grow<T extends TypedArray>(values: T, needed: number): T {
  if (needed <= values.length) return values;
  const Storage = values.constructor as new (length: number) => T;
  const grown = new Storage(Math.max(needed, values.length * 2, 16));
  (grown as Uint8Array).set(values as Uint8Array);
  return grown;
}

const kept = <T extends TypedArray>(values: T): T =>
  values.byteLength <= KEEP_BYTES
    ? values
    : new (values.constructor as new (length: number) => T)(0);

/** Which slots are null: one byte a slot while building, nothing at all as long as there is none. */
class Validity {
  #valid: Uint8Array | undefined;
  nullCount = 0;

  /** Notes `count` slots from `length` on; `valid` is one byte per slot, undefined = all valid. */
  append(length: number, count: number, valid: Uint8Array | undefined): void {
    if (valid === undefined) {
      if (this.#valid === undefined) return;
      this.#valid = grow(this.#valid, length + count);
      this.#valid.fill(1, length, length + count);
      return;
    }
    this.#start(length, count);
    for (let i = 0; i < count; i++) {
      const bit = valid[i] === 0 ? 0 : 1;
      (this.#valid as Uint8Array)[length + i] = bit;
      this.nullCount += 1 - bit;
    }
  }

  appendNulls(length: number, count: number): void {
    this.#start(length, count);
    (this.#valid as Uint8Array).fill(0, length, length + count);
    this.nullCount += count;
  }

  #start(length: number, count: number): void {
    if (this.#valid === undefined) {
      this.#valid = new Uint8Array(Math.max(64, length + count));
      this.#valid.fill(1, 0, length);
    } else {
      this.#valid = grow(this.#valid, length + count);
    }
  }

  bitmap(length: number): readonly Uint8Array[] {
    return this.nullCount === 0 ? [] : [packBits(this.#valid as Uint8Array, length)];
  }

  reset(): void {
    this.#valid = undefined;
    this.nullCount = 0;
  }
}

/** Packs bytes of 0 and 1 into bits, least significant first; the rest of the last byte is zero. */
export function packBits(bytes: Uint8Array, length: number): Uint8Array {
  const bits = new Uint8Array((length + 7) >> 3);
  for (let i = 0; i < length; i++) {
    if (bytes[i] !== 0) bits[i >> 3] = (bits[i >> 3] as number) | (1 << (i & 7));
  }
  return bits;
}

/** Numbers, times, fixed-size binaries, and fixed-size lists of them. */
class FixedBuilder implements ArrayBuilder {
  length = 0;
  readonly #stride: number;
  readonly #isList: boolean;
  readonly #isBig: boolean;
  readonly #Storage: new (
    length: number,
  ) => TypedArray;
  readonly #validity = new Validity();
  #values: TypedArray;
  #used = 0;
  /** Large arrays, each a piece of its own, that stand before what is in `#values`. */
  #pieces: Uint8Array[] = [];
  /** Whether some piece is memory of the user's. */
  #borrowed = false;

  constructor(type: DataType) {
    this.#stride = strideOf(type);
    this.#isList = type.kind === "fixed-size-list";
    const item = this.#isList ? (type.children[0]?.type as DataType) : type;
    const Storage = STORAGE[item.kind] as new (length: number) => TypedArray;
    this.#Storage = Storage;
    this.#values = new Storage(0);
    this.#isBig = byteWidth(item.kind) === 8 && item.kind !== "float64";
  }

  append(data: BatchData, length: number, borrow: boolean): void {
    if (typeof data === "number") {
      if (this.#used === this.#values.length) this.#values = grow(this.#values, this.#used + 1);
      // A bigint array takes no number; times and counts of a single value come as bigints or arrays.
      if (this.#isBig) this.#values[this.#used++] = BigInt(data) as never;
      else this.#values[this.#used++] = data;
      this.#validity.append(this.length, 1, undefined);
      this.length++;
      return;
    }
    if (isArrowArray(data)) {
      this.#validity.append(this.length, length, data.valid);
      this.#appendValues(data.values ?? data.children?.[0]?.values ?? [], length, borrow);
    } else {
      this.#validity.append(this.length, length, undefined);
      this.#appendValues(data, length, borrow);
    }
    this.length += length;
  }

  #appendValues(values: NumericValues, length: number, borrow: boolean): void {
    const elements = length * this.#stride;
    if (
      values instanceof this.#Storage ||
      (values instanceof Uint8ClampedArray && this.#Storage === Uint8Array)
    ) {
      const same = values.length === elements ? values : values.subarray(0, elements);
      if (same.byteLength >= PIECE_BYTES) {
        this.#settle();
        this.#pieces.push(borrow ? bytesOf(same) : copyOf(bytesOf(same)));
        this.#borrowed ||= borrow;
        return;
      }
      this.#values = grow(this.#values, this.#used + elements);
      (this.#values as Uint8Array).set(same as Uint8Array, this.#used);
      this.#used += elements;
      return;
    }
    const target = grow(this.#values, this.#used + elements);
    this.#values = target;
    let used = this.#used;
    if (this.#isBig) {
      for (let i = 0; i < elements; i++) target[used++] = BigInt(values[i] ?? 0) as never;
    } else {
      for (let i = 0; i < elements; i++) target[used++] = Number(values[i] ?? 0);
    }
    this.#used = used;
  }

  /** Makes a piece of what was copied so far, to keep the order. */
  #settle(): void {
    if (this.#used === 0) return;
    this.#pieces.push(copyOf(bytesOf(this.#values, this.#used)));
    this.#used = 0;
  }

  appendNulls(count: number): void {
    this.#validity.appendNulls(this.length, count);
    const elements = count * this.#stride;
    this.#values = grow(this.#values, this.#used + elements);
    this.#values.fill(0 as never, this.#used, this.#used + elements);
    this.#used += elements;
    this.length += count;
  }

  visit(visitor: BufferVisitor): void {
    visitor.node(this.length, this.#validity.nullCount);
    visitor.buffer(this.#validity.bitmap(this.length), "scratch");
    if (this.#isList) {
      visitor.node(this.length * this.#stride, 0);
      visitor.buffer([], "scratch");
    }
    if (this.#pieces.length === 0) {
      visitor.buffer([bytesOf(this.#values, this.#used)], "scratch");
    } else {
      this.#settle();
      visitor.buffer(this.#pieces, this.#borrowed ? "borrowed" : "owned");
    }
  }

  reset(): void {
    this.length = 0;
    this.#used = 0;
    this.#pieces = [];
    this.#borrowed = false;
    this.#values = kept(this.#values);
    this.#validity.reset();
  }
}

/** Booleans, one byte each until they are written as bits. */
class BoolBuilder implements ArrayBuilder {
  length = 0;
  readonly #stride: number;
  readonly #isList: boolean;
  readonly #validity = new Validity();
  #values = new Uint8Array(0);

  constructor(type: DataType) {
    this.#stride = strideOf(type);
    this.#isList = type.kind === "fixed-size-list";
  }

  append(data: BatchData, length: number): void {
    const used = this.length * this.#stride;
    const elements = length * this.#stride;
    this.#values = grow(this.#values, used + elements);
    if (typeof data === "number") {
      this.#values[used] = data === 0 ? 0 : 1;
      this.#validity.append(this.length, 1, undefined);
    } else {
      const array = isArrowArray(data);
      const values = array ? (data.values ?? []) : data;
      for (let i = 0; i < elements; i++) this.#values[used + i] = values[i] ? 1 : 0;
      this.#validity.append(this.length, length, array ? data.valid : undefined);
    }
    this.length += length;
  }

  appendNulls(count: number): void {
    this.#validity.appendNulls(this.length, count);
    this.#values = grow(this.#values, (this.length + count) * this.#stride);
    this.#values.fill(0, this.length * this.#stride, (this.length + count) * this.#stride);
    this.length += count;
  }

  visit(visitor: BufferVisitor): void {
    visitor.node(this.length, this.#validity.nullCount);
    visitor.buffer(this.#validity.bitmap(this.length), "scratch");
    if (this.#isList) {
      visitor.node(this.length * this.#stride, 0);
      visitor.buffer([], "scratch");
    }
    visitor.buffer([packBits(this.#values, this.length * this.#stride)], "scratch");
  }

  reset(): void {
    this.length = 0;
    this.#values = kept(this.#values);
    this.#validity.reset();
  }
}

const nested = (data: BatchData): ArrowArray => {
  if (typeof data === "object" && isArrowArray(data)) return data;
  throw new TypeError("Expected an Arrow array for a type with offsets or children, got numbers");
};

/** Strings and binaries: offsets, and the bytes back to back. */
class BytesBuilder implements ArrayBuilder {
  length = 0;
  readonly #validity = new Validity();
  #offsets = new Int32Array(1);
  #values = new Uint8Array(0);
  #used = 0;

  append(data: BatchData, length: number): void {
    const { offsets, values, valid } = nested(data);
    this.#validity.append(this.length, length, valid);
    this.#offsets = grow(this.#offsets, this.length + length + 1);
    if (length > 0 && offsets !== undefined) {
      const start = offsets[0] ?? 0;
      const end = offsets[length] ?? start;
      this.#values = grow(this.#values, this.#used + end - start);
      this.#values.set((values as Uint8Array).subarray(start, end), this.#used);
      for (let i = 1; i <= length; i++) {
        this.#offsets[this.length + i] = this.#used + (offsets[i] as number) - start;
      }
      this.#used += end - start;
    }
    this.length += length;
  }

  appendNulls(count: number): void {
    this.#validity.appendNulls(this.length, count);
    this.#offsets = grow(this.#offsets, this.length + count + 1);
    this.#offsets.fill(this.#used, this.length + 1, this.length + count + 1);
    this.length += count;
  }

  visit(visitor: BufferVisitor): void {
    visitor.node(this.length, this.#validity.nullCount);
    visitor.buffer(this.#validity.bitmap(this.length), "scratch");
    visitor.buffer([bytesOf(this.#offsets, this.length + 1)], "scratch");
    visitor.buffer([this.#values.subarray(0, this.#used)], "scratch");
  }

  reset(): void {
    this.length = 0;
    this.#used = 0;
    this.#values = kept(this.#values);
    this.#offsets = this.#offsets.byteLength <= KEEP_BYTES ? this.#offsets : new Int32Array(1);
    this.#validity.reset();
  }
}

/** Lists: offsets into a child. Also the outermost layer of every data column. */
export class ListBuilder implements ArrayBuilder {
  length = 0;
  readonly child: ArrayBuilder;
  readonly #validity = new Validity();
  #offsets = new Int32Array(1);

  constructor(type: DataType) {
    this.child = arrayBuilder(type.children[0]?.type as DataType);
  }

  /** Appends one slot that holds the given batch. */
  appendBatch(data: BatchData, length: number, borrow: boolean): void {
    this.child.append(data, length, borrow);
    const slot = this.length + 1;
    if (slot >= this.#offsets.length) this.#offsets = grow(this.#offsets, slot + 1);
    this.#offsets[slot] = this.child.length;
    this.#validity.append(this.length, 1, undefined);
    this.length = slot;
  }

  /** Rows in which something was logged. */
  get numCells(): number {
    return this.length - this.#validity.nullCount;
  }

  /** Instances of all slots together. */
  get numInstances(): number {
    return this.child.length;
  }

  append(data: BatchData, length: number, borrow: boolean): void {
    const { offsets, children, valid } = nested(data);
    this.#validity.append(this.length, length, valid);
    this.#offsets = grow(this.#offsets, this.length + length + 1);
    if (length > 0 && offsets !== undefined) {
      const start = offsets[0] ?? 0;
      const end = offsets[length] ?? start;
      const base = this.child.length - start;
      const child = children?.[0];
      if (child !== undefined && end > start) {
        this.child.append(
          start === 0 && child.length === end ? child : slice(child, start, end),
          end - start,
          borrow,
        );
      }
      for (let i = 1; i <= length; i++)
        this.#offsets[this.length + i] = base + (offsets[i] as number);
    }
    this.length += length;
  }

  appendNulls(count: number): void {
    this.#validity.appendNulls(this.length, count);
    this.#offsets = grow(this.#offsets, this.length + count + 1);
    this.#offsets.fill(this.child.length, this.length + 1, this.length + count + 1);
    this.length += count;
  }

  visit(visitor: BufferVisitor): void {
    visitor.node(this.length, this.#validity.nullCount);
    visitor.buffer(this.#validity.bitmap(this.length), "scratch");
    visitor.buffer([bytesOf(this.#offsets, this.length + 1)], "scratch");
    this.child.visit(visitor);
  }

  reset(): void {
    this.length = 0;
    this.child.reset();
    this.#offsets = this.#offsets.byteLength <= KEEP_BYTES ? this.#offsets : new Int32Array(1);
    this.#validity.reset();
  }
}

/** Structs, and fixed-size lists of nested types: children side by side. */
class StructBuilder implements ArrayBuilder {
  length = 0;
  readonly #stride: number;
  readonly #children: readonly ArrayBuilder[];
  readonly #validity = new Validity();

  constructor(type: DataType) {
    this.#stride = strideOf(type);
    this.#children = type.children.map((child) => arrayBuilder(child.type));
  }

  append(data: BatchData, length: number, borrow: boolean): void {
    const { children, valid } = nested(data);
    this.#validity.append(this.length, length, valid);
    this.#children.forEach((builder, i) => {
      builder.append(children?.[i] as ArrowArray, length * this.#stride, borrow);
    });
    this.length += length;
  }

  appendNulls(count: number): void {
    this.#validity.appendNulls(this.length, count);
    for (const child of this.#children) child.appendNulls(count * this.#stride);
    this.length += count;
  }

  visit(visitor: BufferVisitor): void {
    visitor.node(this.length, this.#validity.nullCount);
    visitor.buffer(this.#validity.bitmap(this.length), "scratch");
    for (const child of this.#children) child.visit(visitor);
  }

  reset(): void {
    this.length = 0;
    for (const child of this.#children) child.reset();
    this.#validity.reset();
  }
}

/** Dense unions: for each slot a type id and a position in that child. A null is a slot of child 0. */
class UnionBuilder implements ArrayBuilder {
  length = 0;
  readonly #children: readonly ArrayBuilder[];
  #typeIds = new Int8Array(0);
  #offsets = new Int32Array(0);

  constructor(type: DataType) {
    this.#children = type.children.map((child) => arrayBuilder(child.type));
  }

  append(data: BatchData, length: number, borrow: boolean): void {
    const { typeIds, offsets, children } = nested(data);
    const bases = this.#children.map((child) => child.length);
    this.#children.forEach((builder, i) => {
      const child = children?.[i];
      if (child !== undefined && child.length > 0) builder.append(child, child.length, borrow);
    });
    this.#typeIds = grow(this.#typeIds, this.length + length);
    this.#offsets = grow(this.#offsets, this.length + length);
    for (let i = 0; i < length; i++) {
      const id = typeIds?.[i] ?? 0;
      this.#typeIds[this.length + i] = id;
      this.#offsets[this.length + i] = (bases[id] ?? 0) + (offsets?.[i] ?? 0);
    }
    this.length += length;
  }

  appendNulls(count: number): void {
    const nulls = this.#children[0] as ArrayBuilder;
    this.#typeIds = grow(this.#typeIds, this.length + count);
    this.#offsets = grow(this.#offsets, this.length + count);
    for (let i = 0; i < count; i++) {
      this.#typeIds[this.length + i] = 0;
      this.#offsets[this.length + i] = nulls.length + i;
    }
    nulls.appendNulls(count);
    this.length += count;
  }

  visit(visitor: BufferVisitor): void {
    visitor.node(this.length, 0);
    visitor.buffer([bytesOf(this.#typeIds, this.length)], "scratch");
    visitor.buffer([bytesOf(this.#offsets, this.length)], "scratch");
    for (const child of this.#children) child.visit(visitor);
  }

  reset(): void {
    this.length = 0;
    for (const child of this.#children) child.reset();
  }
}

/** A column of nulls: a length and no buffers. */
class NullBuilder implements ArrayBuilder {
  length = 0;

  append(_data: BatchData, length: number): void {
    this.length += length;
  }

  appendNulls(count: number): void {
    this.length += count;
  }

  visit(visitor: BufferVisitor): void {
    visitor.node(this.length, this.length);
  }

  reset(): void {
    this.length = 0;
  }
}

/** Slots `start` to `end` of an array, sharing its memory. */
export function slice(array: ArrowArray, start: number, end: number): ArrowArray {
  const { type } = array;
  const valid = array.valid?.subarray(start, end);
  const length = end - start;
  switch (type.kind) {
    case "null":
      return { type, length };
    case "utf8":
    case "binary":
    case "list":
      return { ...array, length, valid, offsets: array.offsets?.subarray(start, end + 1) };
    case "dense-union":
      // Offsets stay absolute: the whole children are taken along.
      return {
        ...array,
        length,
        typeIds: array.typeIds?.subarray(start, end),
        offsets: array.offsets?.subarray(start, end),
      };
    case "struct":
      return {
        type,
        length,
        valid,
        children: array.children?.map((child) => slice(child, start, end)),
      };
    default: {
      const stride = strideOf(type);
      if (array.values === undefined) {
        return {
          type,
          length,
          valid,
          children: array.children?.map((child) => slice(child, start * stride, end * stride)),
        };
      }
      const { values } = array;
      const from = start * stride;
      const to = end * stride;
      return {
        type,
        length,
        valid,
        values: ArrayBuffer.isView(values) ? values.subarray(from, to) : values.slice(from, to),
      };
    }
  }
}
