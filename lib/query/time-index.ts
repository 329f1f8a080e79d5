import type { ArrowArray } from "../arrow/array.ts";
import type { Chunk } from "../chunk.ts";
import type { ComponentDescriptor } from "../component-batch.ts";
import type { Timeline } from "../time.ts";

/** A chunk with one of its components. */
export interface IndexedColumn {
  readonly chunk: Chunk;
  readonly descriptor: ComponentDescriptor;
  readonly lists: ArrowArray;
  readonly rowIds: Uint8Array;
}

/** A row of one of the columns of an index. */
export interface IndexedRow {
  readonly column: IndexedColumn;
  readonly row: number;
  readonly time: bigint;
}

/**
 * The rows of one component of one entity that have something, in order of their times on one timeline, then of their row
 * ids.
 */
export class TimeIndex {
  readonly #columns: readonly IndexedColumn[];
  readonly #times: BigInt64Array;
  readonly #columnOf: Uint32Array;
  readonly #rowOf: Uint32Array;

  constructor(columns: readonly IndexedColumn[], timeline: Timeline) {
    this.#columns = columns;
    const source = columns.map(({ chunk }) => chunk.times(timeline));
    const count = columns.reduce((sum, { lists }) => sum + countOf(lists), 0);
    let times = new BigInt64Array(count);
    let columnOf = new Uint32Array(count);
    let rowOf = new Uint32Array(count);
    let at = 0;
    columns.forEach(({ lists: { valid, length } }, column) => {
      const own = source[column] as BigInt64Array;
      for (let row = 0; row < length; row++) {
        if (valid?.[row] === 0) continue;
        times[at] = own[row] as bigint;
        columnOf[at] = column;
        rowOf[at] = row;
        at++;
      }
    });
    const compare = (a: number, b: number): number => {
      const [timeA, timeB] = [times[a] as bigint, times[b] as bigint];
      if (timeA !== timeB) return timeA < timeB ? -1 : 1;
      return compareBytes(
        (columns[columnOf[a] as number] as IndexedColumn).rowIds,
        rowOf[a] as number,
        (columns[columnOf[b] as number] as IndexedColumn).rowIds,
        rowOf[b] as number,
      );
    };
    // Chunks come in the order of their times, most of the time.
    let sorted = true;
    for (let i = 1; i < count && sorted; i++) sorted = compare(i - 1, i) <= 0;
    if (!sorted) {
      const order = Uint32Array.from({ length: count }, (_, i) => i).sort(compare);
      times = BigInt64Array.from(order, (i) => times[i] as bigint);
      columnOf = Uint32Array.from(order, (i) => columnOf[i] as number);
      rowOf = Uint32Array.from(order, (i) => rowOf[i] as number);
    }
    this.#times = times;
    this.#columnOf = columnOf;
    this.#rowOf = rowOf;
  }

  get length(): number {
    return this.#times.length;
  }

  at(index: number): IndexedRow {
    return {
      column: this.#columns[this.#columnOf[index] as number] as IndexedColumn,
      row: this.#rowOf[index] as number,
      time: this.#times[index] as bigint,
    };
  }

  /** Index of the first row behind a time. */
  behind(time: bigint): number {
    let low = 0;
    let high = this.#times.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#times[middle] as bigint) <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function countOf({ valid, length }: ArrowArray): number {
  if (valid === undefined) return length;
  let count = 0;
  for (const bit of valid) count += bit;
  return count;
}

/** Compares row ids: 16 bytes at a row each, as big-endian numbers. */
export function compareBytes(a: Uint8Array, rowA: number, b: Uint8Array, rowB: number): number {
  for (let i = 0; i < 16; i++) {
    const difference = (a[16 * rowA + i] as number) - (b[16 * rowB + i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}
