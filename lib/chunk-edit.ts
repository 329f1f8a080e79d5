import type { ArrowArray } from "./arrow/array.ts";
import type { ListBuilder } from "./arrow/builders/list-builder.ts";
import { listBuilder } from "./arrow/column-builder.ts";
import { list } from "./arrow/data-type.ts";
import { appendRows, countOf, indicesOf, type Rows, rowsWithCells } from "./arrow/take-rows.ts";
import type { Chunk, ChunkColumns } from "./chunk.ts";
import { assembleChunk, derivedId } from "./chunk-assemble.ts";
import type { ComponentDescriptor } from "./component-batch.ts";

// Chunks are immutable: each of these makes a new one, with an id of its own (see `derivedId`), or returns the
// same object where there was nothing to change. They work on columns, and refer to large arrays without a copy.

/** A column of a chunk: a list array, slot `i` for row `i`. */
export interface EditedColumn {
  readonly descriptor: ComponentDescriptor;
  readonly array: ArrowArray;
  /** Memory that its owner may change later, and which is copied for that reason. */
  readonly volatile?: boolean;
}

interface Edit {
  readonly change: string | Uint8Array;
  /** Default: all. */
  readonly rows?: Rows;
  /** For each column, which of `rows` keep their cell; undefined: all. */
  readonly kept?: (descriptor: ComponentDescriptor) => Uint8Array | undefined;
  readonly entityPath?: string;
  readonly isTimelineKept?: (name: string) => boolean;
  /** Default: those of the chunk. */
  readonly columns?: readonly EditedColumn[];
  /** Whether columns in which no cell is left stay. */
  readonly keepEmpty?: boolean;
}

/** The data columns of a chunk as they are. */
function dataColumns(chunk: Chunk, source: ChunkColumns): EditedColumn[] {
  return chunk.components.map(({ descriptor }) => ({
    descriptor,
    array: source.component(descriptor),
  }));
}

/** Undefined when no column is left. */
function edited(chunk: Chunk, source: ChunkColumns, edit: Edit): Chunk | undefined {
  const { rows = { from: 0, to: chunk.numRows }, keepEmpty = false } = edit;
  const numRows = countOf(rows);
  // A view of a few rows must not keep a large chunk in memory.
  const borrow = 2 * numRows >= chunk.numRows;
  const columns: { readonly descriptor: ComponentDescriptor; readonly builder: ListBuilder }[] = [];
  for (const { descriptor, array, volatile } of edit.columns ?? dataColumns(chunk, source)) {
    const builder = listBuilder(list(descriptor.type, true));
    appendRows(builder, array, rows, edit.kept?.(descriptor), borrow && volatile !== true);
    if (keepEmpty || builder.numCells > 0) columns.push({ descriptor, builder });
  }
  if (!keepEmpty && columns.length === 0) return undefined;
  const timelines = chunk.timelines.filter(
    ({ timeline }) => edit.isTimelineKept?.(timeline.name) ?? true,
  );
  return assembleChunk({
    id: derivedId(chunk.id, edit.change),
    entityPath: edit.entityPath ?? chunk.entityPath,
    numRows,
    rowIds: takeWords(source.rowIds(), 4, rows),
    times: timelines.map(({ timeline }) => ({
      timeline,
      times: bigints(takeWords(bytesOf(source.times(timeline)), 2, rows)),
    })),
    columns,
  });
}

const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

const bigints = (bytes: Uint8Array): BigInt64Array =>
  new BigInt64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);

/** Rows of a column whose slots are `width` 32-bit words each. */
function takeWords(bytes: Uint8Array, width: number, rows: Rows): Uint8Array {
  if (!(rows instanceof Uint32Array))
    return bytes.subarray(4 * width * rows.from, 4 * width * rows.to);
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const source = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2);
  const taken = new Uint32Array(rows.length * width);
  let to = 0;
  for (const row of rows) {
    for (let from = row * width; from < (row + 1) * width; from++)
      taken[to++] = source[from] as number;
  }
  return bytesOf(taken);
}

/**
 * Some rows of a chunk; components without a cell in them are left out.
 *
 * @returns the same chunk when all rows are kept, undefined when nothing is left
 */
