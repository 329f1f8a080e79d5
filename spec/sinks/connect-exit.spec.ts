import { expect } from "chai";
import { useFakeProxy } from "../helpers/fake-proxy.ts";
import { freePort } from "../helpers/receivers.ts";
import { usePrograms } from "../helpers/run-program.ts";

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

  it("ends after a while when no viewer is there, and says so", async () => {
    const program = run("connect-and-end.ts", {
      args: [`127.0.0.1:${await freePort()}`, "return"],
    });
    const { code, stderr } = await program.exit;
    expect(code).to.equal(0);
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
    const { code, stderr } = await program.exit;
    expect(code).to.equal(0);
    expect(stderr).to.match(/lets the program end although the viewer/);
  });

  it("is not kept running by a connection over which nothing is to be sent", async () => {
    const viewer = await proxy();
    const program = run("connect-and-end.ts", { args: [viewer.url, "wait"] });
    const { code, stdout } = await program.exit;
    expect(code).to.equal(0);
    expect(stdout).to.equal("connecting\nopen\n");
  });
});
