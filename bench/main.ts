// `npm run bench`: measures rerun-rx beside its peers. What is measured and why: docs/performance.md.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { which } from "../spec/helpers/peers.ts";
import { buildBench } from "./harness/build.ts";
import { describeMachine, lookFor } from "./harness/machine.ts";
import { measurePart } from "./harness/measure.ts";
import {
  formatMachine,
  formatTable,
  type Report,
  type ReportRow,
  reportPart,
} from "./harness/report.ts";
import type { Scale } from "./harness/workload.ts";
import { isWorkloadId, loadWorkload, WORKLOAD_IDS, type WorkloadId } from "./workloads/index.ts";

const USAGE = `Usage: npm run bench -- [options]
  --only S1[,S2]     workloads to run; default: all of ${WORKLOAD_IDS.join(", ")}
  --quick            small sizes, one run each: shows that everything works, not how fast it is
  --long             60 s instead of 10 s for D1
  --json             prints one JSON object instead of tables
  --cases REGEXP     runs only cases whose name matches
  --profile FOLDER   writes CPU profiles of the Node processes there
  --folder FOLDER    where files are written and deleted; default: the system's folder for temporary files`;

const { values: args } = parseArgs({
  options: {
    only: { type: "string" },
    quick: { type: "boolean", default: false },
    long: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    cases: { type: "string" },
    profile: { type: "string" },
    folder: { type: "string", default: tmpdir() },
    help: { type: "boolean", default: false },
  },
});

function workloads(only: string | undefined): readonly WorkloadId[] {
  if (only === undefined) return WORKLOAD_IDS;
  const ids = only.toUpperCase().split(",");
  return ids.map((id) => {
    if (!isWorkloadId(id))
      throw new RangeError(`Expected --only to name ${WORKLOAD_IDS.join(", ")}, got ${id}`);
    return id;
  });
}

/** Python's own environment has the command too. */
function findCommandBesidePython(): void {
  const python = process.env["RERUN_PYTHON"];
  if (python === undefined || process.env["RERUN_CLI"] !== undefined) return;
  const command = which(join(dirname(python), "rerun"));
  if (command !== undefined) process.env["RERUN_CLI"] = command;
}

async function main(): Promise<void> {
  const scale: Scale = args.quick ? "quick" : args.long ? "long" : "normal";
  const ids = workloads(args.only);
  const say = args.json
    ? (text: string) => console.error(text)
    : (text: string) => console.log(text);
  const progress = process.stderr.isTTY
    ? (text: string) => process.stderr.write(`\r\u001b[K${text}`)
    : undefined;

  findCommandBesidePython();
  const [build, python, command] = await Promise.all([
    buildBench(),
    lookFor("python"),
    lookFor("rerun-cli"),
  ]);
  const machine = await describeMachine(python.path);
  say(formatMachine(machine));
  if (python.missing !== undefined) say(`Python is left out. ${python.missing}`);
  if (command.missing !== undefined) say(`Files are not verified. ${command.missing}`);

  const folder = mkdtempSync(join(args.folder, "rerun-rx-bench-"));
  const rows: ReportRow[] = [];
  try {
    for (const id of ids) {
      const workload = await loadWorkload(id);
      const ours: ReportRow[] = [];
      for (const part of workload.parts) {
        const result = await measurePart(workload, part, {
          scale,
          folder,
          build,
          python: python.path,
          check: command.path !== undefined,
          ...(args.cases === undefined ? {} : { cases: new RegExp(args.cases) }),
          ...(args.profile === undefined
            ? {}
            : { nodeArgs: ["--cpu-prof", `--cpu-prof-dir=${args.profile}`] }),
          ...(progress === undefined ? {} : { progress }),
        });
        ours.push(...reportPart(workload, result, scale));
      }
      rows.push(...ours);
      progress?.("");
      if (!args.json) console.log(`\n${workload.id}: ${workload.title}\n${formatTable(ours)}`);
    }
  } finally {
    for (const each of [folder, build]) rmSync(each, { recursive: true, force: true });
  }
  if (args.json)
    console.log(JSON.stringify({ machine, scale, rows } satisfies Report, undefined, 2));
}

if (args.help) console.log(USAGE);
else await main();
