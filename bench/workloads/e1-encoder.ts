import { ChunkBuilder } from "../../lib/chunk-builder.ts";
import { ColumnsEncoder } from "../../lib/columns.ts";
import type { LogEvent } from "../../lib/event.ts";
import { Points3D, TimePoint, timeline } from "../../lib/index.ts";
import { timeShape } from "../../lib/time.ts";
import { TuidGenerator } from "../../lib/tuid.ts";
import { counting, noise, points } from "../data.ts";
import { timed } from "../harness/timed.ts";
import {
  type Case,
  type Comparison,
  get,
  type Metric,
  type Part,
  type Run,
  type Size,
  type Workload,
} from "../harness/workload.ts";
import type { PointColumns } from "../peers/apache-arrow.ts";
import { copyLimit } from "../peers/limits.ts";

const SHAPE = timeShape([
  timeline("frame", "sequence"),
  timeline("log_tick", "sequence"),
  timeline("log_time", "timestamp"),
]);
const ROW_BYTES = 16 + 3 * 8 + 2 * 4 + 16;

const countOf = (size: Size): number => get(size, "points");

function rowsOfOnePoint(count: number, pathOf: (i: number) => string): readonly LogEvent[] {
  const { positions, colors } = points(42, count);
  const ids = new TuidGenerator();
  return Array.from({ length: count }, (_, i) => ({
    kind: "row",
    entityPath: pathOf(i),
    rowId: ids.next(),
    time: new TimePoint(SHAPE, [i, 0, i, 0, i, 0]),
    batches: Points3D(positions.subarray(3 * i, 3 * i + 3), { colors: colors[i] as number })
      .batches,
  }));
}

function columnsOf(rows: number, perRow: number, seed = 42): PointColumns {
  const { positions, colors } = points(seed, rows * perRow);
  const times = counting(rows);
  return {
    rows,
    rowIds: noise(1, 16 * rows),
    logTick: times,
    logTime: times,
    frame: times,
    offsets: Int32Array.from({ length: rows + 1 }, (_, i) => i * perRow),
    positions,
    colors,
  };
}

/** Keeps the compiler from leaving out what nobody reads. */
let encodedBytes = 0;

/** One-row chunks from rows: what happens after `log()` with a batch size of one, before compression. */
function oursOneRow(size: Size, pathOf: (i: number) => string, shared: boolean): Run {
  const rows = rowsOfOnePoint(countOf(size), pathOf);
  const ids = new TuidGenerator();
  return () =>
    timed({ rows: rows.length }, () => {
      let builder = new ChunkBuilder(pathOf(0), SHAPE);
      for (const row of rows) {
        if (!shared) builder = new ChunkBuilder(row.entityPath, SHAPE);
        builder.append(row, true);
        encodedBytes += builder.finish(ids.next()).ipc.length;
      }
    });
}

async function arrowOneRow(size: Size, pathOf: (i: number) => string): Promise<Run> {
  const { encodeWithApacheArrow } = await import("../peers/apache-arrow.ts");
  const count = countOf(size);
  const ids = new TuidGenerator();
  const chunks = Array.from({ length: count }, (_, i) => columnsOf(1, 1, i));
  return () =>
    timed({ rows: count }, () => {
      for (let i = 0; i < count; i++) {
        encodedBytes += encodeWithApacheArrow(
          pathOf(i),
          `chunk_${ids.next().toString()}`,
          chunks[i] as PointColumns,
        ).length;
      }
    });
}

/** One chunk, again and again so that a run is long enough. */
function repeat(size: Size, encode: () => number): Run {
  const times = get(size, "times");
  return () =>
    timed({ rows: times * countOf(size), bytes: times * countOf(size) * 16 }, () => {
      for (let i = 0; i < times; i++) encodedBytes += encode();
    });
}

async function arrowRepeated(size: Size, columns: PointColumns): Promise<Run> {
  const { encodeWithApacheArrow } = await import("../peers/apache-arrow.ts");
  const ids = new TuidGenerator();
  return repeat(
    size,
    () => encodeWithApacheArrow("/points", `chunk_${ids.next().toString()}`, columns).length,
  );
}

