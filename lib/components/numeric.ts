import type { TypedArray } from "../arrow/array.ts";
import type { ComponentDescriptor } from "../component-batch.ts";
import { ComponentBatch } from "../component-batch.ts";
import type { Named } from "./input-error.ts";
import { rejectElement, rejectInput } from "./input-error.ts";
import type { ElementType } from "./typed-array.ts";
import { elementTypeOf, isBigIntArray } from "./typed-array.ts";

/** Flat numbers. */
export type NumberArray = readonly number[] | TypedArray;

/** One number, many, or nested arrays of them, which are flattened. */
export type NumberInput = number | NumberArray | readonly NumberArray[];

/** One id or many, each a whole number from 0 to 65535. */
export type IdInput = NumberInput;

type NumberArrayConstructor =
  | Float32ArrayConstructor
  | Float64ArrayConstructor
  | Uint8ArrayConstructor
  | Uint16ArrayConstructor
  | Uint32ArrayConstructor;

/** How numbers of one kind are checked and stored. */
export interface NumberKind {
  readonly element: ElementType;
  readonly array: NumberArrayConstructor;
  /** Bounds of integers; NaN lies outside. Floats have none, and NaN is data. */
  readonly min: number;
  readonly max: number;
  readonly integer: boolean;
  readonly expected: string;
}

/** Single-precision floats. */
export const float32Kind: NumberKind = {
  element: "float32",
  array: Float32Array,
  min: Number.NEGATIVE_INFINITY,
  max: Number.POSITIVE_INFINITY,
  integer: false,
  expected: "a number",
};
/** Double-precision floats. */
export const float64Kind: NumberKind = { ...float32Kind, element: "float64", array: Float64Array };
/** Ids of classes, keypoints, channels. */
export const uint16Kind: NumberKind = integerKind("uint16", Uint16Array, 0xffff);
/** Indices. */
export const uint32Kind: NumberKind = integerKind("uint32", Uint32Array, 0xffff_ffff);

function integerKind(element: ElementType, array: NumberArrayConstructor, max: number): NumberKind {
  const expected = `a whole number from 0 to ${max}`;
  return { element, array, min: 0, max, integer: true, expected };
}

/** A batch of `float64`. */
export function float64Batch(descriptor: ComponentDescriptor, value: NumberInput): ComponentBatch {
  if (typeof value === "number") return new ComponentBatch(descriptor, 1, value);
  if (value instanceof Float64Array) return new ComponentBatch(descriptor, value.length, value);
  return numberBatch(descriptor, value, float64Kind);
}

/** A batch of `float32`. */
export function float32Batch(descriptor: ComponentDescriptor, value: NumberInput): ComponentBatch {
  if (typeof value === "number") return new ComponentBatch(descriptor, 1, value);
  if (value instanceof Float32Array) return new ComponentBatch(descriptor, value.length, value);
  return numberBatch(descriptor, value, float32Kind);
}

/** A batch of `uint16`; fractions are cut, as Rerun does it. */
export function uint16Batch(descriptor: ComponentDescriptor, value: IdInput): ComponentBatch {
  if (value instanceof Uint16Array) return new ComponentBatch(descriptor, value.length, value);
  return numberBatch(descriptor, value, uint16Kind);
}

/** A batch of `uint32`; fractions are cut, as Rerun does it. */
export function uint32Batch(descriptor: ComponentDescriptor, value: NumberInput): ComponentBatch {
  if (value instanceof Uint32Array) return new ComponentBatch(descriptor, value.length, value);
  return numberBatch(descriptor, value, uint32Kind);
}

/** One slot per number, whatever the shape of the input. */
export function numberBatch(
  descriptor: ComponentDescriptor,
  value: unknown,
  kind: NumberKind,
): ComponentBatch {
  if (typeof value === "number") {
    if (!inRange(value, kind)) rejectInput(descriptor, kind.expected, value);
    return new ComponentBatch(descriptor, 1, kind.integer ? Math.trunc(value) : value);
  }
  const flat = flatNumbers(descriptor, value, kind);
  if (flat === undefined) {
    rejectInput(descriptor, `${kind.expected} or an array of numbers`, value);
  }
  return new ComponentBatch(descriptor, flat.length, flat);
}

/**
 * The value as flat numbers of the kind: typed arrays of the right type and plain arrays of numbers
 * as they are, nested arrays flattened, other typed arrays converted. Undefined when it is no array.
 */
export function flatNumbers(
  descriptor: Named,
  value: unknown,
  kind: NumberKind,
): readonly number[] | TypedArray | undefined {
  const element = elementTypeOf(value);
  if (element === kind.element) return value as TypedArray;
  if (element !== undefined) return converted(descriptor, value as TypedArray, kind);
  if (!Array.isArray(value)) return undefined;
  const items: readonly unknown[] = value;
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    if (typeof item !== "number") return nestedNumbers(descriptor, items, kind);
    if (!inRange(item, kind)) rejectElement(descriptor, kind.expected, item, i);
  }
  return items as readonly number[];
}

/** True for what the kind can hold once its fraction is cut. */
export function inRange(value: number, kind: NumberKind): boolean {
  return !kind.integer || (value > kind.min - 1 && value < kind.max + 1);
}

function nestedNumbers(descriptor: Named, items: readonly unknown[], kind: NumberKind): number[] {
  const flat: number[] = [];
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    const inner = typeof item === "bigint" ? Number(item) : item;
    if (typeof inner === "number") {
      if (!inRange(inner, kind)) rejectElement(descriptor, kind.expected, item, i);
      flat.push(inner);
      continue;
    }
    const numbers = flatNumbers(descriptor, inner, kind);
    if (numbers === undefined) rejectElement(descriptor, kind.expected, item, i);
    for (let k = 0; k < numbers.length; k++) flat.push(Number(numbers[k]));
  }
  return flat;
}

/** Casts a typed array as Rerun does: integers wrap, fractions are cut; but NaN is no integer. */
export function converted(descriptor: Named, source: TypedArray, kind: NumberKind): TypedArray {
  if (isBigIntArray(source)) {
    const target = new kind.array(source.length);
    for (let i = 0; i < source.length; i++) target[i] = Number(source[i]);
    return target;
  }
  if (kind.integer) {
    const at = source.findIndex((v: number) => !Number.isFinite(v));
    if (at >= 0) rejectElement(descriptor, kind.expected, source[at], at);
  }
  return new kind.array(source);
}
