import type { TypedArray } from "../array.ts";

/** Buffers up to this size survive `reset`: a busy entity need not grow them again, an idle one holds little. */
const KEEP_BYTES = 1 << 20;
/** The bytes of the first elements. */
export const bytesOf: (values: TypedArray, elements?: number) => Uint8Array = (
  values,
  elements = values.length,
) => new Uint8Array(values.buffer, values.byteOffset, elements * values.BYTES_PER_ELEMENT);

/** Grows to at least `needed` elements; the contents are kept. */
export function grow<T extends TypedArray>(values: T, needed: number): T {
  if (needed <= values.length) return values;
  const Storage = values.constructor as new (length: number) => T;
  const grown = new Storage(Math.max(needed, values.length * 2, 16));
  (grown as Uint8Array).set(values as Uint8Array);
  return grown;
}

/** What a reset leaves of a buffer. */
export function kept<T extends TypedArray>(values: T): T {
  return values.byteLength <= KEEP_BYTES
    ? values
    : new (values.constructor as new (length: number) => T)(0);
}

/** What a reset leaves of offsets; there is always the first. */
export function keptOffsets(offsets: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  return offsets.byteLength <= KEEP_BYTES ? offsets : new Int32Array(1);
}
