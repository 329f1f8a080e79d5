import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import { filter, firstValueFrom, toArray } from "rxjs";
import { Scalars, TextLog } from "../../lib/archetypes/index.ts";
import { primitive } from "../../lib/arrow/data-type.ts";
import type { Chunk } from "../../lib/chunk.ts";
import { ComponentBatch } from "../../lib/component-batch.ts";
import { RerunError, type RerunErrorCode } from "../../lib/errors.ts";
import type { DataEvent } from "../../lib/event.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import type { RecordingStreamOptions } from "../../lib/recording-options.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import { joinTime, timeline } from "../../lib/time.ts";
import { memory } from "../../sinks/memory.ts";
import { chunksOf, describeComponent, inShort, numbersOf, VALUE, values } from "../helpers/rows.ts";

const plain = { sendProperties: false, logTime: false, logTick: false } as const;

/** Logs with `body`, and gives the chunks that a sink received. */
async function chunksFrom(
  body: (rec: RecordingStream) => unknown,
  options: RecordingStreamOptions = plain,
): Promise<Chunk[]> {
  const rec = new RecordingStream("spec", options);
  const sink = memory();
  rec.attach(sink);
  await body(rec);
  await rec.close();
  return chunksOf(sink.messages);
}

/** Times by timeline, row after row. */
function timesOf(chunk: Chunk): Record<string, bigint[]> {
  return Object.fromEntries(
    chunk.timelines.map((t) => [t.timeline.name, [...chunk.times(t.timeline)]]),
  );
}

function code(expected: RerunErrorCode): (body: () => unknown) => void {
  return (body) => {
    expect(body).to.throw(RerunError).with.property("code", expected);
  };
}

