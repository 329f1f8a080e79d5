// Runs one case of a workload in a process of its own: `node case.js ID PART CASE {"size":…,"file":…}`. Each line on
// standard input asks for one run, each line on standard output answers with what was measured.
import { rmSync } from "node:fs";
import { createInterface } from "node:readline";
import type { CaseInput } from "./harness/workload.ts";
import { isWorkloadId, loadWorkload } from "./workloads/index.ts";

const [id = "", partName, caseName, json = "{}"] = process.argv.slice(2);
if (!isWorkloadId(id)) throw new RangeError(`no workload ${id}`);
const input = JSON.parse(json) as CaseInput;
const { parts } = await loadWorkload(id);
const found = parts
  .find((part) => part.name === partName)
  ?.cases.find((each) => each.name === caseName);
if (found?.prepare === undefined)
  throw new RangeError(`no case ${id} ${partName} ${caseName} in Node`);
const run = await found.prepare(input);

for await (const _ of createInterface({ input: process.stdin })) {
  rmSync(input.file, { force: true });
  globalThis.gc?.();
  const measured = await run();
  process.stdout.write(`${JSON.stringify(measured)}\n`);
}
