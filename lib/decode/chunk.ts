import type { ArrowArray } from "../arrow/array.ts";
import { Chunk, type ChunkColumns, type ComponentStats, type TimelineStats } from "../chunk.ts";
import { rangeOf } from "../columns.ts";
import type { ComponentDescriptor } from "../component-batch.ts";
import { RerunError } from "../errors.ts";
import type { Timeline } from "../time.ts";
import { type ArrowStream, openBatch } from "./arrow-stream.ts";
import { type ColumnPlace, checkBatch } from "./batch-check.ts";
import { countCells, readColumn } from "./batch-columns.ts";
import type { ChunkSchema, DataColumnInfo } from "./chunk-schema.ts";
import { type IpcSource, Lz4Ipc, plainIpc, plainView } from "./ipc-source.ts";
import { rewriteChunk } from "./rewrite-chunk.ts";
import { type ReadSchema, SchemaCache } from "./schema-cache.ts";

const schemas = new SchemaCache();

/**
 * Reads a chunk out of an Arrow IPC stream. All is checked here, so that what is read from the chunk later needs no
 * check; the columns themselves are made when they are asked for, as views of `bytes` where their memory is aligned.
 *
 * Chunks of older writers, from 0.23 on, are brought into today's form, in memory of their own.
 *
 * @throws RerunError `invalid-data`, `unsupported-data`
 */
export function decodeChunk(bytes: Uint8Array): Chunk {
  return decodeIpc(plainIpc(bytes.constructor === Uint8Array ? bytes : plainView(bytes)));
}

/**
 * The same for a stream in an LZ4 block, which stays with the chunk, so that it is written again as it is.
 *
 * @param size bytes of the stream
 */
export function decodeLz4Chunk(block: Uint8Array, size: number): Chunk {
  return decodeIpc(new Lz4Ipc(block, size));
}

function decodeIpc(source: IpcSource): Chunk {
  const ipc = source.peek();
  const schema = schemas.read(ipc);
  const stream = openBatch(ipc, schema.end);
  checkBatch(ipc, stream, schema.arrow.fields);
  if (schema.chunk === undefined) return migrate(ipc, schema, stream);
  checkIndices(ipc, schema.chunk, stream);
  return makeChunk(source, schema, schema.chunk, stream);
}

function migrate(
  ipc: Uint8Array,
  { arrow, migrated, chunkId }: ReadSchema,
  stream: ArrowStream,
): Chunk {
  if (migrated === undefined) throw new TypeError("a chunk of today has a schema");
  // What was read once for all chunks of a schema has the id of the first of them.
  const metadata = new Map(migrated.metadata).set("rerun:id", `chunk_${chunkId.toString()}`);
  const today = rewriteChunk(ipc, stream, arrow, { ...migrated, metadata });
  return decodeIpc(plainIpc(plainView(today)));
}

/** A null among row ids or times would have no meaning; it is an error wherever the chunk is read. */
function checkIndices(ipc: Uint8Array, schema: ChunkSchema, stream: ArrowStream): void {
  const view = new DataView(ipc.buffer, ipc.byteOffset, ipc.byteLength);
  for (const index of [schema.rowIds, ...schema.timelines.map((column) => column.index)]) {
    const { node } = schema.places[index] as ColumnPlace;
    if (view.getUint32(stream.nodes.at + 16 * node + 8, true) === 0) continue;
    throw new RerunError(
      "invalid-data",
      "Expected a row id and a time in each row of a chunk, got nulls; the data is damaged",
    );
  }
}

function makeChunk(
  source: IpcSource,
  { chunkId }: ReadSchema,
  schema: ChunkSchema,
  stream: ArrowStream,
): Chunk {
  const columns = new DecodedColumns(source, schema, stream);
  return new Chunk({
    id: chunkId,
    entityPath: schema.entityPath,
    numRows: stream.rows,
    timelines: schema.timelines.map(({ timeline }) => new DecodedTimeline(timeline, columns)),
    components: schema.components.map((column) => new DecodedComponent(column, columns)),
    encoded: source,
    columns: () => columns,
  });
}

/** The columns of a chunk, each made when it is asked for first. */
class DecodedColumns implements ChunkColumns {
  readonly #source: IpcSource;
  readonly #schema: ChunkSchema;
  readonly #stream: ArrowStream;
  readonly #read: (ArrowArray | undefined)[] = [];

  constructor(source: IpcSource, schema: ChunkSchema, stream: ArrowStream) {
    this.#source = source;
    this.#schema = schema;
    this.#stream = stream;
  }

  rowIds(): Uint8Array {
    return this.#column(this.#schema.rowIds).values as Uint8Array;
  }

  times(timeline: Timeline): BigInt64Array {
    const column = this.#schema.timelines.find(({ timeline: { name } }) => name === timeline.name);
    if (column === undefined) throw this.#missing(timeline.name);
    return this.#column(column.index).values as BigInt64Array;
  }

  component(descriptor: ComponentDescriptor): ArrowArray {
    const column = this.#schema.components.find(
      (each) => each.descriptor.component === descriptor.component,
    );
    if (column === undefined) throw this.#missing(descriptor.component);
    const array = this.#column(column.index);
    if (!column.isBare) return array;
    const { length, valid } = array;
    const offsets = Int32Array.from({ length: length + 1 }, (_, i) => i);
    return { type: column.type, length, valid, offsets, children: [array] };
  }

  count({ index, isBare }: DataColumnInfo): ReturnType<typeof countCells> {
    const place = this.#schema.places[index] as ColumnPlace;
    return countCells(this.#source.peek(), this.#stream, !isBare, place);
  }

  #column(index: number): ArrowArray {
    let column = this.#read[index];
    if (column === undefined) {
      const { fields, places } = this.#schema;
      column = readColumn(
        this.#source.bytes,
        this.#stream,
        fields[index] as (typeof fields)[number],
        places[index] as ColumnPlace,
      );
      this.#read[index] = column;
    }
    return column;
  }

  #missing(name: string): RangeError {
    const { timelines, components } = this.#schema;
    const names = [
      ...timelines.map(({ timeline }) => timeline.name),
      ...components.map(({ descriptor }) => descriptor.component),
    ];
    return new RangeError(`Expected one of the columns ${names.join(", ")}, got "${name}"`);
  }
}

/** Counts when asked. */
class DecodedTimeline implements TimelineStats {
  readonly timeline: Timeline;
  readonly #columns: DecodedColumns;
  #range: { readonly min: bigint; readonly max: bigint; readonly sorted: boolean } | undefined;

  constructor(timeline: Timeline, columns: DecodedColumns) {
    this.timeline = timeline;
    this.#columns = columns;
  }

  get min(): bigint {
    return this.#found().min;
  }

  get max(): bigint {
    return this.#found().max;
  }

  get sorted(): boolean {
    return this.#found().sorted;
  }

  #found(): { readonly min: bigint; readonly max: bigint; readonly sorted: boolean } {
    this.#range ??= rangeOf(this.#columns.times(this.timeline));
    return this.#range;
  }
}

/** Counts when asked. */
class DecodedComponent implements ComponentStats {
  readonly descriptor: ComponentDescriptor;
  readonly #column: DataColumnInfo;
  readonly #columns: DecodedColumns;

  constructor(column: DataColumnInfo, columns: DecodedColumns) {
    this.descriptor = column.descriptor;
    this.#column = column;
    this.#columns = columns;
  }

  get numCells(): number {
    return this.#columns.count(this.#column).cells;
  }

  get numInstances(): number {
    return this.#columns.count(this.#column).instances;
  }
}
