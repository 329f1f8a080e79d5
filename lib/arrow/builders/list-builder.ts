import type { BatchData } from "../../component-batch.ts";
import { slice } from "../slice.ts";
import { type ArrayBuilder, type BufferVisitor, nested } from "./array-builder.ts";
import { bytesOf, grow, keptOffsets } from "./growth.ts";
import { Validity } from "./validity.ts";

/** Lists: offsets into a child. Also the outermost layer of every data column. */
export class ListBuilder implements ArrayBuilder {
  length = 0;
  readonly child: ArrayBuilder;
  readonly #validity = new Validity();
  #offsets = new Int32Array(1);

  constructor(child: ArrayBuilder) {
    this.child = child;
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
    this.#offsets = keptOffsets(this.#offsets);
    this.#validity.reset();
  }
}
