import { type DataType, field, fixedSizeBinary, primitive } from "../arrow/data-type.ts";
import { bigEndian, descriptorMetadata, indexType } from "../chunk-builder.ts";
import type { ComponentDescriptor } from "../component-batch.ts";
import type { Timeline } from "../time.ts";
import { RecordBatchWriter } from "./arrow-ipc.ts";
import { END_OF_STREAM } from "./arrow-message.ts";
import { type IpcField, schemaInSteps } from "./arrow-schema.ts";
import { descriptorParts, isSame, manifestName, sortedDescriptors } from "./manifest-names.ts";
import { type ManifestRows, SEGMENT_ROWS, type Segment } from "./manifest-rows.ts";

const STATIC_INDEX = "rerun:static";

const UINT64: DataType = primitive("uint64");
const BOOL: DataType = primitive("bool");
const UTF8: DataType = primitive("utf8");
const CHUNK_ID: DataType = fixedSizeBinary(16);

/** One buffer of a column: its length, and the bytes that a segment puts into it, valid until the next call. */
interface ColumnBuffer {
  readonly bytes: number;
  fill(segment: Segment): Uint8Array;
}

interface Column {
  readonly field: IpcField;
  readonly nullCount: number;
  readonly buffers: readonly ColumnBuffer[];
}

/** Columns that are laid out before others get their turn. */
const COLUMNS_PER_STEP = 32;

/** What one row looks like on average, in bytes; for a guess of how large a table will be. */
export function tableRowBytes(timelines: number, descriptors: number): number {
  return 64 + timelines * 16 + timelines * descriptors * 24;
}

/**
 * Writes the table of a manifest as an Arrow IPC stream, one row for each chunk, in the order in which they were
 * written. Piece by piece: it has a column or three for each component on each timeline, and is easily larger than what
 * it describes.
 *
 * @yields bytes, valid until the next are asked for; undefined after steps that made none
 * @returns how many they were
 */
export function* manifestTable(
  rows: ManifestRows,
  timelines: readonly Timeline[],
): Generator<Uint8Array | undefined, number> {
  const columns: Column[] = [];
  for (const next of new TableColumns(rows, timelines).all()) {
    columns.push(next);
    if (columns.length % COLUMNS_PER_STEP === 0) yield;
  }
  const fields = columns.map((each) => each.field);
  const schema = yield* schemaInSteps(fields);
  const { message, bodyLength } = new RecordBatchWriter(fields).message(rows.length, (layout) => {
    for (const { nullCount, buffers } of columns) {
      layout.node(rows.length, nullCount);
      for (const { bytes } of buffers) layout.reserve(bytes);
    }
  });
  yield schema;
  yield message;
  for (const { buffers } of columns) {
    for (const buffer of buffers) {
      if (buffer.bytes === 0) continue;
      for (const segment of rows.segments) yield buffer.fill(segment);
      const padding = -buffer.bytes & 7;
      if (padding > 0) yield new Uint8Array(padding);
    }
  }
  yield END_OF_STREAM;
  return schema.length + message.length + bodyLength + END_OF_STREAM.length;
}

/** Memory for what a segment puts into a buffer; one is written at a time. */
const scratch = new Uint8Array(16 * SEGMENT_ROWS + 8);
const words = new Int32Array(scratch.buffer);

class TableColumns {
  readonly #rows: ManifestRows;
  readonly #timelines: readonly Timeline[];
  readonly #descriptors: readonly ComponentDescriptor[];
  /** Number of timelines of each shape. */
  readonly #width: readonly number[];
  /** For each timeline, its place in each shape, or -1. */
  readonly #timelineAt: readonly Int32Array[];
  /** For each component, its place in each shape, or -1. */
  readonly #componentAt: readonly Int32Array[];

