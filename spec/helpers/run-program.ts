import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { isAbsolute, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath, pathToFileURL } from "node:url";
import { compileFixtures } from "./compile-fixtures.ts";

/** The folder of `package.json`. */
export const projectRoot: string = fileURLToPath(new URL("../..", import.meta.url));

const tsxUrl = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

/** How a program is started. */
export interface ProgramOptions {
  readonly args?: readonly string[];
  /** Added to the environment of the spec run; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: the project's folder. */
  readonly cwd?: string;
  /** Whether a TypeScript program imports what is built, and not sources; default false. */
  readonly built?: boolean;
  /** More flags for Node itself, such as `--expose-gc`. */
  readonly nodeArgs?: readonly string[];
  /** What runs Node instead, such as `["sh", "-c", 'ulimit -f 200; exec "$0" "$@"']`. */
  readonly wrapper?: readonly string[];
}

/** How a program ended, and all that it printed. */
export interface ProgramResult {
  /** Exit code; `null` when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as it came, for programs that write binary data there. */
  readonly stdoutBytes: Uint8Array;
}

/** A real process, started by {@link usePrograms}. */
export interface Program {
  readonly pid: number;
  readonly stdin: Writable;
  /** What came so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves when the process is gone and its output has been read; never rejects. */
  readonly exit: Promise<ProgramResult>;
  /**
   * Resolves with the first complete line, of either output, that matches: also one that was printed before.
   * Rejects when the process ends without it; the message holds what it printed.
   */
  line(match: string | RegExp | ((line: string) => boolean)): Promise<string>;
  /** Sends a signal to this process alone, default `SIGKILL`, and resolves when it is gone. */
  kill(signal?: NodeJS.Signals): Promise<ProgramResult>;
  /** Sends a signal and does not wait. */
  signal(signal: NodeJS.Signals): void;
  /** Stops reading the output, as `| head` does: the program's next write meets a broken pipe. */
  closeOutput(): void;
}

/** Starts a program: one of `spec/fixtures` by its name, which is compiled, or any file by its absolute path. */
export type RunProgram = (file: string, options?: ProgramOptions) => Program;

/**
 * Lets the tests of the surrounding suite run programs as real processes, without a build.
 *
 * Call it in the body of `describe`. What still runs after a test is killed, with its children; what the
 * test itself does not end is thereby ended, not reported.
 *
 * ```ts
 * const run = usePrograms();
 * it("…", async () => {
 *   const program = run("log-forever.ts", { args: ["--save", dir.file("a.rrd")] });
 *   await program.line(/^saved/);
 *   const { signal } = await program.kill("SIGINT");
 * });
 * ```
 */
export function usePrograms(): RunProgram {
  let started: StartedProgram[] = [];
  let compiled = "";

  before("compile the programs", async () => {
    compiled = await compileFixtures();
  });

  afterEach("end the programs", async () => {
    const programs = started;
    started = [];
    await Promise.all(programs.map((program) => program.end()));
  });

  return (file, options) => {
    const path = isAbsolute(file) ? file : join(compiled, file.replace(/\.ts$/, ".js"));
    const program = new StartedProgram(file, path, options);
    started.push(program);
    return program;
  };
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

class StartedProgram implements Program {
  readonly exit: Promise<ProgramResult>;
  readonly #child: Child;
  readonly #name: string;
  readonly #stdout: Buffer[] = [];
  readonly #stderr: Buffer[] = [];
  readonly #watchers = new Set<() => void>();
  #ended = false;

  constructor(name: string, path: string, options: ProgramOptions = {}) {
    this.#name = name;
    const [command, ...before] = [...(options.wrapper ?? []), process.execPath] as const;
    this.#child = spawn(
      command,
      [
        ...before,
        // What is built already needs neither. By URL, as `tsx` alone would be looked up from the working directory.
        ...(path.endsWith(".ts") && options.built !== true ? ["--conditions=source"] : []),
        ...(path.endsWith(".ts") ? [`--import=${tsxUrl}`] : []),
        ...(options.nodeArgs ?? []),
        path,
        ...(options.args ?? []),
      ],
      {
        cwd: options.cwd ?? projectRoot,
        // Coverage of a child that loads the same files would spoil that of the specs.
        env: { ...process.env, NODE_V8_COVERAGE: "", ...options.env },
        stdio: ["pipe", "pipe", "pipe"],
        // A process group of its own, so that its children can be ended with it.
        detached: true,
      },
    );
    const child = this.#child;
    // A program that ends early breaks our pipe to it; its exit says so.
    child.stdin.on("error", () => {});
    for (const [stream, chunks] of [
      [child.stdout, this.#stdout],
      [child.stderr, this.#stderr],
    ] as const) {
      stream.on("data", (data: Buffer) => {
        chunks.push(data);
        this.#look();
      });
    }
    const endGroup = (): void => this.#signalGroup();
    process.once("exit", endGroup);

    this.exit = new Promise((done) => {
      child.once("error", (error) => {
        this.#ended = true;
        process.off("exit", endGroup);
        this.#stderr.push(Buffer.from(String(error)));
        this.#look();
        done(this.#result(null, null));
      });
      child.once("close", (code, signal) => {
        this.#ended = true;
        process.off("exit", endGroup);
        this.#look();
        done(this.#result(code, signal));
      });
    });
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.#name} could not be started`);
    return this.#child.pid;
  }

  get stdin(): Writable {
    return this.#child.stdin;
  }

  get stdout(): string {
    return Buffer.concat(this.#stdout).toString();
  }

  get stderr(): string {
    return Buffer.concat(this.#stderr).toString();
  }

  line(match: string | RegExp | ((line: string) => boolean)): Promise<string> {
    const matches =
      typeof match === "function"
        ? match
        : (line: string) => (typeof match === "string" ? line.includes(match) : match.test(line));

    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = [this.stdout, this.stderr].flatMap(completeLines).find(matches);
        if (found === undefined && !this.#ended) return;
        this.#watchers.delete(look);
        if (found !== undefined) resolve(found);
        else
          reject(
            new Error(
              `${this.#name} ended without a line that matches ${String(match)}\n${this.#printed()}`,
            ),
          );
      };
      this.#watchers.add(look);
      look();
    });
  }

  kill(signal: NodeJS.Signals = "SIGKILL"): Promise<ProgramResult> {
    this.signal(signal);
    return this.exit;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  closeOutput(): void {
    this.#child.stdout.destroy();
  }

  /** Ends what is left: the process, or children that it left behind. */
  async end(): Promise<void> {
    this.#signalGroup();
    await this.exit;
  }

  #look(): void {
    for (const watcher of this.#watchers) watcher();
  }

  #printed(): string {
    return `stdout: ${this.stdout}\nstderr: ${this.stderr}`;
  }

  #signalGroup(): void {
    try {
      process.kill(-this.pid, "SIGKILL");
    } catch {
      // All of it has ended by itself.
    }
  }

  #result(code: number | null, signal: NodeJS.Signals | null): ProgramResult {
    const stdoutBytes = Buffer.concat(this.#stdout);
    return { code, signal, stdout: stdoutBytes.toString(), stderr: this.stderr, stdoutBytes };
  }
}

/** The lines that have ended; the rest may still grow. */
function completeLines(text: string): string[] {
  return text.split("\n").slice(0, -1);
}
