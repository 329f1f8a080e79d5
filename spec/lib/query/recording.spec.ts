import { expect } from "chai";
import fc from "fast-check";
import { Clear, Points3D, Scalars, TextLog } from "../../../lib/archetypes/index.ts";
import { ComponentBatch } from "../../../lib/component-batch.ts";
import { RerunError } from "../../../lib/errors.ts";
import { loadRecording, loadRecordings, Recording } from "../../../lib/query/recording.ts";
import { RecordingStream } from "../../../lib/recording-stream.ts";
import { messagesOf, oldRrd, rrdOf } from "../../helpers/make-rrd.ts";
import { VALUE, values } from "../../helpers/rows.ts";

/** What is logged, read back into memory. */
async function recordingOf(body: (rec: RecordingStream) => void): Promise<Recording> {
  return loadRecording(rrdOf(await messagesOf(body)));
}

const numbersAt = (recording: Recording, path: string, frame: number): number[] | undefined => {
  const cell = recording.latestAt(path, "value", "frame", BigInt(frame));
  return cell && Array.from(cell.values as Float64Array);
};

describe("latestAt", () => {
  it("finds the latest until a time, the time itself included", async () => {
    const recording = await recordingOf((rec) => {
      for (const frame of [10, 20, 30])
        rec.log("a", values(frame), { time: { frame: { sequence: frame } } });
    });
    expect(numbersAt(recording, "a", 9)).to.equal(undefined);
    expect(numbersAt(recording, "/a", 10)).to.deep.equal([10]);
    expect(numbersAt(recording, "a", 29)).to.deep.equal([20]);
    expect(numbersAt(recording, "a", 1000)).to.deep.equal([30]);
    expect(recording.latestAt("a", "value", "frame", { sequence: 20 })?.time).to.equal(20n);
    expect(recording.latestAt("a", "value", "other", 20n)).to.equal(undefined);
    expect(recording.latestAt("b", "value", "frame", 20n)).to.equal(undefined);
    expect(recording.latestAt("a", "other", "frame", 20n)).to.equal(undefined);
  });

  it("takes of rows at the same time the one that was logged last, also across chunks", async () => {
    const recording = await recordingOf((rec) => {
      rec.setTime("frame", { sequence: 1 });
      rec.log("a", values(1));
      rec.log("a", values(2));
      // Another set of timelines makes another chunk.
      rec.log("a", values(3), { time: { more: { sequence: 0 } } });
      rec.log("a", values(4));
    });
    expect(recording.chunks).to.have.length(2);
    expect(numbersAt(recording, "a", 1)).to.deep.equal([4]);
  });

  it("passes over rows without the component, and gives empty batches", async () => {
    const recording = await recordingOf((rec) => {
      rec.log("a", values(1), { time: { frame: { sequence: 1 } } });
      rec.log("a", TextLog("between"), { time: { frame: { sequence: 2 } } });
      rec.log(
        "a",
        { batches: [ComponentBatch.empty(VALUE)] },
        { time: { frame: { sequence: 3 } } },
      );
    });
    expect(numbersAt(recording, "a", 2)).to.deep.equal([1]);
    const empty = recording.latestAt("a", "value", "frame", 3n);
    expect(empty?.length).to.equal(0);
    expect(numbersAt(recording, "a", 3)).to.deep.equal([]);
  });

  it("lets static data win over all else, the last of it over the others", async () => {
    const recording = await recordingOf((rec) => {
      rec.log("a", values(1), { static: true });
      rec.log("a", values(2), { time: { frame: { sequence: 5 } } });
      rec.log("a", values(3), { static: true });
    });
    expect(numbersAt(recording, "a", 0)).to.deep.equal([3]);
    expect(numbersAt(recording, "a", 9)).to.deep.equal([3]);
    expect(recording.latestAt("a", "value", "frame", 9n)?.time).to.equal(undefined);
    // On any timeline, even one that nobody knows.
    expect(recording.latestAt("a", "value", "nowhere", 0n)?.length).to.equal(1);
  });

  it("hides what was cleared before, on the entity alone or on all below it", async () => {
    const recording = await recordingOf((rec) => {
      const at = (frame: number) => ({ time: { frame: { sequence: frame } } });
      for (const path of ["a", "a/b", "c", "c/d", "e"]) rec.log(path, values(1), at(1));
      rec.log("a", Clear(false), at(2));
      rec.log("c", Clear(true), at(2));
      rec.log("c/d", values(3), at(3));
    });
    const seen = (frame: number): unknown =>
      ["a", "a/b", "c", "c/d", "e"].map((path) => numbersAt(recording, path, frame)?.[0]);
    expect(seen(1)).to.deep.equal([1, 1, 1, 1, 1]);
    expect(seen(2)).to.deep.equal([undefined, 1, undefined, undefined, 1]);
    expect(seen(3)).to.deep.equal([undefined, 1, undefined, 3, 1]);
    // The clear itself is data.
    expect(recording.latestAt("a", "Clear:is_recursive", "frame", 9n)?.values).to.deep.equal([
      false,
    ]);
  });

  it("looks at the latest clear of each entity above only, as Rerun does", async () => {
    const recording = await recordingOf((rec) => {
      const at = (frame: number) => ({ time: { frame: { sequence: frame } } });
      rec.log("a/b", values(1), at(1));
      rec.log("a", Clear(true), at(2));
      rec.log("a", Clear(false), at(3));
    });
    expect(numbersAt(recording, "a/b", 2)).to.equal(undefined);
    expect(numbersAt(recording, "a/b", 3)).to.deep.equal([1]);
  });

  it("does not hide static data by a clear at a time, but by a static one that came later", async () => {
    const recording = await recordingOf((rec) => {
      rec.log("a", values(1), { static: true });
      rec.log("a", Clear(false), { time: { frame: { sequence: 5 } } });
      rec.log("b", values(1), { static: true });
      rec.log("b", Clear(false), { static: true });
      rec.log("c", Clear(false), { static: true });
      rec.log("c", values(1), { static: true });
    });
    expect(numbersAt(recording, "a", 9)).to.deep.equal([1]);
    expect(numbersAt(recording, "b", 9)).to.equal(undefined);
    expect(numbersAt(recording, "c", 9)).to.deep.equal([1]);
  });

  it("gives all components of an entity at once", async () => {
    const recording = await recordingOf((rec) => {
      rec.log("a", Points3D([1, 2, 3], { radii: 1 }), { time: { frame: { sequence: 1 } } });
      rec.log("a", Points3D.updateFields({ radii: 2 }), { time: { frame: { sequence: 2 } } });
    });
    const cells = recording.latestAtAll("a", "frame", 2n);
    expect(cells.map(({ descriptor, time }) => [descriptor.component, time])).to.deep.equal([
      ["Points3D:positions", 1n],
      ["Points3D:radii", 2n],
    ]);
  });

  it("agrees with a plain search over all rows", async () => {
    const row = fc.record({
      path: fc.constantFrom("a", "a/b", "c"),
      frame: fc.option(fc.integer({ min: -3, max: 6 }), { nil: undefined, freq: 6 }),
      what: fc.oneof(
        { weight: 6, arbitrary: fc.nat(99).map((value) => ({ value })) },
        fc.constant({ empty: true as const }),
        fc.boolean().map((clear) => ({ clear })),
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 25 }), async (rows) => {
        const recording = await recordingOf((rec) => {
          for (const { path, frame, what } of rows) {
            const data =
              "value" in what
                ? values(what.value)
                : "clear" in what
                  ? Clear(what.clear)
                  : { batches: [ComponentBatch.empty(VALUE)] };
            const when =
              frame === undefined ? { static: true } : { time: { frame: { sequence: frame } } };
            rec.log(path, data, when);
          }
        }).catch((error: unknown) => {
          // Nothing was logged: nothing is in the file.
          if (rows.length === 0 && error instanceof RerunError) return undefined;
          throw error;
        });
        if (recording === undefined) return;
        for (const path of ["a", "a/b", "c"]) {
          for (let frame = -4; frame <= 7; frame++) {
            expect(numbersAt(recording, path, frame), `${path} at ${frame}`).to.deep.equal(
              search(rows, path, frame),
            );
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

type LoggedRow = {
  readonly path: string;
  readonly frame: number | undefined;
  readonly what:
    | { readonly value: number }
    | { readonly empty: true }
    | { readonly clear: boolean };
};

/** The rules, over rows in the order in which they were logged. */
function search(rows: readonly LoggedRow[], path: string, frame: number): number[] | undefined {
  const rank = (row: LoggedRow): number => row.frame ?? Number.POSITIVE_INFINITY;
  const latest = (of: readonly LoggedRow[]): LoggedRow | undefined =>
    of
      .filter((row) => row.frame === undefined || row.frame <= frame)
      .reduce<LoggedRow | undefined>(
        (best, row) => (best === undefined || rank(row) >= rank(best) ? row : best),
        undefined,
      );
  const found = latest(rows.filter((row) => row.path === path && !("clear" in row.what)));
  if (found === undefined) return undefined;
  for (const above of [path, ...(path === "a/b" ? ["a"] : [])]) {
    const clear = latest(rows.filter((row) => row.path === above && "clear" in row.what));
    if (clear === undefined || !("clear" in clear.what)) continue;
    const isLater =
      rank(clear) > rank(found) ||
      (rank(clear) === rank(found) && rows.indexOf(clear) > rows.indexOf(found));
    if (isLater && (above === path || clear.what.clear)) return undefined;
  }
  return "value" in found.what ? [found.what.value] : [];
}

describe("range", () => {
  it("gives what was logged from one time to another, in order, clears or not", async () => {
    const recording = await recordingOf((rec) => {
      for (const frame of [3, 1, 2, 5, 4])
        rec.log("a", values(frame), { time: { frame: { sequence: frame } } });
      rec.log("a", Clear(false), { time: { frame: { sequence: 3 } } });
    });
    const times = (min?: bigint, max?: bigint): unknown =>
      recording
        .range("a", "value", "frame", {
          ...(min === undefined ? {} : { min }),
          ...(max === undefined ? {} : { max }),
        })
        .map(({ time }) => time);
    expect(times()).to.deep.equal([1n, 2n, 3n, 4n, 5n]);
    expect(times(2n, 4n)).to.deep.equal([2n, 3n, 4n]);
    expect(times(4n)).to.deep.equal([4n, 5n]);
    expect(times(undefined, 1n)).to.deep.equal([1n]);
    expect(times(6n)).to.deep.equal([]);
    expect(times(4n, 2n)).to.deep.equal([]);
  });

  it("gives static data alone where there is some", async () => {
    const recording = await recordingOf((rec) => {
      rec.log("a", values(1), { time: { frame: { sequence: 1 } } });
      rec.log("a", values(2), { static: true });
    });
    const cells = recording.range("a", "value", "frame");
    expect(cells.map(({ time, length }) => [time, length])).to.deep.equal([[undefined, 1]]);
  });
});

describe("Recording", () => {
  it("knows its entities, components, timelines and times", async () => {
    const recording = await recordingOf((rec) => {
      rec.log("b", values(1), { time: { frame: { sequence: 5 } } });
      rec.log("a", Scalars(1), { time: { frame: { sequence: -1 }, clock: { duration: 1 } } });
      rec.log("s", values(1), { static: true });
    });
    expect(recording.entities).to.deep.equal(["/a", "/b", "/s"]);
    expect(recording.components("a").map(({ component }) => component)).to.deep.equal([
      "Scalars:scalars",
    ]);
    expect(recording.components("none")).to.deep.equal([]);
    expect(recording.timelines.map(({ name }) => name)).to.deep.equal(["clock", "frame"]);
    expect(recording.timeRange("frame")).to.deep.equal({ min: -1n, max: 5n });
    expect(recording.timeRange("none")).to.equal(undefined);
    expect(recording.info?.source).to.contain("rerun-rx");
  });

  it("follows a recording stream while it runs, and takes each chunk once", async () => {
    const rec = new RecordingStream("live", { logTime: false, logTick: false });
    const recording = new Recording(rec.storeId);
    const subscription = rec.messages$.subscribe(recording);
    rec.log("a", values(1), { time: { frame: { sequence: 1 } } });
    await rec.flush();
    expect(numbersAt(recording, "a", 1)).to.deep.equal([1]);
    rec.log("a", values(2), { time: { frame: { sequence: 2 } } });
    await rec.flush();
    expect(numbersAt(recording, "a", 2)).to.deep.equal([2]);
    const count = recording.chunks.length;
    rec.messages$.subscribe(recording).unsubscribe();
    expect(recording.chunks).to.have.length(count);
    subscription.unsubscribe();
    await rec.close();
  });
});

describe("loadRecording", () => {
  it("loads what an older SDK wrote", async () => {
    const recording = await loadRecording(await oldRrd("0.23"));
    const positions = recording.latestAt("world/points", "Points3D:positions", "frame", 1n);
    expect(positions?.values).to.deep.equal(Float32Array.of(1, 1, 2, 3, 4, 5));
    const labels = recording.latestAt("world/points", "Points3D:labels", "frame", 1n);
    expect(labels?.values).to.deep.equal(["a", "ü"]);
    // Cleared with frame 2, after the points.
    expect(recording.latestAt("world/points", "Points3D:labels", "frame", 2n)).to.equal(undefined);
  });

  it("wants to know which, if there are several recordings", async () => {
    const one = rrdOf(await messagesOf((rec) => rec.log("a", values(1))));
    const two = rrdOf(await messagesOf((rec) => rec.log("a", values(2)), { recordingId: "two" }));
    const both = Buffer.concat([one, two]);
    expect((await loadRecordings(both)).map(({ storeId }) => storeId.recordingId)).to.deep.equal([
      "rec",
      "two",
    ]);
    const recording = await loadRecording(both, { store: "two" });
    expect(recording.storeId.recordingId).to.equal("two");
    for (const options of [{}, { store: "three" }]) {
      await loadRecording(both, options).then(
        () => expect.fail("it was loaded"),
        (error: RerunError) => {
          expect(error.code).to.equal("invalid-argument");
          expect(error.message).to.contain('recording "two"');
        },
      );
    }
  });
});
