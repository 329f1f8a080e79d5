import { closeSync, openSync, writeSync } from "node:fs";
import { Points3D, Transform3D } from "../../lib/index.ts";
import { Lcg, points } from "../data.ts";
import {
  type Case,
  type CaseInput,
  FILE_BYTES,
  get,
  type Part,
  type Run,
  type Size,
  type Workload,
} from "../harness/workload.ts";
import { EQUAL_ROWS, rerunRx } from "../peers/rerun-rx.ts";
import { logWalks, mcapWalks, walkInput } from "./s1-scalars.ts";

type Body = Parameters<typeof rerunRx>[3];

function ours(rows: (size: Size) => number, body: (size: Size) => Body): Case {
  return {
    name: "rerun-rx",
    rows,
    prepare: (input) =>
      rerunRx(input, { rows: rows(input.size) }, { batch: EQUAL_ROWS }, body(input.size)),
  };
}

function python(rows: (size: Size) => number, program: string): Case {
  return { name: "Python", rows, python: { program, options: { batching: "rows" } } };
}

const goals = {
  metric: FILE_BYTES,
  ours: "rerun-rx",
  peer: "Python",
  floor: 1.03,
  moonshot: 1,
} as const;
const once = { warmups: 0, runs: 1 } as const;

/** A line of JSON for each row. */
function jsonLines({ size, file }: CaseInput): Run {
  const { paths, steps, values } = walkInput(size);
  return () => {
    const fd = openSync(file, "w");
    let i = 0;
    for (let t = 0; t < steps; t++) {
      for (const entity of paths) {
        writeSync(
          fd,
          `${JSON.stringify({ time: Date.now(), entity, frame: t, value: values[i++] })}\n`,
        );
      }
    }
    closeSync(fd);
    return { metrics: {} };
  };
}

const walkRows = (size: Size): number => get(size, "entities") * get(size, "steps");
const scalars: Part = {
  name: "S1 scalars",
  runs: once,
  sizes: { quick: { entities: 10, steps: 100 }, normal: { entities: 10, steps: 8192 } },
  cases: [
    ours(walkRows, (size) => {
      const walks = walkInput(size);
      return (rec) => logWalks(rec, walks);
    }),
    python(walkRows, "s1_scalars.py"),
    { name: "@mcap/core JSON", prepare: mcapWalks },
    { name: "lines of JSON", prepare: jsonLines },
  ],
  comparisons: [
    goals,
    { metric: FILE_BYTES, ours: "rerun-rx", peer: "@mcap/core JSON", floor: 0.4, moonshot: 0.25 },
    { metric: FILE_BYTES, ours: "rerun-rx", peer: "lines of JSON" },
  ],
};

const pointRows = (size: Size): number => get(size, "points");
const single: Part = {
  name: "P1 points",
  runs: once,
  sizes: { quick: { points: 100 }, normal: { points: 16_384 } },
  cases: [
    ours(pointRows, (size) => {
      const { positions, colors, radii } = points(1337, pointRows(size));
      return (rec) => {
        for (let i = 0; i < colors.length; i++) {
          rec.setTime("my_timeline", { sequence: i });
          const position = positions.subarray(3 * i, 3 * i + 3);
          rec.log(
            "single_point",
            Points3D(position, { colors: colors[i] as number, radii: radii[i] as number }),
          );
        }
      };
    }),
    python(pointRows, "p1_points.py"),
  ],
  comparisons: [goals],
};

const transforms: Part = {
  name: "T1 transforms",
  runs: once,
  sizes: { quick: { entities: 2, steps: 50 }, normal: { entities: 10, steps: 2000 } },
  cases: [
    ours(walkRows, (size) => {
      const values = new Lcg(1337).fill(new Float32Array(12 * walkRows(size)));
      return (rec) => {
        let at = 0;
        for (let t = 0; t < get(size, "steps"); t++) {
          rec.setTime("frame", { sequence: t });
          for (let i = 0; i < get(size, "entities"); i++, at += 12) {
            const translation = values.subarray(at, at + 3);
            rec.log(
              `transform_${i}`,
              Transform3D({ translation, mat3x3: values.subarray(at + 3, at + 12) }),
            );
          }
        }
      };
    }),
    python(walkRows, "t1_transforms.py"),
  ],
  comparisons: [goals],
};

export const workload: Workload = {
  id: "Z1",
  title: "bytes on disk, chunks of 4096 rows, LZ4",
  parts: [scalars, single, transforms],
};
