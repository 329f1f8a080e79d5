import type { ArrowArray, TypedArray } from "../arrow/array.ts";
import type { DataType } from "../arrow/data-type.ts";
import { list, primitive } from "../arrow/data-type.ts";
import type { ComponentDescriptor } from "../component-batch.ts";
import { ComponentBatch, emptyArray } from "../component-batch.ts";
import { rejectInput } from "./input-error.ts";
import { textArray, textOf } from "./text.ts";
import type { ElementType } from "./typed-array.ts";
import { elementTypeOf, isArrayLike } from "./typed-array.ts";

/** Numbers with a shape. */
export interface TensorValue {
  /** Elements in row-major order (last dimension fastest). Typed arrays are referenced, not copied. */
  readonly data: TypedArray | readonly number[];
  /** Length of each dimension; the product is the number of elements. */
  readonly shape: readonly number[];
  /** Names of the dimensions, one for each. */
  readonly names?: readonly string[] | undefined;
  /** Says that a `Uint16Array` holds the bits of half-precision floats. */
  readonly dtype?: "float16" | undefined;
}

/** Nested arrays of numbers, all of equal length on one level. */
export type NestedNumbers = readonly number[] | readonly TypedArray[] | readonly NestedNumbers[];

/**
 * A tensor: data with a shape, a typed array (one dimension), or nested arrays, whose nesting gives
 * the shape. Plain arrays are stored as `float64`, typed arrays by their type.
 */
export type TensorInput = TensorValue | TypedArray | NestedNumbers;

/** Order of the variants in Rerun's union, after the null variant. */
const VARIANTS: readonly ElementType[] = [
  "uint8",
  "uint16",
  "uint32",
  "uint64",
  "int8",
  "int16",
  "int32",
  "int64",
  "float16",
  "float32",
  "float64",
];

/** A batch of one tensor: struct of shape, names, and a dense union of lists. */
export function tensorBatch(descriptor: ComponentDescriptor, value: TensorInput): ComponentBatch {
  const { data, shape, names, element } = resolve(descriptor, value);
  const [shapeField, namesField, bufferField] = descriptor.type.children;
  if (shapeField === undefined || namesField === undefined || bufferField === undefined) {
    return ComponentBatch.empty(descriptor);
  }
  const children: ArrowArray[] = [
    {
      type: shapeField.type,
      length: 1,
      offsets: Int32Array.of(0, shape.length),
      children: [
        {
          type: primitive("uint64"),
          length: shape.length,
          values: BigUint64Array.from(shape, BigInt),
        },
      ],
    },
    namesArray(namesField.type, names),
    unionOf(bufferField.type, VARIANTS.indexOf(element) + 1, data),
  ];
  return new ComponentBatch(descriptor, 1, { type: descriptor.type, length: 1, children });
}

function namesArray(type: DataType, names: readonly string[] | undefined): ArrowArray {
  const texts = textArray(names ?? []);
  const array = { type, length: 1, offsets: Int32Array.of(0, texts.length), children: [texts] };
  return names === undefined ? { ...array, valid: new Uint8Array(1) } : array;
}

function unionOf(type: DataType, id: number, data: TypedArray | readonly number[]): ArrowArray {
  const children = type.children.map((variant, i): ArrowArray => {
    if (i !== id) return emptyArray(variant.type);
    const item = variant.type.children[0]?.type as DataType;
    const values: ArrowArray = { type: item, length: data.length, values: data };
    const offsets = Int32Array.of(0, data.length);
    return { type: list(item), length: 1, offsets, children: [values] };
  });
  return { type, length: 1, typeIds: Int8Array.of(id), offsets: new Int32Array(1), children };
}

interface Resolved {
  readonly data: TypedArray | readonly number[];
  readonly shape: readonly number[];
  readonly names: readonly string[] | undefined;
  readonly element: ElementType;
}

function resolve(descriptor: ComponentDescriptor, value: unknown): Resolved {
  if (isArrayLike(value)) {
    const data =
      elementTypeOf(value) === undefined ? flatten(descriptor, value) : (value as TypedArray);
    const shape = shapeOf(value);
    return { data, shape, names: undefined, element: elementOf(descriptor, data, undefined) };
  }
  if (typeof value !== "object" || value === null || !("data" in value)) {
    rejectInput(descriptor, "{ data, shape }, a typed array, or nested arrays of numbers", value);
  }
  const { data, shape, names, dtype } = value as TensorValue;
  if (!isArrayLike(data)) rejectInput(descriptor, "data to be an array of numbers", data);
  const flat = elementTypeOf(data) === undefined ? flatten(descriptor, data) : data;
  checkShape(descriptor, shape, flat.length);
  checkNames(descriptor, names, shape.length);
  return { data: bits(flat), shape, names, element: elementOf(descriptor, flat, dtype) };
}

function checkShape(descriptor: ComponentDescriptor, shape: unknown, length: number): void {
  if (!isArrayLike(shape)) rejectInput(descriptor, "a shape (lengths of the dimensions)", shape);
  let product = 1;
  for (let i = 0; i < shape.length; i++) {
    const size = shape[i];
    if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) {
      rejectInput(descriptor, "a shape of whole numbers", size);
    }
    product *= size;
  }
  if (product !== length) {
    const dimensions = Array.from(shape, String).join("x");
    rejectInput(descriptor, `${product} elements for the shape ${dimensions}`, length);
  }
}

function checkNames(descriptor: ComponentDescriptor, names: unknown, count: number): void {
  if (names === undefined) return;
  const isNames = Array.isArray(names) && names.every((name) => textOf(name) !== undefined);
  if (!isNames || names.length !== count) {
    rejectInput(descriptor, `one name for each of the ${count} dimensions`, names);
  }
}

function elementOf(
  descriptor: ComponentDescriptor,
  data: TypedArray | readonly number[],
  dtype: unknown,
): ElementType {
  const element = elementTypeOf(data) ?? "float64";
  if (dtype === undefined) return element;
  if (dtype === "float16" && (element === "uint16" || element === "float16")) return "float16";
  return rejectInput(descriptor, 'dtype "float16" only with a Uint16Array', data);
}

/** Half floats go as bit patterns. */
function bits(data: TypedArray | readonly number[]): TypedArray | readonly number[] {
  if (elementTypeOf(data) !== "float16") return data;
  const view = data as TypedArray;
  return new Uint16Array(view.buffer, view.byteOffset, view.length);
}

function shapeOf(value: ArrayLike<unknown>): number[] {
  const shape: number[] = [];
  let level: unknown = value;
  while (isArrayLike(level)) {
    shape.push(level.length);
    level = level[0];
  }
  return shape;
}

/** Nested arrays as flat numbers; the typed array inside a list of one is taken as it is. */
function flatten(descriptor: ComponentDescriptor, value: ArrayLike<unknown>): readonly number[] {
  const shape = shapeOf(value);
  const flat: number[] = [];
  const visit = (level: unknown, depth: number): void => {
    if (depth === shape.length) {
      const number = typeof level === "bigint" ? Number(level) : level;
      if (typeof number !== "number") rejectInput(descriptor, "numbers", level);
      flat.push(number);
      return;
    }
    if (!isArrayLike(level) || level.length !== shape[depth]) {
      rejectInput(
        descriptor,
        `${shape[depth]} elements at depth ${depth}`,
        level,
        "rows must be of equal length",
      );
    }
    for (let i = 0; i < level.length; i++) visit(level[i], depth + 1);
  };
  visit(value, 0);
  return flat;
}
