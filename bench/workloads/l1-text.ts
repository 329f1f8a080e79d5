import { TextLog } from "../../lib/index.ts";
import { Lcg } from "../data.ts";
import {
  type Case,
  type CaseInput,
  type Comparison,
  get,
  ROWS_PER_SECOND,
  type Run,
  type Size,
  type Workload,
} from "../harness/workload.ts";
import { EQUAL_BATCHING, type RerunRxOptions, rerunRx } from "../peers/rerun-rx.ts";

const TEXT_CHARACTERS = 60;

const rowsOf = (size: Size): number => get(size, "rows");
const pythonRowsOf = (size: Size): number => get(size, "pythonRows");

/** 1000 messages of 60 characters, each with a number in it. */
function texts(): readonly string[] {
  const lcg = new Lcg(42);
  return Array.from({ length: 1000 }, () =>
    `motor ${lcg.next()} reached its target position within tolerance`
      .padEnd(TEXT_CHARACTERS, ".")
      .slice(0, TEXT_CHARACTERS),
  );
}

function ours(name: string, options: RerunRxOptions): Case {
  return {
    name,
    rows: rowsOf,
    prepare: (input) => {
      const messages = texts();
      const rows = rowsOf(input.size);
      return rerunRx(input, { rows }, options, (rec) => {
        for (let i = 0; i < rows; i++) {
          rec.log("log", TextLog(messages[i % messages.length] as string, { level: "INFO" }));
        }
      });
    },
  };
}

async function pinoTexts(input: CaseInput): Promise<Run> {
  const { pinoFile } = await import("../peers/pino.ts");
  const messages = texts();
  const rows = rowsOf(input.size);
  return pinoFile(input, { rows }, (logger) => {
    for (let i = 0; i < rows; i++) logger.info(messages[i % messages.length] as string);
  });
}

async function mcapTexts(input: CaseInput): Promise<Run> {
  const { mcap } = await import("../peers/mcap.ts");
  const messages = texts();
  const rows = rowsOf(input.size);
  const encoder = new TextEncoder();
  return mcap(input, { rows }, ["log"], "json", async (add) => {
    for (let i = 0; i < rows; i++) {
      await add(
        0,
        i,
        encoder.encode(JSON.stringify({ level: "INFO", message: messages[i % messages.length] })),
      );
    }
  });
}

const cases: readonly Case[] = [
  ours("rerun-rx", { batch: EQUAL_BATCHING }),
  { name: "pino", prepare: pinoTexts },
  { name: "@mcap/core JSON", prepare: mcapTexts },
  {
    name: "Python log",
    rows: pythonRowsOf,
    python: { program: "l1_text.py", options: { batching: "equal" } },
  },
  ours("rerun-rx, default batching", {}),
  {
    name: "Python log, default batching",
    rows: pythonRowsOf,
    python: { program: "l1_text.py", options: { batching: "default" } },
  },
];

const metric = ROWS_PER_SECOND;
const comparisons: readonly Comparison[] = [
  { metric, ours: "rerun-rx", peer: "pino" },
  { metric, ours: "rerun-rx", peer: "@mcap/core JSON" },
  { metric, ours: "rerun-rx", peer: "Python log" },
  { metric, ours: "rerun-rx, default batching", peer: "Python log, default batching" },
];

export const workload: Workload = {
  id: "L1",
  title: "text log with level, messages of 60 characters, LZ4",
  parts: [
    {
      name: "one by one",
      sizes: {
        quick: { rows: 5000, pythonRows: 200 },
        normal: { rows: 200_000, pythonRows: 10_000 },
      },
      cases,
      comparisons,
    },
  ],
};
