import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import {
  AnnotationContext,
  AnyValues,
  Clear,
  GraphEdges,
  Image,
  Points3D,
  type RecordingStream,
  Scalars,
  Tensor,
  TextLog,
  Transform3D,
} from "../../../../lib/index.ts";
import type { LogMsg } from "../../../../lib/log-msg.ts";
import { decodeRrd } from "../../../helpers/decode-rrd.ts";
import { messagesOf, oldRrd, readAll, rrdOf } from "../../../helpers/make-rrd.ts";
import { usePeer } from "../../../helpers/peers.ts";
import { compare, rerun, stats, verify } from "../../../helpers/rerun-cli.ts";
import { cliMain, useCli } from "../../../helpers/use-cli.ts";
import { useTempDir } from "../../../helpers/use-temp-dir.ts";

/** Values of every Arrow layout that Rerun's types have. */
function logAll(rec: RecordingStream): void {
  rec.log("about", TextLog("static", { level: "INFO" }), { static: true });
  rec.log(
    "classes",
    AnnotationContext([
      { info: { id: 1, label: "car" }, keypointAnnotations: [{ id: 0, label: "wheel" }] },
    ]),
    { static: true },
  );
  for (let i = 0; i < 20; i++) {
    rec.setTime("frame", { sequence: i });
    rec.setTime("elapsed", { duration: i / 10 });
    rec.setTime("wall", { timestamp: new Date(1_700_000_000_000 + 100 * i) });
    rec.log("plots/a", Scalars(i / 3));
    rec.log("plots/b", Scalars([i, -i, Number.POSITIVE_INFINITY]));
    rec.log("world/points", Points3D([[i, 0, -0]], { colors: 0xff00_00ff, labels: ["ä €"] }));
    rec.log("world", Transform3D({ rotationAxisAngle: { axis: [0, 0, 1], degrees: i } }));
    rec.log("own", AnyValues({ big: 2n ** 60n + BigInt(i), text: `t${i}`, flags: [true, false] }));
  }
  rec.log("tensor", Tensor({ data: new Float32Array(6), shape: [2, 3] }));
  rec.log("graph", GraphEdges([["a", "b"]], { graphType: "directed" }));
  rec.log("image", Image({ data: new Uint8Array(12), width: 2, height: 2, colorModel: "RGB" }));
  rec.log("plots/a", Clear(false));
}

