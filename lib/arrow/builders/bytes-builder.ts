import type { BatchData } from "../../component-batch.ts";
import { type ArrayBuilder, type BufferVisitor, nested } from "./array-builder.ts";
import { bytesOf, grow, kept, keptOffsets } from "./growth.ts";
import { Validity } from "./validity.ts";

/** Strings and binaries: offsets, and the bytes back to back. */
export class BytesBuilder implements ArrayBuilder {
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
    this.#offsets = keptOffsets(this.#offsets);
    this.#validity.reset();
  }
}
