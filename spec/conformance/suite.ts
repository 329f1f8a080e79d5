import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BATCH_PRESETS, RecordingStream } from "../../lib/index.ts";
import { saveBlueprint } from "../../lib/node/save-blueprint.ts";
import { save } from "../../sinks/save.ts";
import { decodeRrd } from "../helpers/decode-rrd.ts";
import { compare, python, verify } from "../helpers/rerun-cli.ts";
import { blueprintControls } from "./blueprint-controls.ts";
import { blueprintDifferences } from "./blueprint-differences.ts";
import type { Case, Cases } from "./case.ts";
import { allCases } from "./cases/index.ts";
import { controls } from "./controls.ts";
import { notApplicable } from "./not-applicable.ts";

/** What became of one case. */
export interface CaseResult {
  readonly name: string;
  readonly outcome: "equal" | "differs" | "not applicable";
  /** Why it is not equal; empty otherwise. */
  readonly reason: string;
}

/** Environment of the official SDK: every row a chunk of its own, every warning an error. */
const pythonEnv = {
  PYTHONWARNINGS: "error",
  RERUN_FLUSH_NUM_ROWS: "0",
  RERUN_STRICT: "1",
};

/**
 * Logs every case with both SDKs and compares the files with the official tool; ours must also pass its check.
 *
 * @param folder for the files; `NAME.rrd` below `ours` and `official`, which must exist
 */
export async function runCases(folder: string, only?: RegExp): Promise<readonly CaseResult[]> {
  const chosen = Object.entries(allCases).filter(([name]) => only?.test(name) ?? true);
  const official = join(folder, "official");
  const [problems, ours] = await Promise.all([
    writeOfficial(official),
    writeOurs(join(folder, "ours"), Object.fromEntries(chosen)),
  ]);
  const written = chosen.filter(([name]) => problems[name] === null && !ours.has(name));
  const layouts = await blueprintDifferences(
    official,
    join(folder, "ours"),
    written.map(([name]) => nameOf(name)),
  );
  const broken = await verifyAll(chosen.map(([name]) => fileOf(join(folder, "ours"), name)));
  const results = await mapPool(chosen, availableParallelism(), async ([name]) => {
    const reason = await difference(name);
    return { name, outcome: reason === "" ? "equal" : "differs", reason } as const;
  });
  const left = Object.keys(problems).filter((name) => !(name in allCases));
  return [
    ...results,
    ...left.map(
      (name) => ({ name, outcome: "differs", reason: "has no TypeScript side" }) as const,
    ),
    ...Object.entries(notApplicable).map(
      ([name, reason]) => ({ name, outcome: "not applicable", reason }) as const,
    ),
  ];

  async function difference(name: string): Promise<string> {
    const problem = problems[name];
    if (problem === undefined) return "has no Python side";
    if (problem !== null) return `the Python side failed: ${problem}`;
    const ownProblem = ours.get(name);
    if (ownProblem !== undefined) return `the TypeScript side failed: ${ownProblem}`;
    const file = fileOf(join(folder, "ours"), name);
    if (broken.has(file)) return `rrd verify: ${broken.get(file) ?? ""}`;
    const layout = layouts[nameOf(name)] ?? null;
    if (layout !== null) return `blueprint: ${layout}`;
    // The tool wants a recording in each file.
    if (allCases[name]?.blueprintFile !== undefined) return "";
    const { code, stdout, stderr } = await compare(fileOf(official, name), file);
    if (code !== 0) return `rrd compare: ${essence(stdout + stderr)}`;
    return ignoredDifference(fileOf(official, name), file);
  }
}

/** Logs each control twice, unchanged and with one change: the tool must find the change, and nothing else. */
export async function runControls(folder: string): Promise<readonly CaseResult[]> {
  const both: Record<string, Case> = {};
  for (const [name, { changed, original }] of Object.entries(controls)) {
    both[`${name}/original`] = { log: original };
    both[`${name}/again`] = { log: original };
    both[`${name}/changed`] = { log: changed };
  }
  await writeOurs(folder, both);
  const recordings = await mapPool(Object.keys(controls), availableParallelism(), async (name) => {
    const file = (version: string): string => fileOf(folder, `${name}/${version}`);
    const same = await compare(file("original"), file("again"));
    const other = await compare(file("original"), file("changed"));
    const reason =
      same.code !== 0
        ? "equal files were called different"
        : other.code === 0
          ? "the change was not found"
          : "";
    return { name, outcome: reason === "" ? "equal" : "differs", reason } as const;
  });
  return [...recordings, ...(await runBlueprintControls(folder))];
}

