import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { decodeRrd } from "./decode-rrd.ts";
import { filesLike, inWords, type Rows, rowsAt, rowsIn, rowsOf } from "./exit-rows.ts";
import { FakeProxy } from "./fake-proxy.ts";
import { HubClient } from "./hub-client.ts";
import { eventually } from "./receivers.ts";
import type { Program, RunProgram } from "./run-program.ts";

/** How the program is told of an exit, by the words of the table. */
export const EXITS: Readonly<Record<string, string>> = {
  "return from main": "return",
  "process.exit()": "exit",
  SIGINT: "signal",
  "SIGINT twice": "signal twice",
  SIGTERM: "signal",
  "uncaught error": "throw",
  "unhandled rejection": "reject",
  "kill -9": "signal",
  "parent dies": "parent dies",
  "broken pipe on stdout": "broken pipe",
  "disk full": "disk full",
  "viewer gone": "viewer gone",
};

export const SINKS: Readonly<Record<string, string>> = {
  save: "save",
  "save with rotate": "rotated",
  stdout: "stdout",
  memory: "memory",
  flightRecorder: "flightRecorder",
  serve: "serve",
  connect: "connect",
  spawn: "spawn",
  socket: "socket",
};

/** One cell: a program that logs to one sink and ends in one way, and what is found afterwards. */
export class Scene {
  readonly #exit: string;
  readonly #sink: string;
  readonly #file: string;
  readonly #run: RunProgram;
  readonly #viewers: FakeProxy[] = [];
  #hub: RunningHub | undefined;
  #tookMs = Number.NaN;

  constructor(exit: string, sink: string, file: string, run: RunProgram) {
    this.#exit = exit;
    this.#sink = sink;
    this.#file = `${file}.rrd`;
    this.#run = run;
  }

  /** How long the program took to end. */
  get tookMs(): number {
    return this.#tookMs;
  }

  /** @returns what is kept, in the words of the table */
  async play(): Promise<string> {
    let group: number | undefined;
    try {
      const viewer = await this.#viewer();
      if (this.#sink === "socket") this.#hub = await startHub(this.#run);
      const program = this.#start(viewer);
      await program.line("ready");
      const port = told(program, /port (\d+)/);
      group = told(program, /pid (\d+)/);
      const browser = this.#sink === "serve" ? await HubClient.connect(port ?? 0) : undefined;
      program.stdin.write("log\n");
      await program.line("logged");
      const goesOn = await this.#timed(() => this.#end(program, viewer, port, browser, group));
      const kept = await this.#kept(program, port, browser);
      return [kept, ...(goesOn ? ["goes on"] : [])].filter((word) => word !== "").join(", ");
    } finally {
      await Promise.all(this.#viewers.map((viewer) => viewer.kill().catch(() => undefined)));
      if (group !== undefined) endGroup(group);
    }
  }

  async #timed<T>(end: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    try {
      return await end();
    } finally {
      this.#tookMs = performance.now() - begun;
    }
  }