export function keepRows(chunk: Chunk, rows: Rows): Chunk | undefined {
  const count = countOf(rows);
  if (count === chunk.numRows) return chunk;
  if (count === 0) return undefined;
  const change = rows instanceof Uint32Array ? bytesOf(rows) : `rows ${rows.from}-${rows.to}`;
  return edited(chunk, chunk.columns(), { change, rows });
}

/**
 * Some cells of a chunk: of each component those in the given rows, and none of components that are not named.
 *
 * @param cells by component, ascending indices of rows in which it has a cell
 * @returns the same chunk when all cells of its one row are kept, undefined when nothing is left
 */
export function keepCells(
  chunk: Chunk,
  cells: ReadonlyMap<ComponentDescriptor, readonly number[]>,
): Chunk | undefined {
  // An event that passes as it came, most likely.
  if (chunk.numRows === 1 && chunk.components.every((c) => cells.get(c.descriptor)?.length === 1))
    return chunk;
  const some = new Uint8Array(chunk.numRows);
  for (const own of cells.values()) for (const row of own) some[row] = 1;
  const rows = indicesOf(some);
  const position = new Uint32Array(chunk.numRows);
  rows.forEach((row, i) => {
    position[row] = i;
  });
  const kept = new Map<ComponentDescriptor, Uint8Array>();
  let change = "cells";
  for (const [descriptor, own] of cells) {
    change += `\n${descriptor.component} ${own.join()}`;
    const flags = new Uint8Array(rows.length);
    for (const row of own) flags[position[row] as number] = 1;
    kept.set(descriptor, flags);
  }
  const source = chunk.columns();
  return edited(chunk, source, {
    change,
    rows,
    kept: (descriptor) => kept.get(descriptor),
    columns: dataColumns(chunk, source).filter(({ descriptor }) => cells.has(descriptor)),
  });
}

/**
 * A chunk without some of its timelines. Without all of them it would be static, for good and on all timelines: that
 * has to be said.
 *
 * @returns the same chunk when it has none of them, undefined when it has no other and is not to be static
 */
export function withoutTimelines(
  chunk: Chunk,
  isDropped: (name: string) => boolean,
  orphans: "drop" | "static",
): Chunk | undefined {
  const dropped = chunk.timelines.map((t) => t.timeline.name).filter(isDropped);
  if (dropped.length === 0) return chunk;
  if (dropped.length === chunk.timelines.length && orphans === "drop") return undefined;
  return edited(chunk, chunk.columns(), {
    change: `timelines ${JSON.stringify(dropped)}`,
    isTimelineKept: (name) => !dropped.includes(name),
    keepEmpty: true,
  });
}

/**
 * A chunk of another entity with the same rows.
 *
 * @param edit applied to each column
 * @returns the same chunk when that is its entity already
 */
export function withEntityPath(
  chunk: Chunk,
  entityPath: string,
  edit: (column: EditedColumn) => EditedColumn = (column) => column,
): Chunk {
  if (entityPath === chunk.entityPath) return chunk;
  const source = chunk.columns();
  const renamed = edited(chunk, source, {
    change: `entity ${JSON.stringify([chunk.entityPath, entityPath])}`,
    entityPath,
    columns: dataColumns(chunk, source).map(edit),
    keepEmpty: true,
  });
  // Undefined is the answer where columns were left out only.
  return renamed ?? chunk;
}

/**
 * A chunk with other columns. Rows that have no cell in any of them are left out.
 *
 * @param change says what `edit` does, for the id
 * @param edit gets each column and returns it, another one in its place, or undefined to drop it
 * @returns the same chunk when every column was returned as it is, undefined when nothing is left
 */
export function mapColumns(
  chunk: Chunk,
  change: string,
  edit: (column: EditedColumn) => EditedColumn | undefined,
): Chunk | undefined {
  const source = chunk.columns();
  const columns: EditedColumn[] = [];
  let same = true;
  for (const column of dataColumns(chunk, source)) {
    const after = edit(column);
    same &&= after === column;
    if (after !== undefined) columns.push(after);
  }
  if (same) return chunk;
  if (columns.length === 0) return undefined;
  const some = rowsWithCells(
    columns.map((column) => column.array),
    chunk.numRows,
  );
  const names = columns.map((column) => column.descriptor.component);
  return edited(chunk, source, {
    change: `columns ${JSON.stringify([change, names])}`,
    columns,
    ...(some && { rows: indicesOf(some) }),
  });
}
