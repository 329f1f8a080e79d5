import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { decodeRrd } from "./helpers/decode-rrd.ts";
import { GrpcPeer } from "./helpers/grpc-peer.ts";
import { processes, until } from "./helpers/processes.ts";
import { projectRoot } from "./helpers/run-program.ts";
import { cliMain } from "./helpers/use-cli.ts";

const run = promisify(execFile);

/** What may stand in `exports` and `imports`: a path, or more of the same by condition. */
type Target = string | null | { readonly [condition: string]: Target };

describe("the package as it is published", function () {
  this.timeout(60_000);
  /** The installed package, and its command. */
  let folder: string;
  let command: string;
  /** A program that uses it. */
  let app: string;

  before("install it", async () => {
    command = await cliMain();
    folder = command.replace(/dist.lib.node.cli.main\.js$/, "");
    app = await mkdtemp(join(tmpdir(), "rerun-rx-app-"));
    await mkdir(join(app, "node_modules"));
    await symlink(folder, join(app, "node_modules/rerun-rx"));
    await writeFile(
      join(app, "app.mjs"),
      `import { Scalars } from "rerun-rx";
       import { scriptSetup } from "rerun-rx/node";
       const { rec, end } = await scriptSetup("installed", { recording: { sendProperties: false } });
       for (let i = 0; i < 10; i++) rec.log("values", Scalars(i));
       await end();`,
    );
  });

  after("remove it", async () => {
    await rm(app, { recursive: true, force: true });
  });

  /** Runs plain Node, without loaders and conditions. */
  async function node(...args: string[]): Promise<{ stdout: string; stderr: string }> {
    const env = { ...process.env, NODE_OPTIONS: "", CI: "true", RERUN_RX_VIEWER: "web" };
    return await run(process.execPath, args, { cwd: app, env });
  }

  it("has every module that package.json names", () => {
    const about = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as {
      exports: Target;
      imports: Target;
      bin: Target;
    };
    const missing: string[] = [];
    const look = (target: Target, condition: string): void => {
      if (typeof target === "object" && target !== null) {
        for (const [name, next] of Object.entries(target)) look(next, name);
      } else if (target !== null && !/^(source|types)$/.test(condition) && !target.includes("*")) {
        const path = join(folder, target);
        if (!existsSync(path)) missing.push(target);
      }
    };
    for (const part of [about.exports, about.imports, about.bin]) look(part, "");
    expect(missing).to.deep.equal([]);
  });

  it("runs its command by its own first line", async () => {
    expect((await readFile(command, "utf8")).startsWith("#!/usr/bin/env node\n")).to.equal(true);
    expect((await node(command, "--version")).stdout).to.match(/^rerun-rx \d/);
    const { stdout } = await node(command, "viewer", "--help");
    expect(stdout).to.include("rerun-rx viewer");
  });

  it("lets a program write a file, and start a viewer that its command fills further", async () => {
    await node("app.mjs", "--save", "a.rrd");
    const { chunks } = decodeRrd(await readFile(join(app, "a.rrd")));
    expect(chunks.map(({ entityPath, numRows }) => [entityPath, numRows])).to.deep.equal([
      ["/values", 10],
    ]);

    const { stderr } = await node("app.mjs", "--port", "0");
    const port = new URL(stderr.replace("Viewer: ", "").trim()).port;
    const running = (): number[] =>
      processes()
        .filter((each) => each.command.includes(`--port=${port}`))
        .map(({ pid }) => pid);
    try {
      const opened = await node(command, "a.rrd", "--port", port);
      expect(opened.stderr).to.equal(`Shown by the viewer that runs: http://127.0.0.1:${port}\n`);
      const peer = await GrpcPeer.connect(Number(port));
      const call = peer.read();
      // Two recordings: an info and a chunk of each.
      await call.until(() => call.frames.length === 4);
      peer.close();
    } finally {
      for (const pid of running()) process.kill(pid, "SIGTERM");
      await until(() => running().length === 0);
    }
  });
});
