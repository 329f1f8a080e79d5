import type { Chunk } from "../chunk.ts";
import { keepCells, keepRows } from "../chunk-edit.ts";
import type { ComponentDescriptor } from "../component-batch.ts";
import { Tuid } from "../tuid.ts";

/** The latest cell of one component before a cut. */
interface LatestCell {
  readonly chunk: Chunk;
  readonly descriptor: ComponentDescriptor;
  readonly row: number;
  readonly time: bigint;
  readonly rowId: string;
}

/**
 * Cuts the chunks of one recording at times of a timeline: part `i` has the rows with times from `cuts[i - 1]` to before
 * `cuts[i]`; the first has all before, the last all from the last cut on.
 *
 * Static data is in each part. So is, of each component that has no row of its own at the very start of a part, the
 * latest one before it: what was there at that time is there still. Chunks that do not have the timeline are in the
 * first part alone.
 *
 * @param cuts ascending
 */
export function splitChunks(
  chunks: readonly Chunk[],
  timeline: string,
  cuts: readonly bigint[],
): Chunk[][] {
  const parts: Chunk[][] = Array.from({ length: cuts.length + 1 }, () => []);
  const latest = cuts.map(() => new Map<string, LatestCell>());
  for (const chunk of chunks) {
    const own = chunk.timelines.find((each) => each.timeline.name === timeline)?.timeline;
    if (own === undefined) {
      for (const part of chunk.isStatic ? parts : parts.slice(0, 1)) part.push(chunk);
      continue;
    }
    const times = chunk.times(own);
    const rows: number[][] = parts.map(() => []);
    for (let row = 0; row < chunk.numRows; row++)
      rows[partOf(times[row] as bigint, cuts)]?.push(row);
    rows.forEach((mine, part) => {
      const kept = keepRows(chunk, Uint32Array.from(mine));
      if (kept !== undefined) parts[part]?.push(kept);
    });
    noteLatest(chunk, times, cuts, latest);
  }
  latest.forEach((cells, i) => {
    const start = cuts[i] as bigint;
    for (const { chunk, descriptor, row, time } of cells.values()) {
      // It is in the part already.
      if (time === start) continue;
      const kept = keepCells(chunk, new Map([[descriptor, [row]]]));
      if (kept !== undefined) parts[i + 1]?.unshift(kept);
    }
  });
  return parts;
}

/** The part that a time belongs to. */
function partOf(time: bigint, cuts: readonly bigint[]): number {
  let [low, high] = [0, cuts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (time >= (cuts[middle] as bigint)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** For each cut, the latest cell of each component at or before it. */
function noteLatest(
  chunk: Chunk,
  times: BigInt64Array,
  cuts: readonly bigint[],
  latest: readonly Map<string, LatestCell>[],
): void {
  const columns = chunk.columns();
  const rowIds = columns.rowIds();
  for (const { descriptor } of chunk.components) {
    const { valid } = columns.component(descriptor);
    const key = `${chunk.entityPath}\n${descriptor.component}`;
    for (let row = 0; row < chunk.numRows; row++) {
      if (valid?.[row] === 0) continue;
      const time = times[row] as bigint;
      let rowId: string | undefined;
      for (const [i, cut] of cuts.entries()) {
        if (time > cut) continue;
        const cells = latest[i] as Map<string, LatestCell>;
        const found = cells.get(key);
        if (found !== undefined && found.time > time) continue;
        rowId ??= Tuid.read(rowIds, 16 * row)
          .toString()
          .toLowerCase();
        if (found === undefined || found.time < time || found.rowId < rowId)
          cells.set(key, { chunk, descriptor, row, time, rowId });
      }
    }
  }
}
