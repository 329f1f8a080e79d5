import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { Subject } from "rxjs";
import { RecordingStream } from "../../lib/recording-stream.ts";
import type { Sink } from "../../lib/sink.ts";
import { flightRecorder } from "../../sinks/flight-recorder.ts";
import { save } from "../../sinks/save.ts";
import { listenerCounts } from "../helpers/listener-counts.ts";
import { values } from "../helpers/rows.ts";
import { usePrograms } from "../helpers/run-program.ts";
import { useTempDir } from "../helpers/use-temp-dir.ts";

describe("listeners of the process", function () {
  this.timeout(20_000);
  const dir = useTempDir();
  const run = usePrograms();
  let before: ReturnType<typeof listenerCounts>;
  let rec: RecordingStream;

  beforeEach(() => {
    before = listenerCounts();
    rec = new RecordingStream("spec", { sendProperties: false, batch: { flushNumRows: 1 } });
    rec.errors$.subscribe(() => undefined);
  });

  const logTo = <S extends Sink>(sink: S): S => {
    rec.attach(sink);
    rec.log("values", values(1));
    return sink;
  };
  const expectMore = (): void => {
    expect(listenerCounts()).not.to.deep.equal(before);
  };
  const expectNone = (): void => {
    expect(listenerCounts()).to.deep.equal(before);
  };

  it("are gone when save is closed", async () => {
    logTo(save(dir.file("a.rrd")));
    expectMore();
    await rec.close();
    expectNone();
  });

  it("are gone when save has failed", async function () {
    if (process.platform !== "linux") this.skip();
    logTo(save("/dev/full"));
    await rec.flush();
    expect(rec.attachments[0]?.state).to.equal("failed");
    expectNone();
    await rec.close();
    expectNone();
  });

  it("are gone when save with rotate is closed", async () => {
    const sink = logTo(save(dir.file("run.rrd"), { rotate: {}, retain: { count: 1, ageMs: 1e6 } }));
    sink.rotate();
    rec.log("values", values(2));
    expectMore();
    await rec.close();
    expectNone();
  });

  it("are gone when save with rotate has failed", async () => {
    const folder = dir.file("logs");
    await mkdir(folder);
    const sink = logTo(save(join(folder, "run.rrd"), { rotate: {} }));
    expectMore();
    sink.rotate();
    await rm(folder, { recursive: true });
    rec.log("values", values(2));
    expect(sink.state).to.equal("failed");
    expectNone();
    await rec.close();
    expectNone();
  });

  it("are there for a flight recorder that waits for a crash, or writes, alone", async () => {
    const recorder = logTo(flightRecorder({ path: dir.file("dump.rrd"), onCrash: true }));
    const idle = {
      ...before,
      uncaughtExceptionMonitor: listenerCounts()["uncaughtExceptionMonitor"],
    };
    expect(listenerCounts()).to.deep.equal(idle);
    const dumped = recorder.dump();
    expect(listenerCounts()).not.to.deep.equal(idle);
    await dumped;
    expect(listenerCounts()).to.deep.equal(idle);
    await rec.close();
    expectNone();
  });

  for (const how of ["called for", "of a trigger", "at a crash"]) {
    it(`are gone when a dump has failed that was ${how}`, async () => {
      const trigger$ = new Subject<void>();
      const onCrash = how === "at a crash";
      const recorder = logTo(
        flightRecorder({
          path: dir.file("dump.rrd"),
          name: () => "no/such/folder.rrd",
          trigger$,
          onCrash,
        }),
      );
      if (how === "called for") await recorder.dump().catch(() => undefined);
      else if (how === "of a trigger") trigger$.next();
      else
        process.listeners("uncaughtExceptionMonitor").at(-1)?.(
          new Error("on purpose"),
          "uncaughtException",
        );
      await recorder.flush();
      expectNone();
      await rec.close();
      expectNone();
    });
  }

  for (const how of ["closed", "failed"]) {
    it(`are gone when stdout is ${how}`, async () => {
      const program = run("stdout-listeners.ts", { args: [how] });
      await program.line("attached");
      if (how === "failed") program.closeOutput();
      const counts = JSON.parse(await program.line("before")) as Record<string, unknown>;
      expect(counts["during"]).not.to.deep.equal(counts["before"]);
      expect(counts["after"]).to.deep.equal(counts["before"]);
      expect((await program.exit).code).to.equal(0);
    });
  }
});
