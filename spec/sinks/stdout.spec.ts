import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { compileFixtures } from "../helpers/compile-fixtures.ts";
import { decodeRrd } from "../helpers/decode-rrd.ts";
import { which } from "../helpers/peers.ts";
import { flatOf } from "../helpers/rows.ts";
import { usePrograms } from "../helpers/run-program.ts";

describe("stdout", function () {
  this.timeout(20_000);
  const run = usePrograms();

  it("pipes a complete stream, more than a pipe holds", async () => {
    const rows = 200_000;
    const { code, stdoutBytes, stderr } = await run("to-stdout.ts", { args: [String(rows)] }).exit;
    expect([code, stderr]).to.deep.equal([0, "closed\n"]);
    const { chunks, manifests, truncatedBytes } = decodeRrd(stdoutBytes);
    expect(truncatedBytes).to.equal(0);
    expect(manifests).to.have.lengthOf(1);
    expect(chunks.reduce((sum, chunk) => sum + chunk.numRows, 0)).to.equal(rows);
    const [first] = chunks;
    expect(first && Array.from(flatOf(first, "Scalars:scalars")).slice(0, 3)).to.deep.equal([
      0, 1, 2,
    ]);
  });

  it("pipes a stream of nothing", async () => {
    const { stdoutBytes } = await run("to-stdout.ts", { args: ["0"] }).exit;
    expect(decodeRrd(stdoutBytes).messages.map((m) => m.kind)).to.deep.equal(["set-store-info"]);
  });

  it("fails when the reader is gone, while the program goes on", async () => {
    const program = run("to-stdout.ts", { args: ["for ever"] });
    await new Promise((resolve) => setImmediate(resolve));
    program.closeOutput();
    await program.line("still running");
    const { code, signal, stderr } = await program.exit;
    expect([code, signal]).to.deep.equal([0, null]);
    expect(stderr).to.match(/^io-failed: .*reader is gone/);
    expect(stderr.match(/io-failed/g)).to.have.lengthOf(1);
  });

  it("refuses a terminal", async function () {
    // `script` gives a program a terminal of its own.
    if (which("script") === undefined) this.skip();
    const program = [process.execPath, join(await compileFixtures(), "to-stdout.js"), "5"];
    const { stdout } = await promisify(execFile)(
      "script",
      ["-qec", program.map((word) => `'${word}'`).join(" "), "/dev/null"],
      {
        env: { ...process.env, NODE_V8_COVERAGE: "" },
      },
    ).catch((error: { stdout: string }) => error);
    expect(stdout.trim()).to.equal("stdout-is-terminal");
  });
});
