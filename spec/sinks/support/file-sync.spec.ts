import fs from "node:fs";
import { readFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { expect } from "chai";
import { firstValueFrom } from "rxjs";
import { RecordingStream } from "../../../lib/recording-stream.ts";
import { flightRecorder } from "../../../sinks/flight-recorder.ts";
import { memory } from "../../../sinks/memory.ts";
import { type FsyncPolicy, save } from "../../../sinks/save.ts";
import { Dump } from "../../../sinks/support/dump.ts";
import { decodeRrd } from "../../helpers/decode-rrd.ts";
import { values } from "../../helpers/rows.ts";
import { useTempDir } from "../../helpers/use-temp-dir.ts";

const options = { sendProperties: false, batch: { flushNumRows: 1 } } as const;

describe("forcing files onto the disk", function () {
  this.timeout(10_000);
  const dir = useTempDir();
  const real = {
    fdatasync: fs.fdatasync,
    fdatasyncSync: fs.fdatasyncSync,
    fsyncSync: fs.fsyncSync,
  };
  /** Sizes of the file when it was forced: at once, and in the background; and how often the directory was. */
  let now: number[];
  let later: number[];
  let names: number;
  let failure: NodeJS.ErrnoException | null;

  beforeEach(() => {
    [now, later, names, failure] = [[], [], 0, null];
    fs.fdatasyncSync = (fd) => {
      now.push(fs.fstatSync(fd).size);
      if (failure !== null) throw failure;
      real.fdatasyncSync(fd);
    };
    fs.fdatasync = ((fd: number, done: fs.NoParamCallback) => {
      later.push(fs.fstatSync(fd).size);
      if (failure === null) real.fdatasync(fd, done);
      else setImmediate(done, failure);
    }) as typeof fs.fdatasync;
    fs.fsyncSync = (fd) => {
      expect(fs.fstatSync(fd).isDirectory()).to.equal(true);
      names++;
      real.fsyncSync(fd);
    };
    syncBuiltinESMExports();
  });

  afterEach(() => {
    Object.assign(fs, real);
    syncBuiltinESMExports();
  });

  const start = (fsync?: FsyncPolicy): { rec: RecordingStream; errors: string[] } => {
    const rec = new RecordingStream("spec", options);
    const errors: string[] = [];
    rec.errors$.subscribe((error) => errors.push(error.code));
    rec.attach(save(dir.file("a.rrd"), fsync === undefined ? {} : { fsync }));
    return { rec, errors };
  };
  const size = (): number => fs.statSync(dir.file("a.rrd")).size;

  it("is not done unless asked for", async () => {
    const { rec } = start();
    rec.log("a", values(1));
    await rec.flush();
    await rec.close();
    expect([now, later, names]).to.deep.equal([[], [], 0]);
  });

  it("is done when the file is complete", async () => {
    const { rec } = start("close");
    rec.log("a", values(1));
    await rec.flush();
    expect(later).to.deep.equal([]);
    expect((await rec.close()).complete).to.equal(true);
    expect([now, later, names]).to.deep.equal([[], [size()], 1]);
  });

  it("is done before a write is, each time", async () => {
    const { rec } = start("always");
    for (let i = 0; i < 3; i++) {
      rec.log("a", values(i));
      expect(now.at(-1)).to.equal(size());
    }
    expect(now.length).to.be.at.least(3);
    await rec.close();
    expect(later).to.deep.equal([size()]);
    expect(names).to.equal(1);
  });

  it("is done now and then, and before flush resolves", async () => {
    const { rec } = start({ everyMs: 20 });
    rec.log("a", values(1));
    while (later.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(now).to.deep.equal([]);
    const before = later.length;
    rec.log("a", values(2));
    await rec.flush();
    expect(later.length).to.be.greaterThan(before);
    expect(later.at(-1)).to.equal(size());
    await rec.close();
    expect(decodeRrd(await readFile(dir.file("a.rrd"))).manifests).to.have.lengthOf(1);
  });

  it("does not keep a program alive", async () => {
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    // From here on the timer of this test runs.
    await new Promise((resolve) => setImmediate(resolve));
    const before = timers();
    const { rec } = start({ everyMs: 1e9 });
    rec.log("a", values(1));
    expect(timers()).to.equal(before);
    await rec.close();
  });

  it("is done for each of several files", async () => {
    const rec = new RecordingStream("spec", options);
    const sink = save(dir.file("run.rrd"), { rotate: {}, fsync: "close" });
    rec.attach(sink);
    const sizes: number[] = [];
    sink.parts$.subscribe(({ bytes }) => sizes.push(bytes));
    for (let i = 0; i < 3; i++) {
      const complete = firstValueFrom(sink.parts$);
      rec.log("a", values(i));
      sink.rotate();
      await complete;
    }
    await rec.close();
    expect(sizes).to.have.lengthOf(3);
    expect([now, later, names]).to.deep.equal([[], sizes, 3]);
  });

  it("is done before a write to any of several files is", async () => {
    const rec = new RecordingStream("spec", options);
    const sink = save(dir.file("run.rrd"), { rotate: {}, fsync: "always" });
    rec.attach(sink);
    for (let i = 0; i < 3; i++) {
      const complete = firstValueFrom(sink.parts$);
      rec.log("a", values(i));
      expect(now.at(-1)).to.equal(fs.statSync(sink.path ?? "").size);
      sink.rotate();
      await complete;
    }
    await rec.close();
    expect([later.length, names]).to.deep.equal([3, 3]);
  });

  it("is done for each dump of a flight recorder, and within the call when the program ends", async () => {
    const rec = new RecordingStream("spec", options);
    const recorder = flightRecorder({ path: dir.file("dump.rrd"), fsync: "close" });
    const sink = memory();
    rec.attach(recorder);
    rec.attach(sink);
    rec.log("a", values(1));
    const sizes = [await recorder.dump(), await recorder.dump()].map(({ bytes }) => bytes);
    expect([now, later, names]).to.deep.equal([[], sizes, 2]);
    const dump = new Dump(dir.file("b.rrd"), sink.messages, { fsync: "close" });
    dump.finishNow(Infinity);
    expect([now, later.length, names]).to.deep.equal([[dump.bytes], 2, 3]);
    await rec.close();
  });

  for (const policy of ["always", "close", { everyMs: 1 }] as const) {
    it(`fails the sink when the disk refuses: ${JSON.stringify(policy)}`, async () => {
      const { rec, errors } = start(policy);
      failure = Object.assign(new Error("EIO"), { code: "EIO" });
      rec.log("a", values(1));
      if (typeof policy === "object")
        while (errors.length === 0) await new Promise((resolve) => setImmediate(resolve));
      expect((await rec.close()).complete).to.equal(false);
      expect(errors).to.deep.equal(["io-failed"]);
    });
  }
});
