import type { BufferVisitor } from "./arrow/builders/array-builder.ts";
import type { ListBuilder } from "./arrow/builders/list-builder.ts";
import { listBuilder } from "./arrow/column-builder.ts";
import { type DataType, field, fixedSizeBinary, list, primitive } from "./arrow/data-type.ts";
import { Chunk, type ChunkColumns, type ComponentStats, type TimelineStats } from "./chunk.ts";
import type { ComponentBatch, ComponentDescriptor } from "./component-batch.ts";
import { RecordBatchWriter } from "./encode/arrow-ipc.ts";
import { encodeSchema, type IpcField } from "./encode/arrow-schema.ts";
import { ipcColumns } from "./encode/ipc-columns.ts";
import type { LogEvent } from "./event.ts";
import { joinTime, type Timeline, type TimeShape } from "./time.ts";
import type { Tuid } from "./tuid.ts";

const ROW_ID_TYPE: DataType = fixedSizeBinary(16);

/** Arrow type of an index column. */
export function indexType(timeline: Timeline): DataType {
  return primitive(timeline.type === "sequence" ? "int64" : timeline.type);
}

const swap = (x: number): number =>
  ((x & 0xff) << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24);

/** Swaps bytes on little-endian machines only: row ids are big-endian in Arrow. */
export const bigEndian: (x: number) => number =
  new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? swap : (x) => x;

function growWords(words: Int32Array<ArrayBuffer>, needed: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(Math.max(needed, words.length * 2, 64));
  grown.set(words);
  return grown;
}

/** Words kept between chunks: a busy entity need not grow its columns again. */
const KEEP_WORDS = 1 << 18;

/** One index column while it grows: 64-bit times as pairs of 32-bit halves, the lower first. */
class TimeColumnBuilder {
  readonly timeline: Timeline;
  words = new Int32Array(0);
  sorted = true;
  #lastHi = -0x8000_0000;
  #lastLo = 0;

  constructor(timeline: Timeline) {
    this.timeline = timeline;
  }

