import { join } from "node:path";
import { expect } from "chai";
import type { Report, ReportRow } from "../bench/harness/report.ts";
import { quantile, ratioOf, spread } from "../bench/harness/statistics.ts";
import { WORKLOAD_IDS } from "../bench/workloads/index.ts";
import { findPeer } from "./helpers/peers.ts";
import { projectRoot, usePrograms } from "./helpers/run-program.ts";

const main = join(projectRoot, "bench/main.ts");

/** Workloads whose cases of ours write no file of their own: the encoder alone, memory, import, network, reading. */
const withoutFiles: ReadonlySet<string> = new Set(["E1", "K1", "C1", "N1", "H1", "R1"]);

describe("bench", () => {
  const run = usePrograms();

  it("runs every workload, and lets the official command verify every file", async function () {
    this.timeout(600_000);
    const bench = run(main, { args: ["--quick", "--json"], nodeArgs: ["--expose-gc"] });
    const { code, stdout, stderr } = await bench.exit;
    // A file that is refused, or that lacks a row, ends the run.
    expect(code, stderr).to.equal(0);

    const { machine, scale, rows } = JSON.parse(stdout) as Report;
    expect(scale).to.equal("quick");
    expect(machine.node).to.equal(process.version);
    expect(machine.versions).to.include.keys("rerun-rx", "pino", "@mcap/core", "apache-arrow");
    expect([...new Set(rows.map(({ workload }) => workload))]).to.deep.equal(WORKLOAD_IDS);
    for (const row of rows) {
      const name = `${row.workload} ${row.part} ${row.metric}`;
      expect(row.ours.median, name).to.be.greaterThan(0);
      expect(row.ours.name, name).to.match(/^rerun-rx/);
      if (row.peer !== undefined) expect(row.ratio, name).to.be.greaterThan(0);
    }

    const checked = await findPeer("rerun-cli").then(
      () => true,
      () => false,
    );
    const unchecked = (row: ReportRow): boolean =>
      row.checkedFiles === 0 && !withoutFiles.has(row.workload);
    if (checked) expect(rows.filter(unchecked)).to.deep.equal([]);
  });

  it("prints a table with the goals of a workload", async function () {
    this.timeout(60_000);
    const bench = run(main, { args: ["--quick", "--only", "k1"], nodeArgs: ["--expose-gc"] });
    const { code, stdout, stderr } = await bench.exit;
    expect(code, stderr).to.equal(0);
    expect(stdout).to.match(/^K1: memory of a logged scalar/m);
    expect(stdout).to.match(
      /^\| workload +\| metric +\| ours +\| median \(p10-p90\) +\| beside +\|.*\| verdict +\|$/m,
    );
    expect(stdout).to.match(
      /^\| K1 10 entities \| bytesPerRow, B \| rerun-rx +\|.*\| raw columns +\|.*\| ≤ 1\.5× +\| ≤ 1\.1× +\|/m,
    );
  });

  it("names the workloads when it is asked for one that it does not know", async () => {
    const bench = run(main, { args: ["--only", "S1,X9"] });
    const { code, stderr } = await bench.exit;
    expect(code).to.equal(1);
    expect(stderr).to.include("Expected --only to name S1, S2, P1").and.to.include("got X9");
  });

  it("takes quantiles between values, and ratios of neighbours", () => {
    expect(quantile([4, 1, 3, 2], 0.5)).to.equal(2.5);
    expect(spread([1, 2, 3, 4, 5])).to.deep.equal({ median: 3, p10: 1.4, p90: 4.6, n: 5 });
    // The machine was slow in the second round: for both.
    expect(ratioOf([10, 2, 10], [5, 1, 5])).to.equal(2);
    expect(ratioOf([10, 20], [5])).to.equal(3);
  });
});
