import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { expect } from "chai";
import { type DecodedRrd, decodeRrd } from "../helpers/decode-rrd.ts";
import { usePeer } from "../helpers/peers.ts";
import { compare, python, verify } from "../helpers/rerun-cli.ts";
import { flatOf } from "../helpers/rows.ts";
import { projectRoot, usePrograms } from "../helpers/run-program.ts";
import { useTempDir } from "../helpers/use-temp-dir.ts";

describe("_RERUN_TEST_FORCE_SAVE", function () {
  this.timeout(30_000);
  const dir = useTempDir();
  const start = usePrograms();
  const run = (how: string, env: Readonly<Record<string, string>> = {}) =>
    start("forced-save.ts", {
      args: [how, dir.file("other.rrd")],
      env: { RERUN_FLUSH_NUM_ROWS: "0", _RERUN_TEST_FORCE_SAVE: dir.file("forced.rrd"), ...env },
    }).exit;
  const decode = async (): Promise<DecodedRrd> => decodeRrd(await readFile(dir.file("forced.rrd")));
  const numbersIn = ({ chunks }: DecodedRrd): number[] =>
    chunks
      .filter((chunk) => chunk.entityPath === "/values")
      .flatMap((chunk) => Array.from(flatOf(chunk, "Scalars:scalars"), Number));
  const upTo10 = Array.from({ length: 10 }, (_, i) => i);

  for (const [how, code] of [
    ["no sink", 0],
    ["exit", 3],
  ] as const) {
    it(`leaves a complete file of a program that attaches nothing: ${how}`, async () => {
      await writeFile(dir.file("forced.rrd"), "of a former run, and longer ".repeat(1000));
      expect((await run(how)).code).to.equal(code);
      const file = await decode();
      expect(numbersIn(file)).to.deep.equal(upTo10);
      expect([file.truncatedBytes, file.manifests.length]).to.deep.equal([0, 1]);
    });
  }

  it("lets the sinks of people get nothing, and those of the program everything", async () => {
    const { code, stdout, stderr } = await run("all sinks");
    expect([code, stdout]).to.deep.equal([0, ""]);
    expect(JSON.parse(stderr)).to.deep.equal({ kept: 13, rows: 12, detached: "closed" });
    expect(numbersIn(await decode())).to.deep.equal(upTo10);
    expect(existsSync(dir.file("other.rrd"))).to.equal(false);
  });

  it("holds all recordings of a process", async () => {
    expect((await run("two recordings")).code).to.equal(0);
    const file = await decode();
    expect(file.manifests.map((m) => m.storeId.recordingId)).to.deep.equal(["rec", "other"]);
    expect(numbersIn(file)).to.deep.equal([...upTo10, 1]);
  });

  it("writes nothing of a recording that is switched off", async () => {
    expect((await run("exit", { RERUN: "off" })).code).to.equal(3);
    expect(await readdir(dir.path)).to.deep.equal([]);
  });

  it("means nothing when it is empty", async () => {
    expect((await run("exit", { _RERUN_TEST_FORCE_SAVE: "" })).code).to.equal(3);
    expect(await readdir(dir.path)).to.deep.equal([]);
  });

  it("works with the package as it is published", async () => {
    const program = `
      import { RecordingStream, Scalars } from "rerun-rx";
      const rec = new RecordingStream("app");
      for (let i = 0; i < 10; i++) rec.log("values", Scalars(i));
      process.exit(3);`;
    const failed = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "--eval", program],
      {
        cwd: projectRoot,
        env: {
          ...process.env,
          NODE_OPTIONS: "",
          NODE_V8_COVERAGE: "",
          _RERUN_TEST_FORCE_SAVE: dir.file("forced.rrd"),
        },
      },
    ).catch((error: unknown) => error);
    expect(failed).to.include({ code: 3, stderr: "" });
    expect(numbersIn(await decode())).to.deep.equal(upTo10);
  });

  describe("beside the official SDK", () => {
    usePeer("rerun-cli");
    usePeer("python");

    it("leads to an equal file", async () => {
      const program = `
import rerun as rr
rr.init("rerun_example_forced", recording_id="rec", spawn=True)
rr.log("before", rr.Scalars(0.5), static=True)
for i in range(10):
    rr.set_time("frame", sequence=i)
    rr.log("values", rr.Scalars(float(i)))
rr.save("${dir.file("other.rrd")}")
`;
      const official = dir.file("official.rrd");
      const theirs = await python(["-c", program], {
        env: {
          RERUN_FLUSH_NUM_ROWS: "0",
          _RERUN_TEST_FORCE_SAVE: official,
          // It warns of chunks of one row.
          RERUN_PANIC_ON_WARN: undefined,
        },
      });
      expect(theirs.code).to.equal(0);
      expect((await run("no sink")).code).to.equal(0);
      expect((await readdir(dir.path)).sort()).to.deep.equal(["forced.rrd", "official.rrd"]);
      const compared = await compare(official, dir.file("forced.rrd"));
      expect(compared.stdout + compared.stderr).to.equal("");
      expect(compared.code).to.equal(0);
      expect((await verify(dir.file("forced.rrd"))).code).to.equal(0);
    });
  });
});