describe("rerun-rx rrd", function () {
  this.timeout(120_000);
  const cli = useCli();
  const dir = useTempDir();
  usePeer("rerun-cli");

  /** Runs a command that should end with some exit code. */
  async function run(args: readonly string[], expected = 0): Promise<string> {
    const { code, stdout, stderr } = await cli(["rrd", ...args]).exit;
    expect(code, stderr).to.equal(expected);
    return expected === 0 ? stdout : stderr;
  }

  async function recording(name = "a.rrd"): Promise<string> {
    const bytes = rrdOf(
      await messagesOf(logAll, { batch: { flushNumRows: 4 }, recordingId: name }),
    );
    await writeFile(dir.file(name), bytes);
    return dir.file(name);
  }

  /** The official tool finds nothing wrong with a file, and it says the same as another. */
  async function expectSame(file: string, other: string): Promise<void> {
    const checked = await verify(file);
    expect(checked.code, checked.stderr).to.equal(0);
    const compared = await compare(other, file);
    expect(compared.code, compared.stderr + compared.stdout).to.equal(0);
  }

  describe("stats", () => {
    it("prints the numbers of the official tool, letter by letter", async () => {
      const file = await recording();
      expect(await run(["stats", file])).to.equal((await stats(file)).stdout);
      const quick = await rerun(["rrd", "stats", "--no-decode", file]);
      expect(await run(["stats", "--no-decode", file])).to.equal(quick.stdout);
    });

    it("gives machines one JSON object", async () => {
      const file = await recording();
      const found = JSON.parse(await run(["stats", "--json", file])) as {
        content: { numRows: number; chunksPerIndex: Record<string, number> };
      };
      const rows = decodeRrd(await readFile(file)).chunks.map((chunk) => chunk.numRows);
      expect(found.content.numRows).to.equal(rows.reduce((a, b) => a + b, 0));
      expect(Object.keys(found.content.chunksPerIndex)).to.deep.equal(["elapsed", "frame", "wall"]);
    });

    it("counts what is whole, and fails, when something cannot be read", async () => {
      const bytes = await readFile(await recording());
      await writeFile(dir.file("cut.rrd"), bytes.subarray(0, 5000));
      const { code, stdout, stderr } = await cli(["rrd", "stats", dir.file("cut.rrd")]).exit;
      expect(code).to.equal(1);
      expect(stdout).to.match(/^num_chunks = [1-9]/m);
      expect(stderr).to.match(/cut off/);
    });
  });

  describe("verify", () => {
    it("is content with what the official tool is content with", async () => {
      const file = await recording();
      expect((await verify(file)).code).to.equal(0);
      const { code, stderr } = await cli(["rrd", "verify", file]).exit;
      expect(code, stderr).to.equal(0);
      expect(stderr).to.equal("1 file verified without error.\n");
    });

    it("finds a missing index, a wrong one, flipped bits and components that are no such thing", async () => {
      const file = await recording();
      const bytes = await readFile(file);
      const withoutFooter = rrdOf(await readAll(bytes)).subarray(0, bytes.length >> 1);
      await writeFile(dir.file("cut.rrd"), withoutFooter);
      expect(await run(["verify", dir.file("cut.rrd")], 1)).to.match(/cut off/);
      const flipped = Uint8Array.from(bytes);
      flipped.fill(0xff, 2000, 2040);
      await writeFile(dir.file("flipped.rrd"), flipped);
      expect(await run(["verify", dir.file("flipped.rrd")], 1)).to.match(/failed with \d+ error/);
      const bogus = await messagesOf((rec) => {
        const batch = Scalars.batch("scalars", [1]).described({
          archetype: "rerun.archetypes.Scalars",
          component: "Scalars:values",
          componentType: "rerun.components.Scalar",
        });
        rec.log("a", { batches: [batch] });
      });
      await writeFile(dir.file("bogus.rrd"), rrdOf(bogus));
      expect(await run(["verify", dir.file("bogus.rrd")], 1)).to.match(/has no such field/);
      expect((await verify(dir.file("bogus.rrd"))).code).to.not.equal(0);
    });

    it("reads standard input, without looking for the index", async () => {
      const program = cli(["rrd", "verify"]);
      program.stdin.end(await readFile(await recording()));
      expect((await program.exit).code).to.equal(0);
    });
  });

  describe("print", () => {
    it("tells each message on a line, and more when asked for more", async () => {
      const file = await recording();
      const lines = (await run(["print", file])).split("\n");
      expect(lines[0]).to.equal('Store: recording of "spec"');
      expect(lines.filter((line) => line.startsWith("Chunk("))).to.have.length(
        decodeRrd(await readFile(file)).chunks.length,
      );
      expect(await run(["print", file, "-vv", "--entity", "/plots/a"]))
        .to.match(/^ {2}frame +sequence +0 … 3$/m)
        .and.match(/Scalars:scalars +rerun\.components\.Scalar = float64 +4 in 4 rows/);
      expect(await run(["print", file, "-vvv", "--entity", "plots/a"])).to.match(
        /0\.1 s +1 +2023-11-14T22:13:20\.100000000Z +\[0\.333/,
      );
      expect(await run(["print", file, "--footers"])).to.match(/^Index of recording/m);
    });

    it("ends early when nobody reads any more", async () => {
      const program = cli(["rrd", "print", await recording()]);
      await program.line(/^Store/);
      program.closeOutput();
      const { code, stderr } = await program.exit;
      expect(code, stderr).to.equal(0);
      expect(stderr).to.equal("");
    });
  });

  describe("merge", () => {
    it("makes one file of several, each message once, as the official tool does", async () => {
      const [a, b] = [await recording("a.rrd"), await recording("b.rrd")];
      const [ours, official] = [dir.file("ours.rrd"), dir.file("official.rrd")];
      await run(["merge", a, b, a, "-o", ours]);
      await rerun(["rrd", "merge", a, b, a, "-o", official]);
      const chunksOf = async (file: string): Promise<string[]> =>
        decodeRrd(await readFile(file))
          .chunks.map(
            (chunk) => `${chunk.storeId.recordingId} ${chunk.entityPath} ${chunk.numRows}`,
          )
          .sort();
      expect(await chunksOf(ours)).to.deep.equal(await chunksOf(official));
      expect((await verify(ours)).code).to.equal(0);
    });

    it("brings old files into today's form", async () => {
      await writeFile(dir.file("old.rrd"), await oldRrd("0.23"));
      await run(["merge", dir.file("old.rrd"), "-o", dir.file("new.rrd")]);
      await expectSame(dir.file("new.rrd"), dir.file("old.rrd"));
    });

    it("never writes over what it reads", async () => {
      const file = await recording();
      expect(await run(["merge", file, "-o", file], 2)).to.match(/another file/);
      expect((await verify(file)).code).to.equal(0);
    });

    it("writes to standard output", async () => {
      const file = await recording();
      const args = [await cliMain(), "rrd", "merge", file];
      const { stdout } = await promisify(execFile)(process.execPath, args, { encoding: "buffer" });
      await writeFile(dir.file("out.rrd"), stdout);
      await expectSame(dir.file("out.rrd"), file);
    });
  });

  it("filters timelines and entities as the official tool does", async () => {
    const file = await recording();
    const flags = ["--drop-timeline", "elapsed", "--drop-entity", "/world/points"];
    await run(["filter", file, ...flags, "-o", dir.file("ours.rrd")]);
    await rerun(["rrd", "filter", file, ...flags, "-o", dir.file("official.rrd")]);
    await expectSame(dir.file("ours.rrd"), dir.file("official.rrd"));
  });

  it("filters entities in the language of views", async () => {
    const file = await recording();
    const rules = ["--entities=+ /plots/**", "--entities=- /plots/b"];
    await run(["filter", file, ...rules, "-o", dir.file("ours.rrd")]);
    const { chunks } = decodeRrd(await readFile(dir.file("ours.rrd")));
    expect(new Set(chunks.map((chunk) => chunk.entityPath))).to.deep.equal(new Set(["/plots/a"]));
  });

  it("compacts: the same rows in fewer chunks", async () => {
    const file = await recording();
    await run(["compact", file, "-o", dir.file("small.rrd")]);
    const [before, after] = [await readAll(file), await readAll(dir.file("small.rrd"))];
    const rows = (messages: readonly LogMsg[]): number =>
      messages.reduce((sum, m) => sum + (m.kind === "chunk" ? m.chunk.numRows : 0), 0);
    expect(rows(after)).to.equal(rows(before));
    expect(after.length).to.be.lessThan(before.length / 2);
    expect((await verify(dir.file("small.rrd"))).code).to.equal(0);
  });

  describe("split", () => {
    it("cuts at times; each part has static data, its own rows, and what was there at its start", async () => {
      const file = await recording();
      const args = ["--timeline", "frame", "-t", "5", "-t", "15", "-o", dir.file("parts")];
      await run(["split", file, ...args]);
      const names = (await readdir(dir.file("parts"))).sort();
      expect(names).to.deep.equal(["a_0__5.rrd", "a_15__20.rrd", "a_5__15.rrd"]);
      const own = new Map<string, number[]>();
      for (const name of names) {
        const path = join(dir.file("parts"), name);
        const checked = await verify(path);
        expect(checked.code, checked.stderr).to.equal(0);
        const { chunks } = decodeRrd(await readFile(path));
        expect(chunks.filter((chunk) => chunk.isStatic)).to.have.length(2);
        const frames = (await readAll(path)).flatMap((m) =>
          m.kind !== "chunk" || m.chunk.entityPath !== "/plots/a"
            ? []
            : m.chunk.timelines
                .filter(({ timeline }) => timeline.name === "frame")
                .flatMap(({ timeline }) => [...m.chunk.times(timeline)].map(Number)),
        );
        own.set(
          name,
          frames.sort((x, y) => x - y),
        );
      }
      const upTo = (from: number, to: number): number[] =>
        Array.from({ length: to - from }, (_, i) => from + i);
      // The last row clears, at the time of the one before it.
      expect(own.get("a_0__5.rrd")).to.deep.equal(upTo(0, 5));
      expect(own.get("a_5__15.rrd")).to.deep.equal(upTo(5, 15));
      expect(own.get("a_15__20.rrd")).to.deep.equal([...upTo(15, 20), 19]);
    });

    it("says what timelines there are when it is asked for another", async () => {
      const args = ["--timeline", "fram", "-n", "2", "-o", dir.file("parts")];
      expect(await run(["split", await recording(), ...args], 2)).to.match(
        /one of frame, elapsed, wall|elapsed, frame, wall/,
      );
    });
  });

  describe("repair", () => {
    it("keeps what is whole of a damaged file, tells the loss, and writes a file in order", async () => {
      const bytes = Uint8Array.from(await readFile(await recording()));
      bytes.fill(0xa5, 3000, 3010);
      await writeFile(dir.file("broken.rrd"), bytes.subarray(0, bytes.length - 20_000));
      const args = ["repair", dir.file("broken.rrd")];
      const { code, stdout } = await cli(["rrd", ...args, "--json"]).exit;
      expect(code).to.equal(1);
      const report = JSON.parse(stdout) as { lostBytes: number; chunks: number };
      expect(report.lostBytes).to.be.greaterThan(0);
      expect(await run([...args, "-o", dir.file("whole.rrd")], 1)).to.match(
        /kept .* messages.*; lost \d+ messages, .* bytes:\n {2}at byte \d+/,
      );
      const checked = await verify(dir.file("whole.rrd"));
      expect(checked.code, checked.stderr).to.equal(0);
      const { chunks } = decodeRrd(await readFile(dir.file("whole.rrd")));
      expect(chunks).to.have.length(report.chunks);
    });

    it("loses nothing of a file that is in order", async () => {
      const file = await recording();
      const { code, stderr } = await cli(["rrd", "repair", file, "-o", dir.file("b.rrd")]).exit;
      expect(code, stderr).to.equal(0);
      expect(stderr).to.match(/nothing is lost/);
      await expectSame(dir.file("b.rrd"), file);
    });
  });

  describe("compare", () => {
    it("agrees with the official tool on what is the same, and on what is not", async () => {
      const file = await recording();
      const variants: Record<string, (rec: RecordingStream) => void> = {
        same: logAll,
        value: (rec) => {
          logAll(rec);
          rec.log("plots/c", Scalars(1));
        },
      };
      for (const [name, body] of Object.entries(variants)) {
        const messages = await messagesOf(body, { batch: { flushNumRows: 4 } });
        await writeFile(dir.file(`${name}.rrd`), rrdOf(messages));
        const official = await compare(file, dir.file(`${name}.rrd`));
        const args = ["rrd", "compare", "--unordered", file, dir.file(`${name}.rrd`)];
        const { code, stderr } = await cli(args).exit;
        expect(code === 0, `${name}: ${stderr}`).to.equal(official.code === 0);
        expect(code === 0).to.equal(name === "same");
      }
    });

    it("says where a value differs", async () => {
      for (const [name, value] of [
        ["one", 1],
        ["two", 2],
      ] as const)
        await writeFile(
          dir.file(`${name}.rrd`),
          rrdOf(await messagesOf((rec) => rec.log("a", Scalars([0, value])))),
        );
      expect(await run(["compare", dir.file("one.rrd"), dir.file("two.rrd")], 1)).to.equal(
        "chunk 0 (/a): Scalars:scalars[0][1]: 1 against 2\n",
      );
    });
  });

  describe("convert", () => {
    for (const format of ["jsonl", "cbors"]) {
      it(`brings everything to ${format} and back`, async () => {
        const file = await recording();
        const [there, back] = [dir.file(`a.${format}`), dir.file("back.rrd")];
        await run(["convert", file, "-o", there]);
        await run(["convert", there, "-o", back]);
        await expectSame(back, file);
      });
    }

    it("says which line is wrong, and goes on when it is told to", async () => {
      await run(["convert", await recording(), "-o", dir.file("a.jsonl")]);
      const lines = (await readFile(dir.file("a.jsonl"), "utf8")).split("\n");
      lines[2] = '{"type":"chunk","store":1}';
      await writeFile(dir.file("b.jsonl"), lines.join("\n"));
      const args = ["convert", dir.file("b.jsonl"), "-o", dir.file("b.rrd")];
      expect(await run(args, 1)).to.match(/message 3: Expected a store/);
      expect(await run([...args, "--continue-on-error"], 1)).to.match(/message 3/);
      const { chunks } = decodeRrd(await readFile(dir.file("b.rrd")));
      expect(chunks).to.have.length(lines.filter((line) => line.includes('"chunk"')).length - 1);
    });
  });

  it("names the commands when one is mistyped", async () => {
    await mkdir(dir.file("empty"));
    expect(await run(["stat", "x.rrd"], 2)).to.match(/did you mean `stats`/);
  });
});
