import { readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import bunny from "bunny";
import { expect } from "chai";
import { type DecodedChunk, decodeRrd } from "../../helpers/decode-rrd.ts";
import { processes, until } from "../../helpers/processes.ts";
import { type Program, usePrograms } from "../../helpers/run-program.ts";
import { useTempDir } from "../../helpers/use-temp-dir.ts";

const MAIN = fileURLToPath(new URL("../../../examples/monitor/main.ts", import.meta.url));

describe("the monitor", function () {
  this.timeout(30_000);
  const dir = useTempDir();
  const run = usePrograms();

  const monitor = (...args: string[]): Program =>
    run(MAIN, { args, env: { CI: "true", RERUN: undefined, RERUN_RX_VIEWER: undefined } });

  /** The chunks of the recording in a file, entity by entity. */
  async function entities(file: string): Promise<Map<string, DecodedChunk[]>> {
    const { chunks, manifests, truncatedBytes } = decodeRrd(await readFile(file));
    expect(truncatedBytes).to.equal(0);
    // The recording, and its layout.
    expect(manifests.map(({ storeId }) => storeId.kind)).to.have.members([
      "recording",
      "blueprint",
    ]);
    const found = new Map<string, DecodedChunk[]>();
    for (const chunk of chunks.filter(({ storeId }) => storeId.kind === "recording")) {
      found.set(chunk.entityPath, [...(found.get(chunk.entityPath) ?? []), chunk]);
    }
    return found;
  }

  it("writes a file of real readings and ends by itself", async () => {
    const file = dir.file("monitor.rrd");
    const { code, stderr } = await monitor("--headless", "--save", file, "--duration", "8").exit;
    expect(stderr).to.equal("Press Ctrl-C to end.\n");
    expect(code).to.equal(0);

    const found = await entities(file);
    const paths = [...found.keys()];
    expect(paths).to.include.members([
      "/about",
      "/cpu",
      "/event_loop",
      "/log",
      "/memory",
      "/process",
      "/scan",
      "/scan/bunny",
      "/scan/bunny/laser",
      "/scan/bunny/points/stripe0",
    ]);
    const values = (path: string, column: string): unknown[] =>
      (found.get(path) ?? [])
        .filter(({ isStatic }) => !isStatic)
        .flatMap((chunk) => chunk.column(column))
        .flat();
    for (const load of values("/cpu", "Scalars:scalars")) {
      expect(load).to.be.within(0, 100);
    }
    expect(values("/cpu", "Scalars:scalars").length).to.be.within(
      8 * cpus().length,
      16 * cpus().length,
    );
    expect(values("/memory", "Scalars:scalars").length).to.be.within(2 * 5, 2 * 9);
    expect(values("/scan/bunny", "Transform3D:rotation_axis_angle").length).to.be.above(80);

    // One sweep of the scanner takes 6 s: all points have come, and then the surface.
    const points = paths
      .filter((path) => path.startsWith("/scan/bunny/points/"))
      .flatMap((path) => values(path, "Points3D:positions"));
    expect(points).to.have.lengthOf(bunny.positions.length);
    expect(paths).to.include("/scan/bunny/surface");
    if (process.platform === "linux") {
      expect(String(values("/log", "TextLog:text"))).to.match(/\d+ processes are running/);
      expect(paths).to.include("/disk");
    }
  });

  it("serves, prints the URL, and leaves a whole file on Ctrl-C", async () => {
    const file = dir.file("monitor.rrd");
    const program = monitor("--serve", "--save", file, "--port", "0");
    const line = await program.line(/^Viewer: http:\/\//);
    const page = await fetch(line.replace("Viewer: ", ""));
    expect(page.status).to.equal(200);
    expect(await page.text()).to.match(/<!doctype html>/i);

    // A terminal, npm and a loader may each pass on the same Ctrl-C.
    program.signal("SIGINT");
    program.signal("SIGINT");
    const { code, signal } = await program.exit;
    expect({ code, signal }).to.deep.equal({ code: 0, signal: null });
    expect((await entities(file)).has("/about")).to.equal(true);
  });

  it("starts a viewer by default, and ends it on Ctrl-C", async () => {
    const program = monitor("--port", "0");
    const line = await program.line(/^Viewer: http:\/\//);
    const { port } = new URL(line.replace("Viewer: ", ""));
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).to.equal(200);
    const running = (): unknown[] =>
      processes().filter(({ command }) => command.includes(`--port=${port}`));
    expect(running()).to.have.lengthOf(1);
    const { code, signal } = await program.kill("SIGINT");
    expect({ code, signal }).to.deep.equal({ code: 0, signal: null });
    await until(() => running().length === 0);
  });

  it("ends cleanly on SIGTERM", async () => {
    const program = monitor("--headless", "--save", dir.file("monitor.rrd"));
    await program.line("Press Ctrl-C");
    const { code } = await program.kill("SIGTERM");
    expect(code).to.equal(0);
    expect((await entities(dir.file("monitor.rrd"))).has("/about")).to.equal(true);
  });

  it("overwrites a file only when told so", async () => {
    const file = dir.file("monitor.rrd");
    await writeFile(file, "precious");
    const flags = ["--headless", "--save", file, "--duration", "1"];
    const refused = await monitor(...flags).exit;
    expect(refused.code).to.equal(1);
    expect(refused.stderr).to.include("monitor.rrd");
    expect(refused.stderr).not.to.match(/^ {4}at /m);
    expect(await readFile(file, "utf8")).to.equal("precious");

    expect((await monitor(...flags, "--overwrite").exit).code).to.equal(0);
    expect((await entities(file)).has("/about")).to.equal(true);
  });

  it("tells a wrong flag by its name", async () => {
    const wrong = ["--duration=0", "--port=70000", "--port=x", "--save=", "--colour"];
    const results = await Promise.all(wrong.map((flag) => monitor(flag).exit));
    for (const [i, { code, stderr }] of results.entries()) {
      expect(code).to.equal(1);
      expect(stderr).to.include(wrong[i]?.replace(/^--|=.*/g, ""));
    }
  });
});
