import type { ListBuilder } from "./arrow/builders/list-builder.ts";
import { listBuilder } from "./arrow/column-builder.ts";
import { list } from "./arrow/data-type.ts";
import type { Chunk } from "./chunk.ts";
import { assembleChunk, derivedId } from "./chunk-assemble.ts";
import { hasForeign } from "./chunk-splice.ts";
import type { ComponentDescriptor } from "./component-batch.ts";

/** Chunks that can become one: what is asked of each new one does not grow with their number. */
export class ConcatGroup {
  readonly chunks: [Chunk, ...Chunk[]];
  numRows: number;
  /** Bytes of values, without schemas. */
  bytes: number;
  /** Whether all timelines are in order. */
  isSorted: boolean;
  readonly #components = new Map<string, ComponentDescriptor>();
  /** Columns of types that are not built here cannot be put together. */
  readonly #isClosed: boolean;

  constructor(first: Chunk) {
    this.chunks = [first];
    this.numRows = first.numRows;
    this.bytes = dataBytesOf(first);
    this.isSorted = first.timelines.every((t) => t.sorted);
    this.#isClosed = isForeign(first);
    this.#note(first);
  }

  /** Whether a chunk can be added. */
  accepts(chunk: Chunk): boolean {
    const [first] = this.chunks;
    return (
      !this.#isClosed &&
      !isForeign(chunk) &&
      sameTimelines(first, chunk) &&
      chunk.components.every(
        ({ descriptor }) =>
          (this.#components.get(descriptor.component) ?? descriptor) === descriptor,
      )
    );
  }

  /** Whether all timelines would still be in order. */
  staysSortedWith(chunk: Chunk): boolean {
    const last = this.chunks.at(-1);
    return (
      this.isSorted &&
      chunk.timelines.every((t, i) => t.sorted && t.min >= (last?.timelines[i]?.max ?? t.min))
    );
  }

  add(chunk: Chunk): void {
    this.isSorted = this.staysSortedWith(chunk);
    this.chunks.push(chunk);
    this.numRows += chunk.numRows;
    this.bytes += dataBytesOf(chunk);
    this.#note(chunk);
  }

  #note(chunk: Chunk): void {
    for (const { descriptor } of chunk.components)
      this.#components.set(descriptor.component, descriptor);
  }
}

function isForeign(chunk: Chunk): boolean {
  return chunk.components.some(({ descriptor }) => hasForeign(descriptor.type));
}

/** Bytes of a chunk without its schema, which is most of a small one and is not kept when it is merged. */
export function dataBytesOf(chunk: Chunk): number {
  const [head] = chunk.parts;
  if (head === undefined || head.length < 8) return chunk.byteLength;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  return Math.max(0, chunk.byteLength - 8 - view.getUint32(4, true));
}

function sameTimelines(a: Chunk, b: Chunk): boolean {
  return (
    a.timelines.length === b.timelines.length &&
    a.timelines.every((t, i) => t.timeline === b.timelines[i]?.timeline)
  );
}

/**
 * Whether two chunks can become one: same entity, same timelines, same names and types of the components that both
 * have.
 *
 * Source: rerun crates/store/re_chunk/src/merge.rs
 */
export function canConcat(a: Chunk, b: Chunk): boolean {
  // Equal descriptors of equal type are the same object.
  return a.entityPath === b.entityPath && new ConcatGroup(a).accepts(b);
}

/**
 * One chunk with the rows of several, in their order; each two of them must satisfy {@link canConcat}. Components that
 * one lacks are null in its rows.
 *
 * @param chunks at least one; a single one is returned as it is
 */
export function concatChunks(chunks: readonly [Chunk, ...Chunk[]]): Chunk {
  const [first] = chunks;
  if (chunks.length === 1) return first;
  let numRows = 0;
  for (const chunk of chunks) numRows += chunk.numRows;
  const rowIds = new Uint8Array(16 * numRows);
  const times = first.timelines.map(({ timeline }) => ({
    timeline,
    times: new BigInt64Array(numRows),
  }));
  const builders = new Map<ComponentDescriptor, ListBuilder>();
  const ids = new Uint8Array(16 * chunks.length);

  let row = 0;
  chunks.forEach((chunk, i) => {
    const columns = chunk.columns();
    chunk.id.writeTo(ids, 16 * i);
    rowIds.set(columns.rowIds(), 16 * row);
    for (const column of times) column.times.set(columns.times(column.timeline), row);
    for (const { descriptor } of chunk.components) {
      let builder = builders.get(descriptor);
      if (builder === undefined) {
        builder = listBuilder(list(descriptor.type, true));
        builders.set(descriptor, builder);
      }
      if (builder.length < row) builder.appendNulls(row - builder.length);
      builder.append(columns.component(descriptor), chunk.numRows, true);
    }
    row += chunk.numRows;
  });
  for (const builder of builders.values())
    if (builder.length < numRows) builder.appendNulls(numRows - builder.length);

  return assembleChunk({
    // Of the last one: ids of merged chunks ascend as their rows do.
    id: derivedId((chunks.at(-1) ?? first).id, ids),
    entityPath: first.entityPath,
    numRows,
    rowIds,
    times,
    columns: [...builders].map(([descriptor, builder]) => ({ descriptor, builder })),
  });
}
