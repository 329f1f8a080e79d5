import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { AnyValues, RecordingStream, Scalars } from "../../lib/index.ts";
import { serve } from "../../sinks/serve.ts";
import { noise } from "../data.ts";
import {
  type Case,
  get,
  type Metric,
  type Part,
  ROWS_PER_SECOND,
  type Run,
  type Size,
  type Workload,
} from "../harness/workload.ts";
import type { Watched } from "../peers/watcher-program.ts";

const MIB = 1 << 20;
const TICK_MS = 10;
/** Bytes that do not shrink, with each tick: what a camera or a scanner would send. */
const BLOB_BYTES = 24 * 1024;
const BLOBS = 64;

/** Clients in a process of their own. */
interface Watchers {
  /** Resolves when all that read have everything before `seq`. */
  reached(seq: number): Promise<Watched>;
  end(): Promise<void>;
}

async function startWatchers(port: number, reading: number, stuck: number): Promise<Watchers> {
  const program = join(import.meta.dirname, "../peers/watcher-program.js");
  const child = spawn(process.execPath, [program, `${port}`, `${reading}`, `${stuck}`], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  return {
    reached: async (seq) => {
      child.stdin.write(`${seq}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error("the clients ended before they had everything");
      return JSON.parse(value) as Watched;
    },
    end: async () => {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.stdin.end();
      await gone;
    },
  };
}

/** Logs at a fixed rate, as programs do, and counts how much of it was possible. */
async function logFor(
  rec: RecordingStream,
  seconds: number,
  rowsPerSecond: number,
): Promise<number> {
  const blobs = Array.from({ length: BLOBS }, (_, i) => noise(i + 1, BLOB_BYTES));
  const ticks = (seconds * 1000) / TICK_MS;
  const rowsPerTick = (rowsPerSecond * TICK_MS) / 1000;
  const began = performance.now();
  for (let tick = 0; tick < ticks; tick++) {
    const wait = began + tick * TICK_MS - performance.now();
    await new Promise((resolve) => (wait > 0 ? setTimeout(resolve, wait) : setImmediate(resolve)));
    rec.setTime("tick", { sequence: tick });
    for (let i = 0; i < rowsPerTick; i++) rec.log(`scalar_${i % 10}`, Scalars(i));
    rec.log("blob", AnyValues({ bytes: blobs[tick % BLOBS] }));
  }
  return (performance.now() - began) / 1000;
}

function serving(
  name: string,
  clients: { readonly reading: number; readonly stuck: number },
): Case {
  return {
    name,
    prepare:
      ({ size }): Run =>
      async () => {
        const historyBytes = get(size, "historyMiB") * MIB;
        const hub = await serve({ port: 0, historyBytes });
        const watchers = await startWatchers(hub.port, clients.reading, clients.stuck);
        const rec = new RecordingStream("rerun_rx_bench", { historyBytes: 0 });
        rec.attach(hub);
        globalThis.gc?.();
        const before = process.memoryUsage.rss();
        let peak = before;
        const timer = setInterval(() => {
          peak = Math.max(peak, process.memoryUsage.rss());
        }, 50);
        try {
          const rows = get(size, "seconds") * get(size, "rowsPerSecond");
          const seconds = await logFor(rec, get(size, "seconds"), get(size, "rowsPerSecond"));
          await rec.flush();
          const sent = rec.stats.messages;
          const { frames, dropped } = await watchers.reached(sent);
          const missing = clients.reading * sent - frames;
          if (missing !== 0 || dropped !== 0)
            throw new Error(`${missing} messages did not arrive, ${dropped} were dropped`);
          return {
            metrics: {
              seconds,
              rowsPerSecond: rows / seconds,
              memoryOfLimit: (peak - before) / historyBytes,
            },
          };
        } finally {
          clearInterval(timer);
          await watchers.end();
          await rec.close();
        }
      },
  };
}

const MEMORY: Metric = { key: "memoryOfLimit", unit: "of historyBytes", better: "lower" };

const size = (seconds: number, historyMiB: number): Size => ({
  seconds,
  rowsPerSecond: 50_000,
  historyMiB,
});

const part: Part = {
  name: "50 clients",
  sizes: { quick: { ...size(1, 64), rowsPerSecond: 5_000 }, normal: size(30, 64) },
  runs: { warmups: 0, runs: 3 },
  cases: [
    serving("rerun-rx, 45 clients and 5 that never read", { reading: 45, stuck: 5 }),
    serving("rerun-rx, no clients", { reading: 0, stuck: 0 }),
  ],
  comparisons: [
    {
      metric: ROWS_PER_SECOND,
      ours: "rerun-rx, 45 clients and 5 that never read",
      peer: "rerun-rx, no clients",
      floor: 0.9,
    },
    { metric: MEMORY, ours: "rerun-rx, 45 clients and 5 that never read", floor: 1.25 },
  ],
};

export const workload: Workload = {
  id: "H1",
  title: "serve to 50 WebSocket clients, of which 5 never read; the others get everything",
  parts: [part],
};
