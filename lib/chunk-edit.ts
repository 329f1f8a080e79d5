import type { ArrowArray } from "./arrow/array.ts";
import type { ListBuilder } from "./arrow/builders/list-builder.ts";
import { listBuilder } from "./arrow/column-builder.ts";
import { list } from "./arrow/data-type.ts";
import { appendRows, countOf, indicesOf, type Rows, rowsWithCells } from "./arrow/take-rows.ts";
import type { Chunk, ChunkColumns } from "./chunk.ts";
import { assembleChunk, derivedId } from "./chunk-assemble.ts";
import { hasForeign, spliceChunk } from "./chunk-splice.ts";
import type { ComponentDescriptor } from "./component-batch.ts";
import { RerunError } from "./errors.ts";

// Chunks are immutable: each of these makes a new one, with an id of its own (see `derivedId`), or returns the
// same object where there was nothing to change. They work on columns, and refer to large arrays without a copy.
//
// Columns can be of Arrow types that this package does not build (see `hasForeign`). They are taken along whole: what
// parts rows leaves chunks with such columns as they are.

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
  readonly columns: readonly EditedColumn[];
}

/** A data column, read when it is asked for. */
class SourceColumn implements EditedColumn {
  readonly descriptor: ComponentDescriptor;
  readonly #source: () => ChunkColumns;
  #array: ArrowArray | undefined;

  constructor(descriptor: ComponentDescriptor, source: () => ChunkColumns) {
    this.descriptor = descriptor;
    this.#source = source;
  }

  get array(): ArrowArray {
    this.#array ??= this.#source().component(this.descriptor);
    return this.#array;
  }
}

/** The data columns of a chunk as they are. */
function dataColumns(chunk: Chunk, source: () => ChunkColumns): EditedColumn[] {
  return chunk.components.map(({ descriptor }) => new SourceColumn(descriptor, source));
}

/** Whether rows of the chunk can be parted: whether it has no column of a type that is not built here. */
export function isDivisible(chunk: Chunk): boolean {
  return chunk.components.every(({ descriptor }) => !hasForeign(descriptor.type));
}

/** Columns in which no cell is left are left out; undefined when that are all. */
function edited(chunk: Chunk, source: ChunkColumns, edit: Edit): Chunk | undefined {
  const { rows = { from: 0, to: chunk.numRows } } = edit;
  const numRows = countOf(rows);
  // A view of a few rows must not keep a large chunk in memory.
  const borrow = 2 * numRows >= chunk.numRows;
  const columns: { readonly descriptor: ComponentDescriptor; readonly builder: ListBuilder }[] = [];
  for (const { descriptor, array, volatile } of edit.columns) {
    const builder = listBuilder(list(descriptor.type, true));
    appendRows(builder, array, rows, edit.kept?.(descriptor), borrow && volatile !== true);
    if (builder.numCells > 0) columns.push({ descriptor, builder });
  }
  if (columns.length === 0) return undefined;
  return assembleChunk({
    id: derivedId(chunk.id, edit.change),
    entityPath: chunk.entityPath,
    numRows,
    rowIds: takeWords(source.rowIds(), 4, rows),
    times: chunk.timelines.map(({ timeline }) => ({
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
 * @returns the same chunk when all rows are kept or it is not divisible, undefined when nothing is left
 */
export function keepRows(chunk: Chunk, rows: Rows): Chunk | undefined {
  const count = countOf(rows);
  if (count === chunk.numRows) return chunk;
  if (count === 0) return undefined;
  if (!isDivisible(chunk)) return chunk;
  const change = rows instanceof Uint32Array ? bytesOf(rows) : `rows ${rows.from}-${rows.to}`;
  const source = chunk.columns();
  return edited(chunk, source, { change, rows, columns: dataColumns(chunk, () => source) });
}

/**
 * Some cells of a chunk: of each component those in the given rows, and none of components that are not named.
 *
 * @param cells by component, ascending indices of rows in which it has a cell
 * @returns the same chunk when all cells of its one row are kept or it is not divisible, undefined when nothing is left
 */
export function keepCells(
  chunk: Chunk,
  cells: ReadonlyMap<ComponentDescriptor, readonly number[]>,
): Chunk | undefined {
  // An event that passes as it came, most likely.
  if (chunk.numRows === 1 && chunk.components.every((c) => cells.get(c.descriptor)?.length === 1))
    return chunk;
  if (!isDivisible(chunk)) return chunk;
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
    columns: dataColumns(chunk, () => source).filter(({ descriptor }) => cells.has(descriptor)),
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
  const change = `timelines ${JSON.stringify(dropped)}`;
  return spliceChunk(chunk, derivedId(chunk.id, change), change, {
    isTimelineKept: (name) => !dropped.includes(name),
  });
}

/** A chunk of another entity with the same rows; the same chunk when that is its entity already. */
export function withEntityPath(chunk: Chunk, entityPath: string): Chunk {
  if (entityPath === chunk.entityPath) return chunk;
  const change = `entity ${JSON.stringify([chunk.entityPath, entityPath])}`;
  return spliceChunk(chunk, derivedId(chunk.id, change), change, { entityPath });
}

/**
 * A chunk with other columns. Rows that have no cell in any of them are left out.
 *
 * @param change says what `edit` does, for the id
 * @param edit gets each column and returns it, another one in its place, or undefined to drop it
 * @returns the same chunk when every column was returned as it is, undefined when nothing is left
 * @throws RerunError `unsupported-data` when a column is replaced beside one of a type that is not built here
 */
export function mapColumns(
  chunk: Chunk,
  change: string,
  edit: (column: EditedColumn) => EditedColumn | undefined,
): Chunk | undefined {
  let source: ChunkColumns | undefined;
  const read = (): ChunkColumns => (source ??= chunk.columns());
  const before = dataColumns(chunk, read);
  const columns: EditedColumn[] = [];
  let replaced = 0;
  for (const column of before) {
    const after = edit(column);
    if (after !== undefined) columns.push(after);
    if (after !== undefined && after !== column) replaced++;
  }
  if (replaced === 0 && columns.length === before.length) return chunk;
  if (columns.length === 0) return undefined;

  const names = columns.map((column) => column.descriptor.component);
  const told = `columns ${JSON.stringify([change, names])}`;
  const foreign = columns.find(({ descriptor }) => hasForeign(descriptor.type));
  if (replaced === 0) {
    const kept = new Set(columns.map((column) => column.descriptor));
    const left = chunk.components.filter((c) => kept.has(c.descriptor));
    if (foreign !== undefined || left.some((c) => c.numCells === chunk.numRows)) {
      return spliceChunk(chunk, derivedId(chunk.id, told), told, {
        isComponentKept: (descriptor) => kept.has(descriptor),
      });
    }
  } else if (foreign !== undefined) {
    throw new RerunError(
      "unsupported-data",
      `Expected only components of types that can be written anew beside one that is changed, got ${foreign.descriptor.component} of type ${foreign.descriptor.type.key} at ${chunk.entityPath}`,
    );
  }
  const some = rowsWithCells(
    columns.map((column) => column.array),
    chunk.numRows,
  );
  return edited(chunk, read(), {
    change: told,
    columns,
    ...(some && { rows: indicesOf(some) }),
  });
}
