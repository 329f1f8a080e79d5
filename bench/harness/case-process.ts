import { type ChildProcessByStdio, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { peerEnv } from "../../spec/helpers/peers.ts";
import type { Case, Measured, Size } from "./workload.ts";

export interface CaseProcessOptions {
  readonly workload: string;
  readonly part: string;
  readonly case: Case;
  readonly size: Size;
  readonly file: string;
  /** Folder of the build; see `buildBench`. */
  readonly build: string;
  /** Interpreter with the official SDK, for cases in Python. */
  readonly python: string | undefined;
  /** More flags for Node, such as `--cpu-prof`. */
  readonly nodeArgs?: readonly string[];
}

const benchRoot = join(import.meta.dirname, "..");

/** A process that holds the data of one case and runs it when asked. */
export class CaseProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: Interface;
  readonly #answers: AsyncIterator<string>;
  readonly #name: string;

  constructor(options: CaseProcessOptions) {
    this.#name = `${options.workload} ${options.part} ${options.case.name}`;
    const [program, ...args] = command(options);
    this.#child = spawn(program as string, args, {
      cwd: benchRoot,
      // Settings of the user must not change what is measured.
      env: Object.fromEntries(
        Object.entries(peerEnv()).filter(([name]) => !/^RERUN(_FLUSH|_CHUNK|_MAX|$)/.test(name)),
      ),
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#child.stdin.on("error", () => {});
    this.#lines = createInterface({ input: this.#child.stdout });
    this.#answers = this.#lines[Symbol.asyncIterator]();
  }

  /** One run. */
  async run(): Promise<Measured> {
    this.#child.stdin.write("run\n");
    const answer = await this.#answers.next();
    if (answer.done === true) throw new Error(`${this.#name} ended before it answered; see above`);
    return JSON.parse(answer.value) as Measured;
  }

  /** Lets the process end; resolves when it is gone. */
  async end(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = new Promise((resolve) => this.#child.once("exit", resolve));
      this.#child.stdin.end();
      await gone;
    }
    this.#lines.close();
  }
}

function command(options: CaseProcessOptions): string[] {
  const { workload, part, case: which, size, file, build, python, nodeArgs = [] } = options;
  if (which.python !== undefined) {
    if (python === undefined) throw new Error(`${which.name} needs Python with the official SDK`);
    const program = join(benchRoot, "python", which.python.program);
    const shared = { size, file, build, node: process.execPath };
    return [python, program, JSON.stringify({ ...shared, ...which.python.options })];
  }
  const entry = join(build, "dist/bench/case.js");
  return [
    process.execPath,
    "--expose-gc",
    ...nodeArgs,
    entry,
    workload,
    part,
    which.name,
    JSON.stringify({ size, file }),
  ];
}
