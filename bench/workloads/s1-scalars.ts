import { type RecordingStream, Scalars } from "../../lib/index.ts";
import { randomWalks } from "../data.ts";
import {
  type Case,
  type CaseInput,
  type Comparison,
  get,
  type Part,
  ROWS_PER_SECOND,
  type Run,
  type Size,
  type Workload,
} from "../harness/workload.ts";
import { copyLimit, writeLimit } from "../peers/limits.ts";
import { EQUAL_BATCHING, type RerunRxOptions, rerunRx } from "../peers/rerun-rx.ts";

/** Row id, log_tick, log_time, frame, list offset, value. */
export const SCALAR_ROW_BYTES: number = 16 + 8 + 8 + 8 + 4 + 8;

const rowsOf = (size: Size): number => get(size, "entities") * get(size, "steps");
const pythonRowsOf = (size: Size): number => get(size, "entities") * get(size, "pythonSteps");

export interface WalkInput {
  readonly paths: readonly string[];
  readonly steps: number;
  /** Step after step. */
  readonly values: Float64Array;
}

export function walkInput(size: Size): WalkInput {
  const entities = get(size, "entities");
  const steps = get(size, "steps");
  return {
    paths: Array.from({ length: entities }, (_, i) => `scalar_${i}`),
    steps,
    values: randomWalks(entities, steps),
  };
}

/** What upstream's `log_benchmark scalars` does: a time and a value for each call. */
export function logWalks(rec: RecordingStream, { paths, steps, values }: WalkInput): void {
  let i = 0;
  for (let t = 0; t < steps; t++) {
    for (const path of paths) {
      rec.setTime("frame", { sequence: t });
      rec.log(path, Scalars(values[i++] as number));
    }
  }
}

function ours(name: string, options: RerunRxOptions): Case {
  return {
    name,
    rows: rowsOf,
    prepare: (input) => {
      const walks = walkInput(input.size);
      return rerunRx(input, { rows: rowsOf(input.size) }, options, (rec) => logWalks(rec, walks));
    },
  };
}

function python(name: string, batching: "equal" | "default"): Case {
  return { name, rows: pythonRowsOf, python: { program: "s1_scalars.py", options: { batching } } };
}

/** One channel for each entity, a JSON object for each row. */
export async function mcapWalks(input: CaseInput): Promise<Run> {
  const { mcap } = await import("../peers/mcap.ts");
  const { paths, steps, values } = walkInput(input.size);
  const encoder = new TextEncoder();
  return mcap(input, { rows: rowsOf(input.size) }, paths, "json", async (add) => {
    let i = 0;
    for (let t = 0; t < steps; t++) {
      for (let channel = 0; channel < paths.length; channel++) {
        await add(channel, t, encoder.encode(JSON.stringify({ frame: t, value: values[i++] })));
      }
    }
  });
}

async function pinoWalks(input: CaseInput): Promise<Run> {
  const { pinoFile } = await import("../peers/pino.ts");
  const { paths, steps, values } = walkInput(input.size);
  return pinoFile(input, { rows: rowsOf(input.size) }, (logger) => {
    let i = 0;
    for (let t = 0; t < steps; t++) {
      for (const entity of paths) logger.info({ entity, frame: t, value: values[i++] });
    }
  });
}

const cases: readonly Case[] = [
  ours("rerun-rx", { batch: EQUAL_BATCHING }),
  python("Python log", "equal"),
  { name: "pino", prepare: pinoWalks },
  { name: "@mcap/core JSON", prepare: mcapWalks },
  ours("rerun-rx, default batching", {}),
  python("Python log, default batching", "default"),
  ours("rerun-rx, uncompressed", { batch: EQUAL_BATCHING, compression: "none" }),
  {
    name: "fs.write of the columns",
    prepare: (input) =>
      writeLimit(input, { rows: rowsOf(input.size) }, SCALAR_ROW_BYTES * rowsOf(input.size)),
  },
  {
    name: "memory copy of the columns",
    prepare: ({ size }) => copyLimit({ rows: rowsOf(size) }, SCALAR_ROW_BYTES * rowsOf(size)),
  },
];

const metric = ROWS_PER_SECOND;
const comparisons: readonly Comparison[] = [
  { metric, ours: "rerun-rx", floor: 1e6, moonshot: 2.5e6 },
  { metric, ours: "rerun-rx", peer: "Python log", floor: 20, moonshot: 50 },
  { metric, ours: "rerun-rx", peer: "pino", floor: 5, moonshot: 10 },
  { metric, ours: "rerun-rx", peer: "@mcap/core JSON", floor: 5, moonshot: 10 },
  {
    metric,
    ours: "rerun-rx, default batching",
    peer: "Python log, default batching",
    floor: 20,
    moonshot: 50,
  },
  { metric, ours: "rerun-rx, uncompressed", peer: "fs.write of the columns" },
  { metric, ours: "rerun-rx, uncompressed", peer: "memory copy of the columns" },
];

const few: Part = {
  name: "10 entities",
  sizes: {
    quick: { entities: 10, steps: 500, pythonSteps: 20 },
    // The time of a call in Python does not depend on how many there are.
    normal: { entities: 10, steps: 20_000, pythonSteps: 1000 },
  },
  cases,
  comparisons,
};

const many: Part = {
  name: "600 entities",
  sizes: {
    quick: { entities: 600, steps: 5, pythonSteps: 1 },
    normal: { entities: 600, steps: 333, pythonSteps: 16 },
  },
  cases: cases.slice(0, 6),
  comparisons: comparisons
    .slice(0, 5)
    .filter(({ ours: name, peer }) => peer !== undefined || name === "rerun-rx"),
};

export const workload: Workload = {
  id: "S1",
  title: "scalars one by one, log() to a file",
  parts: [few, many],
};
