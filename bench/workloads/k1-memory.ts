import { RecordingStream, type RecordingStreamOptions } from "../../lib/index.ts";
import {
  type Case,
  get,
  type Measured,
  type Metric,
  type Run,
  type Size,
  type Workload,
} from "../harness/workload.ts";
import { EQUAL_BATCHING } from "../peers/rerun-rx.ts";
import { logWalks, type WalkInput, walkInput } from "./s1-scalars.ts";

const rowsOf = (size: Size): number => get(size, "entities") * get(size, "steps");

/** What the process holds: objects, and memory of arrays outside the heap (`external` has the array buffers in it). */
function held(): number {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Bytes that `fill` makes the process hold for each row, as long as its result is there. */
async function measure(rows: number, fill: () => unknown): Promise<Measured> {
  // Array buffers of the last run are freed after a turn of the event loop.
  await new Promise((resolve) => setTimeout(resolve, 50));
  const before = held();
  const kept = fill();
  const bytes = held() - before;
  if (kept === undefined) throw new Error("nothing was kept");
  return { metrics: { bytesPerRow: bytes / rows } };
}

function ours(name: string, options: RecordingStreamOptions): Case {
  return {
    name,
    prepare: ({ size }) => {
      const walks = walkInput(size);
      return () =>
        measure(rowsOf(size), () => {
          const rec = new RecordingStream("rerun_rx_bench", options);
          logWalks(rec, walks);
          return rec;
        });
    },
  };
}

function columns({ paths, steps, values }: WalkInput): unknown {
  return paths.map((_, entity) => {
    const column = {
      rowIds: new Uint8Array(16 * steps),
      logTick: new BigInt64Array(steps),
      logTime: new BigInt64Array(steps),
      frame: new BigInt64Array(steps),
      offsets: new Int32Array(steps + 1),
      values: new Float64Array(steps),
    };
    for (let t = 0; t < steps; t++) column.values[t] = values[t * paths.length + entity] as number;
    return column;
  });
}

interface RowObject {
  readonly entity: string;
  readonly time: number;
  readonly frame: number;
  readonly tick: number;
  readonly value: number;
}

function objects({ paths, steps, values }: WalkInput): unknown {
  const rows: RowObject[] = [];
  for (let t = 0; t < steps; t++) {
    for (const entity of paths) {
      rows.push({
        entity,
        time: performance.now(),
        frame: t,
        tick: rows.length,
        value: values[rows.length] as number,
      });
    }
  }
  return rows;
}

function keeping(size: Size, fill: (input: WalkInput) => unknown): Run {
  const walks = walkInput(size);
  return () => measure(rowsOf(size), () => fill(walks));
}

const metric: Metric = { key: "bytesPerRow", unit: "B", better: "lower" };

export const workload: Workload = {
  id: "K1",
  title: "memory of a logged scalar while no sink is attached",
  parts: [
    {
      name: "10 entities",
      sizes: { quick: { entities: 10, steps: 10_000 }, normal: { entities: 10, steps: 100_000 } },
      runs: { warmups: 1, runs: 5 },
      cases: [
        ours("rerun-rx", {}),
        ours("rerun-rx, 4096 rows a chunk", { batch: EQUAL_BATCHING }),
        { name: "raw columns", prepare: ({ size }) => keeping(size, columns) },
        { name: "an object for each row", prepare: ({ size }) => keeping(size, objects) },
      ],
      comparisons: [
        { metric, ours: "rerun-rx", peer: "raw columns", floor: 1.5, moonshot: 1.1 },
        {
          metric,
          ours: "rerun-rx, 4096 rows a chunk",
          peer: "raw columns",
          floor: 1.5,
          moonshot: 1.1,
        },
        { metric, ours: "rerun-rx", peer: "an object for each row" },
      ],
    },
  ],
};
