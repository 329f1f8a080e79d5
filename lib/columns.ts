import type { ArrowArray } from "./arrow/array.ts";
import type { Memory } from "./arrow/builders/array-builder.ts";
import type { ListBuilder } from "./arrow/builders/list-builder.ts";
import { listBuilder } from "./arrow/column-builder.ts";
import { list } from "./arrow/data-type.ts";
import { slice } from "./arrow/slice.ts";
import { Chunk, type TimelineStats } from "./chunk.ts";
import { bigEndian, ChunkTemplate, sortedOrder } from "./chunk-builder.ts";
import type { ComponentColumn } from "./component-batch.ts";
import { shown } from "./components/input-error.ts";
import { elementTypeOf } from "./components/typed-array.ts";
import { quote, RerunError } from "./errors.ts";
import { parseTime, type TimeInput, type Timeline } from "./time.ts";
import type { Tuid, TuidGenerator } from "./tuid.ts";

/**
 * The times of many rows on one timeline, of exactly one kind; units as in `TimeInput`: durations and numeric
 * timestamps in seconds, bigints in nanoseconds. A `BigInt64Array` is taken as it is.
 */
export type TimeColumn =
  | { readonly sequence: ArrayLike<number> | ArrayLike<bigint> }
  | { readonly duration: ArrayLike<number> | ArrayLike<bigint> }
  | { readonly timestamp: ArrayLike<number> | ArrayLike<bigint> | readonly Date[] };

/** Time columns by timeline name. */
export type TimeColumns = Readonly<Record<string, TimeColumn>>;

interface ParsedTimes {
  readonly timeline: Timeline;
  readonly times: BigInt64Array;
}

/** Turns columns of a user into a chunk; remembers the schemas it has made. */
export class ColumnsEncoder {
  readonly #templates = new Map<string, ChunkTemplate>();

  /**
   * Rows are sorted by their times (timelines in name order, equal ones stay as they are); row ids follow the
   * chunk id. Undefined when there are no rows or no columns.
   *
   * @throws RerunError `invalid-time`, `invalid-component`
   */
  encode(
    ids: TuidGenerator,
    entityPath: string,
    times: TimeColumns,
    columns: readonly ComponentColumn[],
  ): Chunk | undefined {
    const parsed = Object.entries(times)
      .map(([name, column]) => parseTimes(name, column))
      .sort((a, b) => (a.timeline.name < b.timeline.name ? -1 : 1));
    const rows = checkLengths(entityPath, parsed, columns);
    if (rows === 0 || columns.length === 0) return undefined;

    const given = parsed.map(({ timeline, times: t }) => ({ timeline, times: t, ...rangeOf(t) }));
    // Columns that never decrease are in order together, too.
    const permutation = given.every((t) => t.sorted) ? undefined : sortingPermutation(parsed, rows);
    const sortedTimes =
      permutation === undefined
        ? given
        : given.map((t) => {
            const permuted = permute(t.times, permutation);
            return { ...t, times: permuted, ...rangeOf(permuted) };
          });
    const timelines: TimelineStats[] = sortedTimes.map(({ timeline, min, max, sorted }) => ({
      timeline,
      min,
      max,
      sorted,
    }));
    const order = sortedOrder(columns.map((c) => c.descriptor));
    const ordered = order.map((i) => columns[i] as ComponentColumn);
    const builders = ordered.map((column) => buildColumn(column, rows, permutation));

    const id = ids.next();
    const rowIds = rowIdsAfter(id, rows);
    ids.skip(rows);
    const template = this.#template(entityPath, timelines, ordered);
    const encoded = template.encode(id, rows, (visitor) => {
      const plain = (bytes: Uint8Array, memory: Memory): void => {
        visitor.node(rows, 0);
        visitor.buffer([], "scratch");
        visitor.buffer([bytes], memory);
      };
      plain(rowIds, "owned");
      for (const { times: t } of sortedTimes)
        plain(new Uint8Array(t.buffer, t.byteOffset, t.byteLength), "borrowed");
      for (const builder of builders) builder.visit(visitor);
    });
    return new Chunk({
      id,
      entityPath,
      numRows: rows,
      timelines,
      components: ordered.map(({ descriptor, array }) => ({
        descriptor,
        numCells: rows,
        numInstances: array.length,
      })),
      encoded,
      columns: template.columns,
    });
  }

