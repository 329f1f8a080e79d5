import { Points3D } from "../../lib/index.ts";
import { BYTES_PER_POINT, points } from "../data.ts";
import {
  type Case,
  type CaseInput,
  type Comparison,
  get,
  type Metric,
  ROWS_PER_SECOND,
  type Run,
  type Size,
  type Workload,
} from "../harness/workload.ts";
import { writeLimit } from "../peers/limits.ts";
import { EQUAL_BATCHING, type RerunRxOptions, rerunRx } from "../peers/rerun-rx.ts";

const rowsOf = (size: Size): number => get(size, "points");
const pythonRowsOf = (size: Size): number => get(size, "pythonPoints");
/** Row id, three times, three list offsets, payload. */
const ROW_BYTES = 16 + 3 * 8 + 3 * 4 + BYTES_PER_POINT;

type Vector = readonly [number, number, number];

interface PointList {
  readonly positions: readonly Vector[];
  readonly colors: readonly number[];
  readonly radii: readonly number[];
}

/** As a program has them that gets points one by one: a small array for each position. */
function pointList(size: Size): PointList {
  const { positions, colors, radii } = points(1337, rowsOf(size));
  return {
    positions: Array.from(
      colors,
      (_, i): Vector => [
        positions[3 * i] as number,
        positions[3 * i + 1] as number,
        positions[3 * i + 2] as number,
      ],
    ),
    colors: [...colors],
    radii: [...radii],
  };
}

type LogPoint = (position: Vector, color: number, radius: number) => ReturnType<typeof Points3D>;

/** Each in an array of one, as upstream's benchmark has it. */
const asArrays: LogPoint = (position, color, radius) =>
  Points3D([position], { colors: [color], radii: [radius] });
const asValues: LogPoint = (position, color, radius) =>
  Points3D(position, { colors: color, radii: radius });

function ours(name: string, options: RerunRxOptions, point: LogPoint): Case {
  return {
    name,
    rows: rowsOf,
    prepare: (input) => {
      const { positions, colors, radii } = pointList(input.size);
      return rerunRx(input, { rows: rowsOf(input.size) }, options, (rec) => {
        for (let i = 0; i < positions.length; i++) {
          rec.setTime("my_timeline", { sequence: i });
          rec.log(
            "single_point",
            point(positions[i] as Vector, colors[i] as number, radii[i] as number),
          );
        }
      });
    },
  };
}

/** 20 bytes in a message, packed by hand. */
async function mcapPoints(input: CaseInput): Promise<Run> {
  const { mcap } = await import("../peers/mcap.ts");
  const { positions, colors, radii } = pointList(input.size);
  const data = new Uint8Array(BYTES_PER_POINT);
  const view = new DataView(data.buffer);
  return mcap(input, { rows: rowsOf(input.size) }, ["single_point"], "raw", async (add) => {
    for (let i = 0; i < positions.length; i++) {
      const [x, y, z] = positions[i] as Vector;
      view.setFloat32(0, x, true);
      view.setFloat32(4, y, true);
      view.setFloat32(8, z, true);
      view.setUint32(12, colors[i] as number, true);
      view.setFloat32(16, radii[i] as number, true);
      await add(0, i, data);
    }
  });
}

const cases: readonly Case[] = [
  ours("rerun-rx", { batch: EQUAL_BATCHING }, asArrays),
  {
    name: "Python log",
    rows: pythonRowsOf,
    python: { program: "p1_points.py", options: { batching: "equal" } },
  },
  { name: "@mcap/core 20 B", prepare: mcapPoints },
  ours("rerun-rx, without arrays of one", { batch: EQUAL_BATCHING }, asValues),
  ours("rerun-rx, default batching", {}, asArrays),
  {
    name: "Python log, default batching",
    rows: pythonRowsOf,
    python: { program: "p1_points.py", options: { batching: "default" } },
  },
  {
    name: "fs.write of the columns",
    prepare: (input) =>
      writeLimit(input, { rows: rowsOf(input.size) }, ROW_BYTES * rowsOf(input.size)),
  },
];

const metric: Metric = ROWS_PER_SECOND;
const comparisons: readonly Comparison[] = [
  { metric, ours: "rerun-rx", peer: "Python log", floor: 10, moonshot: 25 },
  { metric, ours: "rerun-rx", peer: "@mcap/core 20 B" },
  { metric, ours: "rerun-rx, without arrays of one", peer: "rerun-rx" },
  {
    metric,
    ours: "rerun-rx, default batching",
    peer: "Python log, default batching",
    floor: 10,
    moonshot: 25,
  },
  { metric, ours: "rerun-rx", peer: "fs.write of the columns" },
];

export const workload: Workload = {
  id: "P1",
  title: "one point, colour and radius for each log(), LZ4",
  parts: [
    {
      name: "one by one",
      sizes: {
        quick: { points: 5000, pythonPoints: 100 },
        normal: { points: 100_000, pythonPoints: 5000 },
      },
      cases,
      comparisons,
    },
  ],
};
