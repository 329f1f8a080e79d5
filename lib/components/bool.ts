import type { ComponentDescriptor } from "../component-batch.ts";
import { ComponentBatch } from "../component-batch.ts";
import { rejectElement, rejectInput } from "./input-error.ts";
import { elementTypeOf } from "./typed-array.ts";

/** One flag or many; numbers count by truth, 0 is false. */
export type BoolInput = boolean | readonly (boolean | number)[] | Uint8Array;

const TRUE: readonly number[] = [1];
const FALSE: readonly number[] = [0];

/** A batch of booleans, one byte each. */
export function boolBatch(descriptor: ComponentDescriptor, value: BoolInput): ComponentBatch {
  if (value === true) return new ComponentBatch(descriptor, 1, TRUE);
  if (value === false) return new ComponentBatch(descriptor, 1, FALSE);
  if (!Array.isArray(value) && elementTypeOf(value) === undefined) {
    rejectInput(descriptor, "true, false, or an array of booleans", value);
  }
  const items = value as ArrayLike<unknown>;
  const bytes = new Uint8Array(items.length);
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    const isFlag = typeof item === "boolean" || (typeof item === "number" && item === item);
    if (!isFlag && typeof item !== "bigint") rejectElement(descriptor, "a boolean", item, i);
    bytes[i] = item ? 1 : 0;
  }
  return new ComponentBatch(descriptor, bytes.length, bytes);
}