/** Runs with the environment changed. */
async function withEnv(env: Record<string, string>, body: () => unknown): Promise<void> {
  const before = { ...process.env };
  Object.assign(process.env, env);
  try {
    await body();
  } finally {
    for (const name of Object.keys(env)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
}

/** What is printed as a warning meanwhile. */
async function warnings(body: () => unknown): Promise<string[]> {
  const printed: string[] = [];
  const { warn } = console;
  console.warn = (...args: unknown[]) => void printed.push(args.join(" "));
  try {
    await body();
  } finally {
    console.warn = warn;
  }
  return printed;
}

describe("RecordingStream", () => {
  describe("time", () => {
    it("takes sequences, durations and timestamps in all their forms", async () => {
      const [chunk] = await chunksFrom((rec) => {
        rec.setTime("n", { sequence: 42 });
        rec.setTime("big", { sequence: 2n ** 60n });
        rec.setTime("negative", { sequence: -5 });
        rec.setTime("seconds", { duration: 1.5 });
        rec.setTime("nanos", { duration: 3n });
        rec.setTime("date", { timestamp: new Date("2026-01-02T03:04:05.678Z") });
        rec.setTime("unix", { timestamp: 1_700_000_000.25 });
        rec.setTime("unix ns", { timestamp: 1_700_000_000_000_000_001n });
        rec.log("a", values(1));
      });
      expect(chunk && timesOf(chunk)).to.deep.equal({
        n: [42n],
        big: [2n ** 60n],
        negative: [-5n],
        seconds: [1_500_000_000n],
        nanos: [3n],
        date: [BigInt(Date.UTC(2026, 0, 2, 3, 4, 5, 678)) * 1_000_000n],
        unix: [1_700_000_000_250_000_000n],
        "unix ns": [1_700_000_000_000_000_001n],
      });
      expect(chunk?.timelines.map((t) => [t.timeline.name, t.timeline.type])).to.deep.equal([
        ["big", "sequence"],
        ["date", "timestamp"],
        ["n", "sequence"],
        ["nanos", "duration"],
        ["negative", "sequence"],
        ["seconds", "duration"],
        ["unix", "timestamp"],
        ["unix ns", "timestamp"],
      ]);
    });

    it("stays until it is changed, disabled or reset", async () => {
      const chunks = await chunksFrom((rec) => {
        rec.setTime("frame", { sequence: 1 });
        rec.log("a", values(1));
        rec.log("a", values(2));
        rec.setTime("frame", { sequence: 2 });
        rec.setTime("sim", { duration: 1 });
        rec.log("a", values(3));
        rec.disableTimeline("sim");
        rec.log("a", values(4));
        rec.resetTime();
        rec.log("a", values(5));
      });
      const byValue = new Map(
        chunks.flatMap((chunk) => numbersOf(chunk).map((value, i) => [value, [chunk, i] as const])),
      );
      const at = (value: number): Record<string, bigint | undefined> => {
        const [chunk, i] = byValue.get(value) ?? [];
        return Object.fromEntries(
          Object.entries(chunk === undefined ? {} : timesOf(chunk)).map(([name, t]) => [
            name,
            t[i ?? 0],
          ]),
        );
      };
      expect([1, 2, 3, 4, 5].map(at)).to.deep.equal([
        { frame: 1n },
        { frame: 1n },
        { frame: 2n, sim: 1_000_000_000n },
        { frame: 2n },
        {},
      ]);
    });

    it("refuses what is no time, and keeps the one that was set", async () => {
      const bad: unknown[] = [
        undefined,
        null,
        5,
        "5",
        {},
        { frame: 1 },
        { sequence: 1.5 },
        { sequence: Number.NaN },
        { sequence: 2 ** 53 },
        { sequence: "1" },
        { sequence: undefined },
        { duration: Infinity },
        { duration: "1" },
        { timestamp: new Date(Number.NaN) },
        { timestamp: Date.now() },
        { timestamp: "now" },
        { sequence: 1, duration: 1 },
        { sequence: 2n ** 63n },
        { duration: 1e10 },
        { timestamp: new Date(8e15) },
      ];
      const [chunk] = await chunksFrom((rec) => {
        rec.setTime("frame", { sequence: 1 });
        for (const input of bad) code("invalid-time")(() => rec.setTime("frame", input as never));
        for (const input of bad.slice(0, 6))
          code("invalid-time")(() => rec.log("a", values(2), { time: { x: input } } as never));
        code("invalid-time")(() => rec.setTime("", { sequence: 1 }));
        rec.log("a", values(1));
      });
      expect(chunk && timesOf(chunk)).to.deep.equal({ frame: [1n] });
    });

    it("of one call holds for that call alone", async () => {
      const chunks = await chunksFrom((rec) => {
        rec.setTime("frame", { sequence: 1 });
        rec.log("a", values(1), { time: { frame: { sequence: 9 }, x: { duration: 1n } } });
        rec.log("b", values(2));
      });
      expect(chunks.map(timesOf)).to.deep.equal([{ frame: [9n], x: [1n] }, { frame: [1n] }]);
    });

    it("of a scope follows what is asynchronous in it, and nothing else", async () => {
      const chunks = await chunksFrom(async (rec) => {
        rec.setTime("frame", { sequence: 0 });
        const job = (id: number): Promise<void> =>
          rec.withTime({ frame: { sequence: id } }, async () => {
            for (let step = 0; step < 3; step++) {
              rec.log(`job/${id}`, values(step));
              await (step === 1 ? delay(1) : undefined);
              if (step === 1) rec.setTime("frame", { sequence: id + 100 });
            }
          });
        const jobs = [1, 2, 3].map(job);
        rec.log("outside", values(0));
        await Promise.all(jobs);
        rec.log("outside", values(1));
        expect(rec.withTime({}, () => "result")).to.equal("result");
      });
      expect(
        Object.fromEntries(chunks.map((chunk) => [chunk.entityPath, timesOf(chunk)["frame"]])),
      ).to.deep.equal({
        "/job/1": [1n, 1n, 101n],
        "/job/2": [2n, 2n, 102n],
        "/job/3": [3n, 3n, 103n],
        "/outside": [0n, 0n],
      });
    });

    it("gives each temporal row log_time and log_tick, which nobody can set", async () => {
      const before = BigInt(Date.now() - 1000) * 1_000_000n;
      const [chunk] = await chunksFrom(
        (rec) => {
          rec.setTime("log_tick", { sequence: 99 });
          rec.setTime("log_time", { sequence: 99 });
          for (let i = 0; i < 3; i++) rec.log("a", values(i));
        },
        { sendProperties: false },
      );
      expect(chunk?.timelines.map((t) => [t.timeline.name, t.timeline.type])).to.deep.equal([
        ["log_tick", "sequence"],
        ["log_time", "timestamp"],
      ]);
      const times = chunk === undefined ? {} : timesOf(chunk);
      expect(times["log_tick"]).to.deep.equal([0n, 1n, 2n]);
      const logTime = times["log_time"] ?? [];
      expect(logTime.every((t, i) => t > before && t >= (logTime[i - 1] ?? 0n))).to.equal(true);
    });

    it("counts a tick for static rows and for empty ones, and none for columns", async () => {
      const chunks = await chunksFrom(
        (rec) => {
          rec.log("s", values(1), { static: true });
          rec.log("nothing", []);
          rec.sendColumns(
            "c",
            { frame: { sequence: [1, 2] } },
            Scalars.columns({ scalars: [1, 2] }),
          );
          rec.log("a", values(1));
        },
        { sendProperties: false },
      );
      const last = chunks.find((chunk) => chunk.entityPath === "/a");
      expect(last && timesOf(last)["log_tick"]).to.deep.equal([2n]);
      expect(chunks.map((chunk) => chunk.entityPath)).to.have.members(["/s", "/c", "/a"]);
    });

    it("can leave out log_time or log_tick", async () => {
      for (const [options, names] of [
        [{ logTime: false }, ["log_tick"]],
        [{ logTick: false }, ["log_time"]],
        [{ logTime: false, logTick: false }, []],
      ] as const) {
        const [chunk] = await chunksFrom((rec) => rec.log("a", values(1)), {
          sendProperties: false,
          ...options,
        });
        expect(chunk?.timelines.map((t) => t.timeline.name)).to.deep.equal(names);
      }
    });

    it("is left out of static rows", async () => {
      const [chunk] = await chunksFrom(
        (rec) => {
          rec.setTime("frame", { sequence: 1 });
          rec.log("a", values(1), { static: true, time: { x: { sequence: 1 } } });
        },
        { sendProperties: false },
      );
      expect(chunk?.timelines).to.deep.equal([]);
      expect(chunk?.isStatic).to.equal(true);
    });
  });

  describe("log", () => {
    it("takes several archetypes, as arguments or as an array, with options at the end", async () => {
      const descriptor = describeComponent("other", primitive("float32"));
      const other = { batches: [new ComponentBatch(descriptor, 1, 5)] };
      const chunks = await chunksFrom((rec) => {
        rec.log("a", values(1), other);
        rec.log("b", [values(1), other], { static: true });
        rec.log("c", values(1), other, { time: { x: { sequence: 3 } } });
        rec.log(["odd part/!", "x"], values(1));
      });
      expect(
        chunks.map((c) => [
          c.entityPath,
          c.isStatic,
          c.components.map((s) => s.descriptor.component),
        ]),
      ).to.deep.equal([
        ["/a", true, ["other", "value"]],
        ["/b", true, ["other", "value"]],
        ["/c", false, ["other", "value"]],
        ["/odd\\ part\\/\\!/x", true, ["value"]],
      ]);
    });

    it("refuses what cannot be logged, and nothing of it is logged", async () => {
      const chunks = await chunksFrom((rec) => {
        for (const path of [undefined, 5, ["a", ""], ["a", 5], {}])
          code("invalid-entity-path")(() => rec.log(path as never, values(1)));
        for (const data of [undefined, null, 5, "x", {}, { batches: 5 }, [5], [null], [{}]]) {
          code("invalid-component")(() => rec.log("a", data as never));
        }
        code("invalid-component")(() => rec.log("a", values(1), values(2)));
        code("invalid-component")(() => rec.log("a", values(1), 5 as never));
      });
      expect(chunks).to.deep.equal([]);
    });

    it("refuses batches whose data is not what their type says", async () => {
      const text = describeComponent("text", primitive("utf8"));
      const floats = describeComponent("floats", primitive("float32"));
      const chunks = await chunksFrom(async (rec) => {
        for (const batch of [
          () => new ComponentBatch(text, 1, [1]),
          () => new ComponentBatch(text, 1, 1),
          () => new ComponentBatch(floats, 3, Float32Array.of(1)),
          () => new ComponentBatch(floats, 3, [1]),
        ]) {
          code("invalid-component")(() => rec.log("a", { batches: [batch()] }));
        }
        rec.log("a", { batches: [new ComponentBatch(floats, 1, 1)] });
      });
      expect(chunks.map((c) => numbersOf(c))).to.deep.equal([[1]]);
    });

    it("keeps components with one name and different archetypes in chunks of their own", async () => {
      const chunks = await chunksFrom((rec) => {
        rec.log("a", Scalars(1));
        const impostor = { ...Scalars(2).batches[0]?.descriptor, archetype: "other.Archetype" };
        rec.log("a", { batches: [new ComponentBatch(impostor as never, 1, 2)] });
      });
      for (const chunk of chunks) {
        const names = chunk.components.map((c) => c.descriptor.component);
        expect(new Set(names).size).to.equal(names.length);
      }
    });

    it("gives row ids that strictly increase, columns included", async () => {
      const chunks = await chunksFrom((rec) => {
        for (let i = 0; i < 300; i++) {
          rec.log(`e${i % 7}`, values(i));
          if (i % 50 === 0)
            rec.sendColumns(
              "c",
              { x: { sequence: [3, 1, 2] } },
              Scalars.columns({ scalars: [3, 1, 2] }),
            );
        }
      });
      const rowIds = new Map<string, string>();
      for (const chunk of chunks) {
        let last = "";
        for (let i = 0; i < chunk.numRows; i++) {
          const id = Buffer.from(chunk.rowIds.subarray(16 * i, 16 * i + 16)).toString("hex");
          expect(id > last).to.equal(true);
          last = id;
          expect(rowIds.has(id)).to.equal(false);
          rowIds.set(id, chunk.entityPath);
        }
      }
      expect(rowIds.size).to.equal(300 + 6 * 3);
    });

    it("throws after close, but says so in an error that tells", async () => {
      const rec = new RecordingStream("spec");
      await rec.close();
      code("recording-closed")(() => rec.log("a", values(1)));
      code("recording-closed")(() => rec.sendColumns("a", {}, Scalars.columns({ scalars: [1] })));
      code("recording-closed")(() => rec.attach(memory()));
    });
  });

  describe("properties", () => {
    it("come first: start time, and the name if there is one", async () => {
      const startTime = new Date("2026-05-06T07:08:09Z");
      const [chunk] = await chunksFrom((rec) => rec.log("a", values(1)), {
        startTime,
        name: "my run",
      });
      expect(chunk?.entityPath).to.equal("/__properties");
      expect(chunk?.isStatic).to.equal(true);
      expect(chunk?.components.map((c) => c.descriptor.component)).to.deep.equal([
        "RecordingInfo:name",
        "RecordingInfo:start_time",
      ]);
      const start = chunk?.components[1]?.descriptor;
      expect(start && chunk?.column(start).children?.[0]?.values?.[0]).to.equal(
        BigInt(startTime.getTime()) * 1_000_000n,
      );
      const [unnamed] = await chunksFrom(() => undefined, {});
      expect(unnamed?.components.map((c) => c.descriptor.component)).to.deep.equal([
        "RecordingInfo:start_time",
      ]);
    });

    it("can be left out", async () => {
      expect(await chunksFrom(() => undefined, { sendProperties: false })).to.deep.equal([]);
    });
  });

  describe("switched off", () => {
    for (const [title, env, options] of [
      ["by an option", {}, { enabled: false }],
      ["by RERUN=off", { RERUN: "off" }, {}],
      ["by RERUN=0", { RERUN: "0" }, {}],
      ["by RERUN=False", { RERUN: "False" }, {}],
    ] as const) {
      it(`does nothing at all, ${title}`, () =>
        withEnv(env, async () => {
          const rec = new RecordingStream("spec", options);
          const sink = memory();
          const seen: unknown[] = [];
          rec.messages$.subscribe((message) => seen.push(message));
          rec.events$.subscribe((event) => seen.push(event));
          rec.attach(sink);
          rec.setTime("frame", { sequence: 1 });
          rec.log("a", values(1));
          rec.sendColumns("a", {}, Scalars.columns({ scalars: [1] }));
          expect((await rec.flush()).complete).to.equal(true);
          await rec.close();
          rec.log("a", values(1));
          expect(rec.enabled).to.equal(false);
          expect(seen).to.deep.equal([]);
          expect(sink.messages).to.deep.equal([]);
          expect(rec.stats.loggedRows).to.equal(0);
        }));
    }

    it("an option wins over the environment, and RERUN=on changes nothing", () =>
      withEnv({ RERUN: "off" }, () => {
        expect(new RecordingStream("spec", { enabled: true }).enabled).to.equal(true);
      }).then(() =>
        withEnv({ RERUN: "on" }, () => {
          expect(new RecordingStream("spec").enabled).to.equal(true);
          expect(new RecordingStream("spec", { enabled: false }).enabled).to.equal(false);
        }),
      ));
  });

  it("refuses an application id that is none", () => {
    for (const id of ["", undefined, 5])
      code("invalid-argument")(() => new RecordingStream(id as never));
  });

  it("keeps several recordings apart", async () => {
    const sinks = [memory(), memory()];
    const recs = ["one", "two"].map((app) => new RecordingStream(app, plain));
    recs.forEach((rec, i) => rec.attach(sinks[i] as never));
    for (let i = 0; i < 10; i++) recs[i % 2]?.log("a", values(i));
    await Promise.all(recs.map((rec) => rec.close()));
    expect(sinks.map((sink) => chunksOf(sink.messages).map(inShort))).to.deep.equal([
      ["/a 0,2,4,6,8"],
      ["/a 1,3,5,7,9"],
    ]);
    expect(sinks.map((sink) => sink.messages.map((m) => m.storeId.applicationId))).to.deep.equal([
      ["one", "one"],
      ["two", "two"],
    ]);
    expect(recs[0]?.storeId.recordingId).to.match(/^rec_[0-9a-f]{32}$/);
    expect(recs[0]?.storeId.recordingId).to.not.equal(recs[1]?.storeId.recordingId);
  });

  it("lets several recordings share one sink, which the last one closes", async () => {
    const sink = memory();
    const recs = ["one", "two"].map((app) => new RecordingStream(app, plain));
    for (const rec of recs) {
      rec.attach(sink);
      rec.log("a", values(1));
    }
    await recs[0]?.close();
    expect(sink.state).to.equal("open");
    recs[1]?.log("a", values(2));
    await recs[1]?.close();
    expect(sink.state).to.equal("closed");
    expect(chunksOf(sink.messages).map(inShort)).to.deep.equal(["/a 1", "/a 1,2"]);
  });

  describe("events$", () => {
    it("has every logged item at once, as it was logged", () => {
      const rec = new RecordingStream("spec", { sendProperties: false });
      const events: DataEvent[] = [];
      rec.events$.subscribe((event) => events.push(event));
      rec.setTime("frame", { sequence: 7 });
      rec.log("a/b", values(1, 2));
      rec.sendColumns("c", { x: { sequence: [1] } }, Scalars.columns({ scalars: [1] }));
      const [logged, columns] = events;
      expect(events.map((event) => event.kind)).to.deep.equal(["row", "columns"]);
      if (logged?.kind !== "row" || columns?.kind !== "columns") throw new Error("other kinds");
      expect(logged.entityPath).to.equal("/a/b");
      expect(logged.time.get("frame")).to.equal(7n);
      expect(logged.time.get("log_tick")).to.equal(0n);
      expect(logged.time.get("none")).to.equal(undefined);
      expect(Object.keys(logged.time.toObject())).to.deep.equal(["frame", "log_tick", "log_time"]);
      expect(logged.batches[0]?.descriptor).to.equal(VALUE);
      expect(columns.chunk.entityPath).to.equal("/c");
    });

    it("completes when the recording closes", async () => {
      const rec = new RecordingStream("spec");
      const done = firstValueFrom(rec.events$.pipe(toArray()));
      rec.log("a", values(1));
      await rec.close();
      expect(await done).to.have.lengthOf(1);
    });
  });

  describe("messages$", () => {
    it("gives a late subscriber what is held, then what follows, in order and once", async () => {
      const rec = new RecordingStream("spec", { ...plain, batch: { flushNumRows: 1 } });
      const early: LogMsg[] = [];
      const late: LogMsg[] = [];
      rec.messages$.subscribe((message) => early.push(message));
      rec.log("a", values(1));
      rec.log("a", values(2));
      rec.messages$.subscribe((message) => late.push(message));
      expect(late).to.deep.equal(early);
      rec.log("a", values(3));
      await rec.close();
      expect(late.map((m) => m.kind)).to.deep.equal(["set-store-info", "chunk", "chunk", "chunk"]);
      expect(chunksOf(late).flatMap((c) => numbersOf(c))).to.deep.equal([1, 2, 3]);
      expect(late).to.deep.equal(early);
      const afterwards = await firstValueFrom(rec.messages$.pipe(toArray()));
      expect(afterwards).to.deep.equal(early);
    });

    it("lets a subscriber log in answer without mixing up the order", async () => {
      const rec = new RecordingStream("spec", { ...plain, batch: { flushNumRows: 1 } });
      const [first, second]: [number[], number[]] = [[], []];
      rec.messages$.pipe(filter((m) => m.kind === "chunk")).subscribe((m) => {
        const value = m.kind === "chunk" ? (numbersOf(m.chunk)[0] ?? 0) : 0;
        first.push(value);
        if (value < 10)
          rec.log(
            "a",
            values(value * 10),
            values.length > 99 ? {} : { time: { t: { sequence: 1 } } },
          );
      });
      rec.messages$
        .pipe(filter((m) => m.kind === "chunk"))
        .subscribe((m) => second.push(m.kind === "chunk" ? (numbersOf(m.chunk)[0] ?? 0) : 0));
      rec.log("a", values(1), { time: { t: { sequence: 1 } } });
      rec.log("a", values(2), { time: { t: { sequence: 1 } } });
      await rec.close();
      expect(first).to.deep.equal([1, 10, 2, 20]);
      expect(second).to.deep.equal([1, 10, 2, 20]);
    });
  });

  describe("sinks that log", () => {
    it("get their own rows behind those that are on their way, and so do all others", async () => {
      const rec = new RecordingStream("spec", {
        sendProperties: false,
        batch: { flushNumRows: 1 },
      });
      const order: string[][] = [[], [], []];
      const note = (i: number) => (m: LogMsg) => {
        if (m.kind === "chunk") order[i]?.push(inShort(m.chunk));
      };
      rec.attach(note(0));
      rec.attach((m) => {
        note(1)(m);
        if (m.kind === "chunk" && m.chunk.entityPath === "/a")
          rec.log("echo", values(...numbersOf(m.chunk)));
      });
      rec.attach(note(2));
      for (let i = 0; i < 5; i++) rec.log("a", values(i));
      await rec.close();
      const expected = [0, 1, 2, 3, 4].flatMap((i) => [`/a ${i}`, `/echo ${i}`]);
      expect(order).to.deep.equal([expected, expected, expected]);
    });

    it("leave no bytes behind in the queues of others", async () => {
      const rec = new RecordingStream("spec", {
        sendProperties: false,
        batch: { flushNumRows: 1 },
      });
      rec.attach((m) => {
        if (m.kind === "chunk" && m.chunk.entityPath === "/a") rec.log("echo", values(1));
      });
      const other = rec.attach(memory(), { budgetBytes: 10_000 });
      for (let i = 0; i < 100; i++) rec.log("a", values(i));
      expect(other.stats.queuedBytes).to.equal(0);
      expect(other.stats.droppedMessages).to.equal(0);
      await rec.close();
    });

    it("may attach and detach others meanwhile", async () => {
      const rec = new RecordingStream("spec", {
        sendProperties: false,
        batch: { flushNumRows: 1 },
      });
      const added = memory();
      const removed = memory();
      let removing: Promise<unknown> | undefined;
      rec.attach((m) => {
        if (m.kind === "chunk" && numbersOf(m.chunk)[0] === 1) {
          rec.attach(added, { from: "now", budgetBytes: 4000 });
          removing = rec.detach(removed);
        }
      });
      rec.attach(removed);
      for (let i = 0; i < 4; i++) rec.log("a", values(i));
      await removing;
      const stats = rec.attachments.find((a) => a.sink === added)?.stats;
      await rec.close();
      expect(chunksOf(removed.messages).map(inShort)).to.deep.equal(["/a 0", "/a 1"]);
      expect(chunksOf(added.messages).map(inShort)).to.deep.equal(["/a 2", "/a 3"]);
      expect(stats?.queuedBytes).to.equal(0);
    });
  });

  describe("flush", () => {
    it("resolves when every sink has everything, and tells what each got", async () => {
      const rec = new RecordingStream("spec", plain);
      const sink = memory();
      rec.attach(sink);
      let resolve: () => void = () => undefined;
      const slow: LogMsg[] = [];
      rec.attach({
        name: "slow",
        write: (messages) =>
          new Promise((done) => {
            resolve = () => {
              slow.push(...messages);
              done();
            };
          }),
      });
      rec.log("a", values(1));
      rec.log("a", values(2));
      let flushed = false;
      const flushing = rec.flush().then((result) => {
        flushed = true;
        return result;
      });
      for (let i = 0; i < 2; i++) {
        expect(flushed).to.equal(false);
        resolve();
        await delay(0);
      }
      const result = await flushing;
      expect(result.complete).to.equal(true);
      expect(
        result.sinks.map(({ name, deliveredRows, deliveredMessages, queuedBytes, error }) => ({
          name,
          deliveredRows,
          deliveredMessages,
          queuedBytes,
          error,
        })),
      ).to.deep.equal([
        {
          name: "memory()",
          deliveredRows: 2,
          deliveredMessages: 2,
          queuedBytes: 0,
          error: undefined,
        },
        { name: "slow", deliveredRows: 2, deliveredMessages: 2, queuedBytes: 0, error: undefined },
      ]);
      await rec.close();
    });

    it("is not complete when the signal ended the wait, for write and for flush of a sink", async () => {
      for (const stuck of [
        { name: "stuck in write", write: () => new Promise<void>(() => undefined) },
        {
          name: "stuck in flush",
          write: () => undefined,
          flush: () => new Promise<void>(() => undefined),
        },
      ]) {
        const rec = new RecordingStream("spec", plain);
        rec.attach(stuck);
        rec.log("a", values(1));
        const result = await rec.flush({ signal: AbortSignal.abort() });
        expect(result.complete, stuck.name).to.equal(false);
        await rec.close({ signal: AbortSignal.abort() });
      }
    });

    it("is not complete when a sink failed, and names the error", async () => {
      const rec = new RecordingStream("spec", plain);
      rec.errors$.subscribe();
      const sink = memory();
      rec.attach({
        name: "bad",
        write: () => undefined,
        flush: () => Promise.reject(new Error("no disk")),
      });
      rec.attach(sink);
      rec.log("a", values(1));
      const result = await rec.flush();
      expect(result.complete).to.equal(false);
      expect(result.sinks.map(({ state, error }) => [state, error?.message])).to.deep.equal([
        ["failed", "no disk"],
        ["open", undefined],
      ]);
      expect(chunksOf(sink.messages)).to.have.lengthOf(1);
      await rec.close();
    });

    it("is complete without any sink: what waits is held", async () => {
      const rec = new RecordingStream("spec", plain);
      rec.log("a", values(1));
      expect(await rec.flush()).to.deep.equal({ complete: true, sinks: [] });
      const sink = memory();
      rec.attach(sink);
      expect(chunksOf(sink.messages).map(inShort)).to.deep.equal(["/a 1"]);
      await rec.close();
    });
  });

  describe("close", () => {
    it("is idempotent: every call gets the same promise", async () => {
      const rec = new RecordingStream("spec");
      let closes = 0;
      rec.attach({ write: () => undefined, close: () => void closes++ });
      const [first, second] = [rec.close(), rec.close()];
      expect(second).to.equal(first);
      await first;
      await rec[Symbol.asyncDispose]();
      expect(closes).to.equal(1);
    });

    it("is bounded whatever a sink does", async () => {
      const forever = (): Promise<void> => new Promise(() => undefined);
      const rec = new RecordingStream("spec", plain);
      rec.errors$.subscribe();
      const sink = memory();
      rec.attach({ name: "never writes", write: forever, close: forever });
      rec.attach({ name: "never closes", write: () => undefined, flush: forever, close: forever });
      rec.attach({
        name: "throws",
        write: () => undefined,
        close: () => {
          throw new Error("no");
        },
      });
      rec.attach(sink);
      rec.log("a", values(1));
      const controller = new AbortController();
      const closing = rec.close({ signal: controller.signal });
      await delay(0);
      controller.abort();
      const result = await closing;
      expect(result.complete).to.equal(false);
      expect(sink.state).to.equal("closed");
      expect(chunksOf(sink.messages).map(inShort)).to.deep.equal(["/a 1"]);
    });

    it("delivers what the batching still holds, and lets every stream complete", async () => {
      const rec = new RecordingStream("spec", { ...plain, batch: { flushTickMs: Infinity } });
      const sink = memory();
      rec.attach(sink);
      let completed = 0;
      const count = { complete: () => completed++ };
      rec.messages$.subscribe(count);
      rec.events$.subscribe(count);
      rec.errors$.subscribe(count);
      rec.stats$.subscribe(count);
      rec.log("a", values(1));
      expect(chunksOf(sink.messages)).to.deep.equal([]);
      expect((await rec.close()).complete).to.equal(true);
      expect(chunksOf(sink.messages).map(inShort)).to.deep.equal(["/a 1"]);
      expect(completed).to.equal(4);
      expect(rec.attachments).to.deep.equal([]);
    });

    it("waits for a replacement that is under way, and closes the new sink as well", async () => {
      const rec = new RecordingStream("spec", { ...plain, batch: { flushNumRows: 1 } });
      let release: () => void = () => undefined;
      const old = {
        write: () =>
          new Promise<void>((done) => {
            release = done;
          }),
      };
      rec.attach(old);
      const sink = memory();
      const replacing = rec.replace(old, sink);
      const closing = rec.close();
      release();
      await Promise.allSettled([replacing, closing]);
      expect(sink.state).to.equal("closed");
      expect(sink.messages.filter(({ kind }) => kind === "chunk")).to.deep.equal([]);
      expect(rec.attachments).to.deep.equal([]);
    });

    it("is not complete, and leaves nothing open, when a replacement takes longer than it waits", async () => {
      const rec = new RecordingStream("spec", { ...plain, batch: { flushNumRows: 1 } });
      rec.errors$.subscribe(() => undefined);
      const stuck = { name: "stuck", write: () => new Promise<void>(() => undefined) };
      rec.attach(stuck);
      rec.log("a", values(1));
      const next = memory();
      const replacing = rec.replace(stuck, next);
      const { complete, sinks } = await rec.close({ signal: AbortSignal.timeout(20) });
      expect(complete).to.equal(false);
      expect(sinks.map(({ name, droppedRows }) => [name, droppedRows])).to.deep.equal([
        ["memory()", 0],
      ]);
      // It came when it was over: what it could take at once it has.
      await replacing;
      expect(
        next.messages.flatMap((m) => (m.kind === "chunk" ? inShort(m.chunk) : [])),
      ).to.deep.equal(["/a 1"]);
      await new Promise((resolve) => setImmediate(resolve));
      expect(next.state).to.equal("closed");
      expect(rec.attachments).to.deep.equal([]);
    });
  });

  describe("replace and detach", () => {
    it("find observers and functions that were attached", async () => {
      const rec = new RecordingStream("spec", {
        sendProperties: false,
        batch: { flushNumRows: 1 },
      });
      const seen: string[] = [];
      const one = (m: LogMsg): void =>
        void (m.kind === "chunk" && seen.push(`one ${inShort(m.chunk)}`));
      const two = {
        next: (m: LogMsg): void =>
          void (m.kind === "chunk" && seen.push(`two ${inShort(m.chunk)}`)),
        complete: () => seen.push("completed"),
      };
      rec.attach(one);
      rec.log("a", values(1));
      await rec.replace(one, two);
      rec.log("a", values(2));
      const stats = await rec.detach(two);
      rec.log("a", values(3));
      expect(stats.deliveredRows).to.equal(1);
      expect(seen).to.deep.equal(["one /a 1", "two /a 2", "completed"]);
      await rec.close();
    });

    it("refuse what is not attached, and leave all as it was", async () => {
      const rec = new RecordingStream("spec", plain);
      const sink = memory();
      rec.attach(sink);
      for (const body of [
        async () => await rec.detach(memory()),
        async () => await rec.replace(memory(), memory()),
        async () => await rec.replace(sink, 5 as never),
      ]) {
        const error = await body().catch((thrown: unknown) => thrown);
        expect(error).to.have.property("code", "invalid-argument");
      }
      expect(rec.attachments).to.have.lengthOf(1);
      rec.log("a", values(1));
      await rec.close();
      expect(chunksOf(sink.messages)).to.have.lengthOf(1);
    });

    it("give the new sink what the old one did not take", async () => {
      const rec = new RecordingStream("spec", {
        sendProperties: false,
        batch: { flushNumRows: 1 },
      });
      rec.errors$.subscribe();
      const stuck = { name: "stuck", write: () => new Promise<void>(() => undefined) };
      rec.attach(stuck);
      for (let i = 0; i < 3; i++) rec.log("a", values(i));
      const sink = memory();
      const replacing = rec.replace(stuck, sink, { signal: AbortSignal.abort() });
      rec.log("a", values(3));
      await replacing;
      rec.log("a", values(4));
      await rec.close();
      expect(chunksOf(sink.messages).flatMap((c) => numbersOf(c))).to.deep.equal([0, 1, 2, 3, 4]);
    });

    it("close the old sink unless told otherwise or another recording has it", async () => {
      const rec = new RecordingStream("spec", plain);
      const [kept, shared, dropped] = [memory(), memory(), memory()];
      const other = new RecordingStream("other", plain);
      other.attach(shared);
      for (const sink of [kept, shared, dropped]) rec.attach(sink);
      await rec.detach(kept, { close: false });
      await rec.detach(shared);
      await rec.detach(dropped);
      expect([kept.state, shared.state, dropped.state]).to.deep.equal(["open", "open", "closed"]);
      await Promise.all([rec.close(), other.close()]);
    });
  });

  describe("errors$", () => {
    it("has each failure once, and the other sinks go on", async () => {
      const rec = new RecordingStream("spec", {
        sendProperties: false,
        batch: { flushNumRows: 1 },
      });
      const errors: RerunError[] = [];
      rec.errors$.subscribe((error) => errors.push(error));
      const sink = memory();
      const cause = new Error("broken");
      const bad = rec.attach({
        name: "bad",
        write: () => {
          throw cause;
        },
      });
      const worse = rec.attach({
        name: "worse",
        write: () => Promise.reject(new RerunError("disk-full", "full")),
      });
      rec.attach(sink);
      for (let i = 0; i < 3; i++) {
        rec.log("a", values(i));
        await delay(0);
      }
      expect(errors.map((e) => [e.code, e.message, e.cause === cause])).to.deep.equal([
        ["sink-failed", "broken", true],
        ["disk-full", "full", false],
      ]);
      expect([bad.state, worse.state]).to.deep.equal(["failed", "failed"]);
      expect(bad.error).to.equal(errors[0]);
      await rec.close();
      expect(errors).to.have.lengthOf(2);
      expect(chunksOf(sink.messages).map(inShort)).to.deep.equal(["/a 0", "/a 1", "/a 2"]);
    });

    it("falls back to a warning while nobody listens", async () => {
      const printed = await warnings(async () => {
        const rec = new RecordingStream("spec", plain);
        rec.attach({
          name: "bad",
          write: () => {
            throw new Error("broken pipe");
          },
        });
        await rec.close();
      });
      expect(printed).to.deep.equal(["rerun-rx: broken pipe"]);
    });

    it("tells once per episode that a slow sink loses data", async () => {
      const rec = new RecordingStream("spec", {
        sendProperties: false,
        batch: { flushNumRows: 1 },
      });
      const errors: RerunError[] = [];
      rec.errors$.subscribe((error) => errors.push(error));
      let release: () => void = () => undefined;
      const slow = rec.attach(
        {
          name: "slow",
          write: () =>
            new Promise((done) => {
              release = done;
            }),
        },
        { budgetBytes: 3000 },
      );
      const burst = async (): Promise<void> => {
        for (let i = 0; i < 20; i++) rec.log("a", values(i));
        for (let i = 0; i < 20; i++) {
          release();
          await delay(0);
        }
      };
      await burst();
      const { droppedMessages, droppedRows } = slow.stats;
      expect(droppedMessages).to.be.greaterThan(10);
      expect(droppedRows).to.equal(droppedMessages);
      expect(errors.map((e) => e.code)).to.deep.equal(["data-dropped"]);
      await burst();
      expect(errors.map((e) => e.code)).to.deep.equal(["data-dropped", "data-dropped"]);
      await rec.close({ signal: AbortSignal.abort() });
    });

    it("tells once that the backlog without any sink is full", async () => {
      const rec = new RecordingStream("spec", {
        sendProperties: false,
        batch: { flushNumRows: 1 },
        backlogBytes: 5000,
      });
      const errors: RerunError[] = [];
      rec.errors$.subscribe((error) => errors.push(error));
      rec.log("static", values(0), { static: true });
      for (let i = 1; i < 50; i++) rec.log("a", values(i));
      expect(errors.map((e) => e.code)).to.deep.equal(["data-dropped"]);
      const sink = memory();
      rec.attach(sink);
      await rec.close();
      const received = chunksOf(sink.messages).flatMap((c) => numbersOf(c));
      expect(received[0]).to.equal(0);
      expect(received.slice(1)).to.deep.equal(
        Array.from({ length: received.length - 1 }, (_, i) => 51 - received.length + i),
      );
      expect(rec.stats.droppedMessages).to.equal(49 - (received.length - 1));
    });
  });

  describe("memory", () => {
    it("stays bounded when a sink never answers, and other sinks keep up", async () => {
      const rec = new RecordingStream("spec", {
        sendProperties: false,
        batch: { flushNumRows: 1 },
        historyBytes: 10_000,
      });
      rec.errors$.subscribe();
      rec.attach(
        { name: "stuck", write: () => new Promise<void>(() => undefined) },
        { budgetBytes: 20_000 },
      );
      let received = 0;
      rec.attach((m) => void (m.kind === "chunk" && received++));
      for (let i = 0; i < 1000; i++) rec.log("a", values(i));
      expect(rec.stats.heldBytes).to.be.lessThan(40_000);
      expect(received).to.equal(1000);
      await rec.close({ signal: AbortSignal.abort() });
    });

    it("of the history is bounded once every sink has everything", async () => {
      const rec = new RecordingStream("spec", {
        sendProperties: false,
        batch: { flushNumRows: 1 },
        historyBytes: 10_000,
      });
      rec.attach(() => undefined);
      for (let i = 0; i < 1000; i++) rec.log("a", values(i));
      expect(rec.stats.heldBytes).to.be.lessThan(12_000);
      const late = memory();
      rec.attach(late);
      await rec.close();
      const numbers = chunksOf(late.messages).flatMap((c) => numbersOf(c));
      expect(numbers.length).to.be.greaterThan(3);
      expect(numbers).to.deep.equal(numbers.map((_, i) => 1000 - numbers.length + i));
    });

    it("holds the latest static value of a component, however often it is logged", async () => {
      const rec = new RecordingStream("spec", {
        sendProperties: false,
        batch: { flushNumRows: 1 },
        historyBytes: 10_000,
      });
      rec.attach(() => undefined);
      for (let i = 0; i < 1000; i++) rec.log("a", values(i), { static: true });
      expect(rec.stats.heldBytes).to.be.lessThan(14_000);
      const late = memory();
      rec.attach(late, { from: "now" });
      await rec.close();
      expect(chunksOf(late.messages).map(inShort)).to.deep.equal(["/a 999"]);
    });
  });

  describe("stats$", () => {
    it("has the current counters at once, changes later, and the last ones at the end", async () => {
      const rec = new RecordingStream("spec", { ...plain, batch: { flushNumRows: 1 } });
      const all = firstValueFrom(rec.stats$.pipe(toArray()));
      rec.attach(memory());
      rec.log("a", values(1));
      rec.sendColumns("c", { x: { sequence: [1, 2, 3] } }, Scalars.columns({ scalars: [1, 2, 3] }));
      await rec.close();
      const stats = await all;
      expect(stats[0]).to.deep.include({
        loggedRows: 0,
        messages: 1,
        droppedMessages: 0,
        sinks: [],
      });
      expect(stats.at(-1)).to.deep.include({ loggedRows: 4, messages: 3, droppedMessages: 0 });
    });

    it("does not keep a program running, and says nothing after it is unsubscribed", async () => {
      const rec = new RecordingStream("spec", { ...plain, batch: { flushNumRows: 1 } });
      let count = 0;
      const subscription = rec.stats$.subscribe(() => count++);
      rec.log("a", values(1));
      subscription.unsubscribe();
      rec.log("a", values(1));
      await rec.close();
      expect(count).to.equal(1);
    });
  });

  describe("batching", () => {
    it("is what the program says, and else what the environment says", () =>
      withEnv({ RERUN_FLUSH_NUM_ROWS: "2", RERUN_FLUSH_TICK_SECS: "1000" }, async () => {
        for (const [options, sizes] of [
          [{}, [2, 2]],
          [{ flushNumRows: 3 }, [3]],
        ] as const) {
          const rec = new RecordingStream("spec", { ...plain, batch: options });
          const sink = memory();
          rec.attach(sink);
          for (let i = 0; i < 5; i++) rec.log("a", values(i));
          expect(chunksOf(sink.messages).map((c) => c.numRows)).to.deep.equal(sizes);
          await rec.close();
        }
      }));

    it("refuses an environment that makes no sense", () =>
      withEnv({ RERUN_FLUSH_NUM_BYTES: "many" }, () => {
        expect(() => new RecordingStream("spec")).to.throw(RangeError, "RERUN_FLUSH_NUM_BYTES");
      }));
  });

  it("keeps text of every kind", async () => {
    const texts = ["", "a\0b", "日本語", "🦀", "x".repeat(100_000)];
    const chunks = await chunksFrom((rec) => {
      for (const text of texts) rec.log("log", TextLog(text));
    });
    const decoder = new TextDecoder();
    const all = chunks.flatMap((chunk) => {
      const descriptor =
        chunk.components.find((c) => c.descriptor.component === "TextLog:text")?.descriptor ??
        VALUE;
      const { children } = chunk.column(descriptor);
      const { values: bytes, offsets } = children?.[0] ?? {};
      return Array.from({ length: chunk.numRows }, (_, i) =>
        decoder.decode((bytes as Uint8Array).subarray(offsets?.[i], offsets?.[i + 1])),
      );
    });
    expect(all).to.deep.equal(texts);
  });

  it("joins times of two halves as they were split", () => {
    expect(joinTime(-1, 0)).to.equal(0xffff_ffffn);
    expect(joinTime(0, -1)).to.equal(-0x1_0000_0000n);
    expect(timeline("a", "sequence")).to.equal(timeline("a", "sequence"));
  });
});
