import type { TypedArray } from "../arrow/array.ts";
import type { PrimitiveKind } from "../arrow/data-type.ts";

/** Element types that typed arrays can have. */
export type ElementType = Extract<
  PrimitiveKind,
  | "int8"
  | "int16"
  | "int32"
  | "int64"
  | "uint8"
  | "uint16"
  | "uint32"
  | "uint64"
  | "float16"
  | "float32"
  | "float64"
>;

/** Typed arrays of numbers, without the 64-bit integer ones. */
export type NumberTypedArray = Exclude<TypedArray, BigInt64Array | BigUint64Array>;

const elementTypes: Readonly<Record<string, ElementType>> = {
  Int8Array: "int8",
  Int16Array: "int16",
  Int32Array: "int32",
  BigInt64Array: "int64",
  Uint8Array: "uint8",
  Uint8ClampedArray: "uint8",
  Uint16Array: "uint16",
  Uint32Array: "uint32",
  BigUint64Array: "uint64",
  Float16Array: "float16",
  Float32Array: "float32",
  Float64Array: "float64",
};

/**
 * Element type of a typed array; undefined for everything else, `DataView` included.
 * The tag is asked rather than the class, so that arrays of another realm (iframe, `vm`) work.
 */
export function elementTypeOf(value: unknown): ElementType | undefined {
  if (!ArrayBuffer.isView(value)) return undefined;
  return elementTypes[(value as TypedArray)[Symbol.toStringTag]];
}

/** True for typed arrays of any realm. */
export function isTypedArray(value: unknown): value is TypedArray {
  return elementTypeOf(value) !== undefined;
}

/** An array or a typed array. */
export function isArrayLike(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || elementTypeOf(value) !== undefined;
}

/** True for arrays of 64-bit integers. */
export function isBigIntArray(value: TypedArray): value is BigInt64Array | BigUint64Array {
  const type = elementTypeOf(value);
  return type === "int64" || type === "uint64";
}

/** Raw bytes in any of the forms in which a platform hands them out. */
export type Bytes = TypedArray | ArrayBuffer | SharedArrayBuffer | DataView;

/** The same memory as bytes, without a copy; undefined when the value holds no bytes. */
export function asBytes(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (typeof SharedArrayBuffer !== "undefined" && value instanceof SharedArrayBuffer) {
    return new Uint8Array(value);
  }
  return undefined;
}