  constructor(rows: ManifestRows, timelines: readonly Timeline[]) {
    const { shapes } = rows;
    this.#rows = rows;
    this.#timelines = timelines;
    this.#descriptors = sortedDescriptors(shapes.flatMap((shape) => shape.descriptors));
    this.#width = shapes.map((shape) => shape.timelines.length);
    this.#timelineAt = timelines.map(({ name }) =>
      Int32Array.from(shapes, (shape) => shape.timelines.findIndex((t) => t.name === name)),
    );
    this.#componentAt = this.#descriptors.map((d) =>
      Int32Array.from(shapes, (shape) => shape.descriptors.findIndex((s) => isSame(s, d))),
    );
  }

  *all(): Generator<Column> {
    const { shapes } = this.#rows;
    const isStatic = shapes.map((shape) => shape.isStatic);
    yield this.#text(
      "chunk_entity_path",
      shapes.map((shape) => shape.entityPath),
    );
    yield this.#ids("chunk_id");
    yield this.#flags("chunk_is_static", (shape) => isStatic[shape] === true);
    yield this.#numbers("chunk_num_rows", false, (segment, row) => segment.numRows(row));
    yield this.#places("chunk_byte_offset", 0);
    yield this.#places("chunk_byte_size", 2);
    yield this.#places("chunk_byte_size_uncompressed", 4);
    for (const [i, d] of this.#descriptors.entries()) {
      const at = this.#componentAt[i] as Int32Array;
      yield this.#flags(
        manifestName([...descriptorParts(d), "has_static_data"]),
        (shape) => isStatic[shape] === true && at[shape] !== -1,
        descriptorMetadata(d, [["rerun:index", STATIC_INDEX]]),
      );
    }
    for (const [i, timeline] of this.#timelines.entries()) {
      const metadata = [["rerun:index", timeline.name]] as const;
      yield* this.#ranges(timeline, i, [timeline.name], undefined, metadata);
    }
    for (const [i, timeline] of this.#timelines.entries()) {
      for (const [j, d] of this.#descriptors.entries()) {
        const metadata = descriptorMetadata(d, [["rerun:index", timeline.name]]);
        const parts = [timeline.name, ...descriptorParts(d)];
        yield* this.#ranges(timeline, i, parts, j, metadata);
        yield this.#cells(manifestName([...parts, "num_rows"]), i, j, metadata);
      }
    }
  }

  #text(name: string, byShape: readonly string[]): Column {
    const encoder = new TextEncoder();
    const texts = byShape.map((text) => encoder.encode(text));
    let bytes = 0;
    for (const { index, count } of this.#rows.shapes) bytes += count * (texts[index]?.length ?? 0);
    let offset = 0;
    return column(field(name, UTF8, false), [], 0, [
      {
        bytes: 4 * (this.#rows.length + 1),
        fill: (segment) => {
          // The first offset is that of nothing before the first text.
          const first = segment === this.#rows.segments[0] ? 1 : 0;
          words[0] = 0;
          for (let row = 0; row < segment.length; row++) {
            offset += texts[segment.shape(row)]?.length ?? 0;
            words[first + row] = offset;
          }
          return scratch.subarray(0, 4 * (first + segment.length));
        },
      },
      {
        bytes,
        fill: (segment) => {
          const parts: Uint8Array[] = [];
          let size = 0;
          for (let row = 0; row < segment.length; row++) {
            const text = texts[segment.shape(row)] as Uint8Array;
            parts.push(text);
            size += text.length;
          }
          const all = new Uint8Array(size);
          let at = 0;
          for (const part of parts) {
            all.set(part, at);
            at += part.length;
          }
          return all;
        },
      },
    ]);
  }

  #ids(name: string): Column {
    return column(field(name, CHUNK_ID, false), [], 0, [
      {
        bytes: 16 * this.#rows.length,
        fill: (segment) => {
          for (let row = 0; row < segment.length; row++) {
            for (let word = 0; word < 4; word++)
              words[4 * row + word] = bigEndian(segment.id(row, word));
          }
          return scratch.subarray(0, 16 * segment.length);
        },
      },
    ]);
  }

  #flags(
    name: string,
    of: (shape: number) => boolean,
    metadata: IpcField["metadata"] = [],
  ): Column {
    const buffer = this.#bits((segment, row) => of(segment.shape(row)));
    return column(field(name, BOOL, false), metadata, 0, [buffer]);
  }

  #numbers(
    name: string,
    nullable: boolean,
    of: (segment: Segment, row: number) => number,
    metadata: IpcField["metadata"] = [],
  ): Column {
    return column(field(name, UINT64, nullable), metadata, 0, [
      {
        bytes: 8 * this.#rows.length,
        fill: (segment) => {
          for (let row = 0; row < segment.length; row++) {
            words[2 * row] = of(segment, row);
            words[2 * row + 1] = 0;
          }
          return scratch.subarray(0, 8 * segment.length);
        },
      },
    ]);
  }

  #places(name: string, half: number): Column {
    return column(field(name, UINT64, false), [], 0, [
      {
        bytes: 8 * this.#rows.length,
        fill: (segment) => {
          for (let row = 0; row < segment.length; row++) {
            words[2 * row] = segment.place(row, half);
            words[2 * row + 1] = segment.place(row, half + 1);
          }
          return scratch.subarray(0, 8 * segment.length);
        },
      },
    ]);
  }

  #cells(
    name: string,
    timeline: number,
    component: number,
    metadata: IpcField["metadata"],
  ): Column {
    const timelineAt = this.#timelineAt[timeline] as Int32Array;
    const componentAt = this.#componentAt[component] as Int32Array;
    const of = (segment: Segment, row: number): number => {
      const shape = segment.shape(row);
      const c = componentAt[shape] as number;
      if (timelineAt[shape] === -1 || c === -1) return 0;
      return segment.numCells(row, this.#width[shape] as number, c);
    };
    return this.#numbers(name, true, of, metadata);
  }

  /** Start and end; null where a chunk has no range. */
  #ranges(
    timeline: Timeline,
    timelineIndex: number,
    parts: readonly string[],
    component: number | undefined,
    metadata: IpcField["metadata"],
  ): readonly Column[] {
    const timelineAt = this.#timelineAt[timelineIndex] as Int32Array;
    const componentAt = component === undefined ? undefined : this.#componentAt[component];
    const rangeAt = (segment: Segment, row: number): number => {
      const shape = segment.shape(row);
      const t = timelineAt[shape] as number;
      const c = componentAt?.[shape];
      if (t === -1 || c === -1) return -1;
      return segment.range(row, t, this.#width[shape] as number, c);
    };
    let nullCount = this.#rows.length;
    for (const { index, count, empty } of this.#rows.shapes) {
      const c = componentAt?.[index];
      if (timelineAt[index] === -1 || c === -1) continue;
      nullCount -= count - (c === undefined ? 0 : (empty[c] as number));
    }
    const valid = this.#bits((segment, row) => rangeAt(segment, row) !== -1);
    const times = (edge: number): ColumnBuffer => ({
      bytes: 8 * this.#rows.length,
      fill: (segment) => {
        for (let row = 0; row < segment.length; row++) {
          const at = rangeAt(segment, row);
          words[2 * row] = at === -1 ? 0 : segment.half(2 * (at + edge));
          words[2 * row + 1] = at === -1 ? 0 : segment.half(2 * (at + edge) + 1);
        }
        return scratch.subarray(0, 8 * segment.length);
      },
    });
    const type = indexType(timeline);
    return ["start", "end"].map((name, edge) =>
      column(
        field(manifestName([...parts, name]), type, true),
        metadata,
        nullCount,
        [times(edge)],
        valid,
      ),
    );
  }

  #bits(of: (segment: Segment, row: number) => boolean): ColumnBuffer {
    return {
      bytes: (this.#rows.length + 7) >> 3,
      fill: (segment) => {
        const bytes = (segment.length + 7) >> 3;
        scratch.fill(0, 0, bytes);
        for (let row = 0; row < segment.length; row++) {
          if (of(segment, row))
            scratch[row >> 3] = (scratch[row >> 3] as number) | (1 << (row & 7));
        }
        return scratch.subarray(0, bytes);
      },
    };
  }
}

const NOTHING: ColumnBuffer = { bytes: 0, fill: () => new Uint8Array(0) };

function column(
  of: ReturnType<typeof field>,
  metadata: IpcField["metadata"],
  nullCount: number,
  buffers: readonly ColumnBuffer[],
  valid: ColumnBuffer = NOTHING,
): Column {
  return {
    field: { ...of, metadata },
    nullCount,
    buffers: [nullCount > 0 ? valid : NOTHING, ...buffers],
  };
}
