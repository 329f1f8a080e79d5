import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { expect } from "chai";
import { firstValueFrom, lastValueFrom, Subject, toArray } from "rxjs";
import { Scalars, TextLog } from "../../lib/archetypes/index.ts";
import { Blueprint, TimeSeriesView } from "../../lib/blueprint/index.ts";
import type { LogMsg, StoreId } from "../../lib/log-msg.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import { memory } from "../../sinks/memory.ts";
import { type RotatedSaveSink, save } from "../../sinks/save.ts";
import { type DecodedChunk, type DecodedRrd, decodeRrd } from "../helpers/decode-rrd.ts";
import { usePeer } from "../helpers/peers.ts";
import { compare, rerun, verify } from "../helpers/rerun-cli.ts";
import { flatOf, values } from "../helpers/rows.ts";
import { useTempDir } from "../helpers/use-temp-dir.ts";

const plain = { sendProperties: false, logTime: false } as const;
const eachRow = { ...plain, batch: { flushNumRows: 1 } } as const;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Texts that do not compress, so that sizes are what they seem. */
const noise = (seed: number, bytes: number): string => {
  let text = "";
  for (let i = 0; text.length < bytes; i++)
    text += createHash("sha256").update(`${seed} ${i}`).digest("base64");
  return text.slice(0, bytes);
};

const numbersIn = (chunks: readonly DecodedChunk[], path = "/values"): number[] =>
  chunks
    .filter((chunk) => chunk.entityPath === path)
    .flatMap((chunk) => Array.from(flatOf(chunk, "value"), Number));

