import type { DataType } from "./data-type.ts";

export type TypedArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

/** Flat numbers, as a typed array or as a plain array. */
export type NumericValues = TypedArray | readonly number[] | readonly bigint[];

/**
 * An Arrow array in memory, before it is written. One shape for all layouts; which members are
 * set follows from `type.kind`:
 *
 * | kind | values | offsets | typeIds | children |
 * | --- | --- | --- | --- | --- |
 * | numbers, `timestamp`, `duration` | `length` numbers | | | |
 * | `bool` | `length` bytes of 0 or 1 (packed into bits when written) | | | |
 * | `float16` | `Uint16Array` of bit patterns | | | |
 * | `fixed-size-binary` | `length * size` bytes | | | |
 * | `fixed-size-list` of one of the above | `length * size` elements, flat | | | |
 * | `fixed-size-list` of anything else | | | | one, of `length * size` |
 * | `utf8`, `binary` | the bytes, back to back | `length + 1` | | |
 * | `list` | | `length + 1` | | one |
 * | `struct` | | | | one per field, each of `length` |
 * | `dense-union` | | `length` (index into the child) | `length` | one per variant |
 * | `null` | | | | |
 *
 * Offsets may start above 0. Values may be a plain array of numbers or bigints where numbers are stored.
 * The arrays are borrowed: they are read until the row is batched (before `log()` returns) and never changed.
 */
export interface ArrowArray {
  readonly type: DataType;
  readonly length: number;
  /** One byte per slot, 1 = valid; absent when no slot is null. */
  readonly valid?: Uint8Array | undefined;
  readonly values?: NumericValues | undefined;
  readonly offsets?: Int32Array | undefined;
  readonly typeIds?: Int8Array | undefined;
  readonly children?: readonly ArrowArray[] | undefined;
}

/** True for types whose slots are `stride` numbers (or bytes) side by side, without offsets or children. */
export function isFixedWidth(type: DataType): boolean {
  switch (type.kind) {
    case "null":
    case "utf8":
    case "binary":
    case "list":
    case "struct":
    case "dense-union":
      return false;
    case "foreign":
      return type.foreign?.layout === "fixed";
    case "fixed-size-list": {
      const item = type.children[0]?.type;
      // One level only: a stride counts elements, and those of nested ones are wider.
      return item !== undefined && item.size === 0 && isFixedWidth(item);
    }
    default:
      return true;
  }
}

/** Elements of `values` in one slot of a fixed-width type. */
export function strideOf(type: DataType): number {
  switch (type.kind) {
    case "fixed-size-list":
    case "fixed-size-binary":
      return type.size;
    case "foreign":
      // Of 4 and 8 bytes there are numbers; others are kept as bytes.
      return type.size === 4 || type.size === 8 ? 1 : type.size;
    default:
      return 1;
  }
}
