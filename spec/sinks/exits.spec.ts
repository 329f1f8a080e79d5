import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { EXITS, Scene, SINKS } from "../helpers/exit-scene.ts";
import { projectRoot, usePrograms } from "../helpers/run-program.ts";
import { useTempDir } from "../helpers/use-temp-dir.ts";

/** A table of the documentation, without its line of dashes. */
async function readTable(firstLine: string): Promise<string[][]> {
  const lines = (await readFile(join(projectRoot, "docs/exits.md"), "utf8")).split("\n");
  const start = lines.findIndex((line) => line.startsWith(firstLine));
  const rows = lines.slice(start).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll("`", "")),
  );
  const end = rows.findIndex((row) => row.length === 0);
  return rows.slice(0, end).filter((_, i) => i !== 1);
}

/** What is kept: by exit, then by sink. */
async function readKept(): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  const [sinks = [], ...body] = await readTable("| | save ");
  return new Map(
    body.map(([exit = "", ...cells]) => [
      exit,
      new Map(cells.map((cell, i) => [sinks[i + 1] ?? "", cell])),
    ]),
  );
}

/** Which line of the second table holds for an exit; none for those that end at once. */
const LIMITS: Readonly<Record<string, string | undefined>> = {
  "return from main": "return from main, with connect or spawn",
  "process.exit()": "the end of the process, for indexes",
  SIGINT: "the end of the process, for indexes",
  "SIGINT twice": "the end of the process, for indexes",
  SIGTERM: "the end of the process, for indexes",
  "uncaught error": "the end of the process, for a dump",
  "unhandled rejection": "the end of the process, for a dump",
  "kill -9": undefined,
  "parent dies": "return from main, with connect or spawn",
  "broken pipe on stdout": "the end of the process, for a dump",
  "disk full": "rec.close()",
  "viewer gone": "rec.close()",
};

/** What machines that are busy add to it: processes end, and start, and others have their turn. */
const BUSY_MS = 4000;
const WIDTH = 3;

describe("the end of a program", function () {
  // Real processes, on machines that may be busy.
  this.timeout(120_000);
  const run = usePrograms();
  const dir = useTempDir();
  let table: Awaited<ReturnType<typeof readKept>>;
  let limits: ReadonlyMap<string, number>;

  before(async () => {
    table = await readKept();
    limits = new Map(
      (await readTable("| | at most ")).map(([what = "", limit = ""]) => [
        what,
        Number(/^([\d.]+) s/.exec(limit)?.[1]) * 1000,
      ]),
    );
  });

  it("is documented for every exit and every sink", () => {
    expect([...table.keys()]).to.deep.equal(Object.keys(EXITS));
    for (const cells of table.values()) expect([...cells.keys()]).to.deep.equal(Object.keys(SINKS));
    expect(Object.keys(LIMITS)).to.deep.equal(Object.keys(EXITS));
  });

  for (const exit of Object.keys(EXITS)) {
    it(`keeps what the table says: ${exit}`, async () => {
      const limit = LIMITS[exit];
      const limitMs = (limit === undefined ? 0 : (limits.get(limit) ?? Number.NaN)) + BUSY_MS;
      const cells = [...(table.get(exit) ?? [])];
      const seen: [string, string][] = [];
      const late: string[] = [];
      await Promise.all(
        Array.from({ length: WIDTH }, async (_, worker) => {
          for (let i = worker; i < cells.length; i += WIDTH) {
            const [sink = ""] = cells[i] ?? [];
            const scene = new Scene(exit, sink, dir.file(`${i}`), run);
            seen[i] = [sink, await scene.play()];
            if (!(scene.tookMs < limitMs))
              late.push(`${sink} took ${scene.tookMs} of ${limitMs} ms`);
          }
        }),
      );
      expect(seen).to.deep.equal(cells);
      expect(late).to.deep.equal([]);
    });
  }
});
