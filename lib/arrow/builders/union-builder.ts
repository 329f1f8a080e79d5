import type { BatchData } from "../../component-batch.ts";
import type { ArrowArray } from "../array.ts";
import { slice } from "../slice.ts";
import { type ArrayBuilder, type BufferVisitor, nested } from "./array-builder.ts";
import { bytesOf, grow } from "./growth.ts";

/** Dense unions: for each slot a type id and a position in that child. A null is a slot of child 0. */
export class UnionBuilder implements ArrayBuilder {
  length = 0;
  readonly #children: readonly ArrayBuilder[];
  #typeIds = new Int8Array(0);
  #offsets = new Int32Array(0);

  constructor(children: readonly ArrayBuilder[]) {
    this.#children = children;
  }

  append(data: BatchData, length: number, borrow: boolean): void {
    const { typeIds, offsets, children } = nested(data);
    this.#typeIds = grow(this.#typeIds, this.length + length);
    this.#offsets = grow(this.#offsets, this.length + length);
    let held = 0;
    for (const child of children ?? []) held += child.length;
    if (held > length) {
      // Some rows of a longer array, which bring its whole children along: take what they point at alone.
      for (let i = 0; i < length; i++) {
        const id = typeIds?.[i] ?? 0;
        const at = offsets?.[i] ?? 0;
        const builder = this.#children[id] as ArrayBuilder;
        this.#typeIds[this.length + i] = id;
        this.#offsets[this.length + i] = builder.length;
        builder.append(slice(children?.[id] as ArrowArray, at, at + 1), 1, borrow);
      }
    } else {
      const bases = this.#children.map((child) => child.length);
      this.#children.forEach((builder, i) => {
        const child = children?.[i];
        if (child !== undefined && child.length > 0) builder.append(child, child.length, borrow);
      });
      for (let i = 0; i < length; i++) {
        const id = typeIds?.[i] ?? 0;
        this.#typeIds[this.length + i] = id;
        this.#offsets[this.length + i] = (bases[id] ?? 0) + (offsets?.[i] ?? 0);
      }
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
