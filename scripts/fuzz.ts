// Gives every decoder changed bytes, a million in all: `npm run fuzz`. To run one input again: `npm run fuzz -- --target
// arrow --seed 123 --inputs 1`.

import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Finding, fuzz } from "./fuzz/run.ts";
import { fuzzTargets } from "./fuzz/targets.ts";

/** A decoder that is silent for so long hangs, in milliseconds. */
const SILENCE_MS = 60_000;

const WORKER = "--worker";

interface Work {
  readonly target: string;
  readonly seed: number;
  readonly inputs: number;
}

type Report =
  | { readonly kind: "progress"; readonly inputs: number }
  | { readonly kind: "done"; readonly findings: readonly Finding[] };

async function work({ target, seed, inputs }: Work): Promise<void> {
  const found = (await fuzzTargets()).find(({ name }) => name === target);
  if (found === undefined) throw new Error(`there is no target ${target}`);
  const tell = (report: Report): unknown => process.send?.(report);
  const findings = await fuzz(found, {
    seed,
    inputs,
    onProgress: (done) => tell({ kind: "progress", inputs: done }),
  });
  tell({ kind: "done", findings });
}

/** Runs a target in a process of its own, so that one that hangs, or crashes, can be told. */
function supervise(job: Work): Promise<readonly Finding[]> {
  return new Promise((resolve) => {
    const child = fork(fileURLToPath(import.meta.url), [WORKER, JSON.stringify(job)]);
    let done = 0;
    let alarm: NodeJS.Timeout;
    const end = (problem: string): void => {
      clearTimeout(alarm);
      const seed = job.seed + done;
      const about = `${problem} with one of the seeds from ${seed} to ${seed + 255}`;
      resolve([{ target: job.target, seed, problem: about }]);
    };
    const watch = (): void => {
      clearTimeout(alarm);
      alarm = setTimeout(() => {
        child.kill("SIGKILL");
        end("hangs");
      }, SILENCE_MS);
    };
    watch();
    child.on("message", (report: Report) => {
      watch();
      if (report.kind === "progress") {
        done = report.inputs;
        return;
      }
      clearTimeout(alarm);
      resolve(report.findings);
    });
    child.once("exit", (code, signal) => end(`ends (${signal ?? code})`));
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      inputs: { type: "string", default: "1000000" },
      seed: { type: "string" },
      target: { type: "string", multiple: true },
    },
  });
  const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
  const all = (await fuzzTargets()).map(({ name }) => name);
  const targets = values.target ?? all;
  const each = Math.ceil(Number(values.inputs) / targets.length);
  if (!Number.isSafeInteger(seed) || !(each >= 1))
    throw new Error("Expected --seed and --inputs to be whole numbers");
  let total = 0;
  const findings: Finding[] = [];
  for (const target of targets) {
    if (!all.includes(target)) throw new Error(`Expected --target to be one of ${all.join(", ")}`);
    const start = performance.now();
    const own = await supervise({ target, seed, inputs: each });
    const seconds = (performance.now() - start) / 1000;
    total += each;
    findings.push(...own);
    console.log(
      `${target.padEnd(14)} ${each} inputs from seed ${seed} in ${seconds.toFixed(1)} s: ${own.length} findings`,
    );
  }
  for (const finding of findings.slice(0, 20))
    console.error(`\n${finding.target}, seed ${finding.seed}: ${finding.problem}`);
  console.log(`${total} inputs, ${findings.length} findings`);
  if (findings.length > 0) process.exitCode = 1;
}

const [mode, job] = process.argv.slice(2);
if (mode === WORKER) {
  await work(JSON.parse(job as string) as Work);
  process.disconnect();
} else await main();
