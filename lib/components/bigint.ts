import type { TypedArray } from "../arrow/array.ts";
import type { ComponentDescriptor } from "../component-batch.ts";
import { ComponentBatch } from "../component-batch.ts";
import { rejectElement, rejectInput } from "./input-error.ts";
import { elementTypeOf } from "./typed-array.ts";

/** One 64-bit integer or many. Plain numbers are exact up to 2^53. */
export type BigIntInput = number | bigint | readonly (number | bigint)[] | TypedArray;

/** One point in time or many: nanoseconds since 1970 as number or bigint, or a `Date`. */
export type TimestampInput = BigIntInput | Date | readonly (number | bigint | Date)[];

type BigIntArrayConstructor = BigInt64ArrayConstructor | BigUint64ArrayConstructor;

const NS_PER_MS = 1_000_000n;

/** A batch of `int64`; fractions of numbers are cut. */
export function int64Batch(descriptor: ComponentDescriptor, value: TimestampInput): ComponentBatch {
  return bigIntBatch(descriptor, value, BigInt64Array);
}

/** A batch of `uint64`; fractions of numbers are cut. */
export function uint64Batch(descriptor: ComponentDescriptor, value: BigIntInput): ComponentBatch {
  return bigIntBatch(descriptor, value, BigUint64Array);
}

function bigIntBatch(
  descriptor: ComponentDescriptor,
  value: unknown,
  array: BigIntArrayConstructor,
): ComponentBatch {
  const values = bigIntArray(descriptor, value, array);
  return new ComponentBatch(descriptor, values.length, values);
}

/** The value as an array of 64-bit integers; the right typed array as it is. */
export function bigIntArray(
  descriptor: ComponentDescriptor,
  value: unknown,
  array: BigIntArrayConstructor,
): BigInt64Array | BigUint64Array {
  const signed = array === BigInt64Array;
  const expected = signed ? "a 64-bit integer" : "an unsigned 64-bit integer";
  const element = elementTypeOf(value);
  if (element === (signed ? "int64" : "uint64")) return value as BigInt64Array | BigUint64Array;
  const isList = element !== undefined || Array.isArray(value);
  const items = (isList ? value : [value]) as ArrayLike<unknown>;
  const result = new array(items.length);
  for (let i = 0; i < items.length; i++) {
    const item = wholeNumber(items[i]);
    if (item === undefined || !fits(item, signed)) {
      if (isList) rejectElement(descriptor, expected, items[i], i);
      rejectInput(descriptor, expected, value);
    }
    result[i] = item;
  }
  return result;
}

/** A number, bigint or date as an integer; undefined when it is none, such as NaN. */
export function wholeNumber(value: unknown): bigint | undefined {
  if (typeof value === "bigint") return value;
  if (typeof value === "number" && Number.isFinite(value)) return BigInt(Math.trunc(value));
  if (value instanceof Date && !Number.isNaN(value.getTime())) {
    return BigInt(value.getTime()) * NS_PER_MS;
  }
  return undefined;
}

/** Whether the integer keeps its value in 64 bits. */
export function fits(value: bigint, signed: boolean): boolean {
  return (signed ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value)) === value;
}
