import { mkdir, readdir, readFile, utimes } from "node:fs/promises";
import { expect } from "chai";
import { firstValueFrom } from "rxjs";
import { RecordingStream } from "../../lib/recording-stream.ts";
import { save } from "../../sinks/save.ts";
import { decodeRrd } from "../helpers/decode-rrd.ts";
import { usePeer } from "../helpers/peers.ts";
import { eventually } from "../helpers/receivers.ts";
import { rerun, verify } from "../helpers/rerun-cli.ts";
import { values } from "../helpers/rows.ts";
import { usePrograms } from "../helpers/run-program.ts";
import { useTempDir } from "../helpers/use-temp-dir.ts";

const eachRow = { sendProperties: false, batch: { flushNumRows: 1 } } as const;

describe("save, keeping some of the files", function () {
  this.timeout(60_000);
  const dir = useTempDir();
  const run = usePrograms();
  const parts = async (): Promise<string[]> => (await readdir(dir.path)).sort();

  describe("of run after run of one recording", () => {
    /** Ends one run; what it has logged before makes one file. */
    const runOnce = async (how: string, signal?: NodeJS.Signals): Promise<void> => {
      const program = run("parts-and-end.ts", { args: [dir.file("run.rrd"), how, "2"] });
      if (signal === undefined) {
        expect((await program.exit).code).to.equal(0);
        return;
      }
      await program.line("ready");
      // Nothing is done at its end: it has done it by then.
      if (signal === "SIGKILL")
        await eventually(async () => (await parts()).length <= 3, "three files");
      expect((await program.kill(signal)).signal).to.equal(signal);
    };

    for (const [how, signal] of [
      ["close", undefined],
      ["return", undefined],
      ["exit", undefined],
      ["wait", "SIGTERM"],
    ] as const) {
      it(`keeps the last two files of runs that end so: ${signal ?? how}`, async () => {
        for (let i = 0; i < 4; i++) await runOnce(how, signal);
        expect(await parts()).to.deep.equal(["run-0003.rrd", "run-0004.rrd"]);
        for (const name of await parts()) {
          const { manifests, truncatedBytes } = decodeRrd(await readFile(dir.file(name)));
          expect([manifests.length, truncatedBytes]).to.deep.equal([2, 0]);
        }
      });
    }

    it("keeps two files, and the one that is being written, of runs that are killed", async () => {
      for (let i = 0; i < 5; i++) await runOnce("wait", "SIGKILL");
      expect(await parts()).to.deep.equal(["run-0003.rrd", "run-0004.rrd", "run-0005.rrd"]);
    });

    describe("checked by the official command line", () => {
      usePeer("rerun-cli");

      it("has files that are in order each, and that can be merged", async () => {
        for (let i = 0; i < 2; i++) {
          const program = run("parts-and-end.ts", { args: [dir.file("run.rrd"), "rotate"] });
          expect((await program.exit).code).to.equal(0);
        }
        const files = (await parts()).map((name) => dir.file(name));
        expect(files).to.have.lengthOf(4);
        const verified = await verify(...files);
        expect(verified.stderr).to.include("4 files verified without error");
        expect(verified.code).to.equal(0);
        const merged = dir.file("merged.rrd");
        const { code, stderr } = await rerun(["rrd", "merge", "-o", merged, ...files]);
        expect([code, stderr.includes("error")], stderr).to.deep.equal([0, false]);
        expect((await verify(merged)).code).to.equal(0);
        const { chunks } = decodeRrd(await readFile(merged));
        const rows = (path: string): number =>
          chunks.filter((c) => c.entityPath === path).reduce((sum, c) => sum + c.numRows, 0);
        // Of static data it keeps the latest.
        expect([rows("/values"), rows("/static")]).to.deep.equal([20, 1]);
      });
    });
  });

  it("counts what another run of a second recording left, once that recording comes", async () => {
    const logTo = async (recordingIds: readonly string[]): Promise<void> => {
      const sink = save(dir.file("run.rrd"), { rotate: {}, retain: { count: 1 } });
      const recs = recordingIds.map((recordingId) => {
        const rec = new RecordingStream("spec", { ...eachRow, recordingId });
        rec.attach(sink);
        rec.log("values", values(1));
        return rec;
      });
      for (const rec of recs) await rec.close();
    };
    await logTo(["a"]);
    await logTo(["b"]);
    expect(await parts()).to.deep.equal(["run-0001.rrd", "run-0002.rrd"]);
    await logTo(["a", "b"]);
    expect(await parts()).to.deep.equal(["run-0003.rrd"]);
  });

  it("deletes what is too old while nothing is logged, and does not keep the program for it", async () => {
    const rec = new RecordingStream("spec", eachRow);
    const sink = save(dir.file("run.rrd"), { rotate: {}, retain: { ageMs: 300 } });
    rec.attach(sink);
    for (let i = 0; i < 3; i++) {
      rec.log("values", values(i));
      sink.rotate();
    }
    expect(await parts()).to.have.lengthOf(3);
    await eventually(async () => (await parts()).length === 0, "no files");
    await rec.close();
  });

  it("deletes what is too old when it is closed, and nothing later", async () => {
    await mkdir(dir.file("x"));
    const start = (ageMs: number): { rec: RecordingStream; path: string } => {
      const rec = new RecordingStream("spec", { ...eachRow, recordingId: "rec" });
      rec.attach(save(dir.file("x/run.rrd"), { rotate: {}, retain: { ageMs } }));
      rec.log("values", values(1));
      return { rec, path: dir.file("x/run-0001.rrd") };
    };
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const first = start(1e9);
    const before = timers();
    await first.rec.close();
    expect(timers()).to.equal(before);
    const old = new Date(Date.now() - 1e6);
    await utimes(first.path, old, old);
    await start(2e6).rec.close();
    expect(await readdir(dir.file("x"))).to.deep.equal(["run-0001.rrd", "run-0002.rrd"]);
    await start(1e5).rec.close();
    expect(await readdir(dir.file("x"))).to.deep.equal(["run-0002.rrd", "run-0003.rrd"]);
  });

  it("deletes what is too old when it is closed, also when no file is completed then", async () => {
    const rec = new RecordingStream("spec", eachRow);
    const sink = save(dir.file("run.rrd"), { rotate: {}, retain: { ageMs: 30 } });
    rec.attach(sink);
    rec.log("values", values(1));
    const complete = firstValueFrom(sink.parts$);
    sink.rotate();
    await complete;
    // No turn of the event loop in which a timer could do it.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 40);
    await sink.close();
    expect(await parts()).to.deep.equal([]);
  });

  it("is not misled by a clock that is set", async () => {
    const { now } = Date;
    const rec = new RecordingStream("spec", eachRow);
    const sink = save(dir.file("run.rrd"), { rotate: {}, retain: { ageMs: 60_000 } });
    rec.attach(sink);
    try {
      for (const hours of [0, 1, -1]) {
        rec.log("values", values(hours));
        sink.rotate();
        Date.now = () => now() + hours * 3_600_000;
      }
      await rec.close();
    } finally {
      Date.now = now;
    }
    expect(await parts()).to.have.lengthOf(3);
  });
});
