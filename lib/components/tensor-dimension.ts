import type { ComponentBatch, ComponentDescriptor } from "../component-batch.ts";
import { rejectElement, rejectInput } from "./input-error.ts";
import { nestedBatch } from "./nested.ts";

/** A dimension of a tensor by its index, `invert: true` for the other direction. */
export type TensorDimension = number | { readonly dimension: number; readonly invert?: boolean };

/** Where a dimension of a tensor is cut. */
export interface TensorDimensionIndex {
  /** Index of the dimension. */
  readonly dimension: number;
  /** Index within the dimension. */
  readonly index: number | bigint;
}

/** A batch of dimensions. */
export function tensorDimensionBatch(
  descriptor: ComponentDescriptor,
  value: TensorDimension | readonly TensorDimension[],
): ComponentBatch {
  return dimensions(descriptor, value, (item) =>
    typeof item === "number"
      ? { dimension: item, invert: false }
      : { ...item, invert: item.invert ?? false },
  );
}

/** A batch of cuts. */
export function tensorIndexBatch(
  descriptor: ComponentDescriptor,
  value: TensorDimensionIndex | readonly TensorDimensionIndex[],
): ComponentBatch {
  return dimensions(descriptor, value, (item) => item);
}

/** A batch of dimensions that get a slider. */
export function tensorSliderBatch(
  descriptor: ComponentDescriptor,
  value: number | readonly number[],
): ComponentBatch {
  return dimensions(descriptor, value, (item) => ({ dimension: item }));
}

function dimensions<T>(
  descriptor: ComponentDescriptor,
  value: T | readonly T[],
  toStruct: (item: T) => unknown,
): ComponentBatch {
  const isList = Array.isArray(value);
  const items = (isList ? value : [value]) as readonly T[];
  return nestedBatch(
    descriptor,
    items.map((item: unknown, i) => {
      if (typeof item !== "number" && (typeof item !== "object" || item === null)) {
        if (isList) rejectElement(descriptor, "a dimension of a tensor", item, i);
        rejectInput(descriptor, "a dimension of a tensor", item);
      }
      return toStruct(item as T);
    }),
  );
}
