import { type ArrowArray, isFixedWidth, strideOf, type TypedArray } from "./array.ts";
import type { ListBuilder } from "./builders/list-builder.ts";
import { slice } from "./slice.ts";

/** Rows of a chunk: all from `from` to before `to`, or those at the given indices, which ascend. */
export type Rows = { readonly from: number; readonly to: number } | Uint32Array;

/** Number of rows. */
export function countOf(rows: Rows): number {
  return rows instanceof Uint32Array ? rows.length : rows.to - rows.from;
}

/** Rows of a list column that are scattered more than this are gathered value by value, not run by run. */
const LONG_RUN = 8;

/**
 * Appends rows of a list column to a builder.
 *
 * @param kept one byte for each of `rows`, 0 leaves the cell of that row out; undefined: all are taken
 * @param borrow whether large arrays may be referred to instead of copied
 */
export function appendRows(
  builder: ListBuilder,
  column: ArrowArray,
  rows: Rows,
  kept: Uint8Array | undefined,
  borrow: boolean,
): void {
  if (!(rows instanceof Uint32Array)) {
    const { from, to } = rows;
    const whole = from === 0 && to === column.length;
    if (kept === undefined) {
      builder.append(whole ? column : slice(column, from, to), to - from, borrow);
      return;
    }
  } else if (rows.length < LONG_RUN * countRuns(rows) && gather(builder, column, rows, kept)) {
    return;
  }
  appendRuns(builder, column, rows, kept, borrow);
}

function countRuns(rows: Uint32Array): number {
  let runs = rows.length > 0 ? 1 : 0;
  for (let i = 1; i < rows.length; i++) {
    if (rows[i] !== (rows[i - 1] as number) + 1) runs++;
  }
  return runs;
}

/** Rows that follow each other are one slice. */
function appendRuns(
  builder: ListBuilder,
  column: ArrowArray,
  rows: Rows,
  kept: Uint8Array | undefined,
  borrow: boolean,
): void {
  const count = countOf(rows);
  const at = (i: number): number =>
    rows instanceof Uint32Array ? (rows[i] as number) : rows.from + i;
  const isKept = (i: number): boolean => kept === undefined || kept[i] !== 0;
  let i = 0;
  while (i < count) {
    const first = at(i);
    let end = i + 1;
    if (isKept(i)) {
      while (end < count && at(end) === first + end - i && isKept(end)) end++;
      builder.append(slice(column, first, first + end - i), end - i, borrow);
    } else {
      while (end < count && !isKept(end)) end++;
      builder.appendNulls(end - i);
    }
    i = end;
  }
}

/**
 * Copies the values of scattered rows, for lists of numbers and the like.
 *
 * @returns false when the column is of another kind; nothing was appended then
 */
function gather(
  builder: ListBuilder,
  column: ArrowArray,
  rows: Uint32Array,
  kept: Uint8Array | undefined,
): boolean {
  const child = column.children?.[0];
  const { offsets, valid } = column;
  if (child === undefined || offsets === undefined || !isFixedWidth(child.type)) return false;
  if (child.valid !== undefined || !ArrayBuffer.isView(child.values)) return false;

  const stride = strideOf(child.type);
  const taken = new Int32Array(rows.length + 1);
  const present =
    kept === undefined && valid === undefined ? undefined : new Uint8Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    const isThere = kept?.[i] !== 0 && valid?.[row] !== 0;
    if (present !== undefined && isThere) present[i] = 1;
    const length = isThere ? (offsets[row + 1] as number) - (offsets[row] as number) : 0;
    taken[i + 1] = (taken[i] as number) + length;
  }

  const source = child.values;
  const Storage = source.constructor as new (length: number) => TypedArray;
  const values = new Storage((taken[rows.length] as number) * stride);
  let to = 0;
  for (let i = 0; i < rows.length; i++) {
    const end = (taken[i + 1] as number) * stride;
    let from = (offsets[rows[i] as number] as number) * stride;
    if (end - to > 16) {
      (values as Uint8Array).set(source.subarray(from, from + end - to) as Uint8Array, to);
      to = end;
    } else {
      while (to < end) values[to++] = source[from++] as never;
    }
  }
  const length = taken[rows.length] as number;
  builder.append(
    {
      type: column.type,
      length: rows.length,
      valid: present,
      offsets: taken,
      children: [{ type: child.type, length, values }],
    },
    rows.length,
    true,
  );
  return true;
}

/** One byte for each row that says whether some of the list columns has a cell there; undefined: all rows have. */
export function rowsWithCells(
  columns: readonly ArrowArray[],
  numRows: number,
): Uint8Array | undefined {
  const some = new Uint8Array(numRows);
  for (const { valid } of columns) {
    if (valid === undefined) return undefined;
    for (let row = 0; row < numRows; row++) if (valid[row] !== 0) some[row] = 1;
  }
  return some.includes(0) ? some : undefined;
}

/** Indices at which a byte is not 0. */
export function indicesOf(bytes: Uint8Array): Uint32Array {
  let count = 0;
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) count++;
  const indices = new Uint32Array(count);
  let at = 0;
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) indices[at++] = i;
  return indices;
}