  #template(
    entityPath: string,
    timelines: readonly TimelineStats[],
    columns: readonly ComponentColumn[],
  ): ChunkTemplate {
    const key = [
      entityPath,
      ...timelines.map((t) => `${t.timeline.type} ${t.sorted} ${t.timeline.name}`),
      ...columns.map(
        ({ descriptor: d }) => `${d.archetype} ${d.component} ${d.componentType} ${d.type.key}`,
      ),
    ].join("\n");
    let template = this.#templates.get(key);
    if (template === undefined) {
      template = new ChunkTemplate(
        entityPath,
        timelines,
        columns.map((c) => c.descriptor),
      );
      if (this.#templates.size >= 256) this.#templates.clear();
      this.#templates.set(key, template);
    }
    return template;
  }
}

function parseTimes(name: string, column: TimeColumn): ParsedTimes {
  const [[kind, values] = [], ...others] = Object.entries(column).filter(
    ([, v]) => v !== undefined,
  );
  if (
    values === undefined ||
    others.length > 0 ||
    typeof (values as ArrayLike<unknown> | null)?.length !== "number"
  ) {
    throw new RerunError(
      "invalid-time",
      `Expected the times of timeline ${quote(name)} to be { sequence }, { duration } or { timestamp } with an array, got ${quote(others.length > 0 ? column : (values ?? column))}`,
    );
  }
  if (kind === "timestamp" && /^float(16|32)$/.test(elementTypeOf(values) ?? "")) {
    throw new RerunError(
      "invalid-time",
      `Expected the timestamps of timeline ${quote(name)} in double precision, got ${shown(values)}: its numbers are minutes apart today; give a Float64Array or a BigInt64Array of nanoseconds`,
    );
  }
  const given = values as ArrayLike<number | bigint | Date>;
  const { timeline } = parseTime(name, {
    [kind as string]: given.length > 0 ? given[0] : 0n,
  } as unknown as TimeInput);
  if (values instanceof BigInt64Array) return { timeline, times: values };
  const times = new BigInt64Array(given.length);
  const words = new Int32Array(times.buffer);
  for (let i = 0; i < given.length; i++) {
    const { lo, hi } = parseTime(name, { [kind as string]: given[i] } as unknown as TimeInput);
    words[2 * i] = lo;
    words[2 * i + 1] = hi;
  }
  return { timeline, times };
}

function checkLengths(
  path: string,
  times: readonly ParsedTimes[],
  columns: readonly ComponentColumn[],
): number {
  const lengths = [
    ...times.map(({ timeline, times: t }) => [`timeline "${timeline.name}"`, t.length] as const),
    ...columns.map((c) => [c.descriptor.component, c.lengths?.length ?? c.array.length] as const),
  ];
  const rows = lengths[0]?.[1] ?? 0;
  for (const [name, length] of lengths) {
    if (length !== rows) {
      throw new RerunError(
        "invalid-component",
        `Expected all columns at ${path} to have one number of rows, got ${lengths[0]?.[0]} with ${rows} and ${name} with ${length}`,
      );
    }
  }
  const seen = new Set<string>();
  for (const { descriptor, lengths: parts, array } of columns) {
    if (seen.has(descriptor.component)) {
      throw new RerunError(
        "invalid-component",
        `Expected each component once at ${path}, got ${descriptor.component} twice`,
      );
    }
    seen.add(descriptor.component);
    if (parts === undefined) continue;
    let sum = 0;
    for (let i = 0; i < parts.length; i++) {
      const length = parts[i] as number;
      if (!Number.isInteger(length) || length < 0) {
        throw new RerunError(
          "invalid-component",
          `Expected the lengths of ${descriptor.component} to be whole numbers from 0, got ${quote(length)} for row ${i}`,
        );
      }
      sum += length;
    }
    if (sum !== array.length) {
      throw new RerunError(
        "invalid-component",
        `Expected the lengths of ${descriptor.component} to add up to its ${array.length} instances, got ${sum}`,
      );
    }
  }
  return rows;
}