describe("save, one file after the other", function () {
  this.timeout(30_000);
  const dir = useTempDir();

  const partsIn = async (): Promise<string[]> =>
    (await readdir(dir.path)).filter((name) => name.startsWith("run-")).sort();
  const decode = async (name: string): Promise<DecodedRrd> =>
    decodeRrd(await readFile(dir.file(name)));
  const decodeAll = async (): Promise<DecodedRrd[]> => Promise.all((await partsIn()).map(decode));

  it("numbers the parts, and begins one when the last is as large as it may be", async () => {
    const rec = new RecordingStream("spec", eachRow);
    const sink = save(dir.file("run.rrd"), { rotate: { bytes: 50_000 } });
    rec.attach(sink);
    for (let i = 0; i < 20; i++) rec.log("log", TextLog(noise(i, 10_000)));
    expect((await rec.close()).complete).to.equal(true);
    const parts = await partsIn();
    expect(parts.slice(0, 3)).to.deep.equal(["run-0001.rrd", "run-0002.rrd", "run-0003.rrd"]);
    let bytes = 0;
    for (const name of parts) {
      const file = await decode(name);
      expect(file.truncatedBytes).to.equal(0);
      expect(file.messages[0]?.kind).to.equal("set-store-info");
      expect(file.manifests.map((m) => m.rows.length)).to.deep.equal([file.chunks.length]);
      const [stream] = file.streams;
      const end = stream?.places.at(-1);
      expect((end?.offset ?? 0) + (end?.byteLength ?? 0)).to.be.within(1, 50_000);
      bytes += (await stat(dir.file(name))).size;
    }
    expect(sink.bytesWritten).to.equal(bytes);
    const texts = (await decodeAll()).flatMap((f) =>
      f.chunks.flatMap((c) => c.column("TextLog:text")),
    );
    expect(texts).to.deep.equal(Array.from({ length: 20 }, (_, i) => [noise(i, 10_000)]));
  });

  it("repeats in each part what the rest needs: infos, the latest static data, properties, the blueprint in use", async () => {
    const rec = new RecordingStream("spec", { batch: { flushNumRows: 1 }, name: "a name" });
    const sink = save(dir.file("run.rrd"), { rotate: {} });
    rec.attach(sink);
    for (const id of ["old", "new"]) for (const message of await blueprint(id)) sink.next(message);
    for (let i = 0; i < 5; i++) rec.log("static", values(i), { static: true });
    rec.log("values", values(1));
    sink.rotate();
    rec.log("values", values(2));
    sink.rotate();
    rec.log("static", values(6), { static: true });
    rec.log("values", values(3));
    await rec.close();
    const files = await decodeAll();
    expect(files.map((file) => numbersIn(file.chunks))).to.deep.equal([[1], [2], [3]]);
    expect(files.map((file) => numbersIn(file.chunks, "/static"))).to.deep.equal([
      [0, 1, 2, 3, 4],
      [4],
      [4, 6],
    ]);
    for (const file of files.slice(1)) {
      expect(file.chunks.map((c) => c.entityPath)).to.include("/__properties");
      const stores = file.messages.map(
        (m) => `${m.storeId.kind} ${m.storeId.recordingId} ${m.kind}`,
      );
      expect(stores.filter((s) => s.startsWith("blueprint"))).to.deep.equal([
        "blueprint new set-store-info",
        "blueprint new chunk",
        "blueprint new blueprint-activation",
      ]);
      expect(file.messages.slice(0, 2).map((m) => m.kind)).to.deep.equal([
        "set-store-info",
        "set-store-info",
      ]);
    }
    const ids = (file: DecodedRrd | undefined): (string | undefined)[] =>
      (file?.chunks ?? []).filter((c) => c.isStatic === true).map((c) => c.chunkId);
    expect(ids(files[0])).to.include.members(ids(files[1]));
  });

  it("completes a part of a certain age, also when nothing comes any more, and begins no empty one", async () => {
    const rec = new RecordingStream("spec", plain);
    const sink = save(dir.file("run.rrd"), { rotate: { ms: 30 } });
    rec.attach(sink);
    rec.log("values", values(1));
    const first = await firstValueFrom(sink.parts$);
    expect(first).to.include({ number: 1, path: dir.file("run-0001.rrd") });
    expect(numbersIn((await decode("run-0001.rrd")).chunks)).to.deep.equal([1]);
    expect(first.bytes).to.equal((await stat(first.path)).size);
    expect(sink.path).to.equal(undefined);
    rec.log("values", values(2));
    const second = await firstValueFrom(sink.parts$);
    expect(second.closedAt.getTime() - second.openedAt.getTime()).to.be.at.least(25);
    await rec.close();
    expect(await partsIn()).to.deep.equal(["run-0001.rrd", "run-0002.rrd"]);
  });

  it("puts what was logged before a trigger into the part that ends, and what comes later into the next", async () => {
    const rec = new RecordingStream("spec", plain);
    const trigger$ = new Subject<void>();
    const sink = save(dir.file("run.rrd"), { rotate: { trigger$ } });
    const parts = lastValueFrom(sink.parts$.pipe(toArray()));
    rec.attach(sink);
    for (let i = 0; i < 6; i++) {
      rec.log("values", values(i));
      if (i % 2 === 1) trigger$.next();
    }
    trigger$.next();
    await rec.close();
    expect((await decodeAll()).map((f) => numbersIn(f.chunks))).to.deep.equal([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
    expect((await parts).map((part) => basename(part.path))).to.deep.equal(await partsIn());
    expect(trigger$.observed).to.equal(false);
  });

  it("goes on without a trigger that fails, and tells it", async () => {
    const rec = new RecordingStream("spec", eachRow);
    const errors: string[] = [];
    rec.errors$.subscribe((error) => errors.push(error.code));
    const trigger$ = new Subject<void>();
    rec.attach(save(dir.file("run.rrd"), { rotate: { trigger$ } }));
    rec.log("values", values(1));
    trigger$.error(new Error("no"));
    rec.log("values", values(2));
    expect((await rec.close()).complete).to.equal(true);
    expect(errors).to.deep.equal(["sink-failed"]);
    expect((await decodeAll()).map((f) => numbersIn(f.chunks))).to.deep.equal([[1, 2]]);
  });

  it("takes a trigger that comes out of the recording itself", async () => {
    const rec = new RecordingStream("spec", eachRow);
    const trigger$ = new Subject<void>();
    rec.attach(save(dir.file("run.rrd"), { rotate: { trigger$ } }));
    rec.messages$.subscribe((message) => {
      if (message.kind === "chunk") trigger$.next();
    });
    for (let i = 0; i < 3; i++) rec.log("values", values(i));
    await rec.close();
    expect((await decodeAll()).map((f) => numbersIn(f.chunks))).to.deep.equal([[0], [1], [2]]);
  });

  it("counts on in a later run, and overwrites nothing", async () => {
    await writeFile(dir.file("run-0007.rrd"), "of someone else");
    await writeFile(dir.file("run-12.rrd"), "no part: too few digits");
    for (const value of [1, 2]) {
      const rec = new RecordingStream("spec", { ...plain, recordingId: "same" });
      rec.attach(save(dir.file("run.rrd"), { rotate: { bytes: 1e6 } }));
      rec.log("values", values(value));
      await rec.close();
    }
    expect(await partsIn()).to.deep.equal([
      "run-0007.rrd",
      "run-0008.rrd",
      "run-0009.rrd",
      "run-12.rrd",
    ]);
    expect(await readFile(dir.file("run-0007.rrd"), "utf8")).to.equal("of someone else");
    const files = await Promise.all(["run-0008.rrd", "run-0009.rrd"].map(decode));
    expect(files.map((f) => numbersIn(f.chunks))).to.deep.equal([[1], [2]]);
    expect(files.map((f) => f.messages[0]?.storeId.recordingId)).to.deep.equal(["same", "same"]);
  });

  it("lets a function name the parts, and says so when it gives one name twice", async () => {
    const rec = new RecordingStream("spec", eachRow);
    const errors: string[] = [];
    rec.errors$.subscribe((error) => errors.push(error.code));
    await writeFile(dir.file("run-1.rrd"), "there");
    const sink = save(dir.file("x.rrd"), { rotate: { name: (n) => `run-${Math.min(n, 3)}.rrd` } });
    rec.attach(sink);
    for (let i = 0; i < 4; i++) {
      rec.log("values", values(i));
      if (sink.state === "open") sink.rotate();
    }
    await rec.close();
    expect(await partsIn()).to.deep.equal(["run-1.rrd", "run-2.rrd", "run-3.rrd"]);
    expect(numbersIn((await decode("run-3.rrd")).chunks)).to.deep.equal([1]);
    expect(errors).to.deep.equal(["file-exists"]);
  });

  it("completes every part of a loop that never lets go of the event loop", async () => {
    const rec = new RecordingStream("spec", plain);
    const sink = save(dir.file("run.rrd"), { rotate: { bytes: 20_000 } });
    rec.attach(sink);
    for (let i = 0; i < 400_000; i++) rec.log(`values/${i % 4}`, values(i));
    await rec.close();
    const files = await decodeAll();
    expect(files.length).to.be.greaterThan(5);
    expect(files.every((f) => f.truncatedBytes === 0 && f.manifests.length === 1)).to.equal(true);
    const all = [0, 1, 2, 3].flatMap((i) =>
      files.flatMap((f) => numbersIn(f.chunks, `/values/${i}`)),
    );
    expect(all.length).to.equal(400_000);
    expect(new Set(all).size).to.equal(400_000);
  });

  it("writes much static data in slices, and has it all in the part in the end", async () => {
    const rec = new RecordingStream("spec", eachRow);
    const sink = save(dir.file("run.rrd"), { rotate: {} });
    rec.attach(sink);
    const texts = Array.from({ length: 40 }, (_, i) => noise(i, 30_000));
    texts.forEach((text, i) => rec.log(`static/${i}`, TextLog(text), { static: true }));
    rec.log("values", values(1));
    sink.rotate();
    rec.log("values", values(2));
    expect(sink.bytesWritten).to.be.lessThan(2.5 * 1_200_000 - 600_000);
    await turn();
    rec.log("values", values(3));
    await rec.close();
    const [, second] = await decodeAll();
    const kept = second?.chunks
      .filter((c) => c.isStatic === true)
      .flatMap((c) => c.column("TextLog:text"));
    expect(kept).to.have.deep.members(texts.map((text) => [text]));
    expect(numbersIn(second?.chunks ?? [])).to.deep.equal([2, 3]);
    expect(second?.manifests[0]?.rows).to.have.lengthOf(42);
  });

  it("has the blueprint of now in a part, also one that came before all was repeated", async () => {
    const rec = new RecordingStream("spec", eachRow);
    const sink = save(dir.file("run.rrd"), { rotate: {} });
    rec.attach(sink);
    rec.sendBlueprint(Blueprint(TimeSeriesView({ name: "old" })));
    for (let i = 0; i < 40; i++)
      rec.log(`static/${i}`, TextLog(noise(i, 30_000)), { static: true });
    rec.log("values", values(1));
    sink.rotate();
    rec.log("values", values(2));
    rec.sendBlueprint(Blueprint(TimeSeriesView({ name: "new" })));
    await rec.close();
    const [first, second] = await decodeAll();
    const activated = (file: DecodedRrd | undefined): (string | undefined)[] =>
      (file?.messages ?? [])
        .filter((m) => m.kind === "blueprint-activation")
        .map((m) => m.storeId.recordingId);
    const [old, ...others] = activated(first);
    expect(others).to.deep.equal([]);
    expect(activated(second)).to.have.lengthOf(2);
    expect(activated(second)[0]).to.equal(old);
    expect(second?.chunks.filter((c) => c.entityPath.startsWith("/static/"))).to.have.lengthOf(40);
  });

  it("is not misled by a clock that is set", async () => {
    const { now } = Date;
    const rec = new RecordingStream("spec", eachRow);
    rec.attach(save(dir.file("run.rrd"), { rotate: { ms: 60_000 } }));
    try {
      for (const hours of [0, 1, -1, 0]) {
        Date.now = () => now() + hours * 3_600_000;
        rec.log("values", values(hours));
      }
    } finally {
      Date.now = now;
    }
    await rec.close();
    expect((await decodeAll()).map((f) => numbersIn(f.chunks))).to.deep.equal([[0, 1, -1, 0]]);
  });

  it("begins a part before the index of the last one would be too large", async () => {
    const rec = new RecordingStream("spec", eachRow);
    const errors: string[] = [];
    rec.errors$.subscribe((error) => errors.push(error.code));
    rec.attach(save(dir.file("run.rrd"), { rotate: {}, footerBytes: 60_000 }));
    for (let i = 0; i < 3000; i++) rec.log("values", values(i));
    await rec.close();
    const files = await decodeAll();
    expect(files.length).to.be.within(2, 10);
    expect(files.every((f) => f.manifests.length === 1)).to.equal(true);
    expect(files.flatMap((f) => numbersIn(f.chunks))).to.have.lengthOf(3000);
    expect(errors).to.deep.equal([]);
  });

  it("goes without the index of a single file that would be too large, and tells it once", async () => {
    const rec = new RecordingStream("spec", eachRow);
    const errors: string[] = [];
    rec.errors$.subscribe((error) => errors.push(error.code));
    rec.attach(save(dir.file("run-a.rrd"), { footerBytes: 60_000 }));
    for (let i = 0; i < 3000; i++) rec.log("values", values(i));
    expect((await rec.close()).complete).to.equal(true);
    const file = await decode("run-a.rrd");
    expect(file.streams[0]?.footer).to.equal(undefined);
    expect([file.truncatedBytes, numbersIn(file.chunks).length]).to.deep.equal([0, 3000]);
    expect(errors).to.deep.equal(["index-dropped"]);
  });

  it("refuses options that cannot be", () => {
    const file = dir.file("run.rrd");
    const anything = (options: unknown): unknown => save(file, options as never);
    for (const options of [
      { rotate: { bytes: 0 } },
      { rotate: { ms: -1 } },
      { rotate: { ms: 2 ** 31 } },
      { rotate: { trigger$: 5 } },
      { rotate: { name: "x" } },
      { rotate: {}, overwrite: true },
      { rotate: {}, retain: { count: -1 } },
      { rotate: {}, retain: { bytes: "1" } },
      { rotate: {}, retain: { ageMs: 0 } },
      { retain: { count: 1 } },
      { fsync: "sometimes" },
      { fsync: { everyMs: 0 } },
      { footerBytes: 0 },
    ]) {
      expect(() => anything(options), JSON.stringify(options))
        .to.throw("Expected")
        .with.property("code", "invalid-argument");
    }
    expect(() => save(join(dir.path, "no/run.rrd"), { rotate: {} }))
      .to.throw()
      .with.property("code", "directory-missing");
  });

  describe("when a part cannot be begun", () => {
    it("fails with the reason, while the program and the other sinks go on, and a successor gets the rest", async () => {
      const rec = new RecordingStream("spec", eachRow);
      const errors: string[] = [];
      rec.errors$.subscribe((error) => errors.push(error.code));
      const logs = dir.file("logs");
      await mkdir(logs);
      const sink = save(join(logs, "run.rrd"), { rotate: {} });
      const attachment = rec.attach(sink);
      const other = memory();
      rec.attach(other);
      rec.log("values", values(0));
      sink.rotate();
      await rename(logs, dir.file("gone"));
      rec.log("values", values(1));
      rec.log("values", values(2));
      expect([attachment.state, attachment.error?.code]).to.deep.equal([
        "failed",
        "directory-missing",
      ]);
      expect(numbersIn(decodeRrd(other.toRrd()).chunks)).to.deep.equal([0, 1, 2]);
      await rec.replace(attachment, save(dir.file("run-x.rrd")));
      rec.log("values", values(3));
      await rec.close();
      expect(
        numbersIn(decodeRrd(await readFile(dir.file("gone/run-0001.rrd"))).chunks),
      ).to.deep.equal([0]);
      expect(numbersIn((await decode("run-x.rrd")).chunks)).to.deep.equal([1, 2, 3]);
      expect(errors).to.deep.equal(["directory-missing"]);
    });
  });

  describe("keeping some of the parts", () => {
    const logParts = async (
      sink: RotatedSaveSink,
      count: number,
      recordingId = "rec",
      bytes = 1000,
    ): Promise<void> => {
      const rec = new RecordingStream("spec", { ...eachRow, recordingId });
      rec.attach(sink);
      for (let i = 0; i < count; i++) {
        rec.log("log", TextLog(noise(i, bytes)));
        sink.rotate();
        await turn();
      }
      await rec.close();
    };

    it("keeps the newest ones by number", async () => {
      await logParts(save(dir.file("run.rrd"), { rotate: {}, retain: { count: 3 } }), 6);
      expect(await partsIn()).to.deep.equal(["run-0004.rrd", "run-0005.rrd", "run-0006.rrd"]);
    });

    it("keeps as many as have no more bytes together", async () => {
      await logParts(
        save(dir.file("run.rrd"), { rotate: {}, retain: { bytes: 60_000 } }),
        6,
        "rec",
        20_000,
      );
      const kept = await partsIn();
      expect(kept).to.include("run-0006.rrd");
      const sizes = await Promise.all(kept.map(async (name) => (await stat(dir.file(name))).size));
      expect(sizes.reduce((a, b) => a + b)).to.be.within(40_000, 60_000);
    });

    it("keeps those of some time", async () => {
      const rec = new RecordingStream("spec", eachRow);
      const sink = save(dir.file("run.rrd"), { rotate: {}, retain: { ageMs: 60_000 } });
      rec.attach(sink);
      const first = firstValueFrom(sink.parts$);
      rec.log("values", values(1));
      sink.rotate();
      rec.log("values", values(2));
      // What the sink has completed is as old as that, whatever the file says later.
      await first;
      const old = new Date(Date.now() - 120_000);
      await utimes(dir.file("run-0001.rrd"), old, old);
      await rec.close();
      expect(await partsIn()).to.deep.equal(["run-0001.rrd", "run-0002.rrd"]);

      const later = new RecordingStream("spec", {
        ...eachRow,
        recordingId: rec.storeId.recordingId,
      });
      later.attach(save(dir.file("run.rrd"), { rotate: {}, retain: { ageMs: 60_000 } }));
      later.log("values", values(3));
      await later.close();
      expect(await partsIn()).to.deep.equal(["run-0002.rrd", "run-0003.rrd"]);
    });

    it("counts parts of an earlier run of the same recording, and leaves alone what is of others", async () => {
      const retain = { count: 2 };
      await logParts(save(dir.file("run.rrd"), { rotate: {} }), 3);
      await logParts(save(dir.file("run.rrd"), { rotate: {} }), 1, "other recording");
      await writeFile(dir.file("run-0005.rrd"), "no file of ours");
      await writeFile(dir.file("run-0006.rrd"), "RRF2, but broken".padEnd(100));
      await writeFile(dir.file("run-x.rrd"), "");
      await mkdir(dir.file("run-0007.rrd"));
      await logParts(save(dir.file("run.rrd"), { rotate: {}, retain }), 2);
      expect(await partsIn()).to.deep.equal([
        "run-0004.rrd",
        "run-0005.rrd",
        "run-0006.rrd",
        "run-0007.rrd",
        "run-0008.rrd",
        "run-0009.rrd",
        "run-x.rrd",
      ]);
    });

    it("does not delete what took the name of a part, and minds not that one is gone", async () => {
      const rec = new RecordingStream("spec", eachRow);
      const errors: string[] = [];
      rec.errors$.subscribe((error) => errors.push(error.code));
      const sink = save(dir.file("run.rrd"), { rotate: {}, retain: { count: 1 } });
      rec.attach(sink);
      for (let i = 0; i < 2; i++) {
        rec.log("values", values(i));
        sink.rotate();
      }
      await rm(dir.file("run-0002.rrd"));
      await writeFile(dir.file("other"), "precious");
      await rename(dir.file("other"), dir.file("run-0002.rrd"));
      for (let i = 2; i < 4; i++) {
        rec.log("values", values(i));
        sink.rotate();
      }
      await rec.close();
      expect(await partsIn()).to.deep.equal(["run-0002.rrd", "run-0004.rrd"]);
      expect(await readFile(dir.file("run-0002.rrd"), "utf8")).to.equal("precious");
      expect(errors).to.deep.equal([]);
    });
  });

  describe("checked by the official command line", () => {
    usePeer("rerun-cli");

    it("has parts that are in order each, and that say together what one file says", async () => {
      const rec = new RecordingStream("spec", { recordingId: "rec", name: "a name" });
      const sink = save(dir.file("run.rrd"), { rotate: { bytes: 30_000 } });
      rec.attach(sink);
      rec.attach(save(dir.file("whole.rrd")));
      for (const message of await blueprint("bp")) sink.next(message);
      rec.log("style", values(1), { static: true });
      for (let i = 0; i < 300; i++) {
        rec.setTime("frame", { sequence: i });
        rec.log("values", Scalars(i));
        rec.log("log", TextLog(noise(i, 500)));
        if (i % 50 === 0) rec.log("style", values(i), { static: true });
        if (i % 10 === 0) await rec.flush();
      }
      await rec.close();
      const parts = (await partsIn()).map((name) => dir.file(name));
      expect(parts.length).to.be.greaterThan(3);
      const verified = await verify(...parts);
      expect(verified.stderr).to.include(`${parts.length} files verified without error`);
      expect(verified.code).to.equal(0);
      const merged = dir.file("merged.rrd");
      expect((await rerun(["rrd", "merge", "-o", merged, ...parts])).code).to.equal(0);
      const compared = await compare(merged, dir.file("whole.rrd"));
      expect(compared.stderr + compared.stdout).to.equal("");
      expect(compared.code).to.equal(0);
      // And nothing of it is in two parts but what is pinned.
      const ids = (await decodeAll()).flatMap((f) =>
        f.chunks
          .filter((c) => c.isStatic !== true && c.storeId.kind === "recording")
          .map((c) => c.chunkId),
      );
      expect(new Set(ids).size).to.equal(ids.length);
    });
  });
});

/** The messages of a blueprint, made active. */
async function blueprint(recordingId: string): Promise<LogMsg[]> {
  const rec = new RecordingStream("spec", { ...plain, batch: { flushNumRows: 1 } });
  const sink = memory();
  rec.attach(sink);
  rec.setTime("blueprint", { sequence: 0 });
  rec.log("viewport", values(1));
  await rec.close();
  const storeId: StoreId = { kind: "blueprint", applicationId: "spec", recordingId };
  return [
    ...sink.messages.map((message) => ({ ...message, storeId })),
    { kind: "blueprint-activation", storeId, makeActive: true, makeDefault: true },
  ];
}
