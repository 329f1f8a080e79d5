import { type BatchData, isArrowArray } from "../../component-batch.ts";
import { allocate } from "../allocate.ts";
import { type NumericValues, strideOf, type TypedArray } from "../array.ts";
import { byteWidth, type DataType, type Kind } from "../data-type.ts";
import type { ArrayBuilder, BufferVisitor } from "./array-builder.ts";
import { bytesOf, grow, kept } from "./growth.ts";
import { Validity } from "./validity.ts";

/** Arrays from this size on are copied once, or not at all, instead of into a buffer that grows. */
const PIECE_BYTES = 1 << 16;

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

/** Numbers, times, fixed-size binaries, and fixed-size lists of them. */
export class FixedBuilder implements ArrayBuilder {
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

function copyOf(bytes: Uint8Array): Uint8Array {
  const copy = allocate(bytes.length);
  copy.set(bytes);
  return copy;
}