/** Order of rows by time; undefined when they are in order already. */
function sortingPermutation(
  columns: readonly ParsedTimes[],
  rows: number,
): Uint32Array | undefined {
  const compare = (a: number, b: number): number => {
    for (const { times } of columns) {
      const x = times[a] as bigint;
      const y = times[b] as bigint;
      if (x !== y) return x < y ? -1 : 1;
    }
    return a - b;
  };
  let sorted = true;
  for (let row = 1; row < rows && sorted; row++) sorted = compare(row - 1, row) < 0;
  if (sorted) return undefined;
  return Uint32Array.from({ length: rows }, (_, i) => i).sort(compare);
}

function permute(times: BigInt64Array, order: Uint32Array): BigInt64Array {
  const sorted = new BigInt64Array(times.length);
  for (let i = 0; i < order.length; i++) sorted[i] = times[order[i] as number] as bigint;
  return sorted;
}

/** Smallest and largest time, and whether times never decrease; of at least one time. */
export function rangeOf(times: BigInt64Array): { min: bigint; max: bigint; sorted: boolean } {
  // As 32-bit halves: comparing bigints one by one takes longer than everything else here.
  const words = new Int32Array(times.buffer, times.byteOffset, 2 * times.length);
  let sorted = true;
  for (let i = 2; i < words.length && sorted; i += 2) {
    const hi = words[i + 1] as number;
    const hiBefore = words[i - 1] as number;
    if (hi < hiBefore) sorted = false;
    else if (hi === hiBefore && (words[i] as number) >>> 0 < (words[i - 2] as number) >>> 0)
      sorted = false;
  }
  let min = times[0] ?? 0n;
  let max = times.at(-1) ?? 0n;
  if (!sorted) {
    for (const time of times) {
      if (time < min) min = time;
      if (time > max) max = time;
    }
  }
  return { min, max, sorted };
}

function buildColumn(
  { descriptor, array, lengths }: ComponentColumn,
  rows: number,
  permutation: Uint32Array | undefined,
): ListBuilder {
  const type = list(descriptor.type, true);
  const offsets = new Int32Array(rows + 1);
  for (let i = 0; i < rows; i++)
    offsets[i + 1] = (offsets[i] as number) + (lengths === undefined ? 1 : (lengths[i] as number));
  const builder = listBuilder(type);
  if (permutation === undefined) {
    builder.append(
      { type, length: rows, offsets, children: [array] } satisfies ArrowArray,
      rows,
      true,
    );
  } else {
    for (const row of permutation) {
      const start = offsets[row] as number;
      const end = offsets[row + 1] as number;
      builder.appendBatch(slice(array, start, end), end - start, false);
    }
  }
  return builder;
}

/** The ids that follow `id`, one per row, in their Arrow form. */
function rowIdsAfter(id: Tuid, rows: number): Uint8Array {
  const words = new Int32Array(4 * rows);
  const timeHi = bigEndian(id.timeHi);
  const timeLo = bigEndian(id.timeLo);
  let { incHi, incLo } = id;
  for (let at = 0; at < words.length; at += 4) {
    incLo = (incLo + 1) | 0;
    if (incLo === 0) incHi = (incHi + 1) | 0;
    words[at] = timeHi;
    words[at + 1] = timeLo;
    words[at + 2] = bigEndian(incHi);
    words[at + 3] = bigEndian(incLo);
  }
  return new Uint8Array(words.buffer);
}