const onePath = (): string => "/points";
const eachPath = (i: number): string => `/points/${i}`;

const chunks: Metric = { key: "rowsPerSecond", unit: "chunks/s", better: "higher" };
const pointsRate: Metric = { key: "rowsPerSecond", unit: "points/s", better: "higher" };
const goal = { floor: 40, moonshot: 100 } as const;

function mono(
  name: string,
  pathOf: (i: number) => string,
  shared: boolean,
  goals: Partial<Comparison>,
): Part {
  return {
    name,
    sizes: { quick: { points: 200 }, normal: { points: 10_000 } },
    cases: [
      { name: "rerun-rx", prepare: ({ size }) => oursOneRow(size, pathOf, shared) },
      { name: "apache-arrow", prepare: ({ size }) => arrowOneRow(size, pathOf) },
    ],
    comparisons: [{ metric: chunks, ours: "rerun-rx", peer: "apache-arrow", ...goals }],
  };
}

const copy: Case = {
  name: "memory copy",
  prepare: ({ size }) => copyLimit({ rows: countOf(size) }, ROW_BYTES * countOf(size)),
};

const batched: Part = {
  name: "10 000 rows in a chunk",
  sizes: { quick: { points: 1000, times: 5 }, normal: { points: 10_000, times: 200 } },
  cases: [
    {
      name: "rerun-rx, columns",
      prepare: ({ size }) => {
        const { positions, colors, frame } = columnsOf(countOf(size), 1);
        const encoder = new ColumnsEncoder();
        const ids = new TuidGenerator();
        const times = {
          frame: { sequence: frame },
          log_tick: { sequence: frame },
          log_time: { timestamp: frame },
        };
        const columns = Points3D.columns({ positions, colors });
        return repeat(size, () => encoder.encode(ids, "/points", times, columns)?.ipc.length ?? 0);
      },
    },
    {
      name: "apache-arrow",
      prepare: ({ size }) => arrowRepeated(size, columnsOf(countOf(size), 1)),
    },
    {
      name: "rerun-rx, rows",
      prepare: ({ size }) => {
        const rows = rowsOfOnePoint(countOf(size), onePath);
        const builder = new ChunkBuilder("/points", SHAPE);
        const ids = new TuidGenerator();
        return repeat(size, () => {
          for (const row of rows) builder.append(row, false);
          return builder.finish(ids.next()).ipc.length;
        });
      },
    },
    copy,
  ],
  comparisons: [
    { metric: pointsRate, ours: "rerun-rx, columns", peer: "apache-arrow" },
    { metric: pointsRate, ours: "rerun-rx, rows", peer: "apache-arrow" },
    { metric: pointsRate, ours: "rerun-rx, columns", peer: "memory copy" },
  ],
};

const large: Part = {
  name: "10 000 points in a row",
  sizes: { quick: { points: 1000, times: 5 }, normal: { points: 10_000, times: 500 } },
  cases: [
    {
      name: "rerun-rx",
      prepare: ({ size }) => {
        const { positions, colors } = columnsOf(1, countOf(size));
        const ids = new TuidGenerator();
        const builder = new ChunkBuilder("/points", SHAPE);
        const time = new TimePoint(SHAPE, [1, 0, 1, 0, 1, 0]);
        const { batches } = Points3D(positions, { colors });
        return repeat(size, () => {
          builder.append(
            { kind: "row", entityPath: "/points", rowId: ids.next(), time, batches },
            true,
          );
          return builder.finish(ids.next()).ipc.length;
        });
      },
    },
    {
      name: "apache-arrow",
      prepare: ({ size }) => arrowRepeated(size, columnsOf(1, countOf(size))),
    },
  ],
  comparisons: [{ metric: pointsRate, ours: "rerun-rx", peer: "apache-arrow" }],
};

export const workload: Workload = {
  id: "E1",
  title: "rows or columns to the bytes of an Arrow IPC stream, without compression",
  parts: [
    mono("one-row chunks", onePath, true, goal),
    mono("one-row chunks, 10 000 entities", eachPath, false, {}),
    batched,
    large,
  ],
};