async function runBlueprintControls(folder: string): Promise<readonly CaseResult[]> {
  const names = Object.keys(blueprintControls);
  const [original, again, changed] = ["original", "again", "changed"].map((version) =>
    join(folder, version),
  ) as [string, string, string];
  const write = async (to: string, version: "original" | "changed"): Promise<void> => {
    await mkdir(to, { recursive: true });
    const cases = Object.entries(blueprintControls).map(
      ([name, control]) => [name, { log: control[version] }] as const,
    );
    await writeOurs(to, Object.fromEntries(cases));
  };
  await write(original, "original");
  await write(again, "original");
  await write(changed, "changed");
  const files = names.map(nameOf);
  const same = await blueprintDifferences(original, again, files);
  const other = await blueprintDifferences(original, changed, files);
  return names.map((name) => {
    const wrong = same[nameOf(name)];
    const reason =
      wrong !== null
        ? `equal blueprints were called different: ${wrong ?? "not compared"}`
        : typeof other[nameOf(name)] !== "string"
          ? "the change was not found"
          : "";
    return { name, outcome: reason === "" ? "equal" : "differs", reason } as const;
  });
}

/** One line for each case, and the counts. */
export function table(results: readonly CaseResult[]): string {
  const width = Math.max(...results.map(({ name }) => name.length));
  const lines = [...results]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, outcome, reason }) =>
      `${name.padEnd(width)}  ${outcome}${reason === "" ? "" : ` (${reason})`}`.trimEnd(),
    );
  const count = (outcome: CaseResult["outcome"]): number =>
    results.filter((result) => result.outcome === outcome).length;
  return [
    ...lines,
    "",
    `${count("equal")} equal, ${count("differs")} differ, ${count("not applicable")} not applicable`,
  ].join("\n");
}

/** Writes the official files; resolves with what went wrong, by case. */
export async function writeOfficial(
  folder: string,
): Promise<Readonly<Record<string, string | null>>> {
  const program = fileURLToPath(new URL("write_cases.py", import.meta.url));
  const { code, stdout, stderr } = await python([program, folder], {
    env: pythonEnv,
    timeoutMs: 120_000,
  });
  const report = stdout.trimEnd().split("\n").at(-1) ?? "";
  if (code !== 0 || !report.startsWith("{")) {
    throw new Error(`Expected the official files to be written, got exit code ${code}\n${stderr}`);
  }
  return JSON.parse(report) as Record<string, string | null>;
}

/** Writes our files; resolves with what went wrong, by case. */
async function writeOurs(folder: string, cases: Cases): Promise<ReadonlyMap<string, string>> {
  const problems = new Map<string, string>();
  for (const [name, definition] of Object.entries(cases)) {
    const { app = "conformance", sendProperties = true, batched = false, log } = definition;
    if (definition.blueprintFile !== undefined) {
      saveBlueprint(fileOf(folder, name), definition.blueprintFile(), app);
      continue;
    }
    const rec = new RecordingStream(app, {
      recordingId: name,
      batch: batched ? BATCH_PRESETS.never : BATCH_PRESETS.always,
      sendProperties,
      enabled: true,
    });
    try {
      rec.attach(save(fileOf(folder, name)));
      log(rec);
    } catch (error) {
      problems.set(name, error instanceof Error ? error.message : String(error));
    }
    const { complete } = await rec.close();
    if (!complete && !problems.has(name)) problems.set(name, "the file was not completed");
  }
  return problems;
}

/** Checks all files in one run of the tool, one by one only if that fails. */
async function verifyAll(files: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const broken = new Map<string, string>();
  if (files.length === 0 || (await verify(...files)).code === 0) return broken;
  await mapPool(files, availableParallelism(), async (file) => {
    const { code, stdout, stderr } = await verify(file);
    if (code !== 0) broken.set(file, essence(stdout + stderr));
  });
  return broken;
}

/** What the tool leaves out: the times on `sim_time`. Empty when they are equal. */
function ignoredDifference(official: string, ours: string): string {
  const times = (file: string): string =>
    decodeRrd(readFileSync(file))
      .chunks.filter((chunk) => chunk.timelines.includes("sim_time"))
      .map((chunk) => `${chunk.entityPath} ${chunk.column("sim_time").join()}`)
      .sort()
      .join("\n");
  // Reading costs more than comparing: only where there is something to find.
  if (!readFileSync(ours).includes("sim_time")) return "";
  return times(official) === times(ours) ? "" : "times on sim_time differ";
}

/** The lines of the tool's output that say what differs. */
function essence(output: string): string {
  const lines = output
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => /error|could not be matched|mismatch|expected|differ|!=/i.test(line));
  return (lines.length > 0 ? lines : [output.trim()]).join(" | ").slice(0, 600);
}

function fileOf(folder: string, name: string): string {
  return join(folder, nameOf(name));
}

function nameOf(name: string): string {
  return `${name.replaceAll("/", "__")}.rrd`;
}

/** Like `Promise.all` over a map, with at most `width` at a time. */
export async function mapPool<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const run = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) results[i] = await work(items[i] as T);
  };
  await Promise.all(Array.from({ length: width }, run));
  return results;
}
