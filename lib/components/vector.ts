import type { TypedArray } from "../arrow/array.ts";
import type { ComponentDescriptor } from "../component-batch.ts";
import { ComponentBatch } from "../component-batch.ts";
import type { Named } from "./input-error.ts";
import { rejectElement, rejectInput } from "./input-error.ts";
import type { NumberArray, NumberKind } from "./numeric.ts";
import { converted, float32Kind, float64Kind, inRange, uint32Kind } from "./numeric.ts";
import { elementTypeOf, isArrayLike } from "./typed-array.ts";

/**
 * One vector or many: flat numbers whose length is a multiple of the dimension,
 * or an array of vectors. Typed arrays of the stored element type are taken without a copy.
 */
export type VectorInput =
  | NumberArray
  | readonly NumberArray[]
  | readonly (readonly NumberArray[])[];

/** A uniform scale, or one factor for each axis; one such or many. */
export type ScaleInput = number | VectorInput;

/** Up to here nested input is flattened into a plain array, which costs less to make than a typed one. */
const SMALL = 64;

/** A batch of `float32` vectors; the dimension is that of the descriptor's type. */
export function float32Vectors(
  descriptor: ComponentDescriptor,
  value: VectorInput,
): ComponentBatch {
  const size = descriptor.type.size;
  if (value instanceof Float32Array) {
    if (value.length % size === 0)
      return new ComponentBatch(descriptor, value.length / size, value);
  } else if (Array.isArray(value) && value.length === size && allNumbers(value)) {
    return new ComponentBatch(descriptor, 1, value);
  }
  return vectorBatch(descriptor, value, float32Kind);
}

/** A batch of `float64` vectors. */
export function float64Vectors(
  descriptor: ComponentDescriptor,
  value: VectorInput,
): ComponentBatch {
  return vectorBatch(descriptor, value, float64Kind);
}

/** A batch of `uint32` vectors; fractions are cut. */
export function uint32Vectors(descriptor: ComponentDescriptor, value: VectorInput): ComponentBatch {
  return vectorBatch(descriptor, value, uint32Kind);
}

/** A batch of scale vectors; one number scales all axes alike. */
export function scaleBatch(descriptor: ComponentDescriptor, value: ScaleInput): ComponentBatch {
  if (typeof value === "number") return new ComponentBatch(descriptor, 1, [value, value, value]);
  return float32Vectors(descriptor, value);
}

function allNumbers(items: readonly unknown[]): items is readonly number[] {
  for (let i = 0; i < items.length; i++) if (typeof items[i] !== "number") return false;
  return true;
}

/** Vectors of any dimension and element type. */
export function vectorBatch(
  descriptor: ComponentDescriptor,
  value: unknown,
  kind: NumberKind,
): ComponentBatch {
  const { size } = descriptor.type;
  const values = vectorValues(descriptor, value, size, kind);
  if (values.length === 0) return ComponentBatch.empty(descriptor);
  return new ComponentBatch(descriptor, values.length / size, values);
}

/** The elements of all vectors, flat. */
export function vectorValues(
  descriptor: Named,
  value: unknown,
  size: number,
  kind: NumberKind,
): readonly number[] | TypedArray {
  const element = elementTypeOf(value);
  if (element !== undefined) {
    const array = value as TypedArray;
    if (array.length % size !== 0) rejectFlat(descriptor, value, size);
    if (element === kind.element) return array;
    return converted(descriptor, array, kind);
  }
  if (!Array.isArray(value)) {
    rejectInput(
      descriptor,
      `an array of ${size}-vectors, or a flat array whose length is a multiple of ${size}`,
      value,
    );
  }
  const items: readonly unknown[] = value;
  if (items.length === 0) return [];
  if (isArrayLike(items[0])) {
    const writer = new VectorWriter(descriptor, size, kind, countNumbers(items));
    writer.vectors(items);
    return writer.take();
  }
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    if (typeof item !== "number" || !inRange(item, kind)) {
      rejectElement(descriptor, kind.expected, item, i);
    }
  }
  if (items.length % size !== 0) rejectFlat(descriptor, value, size);
  return items as readonly number[];
}

function rejectFlat(descriptor: Named, value: unknown, size: number): never {
  rejectInput(descriptor, `a flat array whose length is a multiple of ${size}`, value);
}

function countNumbers(items: ArrayLike<unknown>): number {
  let count = 0;
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    count += Array.isArray(item) ? countNumbers(item) : isArrayLike(item) ? item.length : 1;
  }
  return count;
}

/** Copies vectors into one flat array and checks each of them. */
class VectorWriter {
  readonly #descriptor: Named;
  readonly #size: number;
  readonly #kind: NumberKind;
  readonly #target: number[] | Exclude<TypedArray, BigInt64Array | BigUint64Array>;
  #at = 0;

  constructor(descriptor: Named, size: number, kind: NumberKind, count: number) {
    this.#descriptor = descriptor;
    this.#size = size;
    this.#kind = kind;
    this.#target = count <= SMALL ? [] : new kind.array(count);
  }

  take(): readonly number[] | TypedArray {
    return this.#target;
  }

  /** Copies numbers as they come; the caller has checked their count. */
  flat(items: ArrayLike<unknown>): void {
    const kind = this.#kind;
    const target = this.#target;
    let at = this.#at;
    for (let i = 0; i < items.length; i++) {
      const item = items[i];
      const number = typeof item === "bigint" ? Number(item) : item;
      if (typeof number !== "number" || !inRange(number, kind)) {
        rejectElement(this.#descriptor, kind.expected, item, i);
      }
      target[at++] = number;
    }
    this.#at = at;
  }

  /** Copies an array of vectors, or of arrays of vectors, to any depth. */
  vectors(items: ArrayLike<unknown>): void {
    const size = this.#size;
    for (let i = 0; i < items.length; i++) {
      const item = items[i];
      if (!isArrayLike(item))
        rejectElement(this.#descriptor, `a vector of ${size} numbers`, item, i);
      if (isArrayLike(item[0])) this.vectors(item);
      else if (item.length === size) this.flat(item);
      else rejectElement(this.#descriptor, `a vector of ${size} numbers`, item, i);
    }
  }
}
