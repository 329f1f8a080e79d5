import { readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { expect } from "chai";
import { firstValueFrom, Subject, take, toArray } from "rxjs";
import { Scalars, TextLog } from "../../lib/archetypes/index.ts";
import { Blueprint, TimeSeriesView } from "../../lib/blueprint/index.ts";
import type { StoreId } from "../../lib/log-msg.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import { type FlightRecorderOptions, flightRecorder } from "../../sinks/flight-recorder.ts";
import { type DecodedRrd, decodeRrd } from "../helpers/decode-rrd.ts";
import { usePeer } from "../helpers/peers.ts";
import { verify } from "../helpers/rerun-cli.ts";
import { flatOf, values } from "../helpers/rows.ts";
import { usePrograms } from "../helpers/run-program.ts";
import { useTempDir } from "../helpers/use-temp-dir.ts";

const eachRow = { sendProperties: false, logTime: false, batch: { flushNumRows: 1 } } as const;

const numbersIn = ({ chunks }: DecodedRrd, path = "/values", component = "value"): number[] =>
  chunks
    .filter((chunk) => chunk.entityPath === path)
    .flatMap((chunk) => Array.from(flatOf(chunk, component), Number));

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("flightRecorder", function () {
  this.timeout(20_000);
  const dir = useTempDir();
  const decode = async (name: string): Promise<DecodedRrd> =>
    decodeRrd(await readFile(dir.file(name)));
  const recorderOf = (options: Partial<FlightRecorderOptions> = {}) =>
    flightRecorder({ path: dir.file("dump.rrd"), ...options });

  it("writes a file only when asked to, of what was logged until then", async () => {
    const rec = new RecordingStream("spec", { sendProperties: false });
    const recorder = recorderOf();
    rec.attach(recorder);
    rec.log("values", values(1));
    expect(await readdir(dir.path)).to.deep.equal([]);
    const dumped = recorder.dump(dir.file("a.rrd"));
    rec.log("values", values(2));
    const { path, bytes, chunks } = await dumped;
    const file = await readFile(path);
    expect([path, bytes, chunks]).to.deep.equal([dir.file("a.rrd"), file.length, 1]);
    const decoded = decodeRrd(file);
    expect(numbersIn(decoded)).to.deep.equal([1]);
    expect([decoded.truncatedBytes, decoded.manifests.length]).to.deep.equal([0, 1]);
    expect(numbersIn(decodeRrd(await readFile((await recorder.dump()).path)))).to.deep.equal([
      1, 2,
    ]);
    expect(await readdir(dir.path)).to.deep.equal(["a.rrd", "dump-0001.rrd"]);
    await rec.close();
  });

  it("holds no more than so many bytes, and static data beside", async () => {
    const rec = new RecordingStream("spec", { ...eachRow, sendProperties: true });
    const recorder = recorderOf({ bytes: 100_000 });
    rec.attach(recorder);
    rec.log("style", values(7), { static: true });
    for (let i = 0; i < 500; i++) {
      rec.log("values", values(i));
      expect(recorder.heldBytes).to.be.at.most(100_000);
    }
    const { path } = await recorder.dump();
    const file = await decode(basename(path));
    const numbers = numbersIn(file);
    expect(numbers.length).to.be.within(20, 60);
    expect(numbers).to.deep.equal(Array.from(numbers, (_, i) => 500 - numbers.length + i));
    expect(numbersIn(file, "/style")).to.deep.equal([7]);
    expect(file.chunks.map((c) => c.entityPath)).to.include("/__properties");
    await rec.close();
  });

  it("reaches back so many seconds, also when nothing came since", async () => {
    const rec = new RecordingStream("spec", eachRow);
    const recorder = recorderOf({ seconds: 0.3 });
    rec.attach(recorder);
    rec.log("values", values(1));
    await sleep(350);
    rec.log("values", values(2));
    expect(numbersIn(await decode(basename((await recorder.dump()).path)))).to.deep.equal([2]);
    await sleep(350);
    const later = await decode(basename((await recorder.dump()).path));
    expect(numbersIn(later)).to.deep.equal([]);
    expect(later.messages.map((m) => m.kind)).to.deep.equal(["set-store-info"]);
    await rec.close();
  });

  it("is not misled by a clock that is set", async () => {
    const { now } = Date;
    const rec = new RecordingStream("spec", eachRow);
    const recorder = recorderOf({ seconds: 60 });
    rec.attach(recorder);
    try {
      for (const hours of [0, 1, -1, 0]) {
        Date.now = () => now() + hours * 3_600_000;
        rec.log("values", values(hours));
      }
      await recorder.dump(dir.file("a.rrd"));
    } finally {
      Date.now = now;
    }
    expect(numbersIn(await decode("a.rrd"))).to.deep.equal([0, 1, -1, 0]);
    await rec.close();
  });

  it("has the blueprint in use in a dump, before the data", async () => {
    const rec = new RecordingStream("spec", eachRow);
    const recorder = recorderOf({ bytes: 1 });
    rec.attach(recorder);
    for (const name of ["old", "new"]) rec.sendBlueprint(Blueprint(TimeSeriesView({ name })));
    rec.log("values", values(1));
    rec.log("style", values(2), { static: true });
    const { messages, chunks } = await decode(basename((await recorder.dump()).path));
    const isBlueprint = ({ storeId }: { storeId: StoreId }): boolean =>
      storeId.kind === "blueprint";
    const blueprint = messages.filter(isBlueprint);
    expect(new Set(blueprint.map((m) => m.storeId.recordingId)).size).to.equal(1);
    expect(blueprint.at(-1)?.kind).to.equal("blueprint-activation");
    expect(blueprint.filter((m) => m.kind === "chunk").length).to.be.greaterThan(2);
    const names = chunks
      .filter((chunk) => isBlueprint(chunk) && chunk.table.getChild("ViewBlueprint:display_name"))
      .flatMap((chunk) => chunk.column("ViewBlueprint:display_name"));
    expect(names).to.deep.equal([["new"]]);
    expect(messages.filter((m) => m.kind !== "set-store-info").at(-1)?.storeId.kind).to.equal(
      "recording",
    );
    await rec.close();
  });

  it("makes a dump with each value of an observable, while recording goes on", async () => {
    const rec = new RecordingStream("spec", { sendProperties: false });
    const trigger$ = new Subject<string>();
    const recorder = recorderOf({ trigger$ });
    rec.attach(recorder);
    const dumps = firstValueFrom(recorder.dumps$.pipe(take(2), toArray()));
    rec.log("values", values(1));
    trigger$.next("stop");
    rec.log("values", values(2));
    await recorder.flush();
    rec.log("values", values(3));
    trigger$.next("stop");
    rec.log("values", values(4));
    const [first, second] = await dumps;
    expect(numbersIn(await decode(basename(first?.path ?? "")))).to.deep.equal([1]);
    expect(numbersIn(await decode(basename(second?.path ?? "")))).to.deep.equal([1, 2, 3]);
    await rec.close();
    expect(trigger$.observed).to.equal(false);
  });

  it("makes one dump more for all values that come while it makes one", async () => {
    const rec = new RecordingStream("spec", eachRow);
    const trigger$ = new Subject<void>();
    const recorder = recorderOf({ trigger$ });
    rec.attach(recorder);
    for (let i = 0; i < 300; i++) rec.log("values", values(i));
    const dumps = firstValueFrom(recorder.dumps$.pipe(take(2), toArray()));
    for (let i = 0; i < 50; i++) trigger$.next();
    rec.log("values", values(300));
    await dumps;
    await rec.close();
    expect(await readdir(dir.path)).to.deep.equal(["dump-0001.rrd", "dump-0002.rrd"]);
    expect(numbersIn(await decode("dump-0001.rrd"))).to.have.lengthOf(300);
    expect(numbersIn(await decode("dump-0002.rrd"))).to.have.lengthOf(301);
  });

  it("makes a dump for a value that comes while one is made that was called for", async () => {
    const rec = new RecordingStream("spec", eachRow);
    const trigger$ = new Subject<void>();
    const recorder = recorderOf({ trigger$ });
    rec.attach(recorder);
    for (let i = 0; i < 100; i++) rec.log("values", values(i));
    const manual = recorder.dump(dir.file("a.rrd"));
    rec.log("values", values(100));
    trigger$.next();
    rec.log("values", values(101));
    await manual;
    await recorder.flush();
    expect(numbersIn(await decode("a.rrd"))).to.have.lengthOf(100);
    expect(numbersIn(await decode("dump-0001.rrd"))).to.have.lengthOf(101);
    await rec.close();
  });

  it("makes the dump for a value that came while it made one, also when it is closed then", async () => {
    const rec = new RecordingStream("spec", eachRow);
    const trigger$ = new Subject<void>();
    rec.attach(recorderOf({ trigger$ }));
    for (let i = 0; i < 300; i++) rec.log("values", values(i));
    trigger$.next();
    rec.log("values", values(300));
    trigger$.next();
    await rec.close();
    expect(numbersIn(await decode("dump-0001.rrd"))).to.have.lengthOf(300);
    expect(numbersIn(await decode("dump-0002.rrd"))).to.have.lengthOf(301);
  });

  it("takes a trigger that comes out of the recording itself", async () => {
    const rec = new RecordingStream("spec", { sendProperties: false });
    const trigger$ = new Subject<void>();
    const recorder = recorderOf({ trigger$ });
    rec.attach(recorder);
    rec.messages$.subscribe((message) => {
      if (message.kind === "chunk") trigger$.next();
    });
    rec.log("values", values(1));
    trigger$.next();
    await recorder.flush();
    await rec.close();
    // One for the value, and one for what was handed on for it.
    expect(await readdir(dir.path)).to.deep.equal(["dump-0001.rrd", "dump-0002.rrd"]);
  });

  it("lets the program work while it writes a large dump", async () => {
    const rec = new RecordingStream("spec", eachRow);
    const recorder = recorderOf({ compression: "none" });
    rec.attach(recorder);
    const many = Array.from({ length: 2000 }, Math.random);
    for (let i = 0; i < 1000; i++) rec.log("values", Scalars(many));
    let turns = 0;
    const dumped = recorder.dump();
    const timer = setInterval(() => {
      turns++;
      rec.log("values", Scalars(turns));
    });
    await dumped;
    clearInterval(timer);
    expect(turns).to.be.greaterThan(5);
    expect((await dumped).chunks).to.equal(1000);
    await rec.close();
  });

  it("tells of a dump that fails, and goes on", async () => {
    const rec = new RecordingStream("spec", eachRow);
    const errors: string[] = [];
    rec.errors$.subscribe((error) => errors.push(error.code));
    const trigger$ = new Subject<void>();
    let name = "no/such/directory.rrd";
    const recorder = recorderOf({ trigger$, name: () => name });
    const attachment = rec.attach(recorder);
    rec.log("values", values(1));
    trigger$.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(errors).to.deep.equal(["directory-missing"]);
    name = "good.rrd";
    trigger$.next();
    await recorder.flush();
    expect(numbersIn(await decode("good.rrd"))).to.deep.equal([1]);
    await writeFile(dir.file("there.rrd"), "precious");
    const code = await recorder
      .dump(dir.file("there.rrd"))
      .catch((error: { code: string }) => error.code);
    expect(code).to.equal("file-exists");
    expect(attachment.state).to.equal("open");
    trigger$.error(new Error("no"));
    expect(errors).to.deep.equal(["directory-missing", "sink-failed"]);
    await rec.close();
    const late = await recorder.dump().catch((error: { code: string }) => error.code);
    expect(late).to.equal("sink-failed");
  });

  it("completes a dump that is on its way when it is closed", async () => {
    const rec = new RecordingStream("spec", eachRow);
    const recorder = recorderOf();
    rec.attach(recorder);
    for (let i = 0; i < 1000; i++) rec.log("values", values(i));
    const dumped = recorder.dump();
    await rec.close();
    expect(recorder.state).to.equal("closed");
    expect(recorder.heldBytes).to.equal(0);
    const file = decodeRrd(await readFile((await dumped).path));
    expect([numbersIn(file).length, file.manifests.length]).to.deep.equal([1000, 1]);
  });

  it("refuses options that cannot be", () => {
    const anything = (options: unknown): unknown => flightRecorder(options as never);
    for (const options of [
      undefined,
      {},
      { path: "" },
      { path: dir.file("a.rrd"), seconds: 0 },
      { path: dir.file("a.rrd"), bytes: "1" },
      { path: dir.file("a.rrd"), fsync: "often" },
    ]) {
      expect(() => anything(options))
        .to.throw("Expected")
        .with.property("code", "invalid-argument");
    }
    expect(() => flightRecorder({ path: join(dir.path, "no/a.rrd") }))
      .to.throw()
      .with.property("code", "directory-missing");
  });

  describe("in a program that crashes", () => {
    const run = usePrograms();
    const crash = (how: string) => run("crash.ts", { args: [dir.file("crash.rrd"), how] }).exit;
    const upTo1000 = Array.from({ length: 1000 }, (_, i) => i);

    for (const how of ["throw", "reject"]) {
      it(`leaves a complete dump after "${how}", of all that was pending`, async () => {
        const { code, stderr } = await crash(how);
        expect(code).to.equal(1);
        expect(stderr).to.include("on purpose").and.to.include("crash-0001.rrd");
        const file = await decode("crash-0001.rrd");
        expect(numbersIn(file, "/values", "Scalars:scalars")).to.deep.equal(upTo1000);
        expect([file.truncatedBytes, file.manifests.length]).to.deep.equal([0, 1]);
      });
    }

    it("leaves nothing when it just ends", async () => {
      expect((await crash("return")).code).to.equal(0);
      expect(await readdir(dir.path)).to.deep.equal([]);
    });

    it("completes a dump that is on its way when the program exits", async () => {
      expect((await crash("exit during a dump")).code).to.equal(3);
      const file = await decode("crash-0001.rrd");
      expect([file.truncatedBytes, file.manifests.length]).to.deep.equal([0, 1]);
      expect(numbersIn(file, "/large", "Scalars:scalars")).to.have.lengthOf(400_000);
    });

    it("makes the dump of a value that came while it made one when the program exits", async () => {
      expect((await crash("exit with two triggers")).code).to.equal(3);
      for (const [name, rows] of [
        ["crash-0001.rrd", 1000],
        ["crash-0002.rrd", 1001],
      ] as const) {
        const file = await decode(name);
        expect([file.truncatedBytes, file.manifests.length]).to.deep.equal([0, 1]);
        expect(numbersIn(file, "/values", "Scalars:scalars")).to.have.lengthOf(rows);
      }
    });

    it("tells of a dump that fails, and goes on to dump in a program that goes on", async () => {
      const { code, stdout } = await run("crash.ts", {
        args: [dir.file("crash.rrd"), "full"],
        // Files may have 100 KiB.
        wrapper: ["sh", "-c", 'ulimit -f 200; exec "$0" "$@"'],
      }).exit;
      expect(code).to.equal(0);
      expect(JSON.parse(stdout.split("\n").at(-2) ?? "")).to.deep.equal({
        errors: ["disk-full"],
        dumps: ["crash-0002.rrd"],
        listeners: [0, 0, 0, 0],
      });
      expect(numbersIn(await decode("crash-0002.rrd"), "/small", "Scalars:scalars")).to.deep.equal([
        1,
      ]);
    });

    it("leaves the program's own handling of errors as it is", async () => {
      const { code, stdout } = await crash("caught");
      expect([code, stdout]).to.deep.equal([0, "goes on\n"]);
      expect(await readdir(dir.path)).to.deep.equal(["crash-0001.rrd"]);
    });

    it("registers nothing that stays after close", async () => {
      const { stdout, code } = await crash("closed");
      expect([code, stdout]).to.deep.equal([1, "[1,0]\n"]);
      expect(await readdir(dir.path)).to.deep.equal([]);
    });
  });

  describe("checked by the official command line", () => {
    usePeer("rerun-cli");

    it("makes dumps that are in order, several of one recording", async () => {
      const rec = new RecordingStream("spec", { name: "a name" });
      const recorder = recorderOf({ bytes: 200_000 });
      rec.attach(recorder);
      rec.log("style", values(1), { static: true });
      for (let dump = 0; dump < 3; dump++) {
        for (let i = 0; i < 500; i++) {
          rec.setTime("frame", { sequence: i });
          rec.log("plots/a", Scalars(i));
          if (i % 7 === 0) rec.log("log", TextLog(`row ${i}`));
          if (i % 50 === 0) await rec.flush();
        }
        await recorder.dump();
      }
      await rec.close();
      const files = (await readdir(dir.path)).map((name) => dir.file(name));
      const { code, stderr } = await verify(...files);
      expect(stderr).to.include("3 files verified without error");
      expect(code).to.equal(0);
    });
  });
});
