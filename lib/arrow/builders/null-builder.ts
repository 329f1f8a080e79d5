import type { BatchData } from "../../component-batch.ts";
import type { ArrayBuilder, BufferVisitor } from "./array-builder.ts";

/** A column of nulls: a length and no buffers. */
export class NullBuilder implements ArrayBuilder {
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
