import { setImmediate as turn } from "node:timers/promises";
import { RecordingStream, Scalars } from "../../lib/index.ts";
import { save } from "../../sinks/save.ts";
import { quantile } from "../harness/statistics.ts";
import {
  type Case,
  type CaseInput,
  type Comparison,
  get,
  type Measured,
  type Metric,
  type Part,
  type Run,
  type Size,
  type Workload,
} from "../harness/workload.ts";

const HZ = 50_000;
const PER_MS = HZ / 1000;
/** Logged before the clock starts, so that code is compiled and buffers have grown. */
const WARMUP_CALLS = HZ;
const PATHS = Array.from({ length: 10 }, (_, i) => `scalar_${i}`);

const callsOf = (size: Size): number => (HZ * get(size, "milliseconds")) / 1000;
const rowsOf = (size: Size): number => callsOf(size) + WARMUP_CALLS;

/** Logs the i-th value; a promise when the next call has to wait for it. */
type Call = (i: number) => void | Promise<void>;

function latencies(micros: Float64Array, lateMs: number): Measured {
  return {
    metrics: {
      p50: quantile(micros, 0.5),
      p99: quantile(micros, 0.99),
      p999: quantile(micros, 0.999),
      max: quantile(micros, 1),
      lateMs,
    },
  };
}

/** A program that never lets the event loop run: each call is made when its time has come. */
function spinning(calls: number, call: Call): Measured {
  const micros = new Float64Array(calls);
  let late = 0;
  const began = performance.now();
  for (let i = 0; i < calls; i++) {
    const due = began + i / PER_MS;
    let before = performance.now();
    late = Math.max(late, before - due);
    while (before < due) before = performance.now();
    void call(i);
    micros[i] = (performance.now() - before) * 1000;
  }
  return latencies(micros, late);
}

/** A program that makes 50 calls each millisecond, and lets the event loop run in between. */
async function yielding(calls: number, call: Call): Promise<Measured> {
  const micros = new Float64Array(calls);
  let late = 0;
  const began = performance.now();
  for (let i = 0; i < calls; ) {
    const due = began + i / PER_MS;
    do await turn();
    while (performance.now() < due);
    late = Math.max(late, performance.now() - due);
    for (let n = 0; n < PER_MS && i < calls; n++, i++) {
      const before = performance.now();
      const result = call(i);
      if (result !== undefined) await result;
      micros[i] = (performance.now() - before) * 1000;
    }
  }
  return latencies(micros, late);
}

type Pace = typeof spinning | typeof yielding;
type Prepare = NonNullable<Case["prepare"]>;

function logger(rec: RecordingStream): Call {
  return (i) => {
    rec.setTime("frame", { sequence: i });
    rec.log(PATHS[i % PATHS.length] as string, Scalars(Math.sin(i)));
  };
}

function ours(pace: Pace): Prepare {
  return ({ size, file }) =>
    async () => {
      const rec = new RecordingStream("rerun_rx_bench");
      rec.attach(save(file, { overwrite: true }));
      const call = logger(rec);
      for (let i = 0; i < WARMUP_CALLS; i++) void call(i);
      const measured = await pace(callsOf(size), call);
      const { complete } = await rec.close();
      if (!complete) throw new Error("some rows did not reach the file");
      return measured;
    };
}

async function withPino({ size, file }: CaseInput, pace: Pace, sync: boolean): Promise<Run> {
  const { openPino } = await import("../peers/pino.ts");
  return async () => {
    const { logger: pino, close } = openPino(file, sync);
    const call: Call = (i) =>
      pino.info({ entity: PATHS[i % PATHS.length], frame: i, value: Math.sin(i) });
    for (let i = 0; i < WARMUP_CALLS; i++) void call(i);
    const measured = await pace(callsOf(size), call);
    await close();
    return measured;
  };
}

async function withMcap(input: CaseInput): Promise<Run> {
  const { mcap } = await import("../peers/mcap.ts");
  const encoder = new TextEncoder();
  let measured: Measured;
  const run = mcap(input, {}, PATHS, "json", async (add) => {
    const call: Call = (i) =>
      add(i % PATHS.length, i, encoder.encode(JSON.stringify({ frame: i, value: Math.sin(i) })));
    for (let i = 0; i < WARMUP_CALLS; i++) await call(i);
    measured = await yielding(callsOf(input.size), call);
  });
  return async () => {
    await run();
    return measured;
  };
}

/** What the machine alone does to a loop that calls nothing. */
const nothing =
  (pace: Pace): Prepare =>
  ({ size }) =>
  async () =>
    await pace(callsOf(size), () => {});

const METRICS = (["p50", "p99", "p999", "max"] as const).map(
  (key): Metric => ({ key, unit: "µs", better: "lower" }),
);
const GOALS: Readonly<Record<string, { readonly floor: number; readonly moonshot: number }>> = {
  p99: { floor: 5, moonshot: 1 },
  p999: { floor: 200, moonshot: 50 },
  max: { floor: 5000, moonshot: 1000 },
};

function comparisons(peers: readonly string[]): Comparison[] {
  return METRICS.flatMap((metric) => [
    { metric, ours: "rerun-rx", ...GOALS[metric.key] },
    ...peers.map((peer) => ({ metric, ours: "rerun-rx", peer })),
  ]);
}

const common: Pick<Part, "sizes" | "runs"> = {
  sizes: {
    quick: { milliseconds: 200 },
    normal: { milliseconds: 10_000 },
    long: { milliseconds: 60_000 },
  },
  runs: { warmups: 0, runs: 3 },
};

export const workload: Workload = {
  id: "D1",
  title: "time of one log() at 50 kHz, default batching, LZ4",
  parts: [
    {
      ...common,
      name: "spinning",
      cases: [
        { name: "rerun-rx", rows: rowsOf, prepare: ours(spinning) },
        { name: "an empty function", prepare: nothing(spinning) },
        { name: "pino", prepare: (input) => withPino(input, spinning, true) },
        { name: "Python log", python: { program: "d1_latency.py" } },
      ],
      comparisons: comparisons(["an empty function", "pino", "Python log"]),
    },
    {
      ...common,
      name: "yielding",
      cases: [
        { name: "rerun-rx", rows: rowsOf, prepare: ours(yielding) },
        { name: "an empty function", prepare: nothing(yielding) },
        { name: "pino", prepare: (input) => withPino(input, yielding, false) },
        { name: "@mcap/core JSON", prepare: withMcap },
      ],
      comparisons: comparisons(["an empty function", "pino", "@mcap/core JSON"]),
    },
  ],
};