  /** A viewer to connect to: of the sink itself, or of another one that is to be in trouble. */
  async #viewer(port?: number): Promise<FakeProxy | undefined> {
    const isNetwork = ["serve", "spawn", "socket"].includes(this.#sink);
    if (this.#sink !== "connect" && (this.#exit !== "viewer gone" || isNetwork)) return undefined;
    const viewer = await FakeProxy.listen(port === undefined ? {} : { port });
    this.#viewers.push(viewer);
    return viewer;
  }

  #start(viewer: FakeProxy | undefined): Program {
    const isConnect = this.#sink === "connect";
    const url = isConnect ? viewer?.url : this.#hub?.url;
    const args = [
      EXITS[this.#exit] ?? "",
      SINKS[this.#sink] ?? "",
      url ?? this.#file,
      ...(this.#exit === "parent dies" ? ["launch"] : []),
    ];
    const env = {
      RERUN: undefined,
      _RERUN_TEST_FORCE_SAVE: undefined,
      FIXTURE_FILE: `${this.#file}.full`,
      FIXTURE_VIEWER: isConnect ? undefined : viewer?.url,
    };
    if (this.#exit !== "disk full") return this.#run("exits.ts", { args, env });
    // Files may have 100 KiB; standard output is one.
    const output = this.#sink === "stdout" ? ` > '${this.#file}'` : "";
    const wrapper = ["sh", "-c", `ulimit -f 200; exec "$0" "$@"${output}`];
    return this.#run("exits.ts", { args, env, wrapper });
  }

  /** Lets the program end, or what it needs; tells whether it goes on. */
  async #end(
    program: Program,
    viewer: FakeProxy | undefined,
    port: number | undefined,
    browser: HubClient | undefined,
    group: number | undefined,
  ): Promise<boolean> {
    switch (this.#exit) {
      case "SIGINT":
      case "SIGTERM":
        await expectSignal(program, this.#exit);
        return false;
      case "SIGINT twice":
        program.signal("SIGINT");
        await program.line("stopping");
        await expectSignal(program, "SIGINT");
        return false;
      case "kill -9":
        await expectSignal(program, "SIGKILL");
        return false;
      case "parent dies":
        program.signal("SIGKILL");
        break;
      case "broken pipe on stdout":
        program.closeOutput();
        break;
      case "viewer gone":
        await program.line("viewer may go");
        await viewer?.kill();
        await this.#hub?.program.kill();
        await browser?.close();
        if (group !== undefined) endGroup(group);
        program.stdin.write("it is gone\n");
        await program.line("goes on");
        // Another one comes, at the same place.
        if (this.#sink === "connect") await this.#viewer(viewer?.port);
        if (this.#sink === "spawn") this.#viewers.push(await listenSoon(port ?? 0));
        if (this.#hub !== undefined) this.#hub = await startHub(this.#run, this.#hub.port);
        await program.line("flushed");
        if (this.#sink === "serve") return true;
        program.stdin.write("end\n");
        // What was before it is not the end.
        await this.#timed(() => program.exit);
        return true;
    }
    const isServer = this.#sink === "serve";
    if (isServer && ["return from main", "parent dies"].includes(this.#exit)) {
      // Until it is told to end: long enough for a program that would end by itself.
      await new Promise((resolve) => setTimeout(resolve, 500));
      return isRunning(program);
    }
    await program.exit;
    return program.stderr.includes("goes on");
  }

  async #kept(
    program: Program,
    port: number | undefined,
    browser: HubClient | undefined,
  ): Promise<string> {
    switch (this.#sink) {
      case "save":
        return this.#keptInFiles([await readFile(this.#file)]);
      case "save with rotate":
        return this.#keptInFiles(await filesLike(this.#file));
      case "flightRecorder":
        return (await filesLike(this.#file)).length === 0
          ? program.stderr.includes("goes on")
            ? ""
            : "gone"
          : this.#keptInFiles(await filesLike(this.#file)).replace("all", "dump");
      case "stdout":
        return this.#keptInFiles([
          this.#exit === "disk full"
            ? await readFile(this.#file)
            : (await program.exit).stdoutBytes,
        ]);
      case "memory":
        return this.#keptInMemory(program);
      case "connect":
        return this.#keptAt(rowsOf(this.#viewers.at(-1)?.frames ?? []));
      case "serve":
        return this.#keptAt(await this.#servedRows(program, port ?? 0, browser));
      case "spawn":
        if (this.#viewers.length > 0)
          return this.#keptAt(rowsOf(this.#viewers.at(-1)?.frames ?? []));
        return this.#keptAt(await rowsAt(port ?? 0));
      case "socket":
        return this.#keptAt(await rowsAt(this.#hub?.port ?? 0));
      default:
        throw new Error(`Unknown sink: ${this.#sink}`);
    }
  }

  async #servedRows(program: Program, port: number, browser: HubClient | undefined): Promise<Rows> {
    if (this.#exit === "viewer gone") {
      const rows = await rowsAt(port);
      program.stdin.write("end\n");
      await this.#timed(() => program.exit);
      return rows;
    }
    if (browser === undefined) return { values: 0, more: 0 };
    if (["return from main", "parent dies", "disk full"].includes(this.#exit))
      await browser.until(() => rowsOf(browser.frames).values === 1000);
    return rowsOf(browser.frames);
  }

  /** A program that goes on logs on, and that is kept as well; of a broken pipe nobody knows how much it was. */
  #isAll({ values, more }: Rows): boolean {
    if (this.#exit === "broken pipe on stdout" && this.#sink === "stdout") return values === 1000;
    return values === 1000 && more === (this.#exit === "viewer gone" ? 1 : 0);
  }

  #keptAt(rows: Rows): string {
    if (this.#isAll(rows)) return "all";
    return rows.values === 500 && rows.more === 0 ? "sent" : inWords(rows);
  }

  #keptInMemory(program: Program): string {
    const [, values, more] = /in memory (\d+) (\d+)/.exec(program.stderr) ?? [];
    if (values === undefined) return "gone";
    const rows = { values: Number(values), more: Number(more) };
    // What was flushed, and no row less or more; a program that goes on closes its recording.
    const isClosed = ["disk full", "viewer gone"].includes(this.#exit);
    const isRight = isClosed ? this.#isAll(rows) : rows.values === 500 && rows.more === 0;
    return isRight ? "in memory" : inWords(rows);
  }

  #keptInFiles(files: readonly Uint8Array[]): string {
    const decoded = files.map(decodeRrd);
    const rows = rowsIn(decoded);
    const whole = decoded.every(({ manifests }) => manifests.length === 1);
    const cut = decoded.reduce((sum, file) => sum + file.truncatedBytes, 0);
    if (this.#isAll(rows) && whole && cut === 0) return "all";
    if (rows.values >= 500 && !whole) return "written";
    return `${inWords(rows)}, ${whole ? "with" : "without"} index, ${cut} bytes too many`;
  }
}

function told(program: Program, what: RegExp): number | undefined {
  const number = what.exec(program.stderr)?.[1];
  return number === undefined ? undefined : Number(number);
}

async function expectSignal(program: Program, signal: NodeJS.Signals): Promise<void> {
  const ended = await program.kill(signal);
  expect(ended.signal).to.equal(signal);
}

function isRunning(program: Program): boolean {
  try {
    process.kill(-program.pid, 0);
    return true;
  } catch {
    return false;
  }
}

function endGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // It has ended.
  }
}

/** The port of a process that was killed is free in a moment. */
async function listenSoon(port: number): Promise<FakeProxy> {
  let proxy: FakeProxy | undefined;
  await eventually(async () => {
    proxy = await FakeProxy.listen({ port }).catch(() => undefined);
    return proxy !== undefined;
  }, `port ${port} to be free`);
  return proxy as FakeProxy;
}

/** A hub in a process of its own. */
interface RunningHub {
  readonly program: Program;
  readonly port: number;
  readonly url: string;
}

/** @param port of one that has just been killed; default: any */
async function startHub(run: RunProgram, port = 0): Promise<RunningHub> {
  const program = run("hub.ts", { args: [String(port)] });
  await program.line("port");
  const own = told(program, /port (\d+)/) ?? 0;
  return { program, port: own, url: `http://127.0.0.1:${own}` };
}
