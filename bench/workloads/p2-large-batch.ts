import { Points3D } from "../../lib/index.ts";
import { BYTES_PER_POINT, bytesOf, points } from "../data.ts";
import {
  type Case,
  type CaseInput,
  get,
  MB_PER_SECOND,
  type Run,
  type Size,
  type Workload,
} from "../harness/workload.ts";
import { copyLimit, lz4Limit, writeArrays } from "../peers/limits.ts";
import { type RerunRxOptions, rerunRx } from "../peers/rerun-rx.ts";

const bytesIn = (size: Size): number => BYTES_PER_POINT * get(size, "points");

function ours(name: string, options: RerunRxOptions): Case {
  return {
    name,
    rows: () => 1,
    prepare: (input) => {
      const { positions, colors, radii } = points(42, get(input.size, "points"));
      return rerunRx(input, { bytes: bytesIn(input.size) }, options, (rec) => {
        rec.log("points", Points3D(positions, { colors, radii, labels: "some label" }));
      });
    },
  };
}

function arrays(size: Size): Uint8Array[] {
  const { positions, colors, radii } = points(42, get(size, "points"));
  return [positions, colors, radii].map(bytesOf);
}

async function mcapPoints(input: CaseInput): Promise<Run> {
  const { mcap } = await import("../peers/mcap.ts");
  const all = new Uint8Array(Buffer.concat(arrays(input.size)));
  return mcap(input, { bytes: bytesIn(input.size) }, ["points"], "raw", (add) => add(0, 0, all));
}

const cases: readonly Case[] = [
  ours("rerun-rx, uncompressed", { compression: "none" }),
  {
    name: "fs.write of the arrays",
    prepare: (input) => writeArrays(input, { bytes: bytesIn(input.size) }, arrays(input.size), 1),
  },
  { name: "@mcap/core", prepare: mcapPoints },
  ours("rerun-rx, LZ4", {}),
  { name: "Python log, LZ4", rows: () => 1, python: { program: "p2_large_batch.py" } },
  {
    name: "LZ4 alone",
    prepare: (input) => {
      const all = new Uint8Array(Buffer.concat(arrays(input.size)));
      return lz4Limit(input, { bytes: bytesIn(input.size) }, () => [all]);
    },
  },
  {
    name: "memory copy",
    prepare: ({ size }) => copyLimit({ bytes: bytesIn(size) }, bytesIn(size)),
  },
];

const metric = MB_PER_SECOND;

export const workload: Workload = {
  id: "P2",
  title: "one log() of a large point cloud",
  parts: [
    {
      name: "one call",
      sizes: { quick: { points: 50_000 }, normal: { points: 5_000_000 } },
      cases,
      comparisons: [
        {
          metric,
          ours: "rerun-rx, uncompressed",
          peer: "fs.write of the arrays",
          floor: 0.8,
          moonshot: 0.95,
        },
        { metric, ours: "rerun-rx, uncompressed", peer: "@mcap/core" },
        { metric, ours: "rerun-rx, uncompressed", peer: "memory copy" },
        { metric, ours: "rerun-rx, LZ4", peer: "LZ4 alone", floor: 0.8, moonshot: 0.95 },
        { metric, ours: "rerun-rx, LZ4", peer: "Python log, LZ4" },
      ],
    },
  ],
};
