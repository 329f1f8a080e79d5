import { execFile } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { readRrd } from "../../lib/decode/read-rrd.ts";
import { Points3D, RecordingStream, Scalars } from "../../lib/index.ts";
import { save } from "../../sinks/save.ts";
import { findPeer, peerEnv } from "../../spec/helpers/peers.ts";
import { points } from "../data.ts";
import { timed } from "../harness/timed.ts";
import {
  type Case,
  type CaseInput,
  get,
  MB_PER_SECOND,
  type Part,
  ROWS_PER_SECOND,
  type Run,
  type Size,
  type Workload,
} from "../harness/workload.ts";
import { EQUAL_BATCHING } from "../peers/rerun-rx.ts";

const rowsOf = (size: Size): number => get(size, "scalars") + get(size, "clouds");

/** Scalars in chunks of 4096 rows or by default, and clouds of points; compressed. */
async function write({ size, file }: CaseInput): Promise<Uint8Array> {
  const rec = new RecordingStream("rerun_rx_bench", {
    batch: EQUAL_BATCHING,
    sendProperties: false,
  });
  rec.attach(save(file, { overwrite: true }));
  const data = Array.from({ length: 8 }, (_, i) => points(i, 1000));
  for (let i = 0; i < get(size, "scalars"); i++) {
    rec.setTime("frame", { sequence: i });
    rec.log(`scalar_${i % 10}`, Scalars(Math.sin(i / 100)));
  }
  for (let i = 0; i < get(size, "clouds"); i++) {
    const { positions, colors, radii } = data[i % 8] as (typeof data)[number];
    rec.log(`cloud_${i % 10}`, Points3D(positions, { colors, radii }));
  }
  await rec.close();
  return readFileSync(file);
}

function reading(name: string, read: (file: string, rows: number) => Promise<void>): Case {
  return {
    name,
    prepare: async (input): Promise<Run> => {
      const bytes = await write(input);
      return async () => {
        writeFileSync(input.file, bytes);
        const rows = rowsOf(input.size);
        return await timed({ rows, bytes: statSync(input.file).size }, () =>
          read(input.file, rows),
        );
      };
    },
  };
}

function expectRows(rows: number, expected: number): void {
  if (rows !== expected) throw new Error(`${rows} of ${expected} rows were read`);
}

const cases: readonly Case[] = [
  reading("rerun-rx, messages", async (file, expected) => {
    let rows = 0;
    for await (const message of readRrd(file)) {
      if (message.kind === "chunk") rows += message.chunk.numRows;
    }
    expectRows(rows, expected);
  }),
  reading("rerun-rx, every column", async (file, expected) => {
    let rows = 0;
    let sum = 0;
    for await (const message of readRrd(file)) {
      if (message.kind !== "chunk") continue;
      const { chunk } = message;
      rows += chunk.numRows;
      const columns = chunk.columns();
      sum += columns.rowIds().length;
      for (const { timeline } of chunk.timelines) sum += columns.times(timeline).length;
      for (const { descriptor } of chunk.components) sum += columns.component(descriptor).length;
    }
    expectRows(rows, expected);
    if (sum === 0) throw new Error("no columns were read");
  }),
  // Its process starts each time: the file is large enough for that not to matter.
  reading("rerun rrd stats", async (file) => {
    const { path } = await findPeer("rerun-cli");
    await promisify(execFile)(path, ["rrd", "stats", file], {
      env: peerEnv(),
      maxBuffer: 64 << 20,
    });
  }),
];

const part: Part = {
  name: "scalars and clouds",
  sizes: {
    quick: { scalars: 10_000, clouds: 100 },
    normal: { scalars: 2_000_000, clouds: 10_000 },
  },
  cases,
  comparisons: [MB_PER_SECOND, ROWS_PER_SECOND].flatMap((metric) =>
    ["rerun-rx, messages", "rerun-rx, every column"].map((ours) => ({
      metric,
      ours,
      peer: "rerun rrd stats",
    })),
  ),
};

export const workload: Workload = {
  id: "R1",
  title: "reading a file",
  parts: [part],
};
