import { Points3D, RecordingStream } from "../../lib/index.ts";
import { save } from "../../sinks/save.ts";
import { BYTES_PER_POINT, bytesOf, type PointData, points } from "../data.ts";
import { quantile } from "../harness/statistics.ts";
import {
  type Case,
  type CaseInput,
  get,
  MB_PER_SECOND,
  type Part,
  type Run,
  type Size,
  type Workload,
} from "../harness/workload.ts";
import { writeArrays } from "../peers/limits.ts";
import { type RerunRxOptions, rerunRx } from "../peers/rerun-rx.ts";

const POINTS = 1000;
const CLOUDS = 16;

const bytesIn = (size: Size): number => BYTES_PER_POINT * POINTS * get(size, "calls");
const rowsOf = (size: Size): number => get(size, "calls");
const pythonRowsOf = (size: Size): number => get(size, "pythonCalls");
const clouds = (): readonly PointData[] =>
  Array.from({ length: CLOUDS }, (_, i) => points(i, POINTS));

function logCloud(rec: RecordingStream, i: number, cloud: PointData): void {
  rec.setTime("frame", { sequence: i });
  rec.log("points", Points3D(cloud.positions, { colors: cloud.colors, radii: cloud.radii }));
}

function ours(name: string, options: RerunRxOptions): Case {
  return {
    name,
    rows: rowsOf,
    prepare: (input) => {
      const data = clouds();
      const calls = rowsOf(input.size);
      return rerunRx(input, { bytes: bytesIn(input.size) }, options, (rec) => {
        for (let i = 0; i < calls; i++) logCloud(rec, i, data[i % CLOUDS] as PointData);
      });
    },
  };
}

async function mcapClouds(input: CaseInput): Promise<Run> {
  const { mcap } = await import("../peers/mcap.ts");
  const data = clouds().map(
    (cloud) =>
      new Uint8Array(Buffer.concat([cloud.positions, cloud.colors, cloud.radii].map(bytesOf))),
  );
  const calls = rowsOf(input.size);
  return mcap(input, { bytes: bytesIn(input.size) }, ["points"], "raw", async (add) => {
    for (let i = 0; i < calls; i++) await add(0, i, data[i % CLOUDS] as Uint8Array);
  });
}

const unpaced: Part = {
  name: "unpaced",
  sizes: { quick: { calls: 200, pythonCalls: 50 }, normal: { calls: 20_000, pythonCalls: 5000 } },
  cases: [
    ours("rerun-rx, uncompressed", { compression: "none" }),
    { name: "@mcap/core", prepare: mcapClouds },
    {
      name: "fs.write of the arrays",
      prepare: (input) => {
        const [cloud] = clouds() as readonly [PointData];
        return writeArrays(
          input,
          { bytes: bytesIn(input.size) },
          [cloud.positions, cloud.colors, cloud.radii].map(bytesOf),
          rowsOf(input.size),
        );
      },
    },
    ours("rerun-rx, LZ4", {}),
    { name: "Python log, LZ4", rows: pythonRowsOf, python: { program: "p3_clouds.py" } },
  ],
  comparisons: [
    { metric: MB_PER_SECOND, ours: "rerun-rx, uncompressed", peer: "@mcap/core" },
    { metric: MB_PER_SECOND, ours: "rerun-rx, uncompressed", peer: "fs.write of the arrays" },
    { metric: MB_PER_SECOND, ours: "rerun-rx, LZ4", peer: "Python log, LZ4" },
  ],
};

const FRAME_MS = 1000 / 30;

/** Time of each call at 30 Hz, with the event loop free between calls. */
async function pacedRun({ size, file }: CaseInput): Promise<Run> {
  const data = clouds();
  const calls = rowsOf(size);
  const micros = new Float64Array(calls);
  return async () => {
    const rec = new RecordingStream("rerun_rx_bench");
    rec.attach(save(file, { overwrite: true }));
    const began = performance.now();
    for (let i = 0; i < calls; i++) {
      const wait = began + i * FRAME_MS - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      const before = performance.now();
      logCloud(rec, i, data[i % CLOUDS] as PointData);
      micros[i] = (performance.now() - before) * 1000;
    }
    await rec.close();
    return { metrics: { p50: quantile(micros, 0.5), p99: quantile(micros, 0.99) } };
  };
}

const paced: Part = {
  name: "30 Hz",
  sizes: { quick: { calls: 10, pythonCalls: 10 }, normal: { calls: 150, pythonCalls: 150 } },
  runs: { warmups: 0, runs: 3 },
  cases: [
    { name: "rerun-rx", rows: rowsOf, prepare: pacedRun },
    {
      name: "Python log",
      rows: rowsOf,
      python: { program: "p3_clouds.py", options: { frameSeconds: 1 / 30 } },
    },
  ],
  comparisons: (["p50", "p99"] as const).map((key) => ({
    metric: { key, unit: "µs", better: "lower" },
    ours: "rerun-rx",
    peer: "Python log",
  })),
};

export const workload: Workload = {
  id: "P3",
  title: "a cloud of 1000 points for each log()",
  parts: [unpaced, paced],
};
