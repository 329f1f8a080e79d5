import { Scalars } from "../../lib/index.ts";
import { bytesOf, counting, walksByEntity } from "../data.ts";
import {
  type Case,
  type Comparison,
  get,
  type Part,
  ROWS_PER_SECOND,
  type Size,
  type Workload,
} from "../harness/workload.ts";
import { copyLimit, lz4Limit } from "../peers/limits.ts";
import { type RerunRxOptions, rerunRx } from "../peers/rerun-rx.ts";

/** Row id, frame, list offset, value: `sendColumns` adds no times of its own. */
const ROW_BYTES = 16 + 8 + 4 + 8;

const rowsOf = (size: Size): number => get(size, "entities") * get(size, "steps");

function ours(name: string, options: RerunRxOptions): Case {
  return {
    name,
    rows: rowsOf,
    prepare: (input) => {
      const { size } = input;
      const steps = get(size, "steps");
      const batch = get(size, "rowsPerCall");
      const walks = walksByEntity(get(size, "entities"), steps);
      const frames = counting(steps);
      return rerunRx(input, { rows: rowsOf(size) }, options, (rec) => {
        for (let t = 0; t < steps; t += batch) {
          const times = { frame: { sequence: frames.subarray(t, t + batch) } };
          for (let i = 0; i < walks.length; i++) {
            const scalars = (walks[i] as Float64Array).subarray(t, t + batch);
            rec.sendColumns(`scalar_${i}`, times, Scalars.columns({ scalars }));
          }
        }
      });
    },
  };
}

/** The same columns in blocks, copied together, compressed and written; nothing else. */
const limit: Case = {
  name: "copy + LZ4 + write of the columns",
  prepare: (input) => {
    const { size } = input;
    const steps = get(size, "steps");
    const batch = get(size, "rowsPerCall");
    const walks = walksByEntity(get(size, "entities"), steps);
    const frames = new Uint8Array(counting(steps).buffer);
    // Row ids count up as well: the same bytes but for one or two in a row.
    const rowIds = frames.slice(0, 8 * batch);
    const block = new Uint8Array(ROW_BYTES * batch);
    return lz4Limit(input, { rows: rowsOf(size) }, function* () {
      for (let t = 0; t < steps; t += batch) {
        for (const walk of walks) {
          block.set(rowIds, 0);
          block.set(rowIds, 8 * batch);
          block.set(frames.subarray(8 * t, 8 * (t + batch)), 16 * batch);
          block.set(bytesOf(walk.subarray(t, t + batch)), 28 * batch);
          yield block;
        }
      }
    });
  },
};

const cases: readonly Case[] = [
  ours("rerun-rx", {}),
  { name: "Python send_columns", rows: rowsOf, python: { program: "s2_columns.py" } },
  limit,
  ours("rerun-rx, uncompressed", { compression: "none" }),
  {
    name: "memory copy of the columns",
    prepare: ({ size }) => copyLimit({ rows: rowsOf(size) }, ROW_BYTES * rowsOf(size)),
  },
];

const metric = ROWS_PER_SECOND;
const comparisons: readonly Comparison[] = [
  { metric, ours: "rerun-rx", peer: "Python send_columns", floor: 1, moonshot: 2 },
  { metric, ours: "rerun-rx", peer: "copy + LZ4 + write of the columns" },
  { metric, ours: "rerun-rx, uncompressed", peer: "memory copy of the columns" },
];

const parts: readonly Part[] = [
  {
    name: "1000 rows a call",
    sizes: {
      quick: { entities: 2, steps: 2000, rowsPerCall: 1000 },
      normal: { entities: 10, steps: 100_000, rowsPerCall: 1000 },
    },
    cases,
    comparisons,
  },
  {
    name: "one call",
    sizes: {
      quick: { entities: 1, steps: 4000, rowsPerCall: 4000 },
      normal: { entities: 1, steps: 1_000_000, rowsPerCall: 1_000_000 },
    },
    cases,
    comparisons,
  },
];

export const workload: Workload = {
  id: "S2",
  title: "scalars as columns, sendColumns() to a file",
  parts,
};
