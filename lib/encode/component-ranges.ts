import type { Chunk } from "../chunk.ts";

/** Inclusive range of times. */
export interface TimeRange {
  readonly min: bigint;
  readonly max: bigint;
}

/** For each component of a chunk, in how many rows it is, and their range on each timeline. */
export type ComponentRanges = readonly {
  readonly numCells: number;
  readonly ranges: readonly (TimeRange | undefined)[];
}[];

/** Time ranges of the components of a chunk of which some are not in every row. */
export function sparseRanges(chunk: Chunk): ComponentRanges {
  const times = chunk.timelines.map(({ timeline }) => chunk.times(timeline));
  return chunk.components.map(({ descriptor, numCells }) => {
    if (numCells === chunk.numRows) return { numCells, ranges: chunk.timelines };
    const { valid } = chunk.column(descriptor);
    return { numCells, ranges: times.map((column) => rangeWhere(column, valid)) };
  });
}

function rangeWhere(times: BigInt64Array, valid: Uint8Array | undefined): TimeRange | undefined {
  let min: bigint | undefined;
  let max: bigint | undefined;
  for (let row = 0; row < times.length; row++) {
    if (valid !== undefined && valid[row] === 0) continue;
    const time = times[row] as bigint;
    if (min === undefined || time < min) min = time;
    if (max === undefined || time > max) max = time;
  }
  return min === undefined || max === undefined ? undefined : { min, max };
}
