import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { streamHeader } from "../../lib/encode/rrd.ts";
import { type DecodedRrd, decodeRrd } from "../helpers/decode-rrd.ts";
import { FakeProxy } from "../helpers/fake-proxy.ts";
import { HubClient } from "../helpers/hub-client.ts";
import { eventually } from "../helpers/receivers.ts";
import { type Program, projectRoot, type RunProgram, usePrograms } from "../helpers/run-program.ts";
import { useTempDir } from "../helpers/use-temp-dir.ts";

/** The table of the documentation: by exit, then by sink. */
async function readTable(): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  const lines = (await readFile(join(projectRoot, "docs/exits.md"), "utf8")).split("\n");
  const rows = lines.slice(lines.findIndex((line) => line.startsWith("| | save "))).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll("`", "")),
  );
  const [sinks = [], , ...body] = rows;
  const end = body.findIndex((row) => row.length === 0);
  return new Map(
    body
      .slice(0, end)
      .map(([exit = "", ...cells]) => [
        exit,
        new Map(cells.map((cell, i) => [sinks[i + 1] ?? "", cell])),
      ]),
  );
}

/** How the program is told of an exit, by the words of the table. */
const EXITS: Readonly<Record<string, string>> = {
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

const SINKS: Readonly<Record<string, string>> = {
  save: "save",
  "save with rotate": "rotated",
  stdout: "stdout",
  memory: "memory",
  flightRecorder: "flightRecorder",
  serve: "serve",
  connect: "connect",
  spawn: "spawn",
};

/** No end takes longer than this: the deadlines, and what a busy machine adds. */
const DEADLINE_MS = 12_000;
const WIDTH = 3;

describe("the end of a program", function () {
  // Real processes, on machines that may be busy.
  this.timeout(120_000);
  const run = usePrograms();
  const dir = useTempDir();
  let table: Awaited<ReturnType<typeof readTable>>;

  before(async () => {
    table = await readTable();
  });

  it("is documented for every exit and every sink", () => {
    expect([...table.keys()]).to.deep.equal(Object.keys(EXITS));
    for (const cells of table.values()) expect([...cells.keys()]).to.deep.equal(Object.keys(SINKS));
  });

  for (const exit of Object.keys(EXITS)) {
    it(`keeps what the table says: ${exit}`, async () => {
      const cells = [...(table.get(exit) ?? [])];
      const seen: [string, string][] = [];
      await Promise.all(
        Array.from({ length: WIDTH }, async (_, worker) => {
          for (let i = worker; i < cells.length; i += WIDTH) {
            const [sink = ""] = cells[i] ?? [];
            const scene = new Scene(exit, sink, dir.file(`${i}`), run);
            seen[i] = [sink, await scene.play()];
          }
        }),
      );
      expect(seen).to.deep.equal(cells);
    });
  }
});

/** One cell: a program that logs to one sink and ends in one way, and what is found afterwards. */
class Scene {
  readonly #exit: string;
  readonly #sink: string;
  readonly #file: string;
  readonly #run: RunProgram;
  readonly #viewers: FakeProxy[] = [];

  constructor(exit: string, sink: string, file: string, run: RunProgram) {
    this.#exit = exit;
    this.#sink = sink;
    this.#file = `${file}.rrd`;
    this.#run = run;
  }

  /** @returns what is kept, in the words of the table */
  async play(): Promise<string> {
    let group: number | undefined;
    try {
      const viewer = await this.#viewer();
      const program = this.#start(viewer);
      await program.line("ready");
      const port = told(program, /port (\d+)/);
      group = told(program, /pid (\d+)/);
      const browser = this.#sink === "serve" ? await HubClient.connect(port ?? 0) : undefined;
      program.stdin.write("log\n");
      await program.line("logged");
      const end = performance.now();
      const goesOn = await this.#end(program, viewer, port, browser, group);
      const took = performance.now() - end;
      if (took > DEADLINE_MS) throw new Error(`${this.#exit}, ${this.#sink}: took ${took} ms`);
      const kept = await this.#kept(program, port, browser);
      return [kept, ...(goesOn ? ["goes on"] : [])].filter((word) => word !== "").join(", ");
    } finally {
      await Promise.all(this.#viewers.map((viewer) => viewer.kill().catch(() => undefined)));
      if (group !== undefined) endGroup(group);
    }
  }

  /** A viewer to connect to: of the sink itself, or of another one that is to be in trouble. */
  async #viewer(port?: number): Promise<FakeProxy | undefined> {
    const isNetwork = ["serve", "spawn"].includes(this.#sink);
    if (this.#sink !== "connect" && (this.#exit !== "viewer gone" || isNetwork)) return undefined;
    const viewer = await FakeProxy.listen(port === undefined ? {} : { port });
    this.#viewers.push(viewer);
    return viewer;
  }

  #start(viewer: FakeProxy | undefined): Program {
    const isConnect = this.#sink === "connect";
    const args = [
      EXITS[this.#exit] ?? "",
      SINKS[this.#sink] ?? "",
      isConnect ? (viewer?.url ?? "") : this.#file,
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
        await browser?.close();
        if (group !== undefined) endGroup(group);
        program.stdin.write("it is gone\n");
        await program.line("goes on");
        // Another one comes, at the same place.
        if (this.#sink === "connect") await this.#viewer(viewer?.port);
        if (this.#sink === "spawn") this.#viewers.push(await listenSoon(port ?? 0));
        await program.line("flushed");
        if (this.#sink === "serve") return true;
        program.stdin.write("end\n");
        await program.exit;
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
        return keptInFiles([await readFile(this.#file)]);
      case "save with rotate":
        return keptInFiles(await filesLike(this.#file));
      case "flightRecorder":
        return (await filesLike(this.#file)).length === 0
          ? program.stderr.includes("goes on")
            ? ""
            : "gone"
          : keptInFiles(await filesLike(this.#file)).replace("all", "dump");
      case "stdout":
        return keptInFiles([
          this.#exit === "disk full"
            ? await readFile(this.#file)
            : (await program.exit).stdoutBytes,
        ]);
      case "memory":
        return /in memory \d+/.test(program.stderr) ? "in memory" : "gone";
      case "connect":
        return keptAt(rowsOf(this.#viewers.at(-1)?.frames ?? []));
      case "serve":
        return keptAt(await this.#servedRows(program, port ?? 0, browser));
      case "spawn":
        if (this.#viewers.length > 0) return keptAt(rowsOf(this.#viewers.at(-1)?.frames ?? []));
        return keptAt(await rowsAt(port ?? 0));
      default:
        throw new Error(`Unknown sink: ${this.#sink}`);
    }
  }

  async #servedRows(
    program: Program,
    port: number,
    browser: HubClient | undefined,
  ): Promise<number> {
    if (this.#exit === "viewer gone") {
      const rows = await rowsAt(port);
      program.stdin.write("end\n");
      await program.exit;
      return rows;
    }
    if (browser === undefined) return 0;
    if (["return from main", "parent dies", "disk full"].includes(this.#exit))
      await browser.until(() => rowsOf(browser.frames) === 1000);
    return rowsOf(browser.frames);
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

const rowsIn = ({ chunks }: DecodedRrd): number =>
  chunks
    .filter((chunk) => chunk.entityPath === "/values")
    .reduce((rows, chunk) => rows + chunk.numRows, 0);

const rowsOf = (frames: readonly Uint8Array[]): number =>
  rowsIn(decodeRrd(Buffer.concat([streamHeader(), ...frames])));

/** What a hub gives a viewer that comes now. */
async function rowsAt(port: number): Promise<number> {
  const client = await HubClient.connect(port);
  await client.until(() => client.next >= client.hello.next);
  await client.close();
  return rowsOf(client.frames);
}

/** The files of a numbered row. */
async function filesLike(path: string): Promise<Uint8Array[]> {
  const stem = path.replace(/\.rrd$/, "-");
  const folder = join(path, "..");
  const names = (await readdir(folder)).map((name) => join(folder, name));
  return Promise.all(names.filter((name) => name.startsWith(stem)).map((name) => readFile(name)));
}

function keptInFiles(files: readonly Uint8Array[]): string {
  const decoded = files.map(decodeRrd);
  const rows = decoded.reduce((sum, file) => sum + rowsIn(file), 0);
  const whole = decoded.every(({ manifests }) => manifests.length === 1);
  const cut = decoded.reduce((sum, file) => sum + file.truncatedBytes, 0);
  if (rows === 1000 && whole && cut === 0) return "all";
  if (rows >= 500 && !whole) return "written";
  return `${rows} rows, ${whole ? "with" : "without"} index, ${cut} bytes too many`;
}

function keptAt(rows: number): string {
  return rows === 1000 ? "all" : rows === 500 ? "sent" : `${rows} rows`;
}
