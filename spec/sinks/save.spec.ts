import { chmod, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { filter } from "rxjs";
import { Scalars, TextLog } from "../../lib/archetypes/index.ts";
import { RerunError } from "../../lib/errors.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import { memory } from "../../sinks/memory.ts";
import { save } from "../../sinks/save.ts";
import { decodeRrd } from "../helpers/decode-rrd.ts";
import { usePeer } from "../helpers/peers.ts";
import { print, stats, verify } from "../helpers/rerun-cli.ts";
import { chunksOf, flatOf, values } from "../helpers/rows.ts";
import { usePrograms } from "../helpers/run-program.ts";
import { useTempDir } from "../helpers/use-temp-dir.ts";

const plain = { sendProperties: false, logTime: false, logTick: false } as const;

/** Values of all chunks of an entity, in order. */
function valuesIn(bytes: Uint8Array, entityPath = "/values"): number[] {
  return decodeRrd(bytes)
    .chunks.filter((chunk) => chunk.entityPath === entityPath)
    .flatMap((chunk) => Array.from(flatOf(chunk, "Scalars:scalars"), Number));
}

const upTo = (end: number): number[] => Array.from({ length: end }, (_, i) => i);

describe("save", function () {
  // Real processes, on machines that may be busy.
  this.timeout(30_000);
  const dir = useTempDir();
  const run = usePrograms();

  it("writes what was logged before and what follows", async () => {
    const rec = new RecordingStream("spec", plain);
    rec.log("values", Scalars(0));
    rec.attach(save(dir.file("a.rrd")));
    rec.log("values", Scalars(1));
    expect((await rec.close()).complete).to.equal(true);
    const bytes = await readFile(dir.file("a.rrd"));
    expect(valuesIn(bytes)).to.deep.equal([0, 1]);
    const { streams, truncatedBytes, manifests } = decodeRrd(bytes);
    expect(streams.map((s) => s.header)).to.deep.equal([{ version: "0.33.0", compression: "lz4" }]);
    expect(truncatedBytes).to.equal(0);
    expect(manifests).to.have.lengthOf(1);
  });

  it("can do without compression and without footer", async () => {
    const rec = new RecordingStream("spec", plain);
    rec.attach(save(dir.file("a.rrd"), { compression: "none", footer: false }));
    rec.log("values", Scalars(Array.from({ length: 1000 }, () => 5)));
    await rec.close();
    const { streams, chunks } = decodeRrd(await readFile(dir.file("a.rrd")));
    expect(streams[0]?.header.compression).to.equal("none");
    expect(streams[0]?.footer).to.equal(undefined);
    expect(chunks.map((chunk) => chunk.compression)).to.deep.equal(["none"]);
  });

  it("has everything in the file after flush, before it is closed", async () => {
    const rec = new RecordingStream("spec", plain);
    const sink = save(dir.file("a.rrd"));
    rec.attach(sink);
    rec.log("values", Scalars(1));
    expect((await rec.flush()).complete).to.equal(true);
    const bytes = await readFile(dir.file("a.rrd"));
    expect(valuesIn(bytes)).to.deep.equal([1]);
    expect(sink.bytesWritten).to.equal(bytes.length);
    await rec.close();
  });

  it("writes on the next turn of the event loop when nobody asks", async () => {
    const rec = new RecordingStream("spec", { ...plain, batch: { flushNumRows: 1 } });
    rec.attach(save(dir.file("a.rrd")));
    rec.log("values", Scalars(1));
    await new Promise((resolve) => setImmediate(resolve));
    expect(valuesIn(await readFile(dir.file("a.rrd")))).to.deep.equal([1]);
    await rec.close();
  });

  it("holds two recordings in one file, each with its manifest", async () => {
    const sink = save(dir.file("a.rrd"));
    const recs = ["one", "two"].map((app) => new RecordingStream(app, plain));
    for (const rec of recs) rec.attach(sink);
    for (const rec of recs) rec.log("values", Scalars(1));
    for (const rec of recs) await rec.close();
    const { manifests, chunks } = decodeRrd(await readFile(dir.file("a.rrd")));
    expect(chunks).to.have.lengthOf(2);
    expect(manifests.map((m) => m.storeId.applicationId)).to.deep.equal(["one", "two"]);
  });

  it("makes one manifest of two streams of one recording", async () => {
    const sink = save(dir.file("a.rrd"));
    const recs = [1, 2].map(() => new RecordingStream("one", { ...plain, recordingId: "same" }));
    for (const rec of recs) rec.attach(sink);
    for (const rec of recs) rec.log("values", Scalars(1));
    for (const rec of recs) await rec.close();
    expect(
      decodeRrd(await readFile(dir.file("a.rrd"))).manifests.map((m) => m.rows.length),
    ).to.deep.equal([2]);
  });

  it("says so when it is attached after it was closed", async () => {
    const sink = save(dir.file("a.rrd"));
    await sink.close();
    await sink.close();
    const rec = new RecordingStream("spec", plain);
    rec.errors$.subscribe();
    const attachment = rec.attach(sink);
    rec.log("values", Scalars(1));
    expect((await rec.flush()).complete).to.equal(false);
    expect(attachment.state).to.equal("failed");
    await rec.close();
  });

  describe("opening", () => {
    const code = (body: () => unknown): string => {
      try {
        body();
      } catch (thrown) {
        expect(thrown).to.be.instanceOf(RerunError);
        return (thrown as RerunError).code;
      }
      return "nothing thrown";
    };

    it("never overwrites a file", async () => {
      await writeFile(dir.file("a.rrd"), "precious");
      expect(code(() => save(dir.file("a.rrd")))).to.equal("file-exists");
      expect(await readFile(dir.file("a.rrd"), "utf8")).to.equal("precious");
    });

    it("does not overwrite through a link, nor what another sink writes", async () => {
      await writeFile(dir.file("a.rrd"), "precious");
      await symlink(dir.file("a.rrd"), dir.file("link.rrd"));
      expect(code(() => save(dir.file("link.rrd")))).to.equal("file-exists");
      const sink = save(dir.file("b.rrd"));
      expect(code(() => save(dir.file("b.rrd")))).to.equal("file-exists");
      await sink.close();
    });

    it("creates nothing for a recording that is switched off, and a path stays free", async () => {
      const off = new RecordingStream("spec", { enabled: false });
      const sink = save(dir.file("a.rrd"));
      off.attach(sink);
      off.log("values", Scalars(1));
      expect(code(() => save(dir.file("a.rrd")))).to.equal("file-exists");
      expect((await off.close()).complete).to.equal(true);
      expect(await readdir(dir.path)).to.deep.equal([]);
      await save(dir.file("a.rrd")).close();
      expect(await readdir(dir.path)).to.deep.equal([]);
    });

    it("creates the file when it is attached, also when nothing reaches it", async () => {
      const rec = new RecordingStream("spec", plain);
      rec.attach(save(dir.file("a.rrd")), { pipe: [filter(() => false)] });
      expect(await readdir(dir.path)).to.deep.equal(["a.rrd"]);
      await rec.close();
      expect(decodeRrd(await readFile(dir.file("a.rrd"))).messages).to.deep.equal([]);
    });

    it("tells of a path that went wrong between the call and the first message", async () => {
      const rec = new RecordingStream("spec", plain);
      const errors: string[] = [];
      rec.errors$.subscribe((error) => errors.push(error.code));
      const sink = save(dir.file("a.rrd"));
      await writeFile(dir.file("a.rrd"), "precious");
      const attachment = rec.attach(sink);
      expect([attachment.state, ...errors]).to.deep.equal(["failed", "file-exists"]);
      expect(await readFile(dir.file("a.rrd"), "utf8")).to.equal("precious");
      await rec.close();
    });

    it("overwrites when told to", async () => {
      await writeFile(dir.file("a.rrd"), "x".repeat(100_000));
      const rec = new RecordingStream("spec", plain);
      rec.attach(save(dir.file("a.rrd"), { overwrite: true }));
      rec.log("values", Scalars(1));
      await rec.close();
      expect(valuesIn(await readFile(dir.file("a.rrd")))).to.deep.equal([1]);
    });

    it("tells what is wrong with a path", async () => {
      await writeFile(dir.file("file"), "");
      expect(code(() => save(dir.file("no/such/dir.rrd")))).to.equal("directory-missing");
      expect(code(() => save(dir.file("file/a.rrd")))).to.equal("directory-missing");
      expect(code(() => save(dir.path, { overwrite: true }))).to.equal("io-failed");
      expect(code(() => save(""))).to.equal("invalid-argument");
      expect(code(() => save(5 as never))).to.equal("invalid-argument");
      expect(() => save(dir.file("no/such/dir.rrd"))).to.throw(/directory does not exist/);
    });

    it("tells when permission is missing", async () => {
      const locked = dir.file("locked");
      await mkdir(locked);
      await chmod(locked, 0o500);
      // The administrator may write everywhere: become nobody for the moment.
      const root = process.geteuid?.() === 0;
      if (root) {
        await chmod(dir.path, 0o755);
        process.seteuid?.(65_534);
      }
      try {
        expect(code(() => save(join(locked, "a.rrd")))).to.equal("permission-denied");
      } finally {
        if (root) process.seteuid?.(0);
      }
    });
  });

  describe("a disk that is full", () => {
    it("shows in the attachment, while the program and the other sinks go on", async function () {
      const rec = new RecordingStream("spec", { ...plain, batch: { flushNumRows: 1 } });
      const errors: string[] = [];
      rec.errors$.subscribe((error) => errors.push(error.code));
      let full: ReturnType<typeof save>;
      try {
        full = save("/dev/full");
      } catch {
        this.skip();
      }
      const attachment = rec.attach(full);
      const other = memory();
      rec.attach(other);
      for (let i = 0; i < 10; i++) {
        rec.log("values", Scalars(i));
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(attachment.state).to.equal("failed");
      expect(attachment.error?.code).to.equal("disk-full");
      expect((await rec.close()).complete).to.equal(false);
      expect(errors).to.deep.equal(["disk-full"]);
      expect(chunksOf(other.messages)).to.have.lengthOf(10);
    });

    it("leaves a file of which every message can be read", async () => {
      const file = dir.file("a.rrd");
      const { stdout, stderr } = await run("full-disk.ts", {
        args: [file],
        wrapper: ["sh", "-c", 'ulimit -f 2000; exec "$0" "$@"'],
      }).exit;
      expect(stderr).to.equal("");
      expect(JSON.parse(stdout)).to.deep.equal({
        complete: false,
        errors: ["disk-full"],
        state: "failed",
        rows: 100_001,
      });
      const { chunks, truncatedBytes } = decodeRrd(await readFile(file));
      expect(truncatedBytes).to.equal(0);
      const all = chunks
        .filter((c) => c.entityPath === "/value")
        .flatMap((c) => Array.from(flatOf(c, "Scalars:scalars"), Number));
      expect(all.length).to.be.greaterThan(10_000);
      expect(all).to.deep.equal(upTo(all.length));
    }).timeout(10_000);

    it("does not take the program down when the sink is a plain observer", async function () {
      const rec = new RecordingStream("spec", { ...plain, batch: { flushNumRows: 1 } });
      let full: ReturnType<typeof save>;
      try {
        full = save("/dev/full");
      } catch {
        this.skip();
      }
      const { warn } = console;
      const printed: unknown[] = [];
      console.warn = (text: unknown) => void printed.push(text);
      try {
        rec.messages$.subscribe(full);
        for (let i = 0; i < 3; i++) {
          rec.log("values", Scalars(i));
          await new Promise((resolve) => setImmediate(resolve));
        }
        await rec.close();
        await new Promise((resolve) => setImmediate(resolve));
      } finally {
        console.warn = warn;
      }
      expect(full.state).to.equal("failed");
      expect(printed.length).to.be.lessThan(2);
    });
  });

  describe("in a program that ends", () => {
    const file = (): string => dir.file("a.rrd");
    const complete = async (path = file(), count = 1000): Promise<void> => {
      const bytes = await readFile(path);
      const { truncatedBytes, manifests, chunks } = decodeRrd(bytes);
      expect(truncatedBytes).to.equal(0);
      expect(manifests, "footer").to.have.lengthOf(1);
      expect(valuesIn(bytes)).to.deep.equal(upTo(count));
      expect(chunks.some((chunk) => chunk.entityPath === "/text")).to.equal(true);
    };

    for (const [how, expected] of [
      ["return", 0],
      ["exit", 3],
      ["throw", 1],
      ["throw later", 1],
      ["reject", 1],
    ] as const) {
      it(`leaves a complete file after "${how}"`, async () => {
        const { code, signal, stderr } = await run("save-and-end.ts", { args: [file(), how] }).exit;
        expect([code, signal]).to.deep.equal([expected, null]);
        if (expected === 1) expect(stderr).to.include("on purpose");
        await complete();
      });
    }

    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      it(`leaves a complete file after ${signal}, and the program ends by it`, async () => {
        const program = run("save-and-end.ts", { args: [file(), "wait"] });
        await program.line("ready");
        const result = await program.kill(signal);
        expect([result.code, result.signal]).to.deep.equal([null, signal]);
        await complete();
      });
    }

    it("lets the program's own handler decide when to end, and log until then", async () => {
      const program = run("save-and-end.ts", { args: [file(), "own handler"] });
      await program.line("ready");
      const result = await program.kill("SIGINT");
      expect([result.code, result.signal]).to.deep.equal([7, null]);
      expect(result.stdout).to.include("cleaning up");
      await complete(file(), 1002);
    });

    it("completes the files of all recordings", async () => {
      const program = run("save-and-end.ts", { args: [file(), "two"] });
      await program.line("ready");
      await program.kill("SIGTERM");
      await complete();
      const other = decodeRrd(await readFile(`${file()}.other`));
      expect([other.truncatedBytes, other.manifests.length]).to.deep.equal([0, 1]);
      expect(valuesIn(await readFile(`${file()}.other`))).to.deep.equal([1]);
    });

    it("registers nothing that stays after close, and the program ends by itself", async () => {
      const { code, stdout } = await run("save-and-end.ts", { args: [file(), "close"] }).exit;
      const { during, after } = JSON.parse(stdout) as { during: number[]; after: number[] };
      expect(during.slice(0, 4)).to.deep.equal([1, 1, 1, during[3]]);
      expect(after.map((count, i) => (during[i] ?? 0) - count)).to.deep.equal([
        1, 1, 1, 1, 0, 0, 0,
      ]);
      expect(code).to.equal(0);
      await complete();
    });

    it("loses nothing that was written when it is killed", async () => {
      const program = run("save-and-end.ts", { args: [file(), "for ever"] });
      await program.line("ready");
      // Until several writes have reached the file.
      for (let size = 0; size < 2_000_000; ) {
        await new Promise((resolve) => setImmediate(resolve));
        size = (await readFile(file()).catch(() => new Uint8Array())).length;
      }
      const { signal } = await program.kill("SIGKILL");
      expect(signal).to.equal("SIGKILL");
      const { chunks, streams, truncatedBytes } = decodeRrd(await readFile(file()));
      expect(streams[0]?.footer).to.equal(undefined);
      expect(truncatedBytes).to.be.lessThan(1 << 20);
      for (let entity = 0; entity < 100; entity++) {
        const all = chunks
          .filter((c) => c.entityPath === `/entity/${entity}`)
          .flatMap((c) => Array.from(flatOf(c, "Scalars:scalars"), Number));
        expect(all).to.deep.equal(all.map((_, i) => 1000 + entity + 100 * i));
      }
    }).timeout(20_000);
  });

  it("takes ten million scalars in one synchronous loop in bounded memory, and loses none", async () => {
    const rows = 10_000_000;
    const { stdout, stderr } = await run("tight-loop.ts", {
      args: [dir.file("a.rrd"), String(rows)],
    }).exit;
    expect(stderr).to.equal("");
    const { complete, peakMiB } = JSON.parse(stdout) as { complete: boolean; peakMiB: number };
    expect(complete).to.equal(true);
    expect(peakMiB).to.be.lessThan(512);
    let next = 0;
    for (const chunk of decodeRrd(await readFile(dir.file("a.rrd"))).chunks) {
      if (chunk.entityPath !== "/value") continue;
      const scalars = flatOf(chunk, "Scalars:scalars");
      const ticks = flatOf(chunk, "log_tick") as BigInt64Array;
      for (let i = 0; i < scalars.length; i++)
        if (scalars[i] !== next++) throw new Error(`row ${next - 1} is ${scalars[i]}`);
      expect(Number(ticks[0])).to.equal(next - chunk.numRows);
      expect(Number(ticks.at(-1))).to.equal(next - 1);
    }
    expect(next).to.equal(rows);
  }).timeout(120_000);

  describe("checked by the official command line", function () {
    this.timeout(30_000);
    usePeer("rerun-cli");

    it("is in order, and shows the entities, rows and types that were logged", async () => {
      const file = dir.file("a.rrd");
      const rec = new RecordingStream("spec", { recordingId: "rec", name: "a name" });
      rec.attach(save(file));
      rec.log("world/text", TextLog("static"), { static: true });
      for (let i = 0; i < 7; i++) {
        rec.setTime("frame", { sequence: i });
        rec.log("plots/a b!", Scalars([i, i]));
        if (i % 2 === 0) rec.log("plots/a b!", TextLog(`text ${i}`));
      }
      rec.sendColumns(
        "columns",
        { seconds: { duration: [2, 1, 3] } },
        Scalars.columns({ scalars: [2, 1, 3] }),
      );
      await rec.close();
      const verified = await verify(file);
      expect(verified.stderr).to.include("1 file verified without error");
      expect(verified.code).to.equal(0);
      const counted = (await stats(file)).stdout;
      expect(counted).to.match(/num_rows\s*=\s*\S*/);
      expect(counted).to.include("plots/a\\ b\\!");
      const printed = (await print(file, "-vv")).stdout;
      for (const text of [
        "/columns",
        "/world/text",
        "Scalars:scalars",
        "TextLog:text",
        "frame",
        "seconds",
        "log_tick",
        "log_time",
        "RecordingInfo:name",
      ]) {
        expect(printed).to.include(text);
      }
    });

    it("reads on without error what a killed program left", async () => {
      const file = dir.file("a.rrd");
      const rec = new RecordingStream("spec", { ...plain, batch: { flushNumRows: 1 } });
      rec.attach(save(file, { footer: false }));
      for (let i = 0; i < 10; i++) rec.log("values", values(i));
      await rec.close();
      const bytes = await readFile(file);
      await writeFile(dir.file("cut.rrd"), bytes.subarray(0, bytes.length - 100));
      const { stdout } = await print(dir.file("cut.rrd"));
      expect(stdout.match(/\/values/g)).to.have.lengthOf(9);
    });
  });
});
