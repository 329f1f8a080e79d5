import { type BatchData, isArrowArray } from "../../component-batch.ts";
import type { ArrowArray } from "../array.ts";

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

/** What a builder of a type with offsets or children takes. */
export const nested: (data: BatchData) => ArrowArray = (data) => {
  if (typeof data === "object" && isArrowArray(data)) return data;
  throw new TypeError("Expected an Arrow array for a type with offsets or children, got numbers");
};
