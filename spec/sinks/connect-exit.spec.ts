import { expect } from "chai";
import { useFakeProxy } from "../helpers/fake-proxy.ts";
import { freePort } from "../helpers/receivers.ts";
import { type Program, usePrograms } from "../helpers/run-program.ts";

/** Of the program. */
const EXIT_TIMEOUT_MS = 600;
/** For connecting, and for machines that are busy. */
const MARGIN_MS = 1_500;

describe("a program that streams to a viewer", function () {
  // Real processes, on machines that may be busy.
  this.timeout(60_000);
  const proxy = useFakeProxy();
  const run = usePrograms();

  for (const end of ["return", "flush", "close"] as const) {
    it(`delivers everything when it ends by ${end}`, async () => {
      const viewer = await proxy();
      const program = run("connect-and-end.ts", { args: [viewer.url, end] });
      const { code, stderr } = await program.exit;
      expect(stderr).to.equal("");
      expect(code).to.equal(0);
      expect(viewer.chunks.reduce((rows, chunk) => rows + chunk.numRows, 0)).to.equal(1000);
    });
  }

  /** The time that a program takes to its end from when it has printed something on, in milliseconds. */
  async function endAfter(program: Program, line: RegExp) {
    await program.line(line);
    const printed = performance.now();
    const { code, stderr } = await program.exit;
    return { code, stderr, ms: performance.now() - printed };
  }

  it("ends after a while when no viewer is there, and says so", async () => {
    const program = run("connect-and-end.ts", {
      args: [`127.0.0.1:${await freePort()}`, "return"],
    });
    const { code, stderr, ms } = await endAfter(program, /logged/);
    expect(code).to.equal(0);
    expect(ms).to.be.within(EXIT_TIMEOUT_MS - MARGIN_MS / 4, EXIT_TIMEOUT_MS + MARGIN_MS);
    expect(stderr).to.match(/^rerun-rx: connect\(.*\) lets the program end although the viewer/);
  });

  it("ends within two seconds of close when no viewer is there, and tells what was lost", async () => {
    const program = run("connect-and-end.ts", {
      args: [`127.0.0.1:${await freePort()}`, "close"],
    });
    const line = await program.line(/deliveredRows/);
    const printed = performance.now();
    const { code } = await program.exit;
    const { ms, ...rows } = JSON.parse(line) as { ms: number };
    expect(rows).to.deep.equal({ deliveredRows: 0, droppedRows: 1000 });
    expect(ms + performance.now() - printed).to.be.below(2_000);
    expect(code).to.equal(0);
  });

  it("ends after a while when the viewer takes nothing", async () => {
    const viewer = await proxy({
      onCall: (call) => {
        call.stream.pause();
        return true;
      },
    });
    const program = run("connect-and-end.ts", { args: [viewer.url, "return"] });
    const { code, stderr, ms } = await endAfter(program, /logged/);
    expect(code).to.equal(0);
    expect(ms).to.be.within(EXIT_TIMEOUT_MS - MARGIN_MS / 4, EXIT_TIMEOUT_MS + MARGIN_MS);
    expect(stderr).to.match(/lets the program end although the viewer/);
  });

  it("ends within two seconds of close when the viewer is gone for good, and tells what it had", async () => {
    const viewer = await proxy();
    const program = run("connect-and-end.ts", { args: [viewer.url, "lose"] });
    await program.line(/flushed/);
    await viewer.kill();
    const line = await program.line(/deliveredRows/);
    const printed = performance.now();
    const { code } = await program.exit;
    const { ms, ...rows } = JSON.parse(line) as { ms: number };
    expect(rows).to.deep.equal({ deliveredRows: 1000, droppedRows: 500 });
    expect(viewer.chunks.reduce((sum, chunk) => sum + chunk.numRows, 0)).to.equal(1000);
    expect(ms + performance.now() - printed).to.be.below(2_000);
    expect(code).to.equal(0);
  });

  it("is not kept running by a connection over which nothing is to be sent", async () => {
    const viewer = await proxy();
    const program = run("connect-and-end.ts", { args: [viewer.url, "wait"] });
    const { code, stdout } = await program.exit;
    expect(code).to.equal(0);
    expect(stdout).to.equal("connecting\nopen\n");
  });
});
