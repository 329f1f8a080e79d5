import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { usePrograms } from "../helpers/run-program.ts";
import { useTempDir } from "../helpers/use-temp-dir.ts";

describe("the memory that a file takes while it is written", function () {
  this.timeout(120_000);
  const run = usePrograms();
  const dir = useTempDir();

  /** Bytes of memory for each chunk, as the process sees them. */
  const measure = async (footer: string): Promise<number> => {
    const { stdout, code } = await run("index-memory.ts", {
      args: [dir.file(`${footer}.rrd`), footer],
      nodeArgs: ["--expose-gc"],
    }).exit;
    expect(code).to.equal(0);
    return (JSON.parse(stdout) as { perChunk: number }).perChunk;
  };

  it("grows by a hundred and fifty bytes for each chunk at most, for its index", async () => {
    // Three timelines: each has its range in the index.
    const perChunk = await measure("index");
    expect(perChunk).to.be.within(40, 150);
    const end = (await readFile(dir.file("index.rrd"))).subarray(-12, -4);
    expect(end.toString()).to.equal("RRF2FOOT");
  });

  it("does not grow without an index", async () => {
    expect(await measure("none")).to.be.lessThan(20);
  });
});