  append(row: number, lo: number, hi: number): void {
    const at = 2 * row;
    if (at + 2 > this.words.length) this.words = growWords(this.words, at + 2);
    this.words[at] = lo;
    this.words[at + 1] = hi;
    if (hi < this.#lastHi || (hi === this.#lastHi && lo >>> 0 < this.#lastLo)) this.sorted = false;
    this.#lastHi = hi;
    this.#lastLo = lo >>> 0;
  }

  stats(rows: number): TimelineStats {
    const { words, timeline, sorted } = this;
    let first = 0;
    let last = rows - 1;
    if (!sorted) {
      for (let row = 0; row < rows; row++) {
        if (this.#less(row, first)) first = row;
        if (this.#less(last, row)) last = row;
      }
    }
    const at = (row: number): bigint => joinTime(words[2 * row] ?? 0, words[2 * row + 1] ?? 0);
    return { timeline, min: at(first), max: at(last), sorted };
  }

  #less(a: number, b: number): boolean {
    const w = this.words;
    const hiA = w[2 * a + 1] as number;
    const hiB = w[2 * b + 1] as number;
    return hiA < hiB || (hiA === hiB && (w[2 * a] as number) >>> 0 < (w[2 * b] as number) >>> 0);
  }

  reset(): void {
    if (this.words.length > KEEP_WORDS) this.words = new Int32Array(0);
    this.sorted = true;
    this.#lastHi = -0x8000_0000;
    this.#lastLo = 0;
  }
}

/** One data column while it grows. */
interface DataColumn {
  readonly descriptor: ComponentDescriptor;
  readonly builder: ListBuilder;
}

/**
 * Collects rows of one entity that share their set of timelines, and turns them into a chunk.
 *
 * Values go straight into column buffers, so that a waiting row costs its bytes and no objects; the buffers
 * and the schema message are reused for chunk after chunk.
 */
export class ChunkBuilder {
  readonly entityPath: string;
  readonly shape: TimeShape;
  readonly #times: readonly TimeColumnBuilder[];
  /** In the order in which components came. */
  #columns: DataColumn[] = [];
  readonly #byDescriptor = new Map<ComponentDescriptor, DataColumn>();
  #rowIds = new Int32Array(0);
  #rows = 0;
  #unsorted = false;
  readonly #layouts = new Map<string, ChunkLayout>();
  readonly #keys = new Map<ComponentDescriptor, number>();
  #last: ChunkLayout | undefined;

  constructor(entityPath: string, shape: TimeShape) {
    this.entityPath = entityPath;
    this.shape = shape;
    this.#times = shape.timelines.map((timeline) => new TimeColumnBuilder(timeline));
  }

  get numRows(): number {
    return this.#rows;
  }

  /** True when the times of some timeline decrease somewhere. */
  get unsorted(): boolean {
    return this.#unsorted;
  }

  /** Appends a row. `borrow`: the chunk is finished before the caller regains control. */
  append(row: LogEvent, borrow: boolean): void {
    const rows = this.#rows;
    const at = 4 * rows;
    if (at + 4 > this.#rowIds.length) this.#rowIds = growWords(this.#rowIds, at + 4);
    const ids = this.#rowIds;
    const { rowId, batches } = row;
    ids[at] = bigEndian(rowId.timeHi);
    ids[at + 1] = bigEndian(rowId.timeLo);
    ids[at + 2] = bigEndian(rowId.incHi);
    ids[at + 3] = bigEndian(rowId.incLo);

    const { halves } = row.time;
    const times = this.#times;
    for (let i = 0; i < times.length; i++) {
      const column = times[i] as TimeColumnBuilder;
      column.append(rows, halves[2 * i] as number, halves[2 * i + 1] as number);
      if (!column.sorted) this.#unsorted = true;
    }

    const columns = this.#columns;
    for (let i = 0; i < batches.length; i++) {
      const batch = batches[i] as ComponentBatch;
      // Rows of one kind follow each other most of the time: the column is where it was in the last row.
      let column = columns[i];
      if (column === undefined || column.descriptor !== batch.descriptor)
        column = this.#column(batch.descriptor);
      const { builder } = column;
      if (builder.length < rows) builder.appendNulls(rows - builder.length);
      builder.appendBatch(batch.data, batch.length, borrow);
    }
    this.#rows = rows + 1;
  }

  #column(descriptor: ComponentDescriptor): DataColumn {
    let column = this.#byDescriptor.get(descriptor);
    if (column === undefined) {
      column = { descriptor, builder: listBuilder(list(descriptor.type, true)) };
      this.#byDescriptor.set(descriptor, column);
    }
    if (!this.#columns.includes(column)) this.#columns.push(column);
    return column;
  }

  /** Makes a chunk of the rows so far, and starts anew. There must be at least one row. */
  finish(id: Tuid): Chunk {
    const rows = this.#rows;
    for (const { builder } of this.#columns) {
      if (builder.length < rows) builder.appendNulls(rows - builder.length);
    }
    const { template, columns } = this.#currentLayout();
    const encoded = template.encode(id, rows, (visitor) => {
      visitWords(visitor, this.#rowIds, 4 * rows, rows);
      for (const { words } of this.#times) visitWords(visitor, words, 2 * rows, rows);
      for (const { builder } of columns) builder.visit(visitor);
    });
    const components: ComponentStats[] = columns.map(({ descriptor, builder }) => ({
      descriptor,
      numCells: builder.numCells,
      numInstances: builder.numInstances,
    }));
    const chunk = new Chunk({
      id,
      entityPath: this.entityPath,
      numRows: rows,
      timelines: this.#times.map((column) => column.stats(rows)),
      components,
      encoded,
      columns: template.columns,
    });
    this.#reset();
    return chunk;
  }

  /** The layout of the rows so far; mostly that of the chunk before. */
  #currentLayout(): ChunkLayout {
    const last = this.#last;
    if (last !== undefined && last.unsorted === this.#unsorted && !last.unsorted) {
      const { arrived } = last;
      if (
        arrived.length === this.#columns.length &&
        arrived.every((c, i) => c === this.#columns[i])
      )
        return last;
    }
    const sorted = this.#times.map((column) => (column.sorted ? "1" : "0")).join("");
    const layout = this.#layout(
      `${sorted} ${this.#columns.map((c) => this.#keyOf(c.descriptor)).join(" ")}`,
    );
    this.#last = layout;
    return layout;
  }

  /** A number for each descriptor that was ever seen here. */
  #keyOf(descriptor: ComponentDescriptor): number {
    let key = this.#keys.get(descriptor);
    if (key === undefined) {
      key = this.#keys.size;
      this.#keys.set(descriptor, key);
    }
    return key;
  }

  #layout(key: string): ChunkLayout {
    let layout = this.#layouts.get(key);
    if (layout === undefined) {
      const order = sortedOrder(this.#columns.map((c) => c.descriptor));
      const template = new ChunkTemplate(
        this.entityPath,
        this.#times.map(({ timeline, sorted }) => ({ timeline, sorted })),
        order.map((i) => (this.#columns[i] as DataColumn).descriptor),
      );
      const arrived = this.#columns;
      const columns = order.map((i) => arrived[i] as DataColumn);
      layout = { arrived, columns, template, unsorted: this.#unsorted };
      // An entity has few layouts; one that keeps changing must not collect them.
      if (this.#layouts.size >= 32) this.#layouts.clear();
      this.#layouts.set(key, layout);
    }
    return layout;
  }

  #reset(): void {
    this.#rows = 0;
    this.#unsorted = false;
    if (this.#rowIds.length > KEEP_WORDS) this.#rowIds = new Int32Array(0);
    for (const column of this.#times) column.reset();
    for (const { builder } of this.#columns) builder.reset();
    if (this.#byDescriptor.size > 32) {
      this.#byDescriptor.clear();
      this.#layouts.clear();
      this.#last = undefined;
    }
    this.#columns = [];
  }
}

interface ChunkLayout {
  /** Data columns in the order in which they came. */
  readonly arrived: readonly DataColumn[];
  /** The same in the order of the schema. */
  readonly columns: readonly DataColumn[];
  readonly template: ChunkTemplate;
  /** Whether some timeline is not sorted. */
  readonly unsorted: boolean;
}

function visitWords(visitor: BufferVisitor, words: Int32Array, count: number, rows: number): void {
  visitor.node(rows, 0);
  visitor.buffer([], "scratch");
  visitor.buffer([new Uint8Array(words.buffer, words.byteOffset, 4 * count)], "scratch");
}

/** Indices that sort descriptors as Rerun does: archetype (none first), component, component type; byte-wise. */
export function sortedOrder(descriptors: readonly ComponentDescriptor[]): number[] {
  const key = (d: ComponentDescriptor): string =>
    `${d.archetype ?? ""}\0${d.component}\0${d.componentType ?? ""}`;
  const keys = descriptors.map(key);
  return keys.map((_, i) => i).sort((a, b) => ((keys[a] as string) < (keys[b] as string) ? -1 : 1));
}

/**
 * The part of a chunk's encoding that is the same from chunk to chunk: its schema but for the chunk id, and
 * the frame of its record batch.
 *
 * Source: rerun crates/store/re_sorbet (schema and field metadata).
 */
export class ChunkTemplate {
  readonly fields: readonly IpcField[];
  /** Finds the columns of a chunk of this schema again. */
  readonly columns: (ipc: Uint8Array) => ChunkColumns;
  readonly #schema: Uint8Array;
  readonly #idAt: number;
  readonly #writer: RecordBatchWriter;

  constructor(
    entityPath: string,
    timelines: readonly { readonly timeline: Timeline; readonly sorted: boolean }[],
    descriptors: readonly ComponentDescriptor[],
    rowIdsSorted = true,
  ) {
    this.fields = [
      rowIdField(rowIdsSorted),
      ...timelines.map(({ timeline, sorted }) => ({
        ...field(timeline.name, indexType(timeline), true),
        metadata: [
          ["rerun:index_name", timeline.name],
          ...(sorted ? [["rerun:is_sorted", "true"] as const] : []),
          ["rerun:kind", "index"],
        ] as const,
      })),
      ...descriptors.map((d) => ({
        ...field(d.component, list(d.type, true), true),
        metadata: descriptorMetadata(d, [["rerun:kind", "data"]]),
      })),
    ];
    this.columns = ipcColumns(this.fields);
    const placeholder = `chunk_${"?".repeat(32)}`;
    this.#schema = encodeSchema(this.fields, [
      ["rerun:entity_path", entityPath],
      ["rerun:id", placeholder],
      ["sorbet:version", "0.1.3"],
    ]);
    this.#idAt = indexOf(this.#schema, placeholder) + "chunk_".length;
    this.#writer = new RecordBatchWriter(this.fields);
  }

  encode(
    id: Tuid,
    rows: number,
    visit: (visitor: BufferVisitor) => void,
  ): ReturnType<RecordBatchWriter["encode"]> {
    const schema = this.#schema;
    writeHex(schema, this.#idAt, id.timeHi, UPPER);
    writeHex(schema, this.#idAt + 8, id.timeLo, UPPER);
    writeHex(schema, this.#idAt + 16, id.incHi, LOWER);
    writeHex(schema, this.#idAt + 24, id.incLo, LOWER);
    return this.#writer.encode(this.#schema, rows, visit);
  }
}

const UPPER = new TextEncoder().encode("0123456789ABCDEF");
const LOWER = new TextEncoder().encode("0123456789abcdef");

/** Writes eight hex digits, as `Tuid.toString` does. */
function writeHex(target: Uint8Array, at: number, word: number, digits: Uint8Array): void {
  for (let i = 0; i < 8; i++) target[at + i] = digits[(word >>> (28 - 4 * i)) & 15] as number;
}

/** The field of the row ids, with the metadata that Rerun expects. */
export function rowIdField(sorted: boolean): IpcField {
  return {
    ...field("rerun.controls.RowId", ROW_ID_TYPE, false),
    metadata: [
      ["ARROW:extension:metadata", '{"namespace":"row"}'],
      ["ARROW:extension:name", "rerun.datatypes.TUID"],
      ...(sorted ? [["rerun:is_sorted", "true"] as const] : []),
      ["rerun:kind", "control"],
    ],
  };
}

/** Field metadata that names a component, sorted by key; `more` goes in between where it belongs. */
export function descriptorMetadata(
  d: ComponentDescriptor,
  more: readonly (readonly [string, string])[] = [],
): (readonly [string, string])[] {
  const all: (readonly [string, string])[] = [["rerun:component", d.component], ...more];
  if (d.archetype !== undefined) all.push(["rerun:archetype", d.archetype]);
  if (d.componentType !== undefined) all.push(["rerun:component_type", d.componentType]);
  return all.sort(([a], [b]) => (a < b ? -1 : 1));
}

function indexOf(bytes: Uint8Array, ascii: string): number {
  outer: for (let i = 0; i + ascii.length <= bytes.length; i++) {
    for (let j = 0; j < ascii.length; j++) if (bytes[i + j] !== ascii.charCodeAt(j)) continue outer;
    return i;
  }
  throw new Error("the chunk id is missing from its own schema");
}
