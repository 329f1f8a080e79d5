import { type BatchData, isArrowArray } from "../../component-batch.ts";
import { strideOf } from "../array.ts";
import type { DataType } from "../data-type.ts";
import type { ArrayBuilder, BufferVisitor } from "./array-builder.ts";
import { grow, kept } from "./growth.ts";
import { packBits, Validity } from "./validity.ts";

/** Booleans, one byte each until they are written as bits. */
export class BoolBuilder implements ArrayBuilder {
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
