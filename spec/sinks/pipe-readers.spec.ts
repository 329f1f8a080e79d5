import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync, readSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { compileFixtures } from "../helpers/compile-fixtures.ts";
import { type DecodedRrd, decodeRrd } from "../helpers/decode-rrd.ts";
import { type Program, usePrograms } from "../helpers/run-program.ts";
import { useTempDir } from "../helpers/use-temp-dir.ts";

/** The end of a named pipe that reads: what it wants, when it wants. */
class Reader {
  readonly #fd: number;
  readonly #bytes: Buffer[] = [];

  constructor(path: string) {
    this.#fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  }

  /** Takes up to so many bytes; false when there is nobody any more who writes. */
  take(bytes: number): boolean {
    const buffer = Buffer.alloc(bytes);
    try {
      const taken = readSync(this.#fd, buffer);
      this.#bytes.push(buffer.subarray(0, taken));
      return taken > 0;
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === "EAGAIN") return true;
      throw thrown;
    }
  }

  /**
   * Reads until a program has ended: `bytes` at a time, a turn of the event loop or `ms` apart.
   *
   * @param zeros what comes at the end beside a recording
   */
  async readAll(program: Program, bytes = 1 << 20, ms = 0, zeros = 0): Promise<DecodedRrd> {
    const over = new AbortController();
    void program.exit.then(() => over.abort());
    do {
      const end = performance.now() + ms;
      do await new Promise((resolve) => setImmediate(resolve));
      while (performance.now() < end);
    } while (this.take(bytes) || !over.signal.aborted);
    closeSync(this.#fd);
    return this.decode(zeros);
  }

  decode(zeros = 0): DecodedRrd {
    const all = Buffer.concat(this.#bytes);
    const end = all.length - zeros;
    expect(all.subarray(end).equals(Buffer.alloc(zeros))).to.equal(true);
    return decodeRrd(all.subarray(0, end));
  }
}

const rowsIn = ({ chunks }: DecodedRrd): number => chunks.reduce((sum, c) => sum + c.numRows, 0);

describe("a pipe with a reader that is slow or takes nothing", function () {
  this.timeout(60_000);
  if (process.platform === "win32") return;
  const run = usePrograms();
  const dir = useTempDir();
  const pipe = (): string => dir.file("pipe");
  let reader: Reader;

  beforeEach(() => {
    execFileSync("mkfifo", [pipe()]);
  });

  /** Starts a program whose standard output is a pipe, with a reader that does nothing so far. */
  const start = (how: string, env: Readonly<Record<string, string>> = {}): Program => {
    reader = new Reader(pipe());
    const wrapper = ["sh", "-c", `exec "$0" "$@" > '${pipe()}'`];
    return run("stalled.ts", { args: [how], wrapper, env });
  };

  it("lets the program, its timers and its other sinks go on", async () => {
    const program = start("wait");
    await program.line("logged");
    const [, rows] = /goes on with (\d+) rows/.exec(await program.line("goes on")) ?? [];
    expect(Number(rows)).to.equal(30);
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`lets it end by ${signal}, and tells what is lost`, async () => {
      const program = start("wait");
      await program.line("goes on");
      const begun = performance.now();
      const ended = await program.kill(signal);
      expect(performance.now() - begun).to.be.lessThan(6000);
      expect([ended.code, ended.signal]).to.deep.equal([null, signal]);
      const [, bytes, rows] =
        /took nothing for 2 s: (\d+) bytes are lost.*; (\d+) rows did not get that far/.exec(
          ended.stderr,
        ) ?? [];
      reader.take(1 << 20);
      const { chunks, truncatedBytes } = reader.decode();
      // One of them is cut off.
      expect(chunks.length + 1 + Number(rows)).to.equal(30);
      expect(Number(bytes) + truncatedBytes).to.be.within(50_000, 60_000);
    });
  }

  it("completes files before it waits for the reader", async () => {
    const program = start("wait, silent", { FIXTURE_FILE: dir.file("a.rrd") });
    await program.line("logged");
    expect((await program.kill("SIGTERM")).stderr).to.match(/took nothing for 2 s/);
    const file = decodeRrd(await readFile(dir.file("a.rrd")));
    expect([rowsIn(file), file.manifests.length, file.truncatedBytes]).to.deep.equal([20, 1, 0]);
  });

  it("bounds the wait within exit()", async () => {
    const program = start("exit");
    await program.line("logged");
    const begun = performance.now();
    const { code, stderr } = await program.exit;
    expect(performance.now() - begun).to.be.within(500, 6000);
    expect(code).to.equal(3);
    expect(stderr).to.match(/took nothing for 2 s: \d+ bytes are lost/);
  });

  it("bounds close(), and the end of a program that has closed", async () => {
    const program = start("close");
    const [, json = "{}"] = /closed (.*)/.exec(await program.line("closed")) ?? [];
    const { complete, ms } = JSON.parse(json) as { complete: boolean; ms: number };
    expect(complete).to.equal(false);
    expect(ms).to.be.lessThan(2500);
    const { code, stderr } = await program.exit;
    expect(code).to.equal(0);
    expect(stderr).to.match(/flush-timeout.*did not finish in time/);
  });

  it("loses nothing when the reader comes back, at the end of the program", async () => {
    const program = start("return");
    await program.line("logged");
    const { chunks, manifests, truncatedBytes } = await reader.readAll(program);
    expect([rowsIn({ chunks } as DecodedRrd), manifests.length, truncatedBytes]).to.deep.equal([
      20, 1, 0,
    ]);
    const { code, stderr } = await program.exit;
    expect([code, stderr]).to.deep.equal([0, "logged\n"]);
  });

  it("loses nothing when the reader comes back after the signal, also of what had to wait", async () => {
    const program = start("wait");
    await program.line("goes on");
    program.signal("SIGTERM");
    const { manifests, truncatedBytes, chunks } = await reader.readAll(program);
    expect([manifests.length, truncatedBytes]).to.deep.equal([1, 0]);
    expect(chunks.length).to.equal(30);
    const { signal, stderr } = await program.exit;
    expect(signal).to.equal("SIGTERM");
    expect(stderr).not.to.include("lost");
  });

  it("loses nothing of a tight loop when the reader is slow", async () => {
    const program = start("loop");
    // So much slower than the program that it waits most of the time.
    const file = await reader.readAll(program, 1 << 16, 5);
    expect([rowsIn(file), file.manifests.length, file.truncatedBytes]).to.deep.equal([5000, 1, 0]);
    expect((await program.exit).stderr).to.equal("logged\n");
  });

  it("does not make the pipe one that refuses to wait, for others who write to it", async function () {
    if (process.platform !== "linux") this.skip();
    reader = new Reader(pipe());
    // What the shell prints afterwards comes, though the pipe is full for a while.
    const wrapper = ["sh", "-c", `{ "$0" "$@"; head -c 300000 /dev/zero; } > '${pipe()}'`];
    const program = run("stalled.ts", { args: ["return"], wrapper });
    await program.line("logged");
    const file = await reader.readAll(program, 1 << 16, 0, 300_000);
    expect([rowsIn(file), file.truncatedBytes]).to.deep.equal([20, 0]);
    expect((await program.exit).code).to.equal(0);
  });

  describe("that is named to save", () => {
    it("goes on without a reader, and gives the one that comes everything", async () => {
      const program = run("stalled.ts", { args: ["return", pipe()] });
      await program.line("logged");
      reader = new Reader(pipe());
      const file = await reader.readAll(program);
      expect([rowsIn(file), file.manifests.length, file.truncatedBytes]).to.deep.equal([20, 1, 0]);
      expect((await program.exit).code).to.equal(0);
    });

    it("ends by a signal, also without a reader", async () => {
      const program = run("stalled.ts", { args: ["wait, silent", pipe()] });
      await program.line("logged");
      const { signal, stderr } = await program.kill("SIGTERM");
      expect(signal).to.equal("SIGTERM");
      expect(stderr).to.match(/took nothing for 2 s: \d+ bytes are lost.*; 1[89] rows/);
    });
  });

  it("is a socket where another program of Node starts it, with the same promises", async () => {
    const program = join(await compileFixtures(), "stalled.js");
    const child = spawn(process.execPath, [program, "wait"], {
      env: { ...process.env, NODE_V8_COVERAGE: "" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    try {
      let stderr = "";
      child.stderr.on("data", (data: Buffer) => {
        stderr += String(data);
      });
      while (!stderr.includes("goes on")) await once(child.stderr, "data");
      child.kill("SIGTERM");
      const [, signal] = (await once(child, "exit")) as [number | null, string | null];
      expect(signal).to.equal("SIGTERM");
      expect(stderr).to.match(/took nothing for 2 s/);
    } finally {
      child.kill("SIGKILL");
      child.stdout.destroy();
    }
  });
});
