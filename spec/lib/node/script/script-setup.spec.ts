import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { expect } from "chai";
import { streamHeader } from "../../../../lib/encode/rrd.ts";
import { decodeRrd } from "../../../helpers/decode-rrd.ts";
import { processes, runningIn, until } from "../../../helpers/processes.ts";
import { type Program, usePrograms } from "../../../helpers/run-program.ts";
import { useHub } from "../../../helpers/use-hub.ts";
import { useTempDir } from "../../../helpers/use-temp-dir.ts";

describe("a program with the standard flags", function () {
  this.timeout(30_000);
  const dir = useTempDir();
  const run = usePrograms();
  const start = useHub();

  /** Starts it where no browser opens, and nothing of the environment meddles. */
  const scripted = (args: readonly string[], env: Record<string, string> = {}): Program =>
    run("scripted.ts", {
      args,
      env: { CI: "true", RERUN: undefined, _RERUN_TEST_FORCE_SAVE: undefined, ...env },
    });

  /** The numbers logged, of a file or of bytes; fails unless it is complete. */
  async function valuesOf(file: string | Uint8Array): Promise<unknown[]> {
    const { chunks, manifests, truncatedBytes } = decodeRrd(
      typeof file === "string" ? await readFile(file) : file,
    );
    expect(truncatedBytes).to.equal(0);
    expect(manifests).to.have.lengthOf(1);
    return chunks
      .filter((chunk) => chunk.entityPath === "/values")
      .flatMap((chunk) => chunk.column("Scalars:scalars"))
      .flat();
  }

  /** Rows at `/values` among frames of a hub. */
  function rowsOf(frames: readonly Uint8Array[]): number {
    const { chunks } = decodeRrd(Buffer.concat([streamHeader(), ...frames]));
    return chunks
      .filter((chunk) => chunk.entityPath === "/values")
      .reduce((rows, chunk) => rows + chunk.numRows, 0);
  }

  const portOf = (line: string): number => Number(new URL(line.replace(/^Viewer: /, "")).port);

  it("writes a file with --save, and ends", async () => {
    const file = dir.file("a.rrd");
    const { code, stderr } = await scripted(["--save", file, "--rows", "7"]).exit;
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "logged\nended\n" });
    expect(await valuesOf(file)).to.deep.equal([0, 1, 2, 3, 4, 5, 6]);
  });

  it("writes nothing but data to standard output with --stdout", async () => {
    const { code, stdoutBytes } = await scripted(["--stdout"]).exit;
    expect(code).to.equal(0);
    expect(await valuesOf(stdoutBytes)).to.have.lengthOf(100);
  });

  it("goes nowhere and ends with --headless", async () => {
    const { code, stdout, stderr } = await scripted(["--headless"]).exit;
    expect({ code, stdout, stderr }).to.deep.equal({
      code: 0,
      stdout: "",
      stderr: "logged\nended\n",
    });
  });

  it("serves until Ctrl-C with --serve, and to late browsers all of it", async () => {
    const file = dir.file("a.rrd");
    const program = scripted(["--serve", "--port", "0", "--save", file]);
    const port = portOf(await program.line(/^Viewer: http:\/\/127\.0\.0\.1:\d+/));
    await program.line("until you press Ctrl-C");
    const page = await fetch(`http://127.0.0.1:${port}/`);
    expect(await page.text()).to.match(/<!doctype html>/i);
    const client = await start.client(port);
    await client.until(() => client.frames.length >= client.hello.next && client.hello.next > 2);

    // A terminal, npm and a loader may each pass on the same Ctrl-C.
    program.signal("SIGINT");
    program.signal("SIGINT");
    const { code, signal, stderr } = await program.exit;
    expect({ code, signal }).to.deep.equal({ code: 0, signal: null });
    expect(stderr).to.match(/ended\n$/);
    expect(await valuesOf(file)).to.have.lengthOf(100);
  });

  it("streams to a viewer with --connect", async () => {
    const hub = await start.hub();
    const client = await start.client(hub.port);
    const url = `rerun+http://127.0.0.1:${hub.port}/proxy`;
    for (const flags of [
      ["--connect", url],
      ["--url", url],
      ["--connect", "--addr", url],
    ]) {
      const { code, stderr } = await scripted(flags).exit;
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "logged\nended\n" });
    }
    await client.until(() => rowsOf(client.frames) === 300);
  });

  it("saves, serves and connects at once, each getting everything", async () => {
    const hub = await start.hub();
    const url = `rerun+http://127.0.0.1:${hub.port}/proxy`;
    const file = dir.file("a.rrd");
    const program = scripted(["--save", file, "--serve", "--port", "0", "--connect", url]);
    const port = portOf(await program.line(/^Viewer: /));
    const clients = [await start.client(port), await start.client(hub.port)];
    await Promise.all(clients.map((client) => client.until(() => rowsOf(client.frames) === 100)));
    expect((await program.kill("SIGINT")).code).to.equal(0);
    expect(await valuesOf(file)).to.have.lengthOf(100);
  });

  it("starts a viewer by default, says where it is, and leaves it there", async () => {
    const program = scripted(["--port", "0"], { RERUN_RX_VIEWER: "web" });
    const port = portOf(await program.line(/^Viewer: /));
    const viewer = processes().find(({ command }) => command.includes(`--port=${port}`));
    const { code } = await program.exit;
    try {
      expect(code).to.equal(0);
      const client = await start.client(port);
      await client.until(() => rowsOf(client.frames) === 100);
      // With a helper process of the loader beside it, when that compiled something.
      const left = runningIn(viewer?.group as number).map(({ pid }) => pid);
      expect(left).to.include(viewer?.pid);
    } finally {
      process.kill(viewer?.pid as number, "SIGTERM");
      await until(() => runningIn(viewer?.group as number).length === 0);
    }
  });

  it("tells that nobody answers, and does not wait for ever", async () => {
    const { code, stderr } = await scripted(["--connect", "127.0.0.1:1"]).exit;
    expect(code).to.equal(1);
    expect(stderr).to.match(
      /Not everything.*delivered:\n {2}connect\(rerun\+http:\/\/127\.0\.0\.1:1\/proxy\): 0 of 101 rows/,
    );
    expect(stderr).not.to.match(/^ {4}at /m);
  });

  it("refuses a URL that is none, and data that would come back to itself", async () => {
    const wrong = [
      ["--connect", "ftp://x"],
      ["--serve", "--port", "9876", "--connect"],
    ];
    const results = await Promise.all(wrong.map((flags) => scripted(flags).exit));
    for (const { code, stderr } of results) {
      expect(code).to.equal(1);
      expect(stderr).to.match(/^Expected .*--connect|rerun\+http/);
      expect(stderr).not.to.match(/^ {4}at /m);
    }
  });

  it("asks browsers for the token of --token", async () => {
    const program = scripted(["--serve", "--port", "0", "--token", "se cret"]);
    const line = await program.line(/^Viewer: /);
    expect(line).to.include("#token=se%20cret");
    const denied = await start.client(portOf(line), { hello: {} });
    expect((await denied.closed).code).to.equal(4401);
    await program.kill("SIGTERM");
  });

  it("ends the process at once on a second Ctrl-C", async () => {
    const program = scripted(["--headless", "--deaf"]);
    await program.line("logged");
    program.signal("SIGINT");
    await program.line("interrupted");
    // Later than one key press takes to arrive several times.
    await new Promise((resolve) => setTimeout(resolve, 700));
    program.signal("SIGINT");
    expect(await program.exit).to.include({ code: 130, signal: null });
  });

  it("tells a program that asks of Ctrl-C, which then ends by itself", async () => {
    const file = dir.file("a.rrd");
    const program = scripted(["--save", file, "--stay"]);
    await program.line("logged");
    const { code, stderr } = await program.kill("SIGTERM");
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "logged\nended\n" });
    expect(await valuesOf(file)).to.have.lengthOf(100);
  });

  it("ends by the signal, with a whole file, a program that does not ask", async () => {
    const file = dir.file("a.rrd");
    const program = scripted(["--save", file, "--endless"]);
    await program.line("logged");
    const { code, signal } = await program.kill("SIGINT");
    expect({ code, signal }).to.deep.equal({ code: null, signal: "SIGINT" });
    expect((await valuesOf(file)).length).to.be.at.least(100);
  });

  it("overwrites a file only when told so, and says how", async () => {
    const file = dir.file("a.rrd");
    await writeFile(file, "precious");
    const refused = await scripted(["--save", file]).exit;
    expect(refused.code).to.equal(1);
    expect(refused.stderr).to.include("--overwrite").and.to.include(file);
    expect(refused.stderr).not.to.match(/^ {4}at /m);
    expect(await readFile(file, "utf8")).to.equal("precious");

    expect((await scripted(["--save", file, "--overwrite"]).exit).code).to.equal(0);
    expect(await valuesOf(file)).to.have.lengthOf(100);
  });

  it("tells what could not be delivered, and ends with code 1", async function () {
    if (!existsSync("/dev/full")) return this.skip();
    const { code, stderr } = await scripted(["--save", "/dev/full", "--rows", "50000"]).exit;
    expect(code).to.equal(1);
    expect(stderr).to.match(/the disk is full/);
    expect(stderr).to.match(
      /Not everything.*delivered:\n {2}save\(\/dev\/full\): \d+ of 5000\d rows/,
    );
    expect(stderr).not.to.match(/^ {4}at /m);
  });

  it("tells a wrong flag by its name", async () => {
    const wrong: [string, RegExp][] = [
      ["--port=70000", /--port/],
      ["--port=x", /--port/],
      ["--save=", /--save/],
      ["--token=", /--token/],
      ["--colour", /colour/],
    ];
    const results = await Promise.all(wrong.map(([flag]) => scripted([flag]).exit));
    for (const [i, { code, stderr }] of results.entries()) {
      expect(code, stderr).to.equal(1);
      expect(stderr).to.match(wrong[i]?.[1] as RegExp);
      expect(stderr).to.include("--help");
      expect(stderr).not.to.match(/^ {4}at /m);
    }
  });

  it("shows its own flags and the standard ones with --help", async () => {
    const { code, stdout } = await scripted(["--help"]).exit;
    expect(code).to.equal(0);
    expect(stdout).to.include("Logs numbers.");
    for (const flag of ["rows", "spawn", "connect", "serve", "save", "stdout", "headless"]) {
      expect(stdout).to.include(`--${flag}`);
    }
    expect(stdout).not.to.include("--addr");
  });

  it("writes to the file of _RERUN_TEST_FORCE_SAVE alone, whatever the flags say", async () => {
    const forced = dir.file("forced.rrd");
    await writeFile(forced, "of a former run");
    const flags = ["--serve", "--save", dir.file("a.rrd"), "--connect"];
    const { code, stderr } = await scripted(flags, { _RERUN_TEST_FORCE_SAVE: forced }).exit;
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "logged\nended\n" });
    expect(await valuesOf(forced)).to.have.lengthOf(100);
    expect(existsSync(dir.file("a.rrd"))).to.equal(false);
  });

  it("does nothing at all with RERUN=off", async () => {
    const flags = ["--serve", "--save", dir.file("a.rrd")];
    const { code, stderr } = await scripted(flags, { RERUN: "off" }).exit;
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "logged\nended\n" });
    expect(existsSync(dir.file("a.rrd"))).to.equal(false);
  });
});
