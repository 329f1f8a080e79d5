import type { ComponentDescriptor } from "../component-batch.ts";
import { ComponentBatch } from "../component-batch.ts";
import { rejectElement, rejectInput } from "./input-error.ts";
import type { NumberArray } from "./numeric.ts";
import { isArrayLike } from "./typed-array.ts";

/** Three rows of three numbers, or nine numbers row by row. */
export type MatrixRows = NumberArray | readonly NumberArray[];

/** A 3×3 matrix: its rows, or `{ columns }` with three columns or nine numbers column by column. */
export type MatrixValue = MatrixRows | { readonly columns: MatrixRows };

/** One 3×3 matrix or many. A flat array holds nine numbers for each matrix, row by row. */
export type MatrixInput = MatrixValue | readonly MatrixValue[];

const SHAPE = "a 3x3 matrix (3 rows of 3 numbers, or 9 numbers row by row)";

/** A batch of 3×3 matrices. Input goes by rows; Rerun stores columns, so the elements are transposed. */
export function matrixBatch(descriptor: ComponentDescriptor, value: MatrixInput): ComponentBatch {
  const target: number[] = [];
  if (isMatrix(value)) pushMatrix(descriptor, target, value, 0);
  else if (isFlat(value)) {
    if (value.length % 9 !== 0) {
      rejectInput(descriptor, "a flat array whose length is a multiple of 9", value);
    }
    for (let at = 0; at < value.length; at += 9) transpose(descriptor, target, value, at);
  } else if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    for (let i = 0; i < items.length; i++) {
      if (!isMatrix(items[i])) rejectElement(descriptor, SHAPE, items[i], i);
      pushMatrix(descriptor, target, items[i], i);
    }
  } else rejectInput(descriptor, SHAPE, value);
  if (target.length === 0) return ComponentBatch.empty(descriptor);
  return new ComponentBatch(descriptor, target.length / 9, target);
}

function isFlat(value: unknown): value is ArrayLike<number> {
  return (
    isArrayLike(value) && value.length > 0 && !isArrayLike(value[0]) && typeof value[0] !== "object"
  );
}

/** True for one matrix in any of its forms. */
export function isMatrix(value: unknown): boolean {
  if (isArrayLike(value)) {
    if (value.length === 9) return isFlat(value);
    return value.length === 3 && isArrayLike(value[0]) && value[0].length === 3 && isFlat(value[0]);
  }
  return typeof value === "object" && value !== null && "columns" in value;
}

function pushMatrix(
  descriptor: ComponentDescriptor,
  target: number[],
  value: unknown,
  index: number,
): void {
  if (isArrayLike(value)) {
    transpose(descriptor, target, flatten(descriptor, value, index), 0);
    return;
  }
  const { columns } = value as { readonly columns: unknown };
  if (!isArrayLike(columns)) rejectElement(descriptor, SHAPE, columns, index);
  const flat = flatten(descriptor, columns, index);
  for (let i = 0; i < 9; i++) target.push(element(descriptor, flat, i));
}

/** Nine elements in the order given. */
function flatten(
  descriptor: ComponentDescriptor,
  value: ArrayLike<unknown>,
  index: number,
): ArrayLike<unknown> {
  if (isFlat(value) && value.length === 9) return value;
  if (value.length !== 3) rejectElement(descriptor, SHAPE, value, index);
  const flat: unknown[] = [];
  for (let row = 0; row < 3; row++) {
    const items = value[row];
    if (!isArrayLike(items) || items.length !== 3) rejectElement(descriptor, SHAPE, items, index);
    flat.push(items[0], items[1], items[2]);
  }
  return flat;
}

function transpose(
  descriptor: ComponentDescriptor,
  target: number[],
  rows: ArrayLike<unknown>,
  start: number,
): void {
  for (let column = 0; column < 3; column++) {
    for (let row = 0; row < 3; row++) {
      target.push(element(descriptor, rows, start + row * 3 + column));
    }
  }
}

function element(descriptor: ComponentDescriptor, items: ArrayLike<unknown>, at: number): number {
  const item = items[at];
  if (typeof item !== "number" && typeof item !== "bigint") {
    return rejectElement(descriptor, "a number", item, at);
  }
  return Number(item);
}
