import type { BatchData } from "../../component-batch.ts";
import type { ArrowArray } from "../array.ts";
import { type ArrayBuilder, type BufferVisitor, nested } from "./array-builder.ts";
import { Validity } from "./validity.ts";

/** Structs, and fixed-size lists of nested types: children side by side. */
export class StructBuilder implements ArrayBuilder {
  length = 0;
  readonly #stride: number;
  readonly #children: readonly ArrayBuilder[];
  readonly #validity = new Validity();

  /** @param stride slots of each child to one slot: 1 for structs */
  constructor(children: readonly ArrayBuilder[], stride: number) {
    this.#children = children;
    this.#stride = stride;
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
