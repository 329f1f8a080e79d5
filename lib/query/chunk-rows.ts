import type { ArrowArray, NumericValues } from "../arrow/array.ts";
import type { Chunk } from "../chunk.ts";
import type { ComponentDescriptor } from "../component-batch.ts";
import type { Timeline } from "../time.ts";
import { Tuid } from "../tuid.ts";
import { componentValues } from "./component-values.ts";

/** What was logged for one component in one row. */
export interface Cell {
  readonly descriptor: ComponentDescriptor;
  /** Number of instances; 0 for an empty batch, which says that there is nothing any more. */
  readonly length: number;
  /** The instances, in a form that `log` takes: see {@link componentValues}. */
  readonly values: unknown;
  /** The same in Arrow's form: the batches of all rows, of which this is `from` to before `to`. */
  readonly instances: ArrowArray;
  readonly from: number;
  readonly to: number;
}

/** One component of all rows of a chunk. */
export class ChunkColumn {
  readonly descriptor: ComponentDescriptor;
  /** The list array: slot `i` is the batch of row `i`. */
  readonly lists: ArrowArray;

  constructor(descriptor: ComponentDescriptor, lists: ArrowArray) {
    this.descriptor = descriptor;
    this.lists = lists;
  }

  get numRows(): number {
    return this.lists.length;
  }

  /** The instances of all rows, one after the other. */
  get instances(): ArrowArray {
    return this.lists.children?.[0] as ArrowArray;
  }

  /**
   * The numbers of all instances of all rows, one after the other: a view, no copy, of those that are used. Undefined
   * for components that are not numbers or vectors of them.
   */
  get flat(): NumericValues | undefined {
    const { values, type } = this.instances;
    if (values === undefined || this.descriptor.stride === 0 || type.kind === "bool")
      return undefined;
    const { offsets, length } = this.lists;
    const { stride } = this.descriptor;
    const [start, end] = [(offsets?.[0] ?? 0) * stride, (offsets?.[length] ?? 0) * stride];
    if (start === 0 && end === values.length) return values;
    return ArrayBuffer.isView(values) ? values.subarray(start, end) : values.slice(start, end);
  }

  /** What row `index` has of it; undefined if nothing was logged. */
  cell(index: number): Cell | undefined {
    const { lists, descriptor, instances } = this;
    if (!(index >= 0 && index < lists.length))
      throw new RangeError(`Expected a row below ${lists.length}, got ${index}`);
    if (lists.valid?.[index] === 0) return undefined;
    return new ColumnCell(
      descriptor,
      instances,
      lists.offsets?.[index] ?? 0,
      lists.offsets?.[index + 1] ?? 0,
    );
  }
}

class ColumnCell implements Cell {
  readonly descriptor: ComponentDescriptor;
  readonly instances: ArrowArray;
  readonly from: number;
  readonly to: number;

  constructor(descriptor: ComponentDescriptor, instances: ArrowArray, from: number, to: number) {
    this.descriptor = descriptor;
    this.instances = instances;
    this.from = from;
    this.to = to;
  }

  get length(): number {
    return this.to - this.from;
  }

  get values(): unknown {
    return componentValues(this.descriptor, this.instances, this.from, this.to);
  }
}

/** One row of a chunk, as it was logged. */
export interface ChunkRow {
  readonly index: number;
  readonly rowId: Tuid;
  /** Time by timeline: nanoseconds, or sequence numbers. Empty for static data. */
  readonly times: Readonly<Record<string, bigint>>;
  /** What was logged in this row; components of which nothing was are left out. */
  readonly cells: readonly Cell[];
  /** What was logged of a component, such as `Points3D:positions`; undefined if nothing was. */
  cell(component: string): Cell | undefined;
}

/**
 * One component of a chunk.
 *
 * @param component its identifier, such as `Points3D:positions`
 * @returns undefined when the chunk has none
 */
export function chunkColumn(chunk: Chunk, component: string): ChunkColumn | undefined {
  const found = chunk.components.find(({ descriptor }) => descriptor.component === component);
  return found && new ChunkColumn(found.descriptor, chunk.column(found.descriptor));
}

/** All components of a chunk. */
export function chunkColumns(chunk: Chunk): ChunkColumn[] {
  const columns = chunk.columns();
  return chunk.components.map(
    ({ descriptor }) => new ChunkColumn(descriptor, columns.component(descriptor)),
  );
}

/**
 * The rows of a chunk, in order. Each is made when it is asked for, its values when they are.
 *
 * ```ts
 * for (const { times, cell } of chunkRows(chunk)) console.log(times.frame, cell("Scalars:scalars")?.values);
 * ```
 */
export function* chunkRows(chunk: Chunk): Generator<ChunkRow, void, undefined> {
  const source = chunk.columns();
  const rowIds = source.rowIds();
  const times = chunk.timelines.map(({ timeline }) => [timeline, source.times(timeline)] as const);
  const columns = chunk.components.map(
    ({ descriptor }) => new ChunkColumn(descriptor, source.component(descriptor)),
  );
  for (let index = 0; index < chunk.numRows; index++)
    yield new Row(index, Tuid.read(rowIds, 16 * index), times, columns);
}

class Row implements ChunkRow {
  readonly index: number;
  readonly rowId: Tuid;
  readonly #times: readonly (readonly [Timeline, BigInt64Array])[];
  readonly #columns: readonly ChunkColumn[];

  constructor(
    index: number,
    rowId: Tuid,
    times: readonly (readonly [Timeline, BigInt64Array])[],
    columns: readonly ChunkColumn[],
  ) {
    this.index = index;
    this.rowId = rowId;
    this.#times = times;
    this.#columns = columns;
  }

  get times(): Readonly<Record<string, bigint>> {
    return Object.fromEntries(
      this.#times.map(([timeline, times]) => [timeline.name, times[this.index] as bigint]),
    );
  }

  get cells(): readonly Cell[] {
    return this.#columns.flatMap((column) => column.cell(this.index) ?? []);
  }

  readonly cell = (component: string): Cell | undefined =>
    this.#columns.find(({ descriptor }) => descriptor.component === component)?.cell(this.index);
}
