import { Writable } from "node:stream";
import { expect } from "chai";
import { Progress } from "../../../../lib/node/cli/progress.ts";
import { until } from "../../../helpers/processes.ts";

describe("a progress bar", () => {
  /** A terminal, and all that was written to it. */
  function terminal(isTTY = true): { stream: NodeJS.WriteStream; written: () => string } {
    let text = "";
    const stream = new Writable({
      write: (data: Buffer, _encoding, done) => {
        text += data.toString();
        done();
      },
    });
    Object.assign(stream, { isTTY, columns: 100, rows: 40 });
    return { stream: stream as unknown as NodeJS.WriteStream, written: () => text };
  }

  it("shows how much of a large file is done, and goes away", async () => {
    const { stream, written } = terminal();
    const progress = new Progress("big.rrd", 200_000_000, { stream, patienceMs: -1 });
    progress.add(50_000_000);
    await until(() => written().includes("big.rrd"));
    expect(written()).to.match(/big\.rrd .*25 % of 200 MB/);
    progress.add(100_000_000);
    await until(() => written().includes("75 % of 200 MB"));
    const before = written().length;
    progress.end();
    // The line is cleared and the cursor is shown again.
    expect(written().slice(before)).to.include("\u001b[?25h");
    progress.add(1);
    progress.end();
  });

  it("is left out where nobody sees it, where it is quick, and where nobody knows the size", async () => {
    const silent = [
      { total: 100, isTTY: false, patienceMs: -1 },
      { total: 100, isTTY: true, patienceMs: 60_000 },
      { total: 0, isTTY: true, patienceMs: -1 },
    ];
    for (const { total, isTTY, patienceMs } of silent) {
      const { stream, written } = terminal(isTTY);
      const progress = new Progress("a.rrd", total, { stream, patienceMs });
      progress.add(10);
      await new Promise((resolve) => setTimeout(resolve, 50));
      progress.end();
      expect(written()).to.equal("");
    }
  });

  it("does not appear once all is done", async () => {
    const { stream, written } = terminal();
    const progress = new Progress("a.rrd", 100, { stream, patienceMs: -1 });
    progress.add(100);
    progress.end();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(written()).to.equal("");
  });
});
