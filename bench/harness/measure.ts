import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { CaseProcess } from "./case-process.ts";
import { checkRrd } from "./check-rrd.ts";
import {
  type Case,
  type Measured,
  type Part,
  type Scale,
  sizeOf,
  type Workload,
} from "./workload.ts";

export interface MeasureOptions {
  readonly scale: Scale;
  /** Folder for files; each is deleted once it is checked. */
  readonly folder: string;
  readonly build: string;
  readonly python: string | undefined;
  /** Whether the official command checks the files. */
  readonly check: boolean;
  readonly nodeArgs?: readonly string[];
  /** Leaves out cases whose name does not match. */
  readonly cases?: RegExp;
  readonly progress?: (text: string) => void;
}

/** All runs of one case, without the warm-ups. */
export interface CaseResult {
  readonly name: string;
  readonly runs: readonly Measured[];
  /** Files that the official command found in order. */
  readonly checkedFiles: number;
}

export interface PartResult {
  readonly part: Part;
  readonly cases: readonly CaseResult[];
}

/** Files above this size are checked once a case, the last one. */
const CHECK_EACH_BYTES = 64 << 20;

/** Often where a run is short, three times where it takes many seconds. */
function chooseRuns(seconds: number): { readonly warmups: number; readonly runs: number } {
  if (seconds < 1) return { warmups: 3, runs: 9 };
  return seconds < 5 ? { warmups: 2, runs: 5 } : { warmups: 1, runs: 3 };
}

/** Runs all cases of a part in turns. */
export async function measurePart(
  workload: Workload,
  part: Part,
  options: MeasureOptions,
): Promise<PartResult> {
  const cases = part.cases.filter((each) => {
    if (each.python !== undefined && options.python === undefined) return false;
    return options.cases?.test(each.name) ?? true;
  });
  const running: RunningCase[] = [];
  try {
    for (const each of cases) running.push(new RunningCase(workload, part, each, options));
    for (const each of running) await each.warmUp();
    const rounds = Math.max(...running.map((each) => each.runs));
    for (let round = 0; round < rounds; round++) {
      const due = running.filter((each) => each.isDue(round, rounds));
      // How fast they are does not matter then.
      if (options.scale === "quick") await Promise.all(due.map((each) => each.run()));
      else for (const each of due) await each.run();
    }
    return { part, cases: running.map((each) => each.result) };
  } finally {
    await Promise.all(running.map((each) => each.end()));
  }
}

class RunningCase {
  runs = 0;
  readonly #case: Case;
  readonly #label: string;
  readonly #part: Part;
  readonly #options: MeasureOptions;
  readonly #file: string;
  readonly #process: CaseProcess;
  readonly #measured: Measured[] = [];
  #checkedFiles = 0;

  constructor(workload: Workload, part: Part, which: Case, options: MeasureOptions) {
    const { scale, folder, build, python, nodeArgs = [] } = options;
    this.#case = which;
    this.#part = part;
    this.#options = options;
    this.#label = `${workload.id} ${part.name}: ${which.name}`;
    this.#file = join(
      folder,
      `${workload.id} ${part.name} ${which.name}`.replaceAll(/[^a-z0-9]+/gi, "-") +
        (which.rows === undefined ? ".out" : ".rrd"),
    );
    this.#process = new CaseProcess({
      workload: workload.id,
      part: part.name,
      case: which,
      size: sizeOf(part, scale),
      file: this.#file,
      build,
      python,
      nodeArgs,
    });
  }

  get result(): CaseResult {
    return { name: this.#case.name, runs: this.#measured, checkedFiles: this.#checkedFiles };
  }

  /** Runs without being counted, and chooses by the time that takes how often to run. */
  async warmUp(): Promise<void> {
    const fixed = this.#part.runs;
    this.#options.progress?.(this.#label);
    if (this.#options.scale === "quick" || fixed?.warmups === 0) {
      this.runs = this.#options.scale === "quick" ? 1 : (fixed?.runs ?? 1);
      return;
    }
    let seconds = await this.#timedRun();
    await this.#check(false);
    let done = 1;
    if (fixed === undefined && seconds <= 5) {
      // The first one also compiles: the second says more about those that follow.
      seconds = await this.#timedRun();
      done++;
    }
    const { warmups, runs } = fixed ?? chooseRuns(seconds);
    for (; done < warmups; done++) await this.#process.run();
    this.runs = runs;
  }

  /** Seconds of a run as the case itself measures them, without the making of its data. */
  async #timedRun(): Promise<number> {
    const { metrics } = await this.#process.run();
    return metrics["seconds"] ?? 0;
  }

  /** Spreads the runs of a slow case over all rounds. */
  isDue(round: number, rounds: number): boolean {
    return (
      Math.floor(((round + 1) * this.runs) / rounds) > Math.floor((round * this.runs) / rounds)
    );
  }

  async run(): Promise<void> {
    this.#options.progress?.(`${this.#label} ${this.#measured.length + 1}/${this.runs}`);
    const measured = await this.#process.run();
    const file = statSync(this.#file, { throwIfNoEntry: false });
    this.#measured.push(
      file === undefined ? measured : { metrics: { ...measured.metrics, fileBytes: file.size } },
    );
    await this.#check(this.#measured.length === this.runs);
  }

  async #check(last: boolean): Promise<void> {
    const { check, scale } = this.#options;
    const { rows } = this.#case;
    const bytes = statSync(this.#file, { throwIfNoEntry: false })?.size;
    if (rows !== undefined && check && bytes !== undefined && (last || bytes <= CHECK_EACH_BYTES)) {
      await checkRrd(this.#file, rows(sizeOf(this.#part, scale)));
      this.#checkedFiles++;
    }
    // Pages that wait to be written to a file that is gone need not be written.
    rmSync(this.#file, { force: true });
  }

  end(): Promise<void> {
    return this.#process.end();
  }
}
