import { readFile, writeFile } from "node:fs/promises";
import { expect } from "chai";
import { from, type MonoTypeOperatorFunction, mergeMap, type Observable, of } from "rxjs";
import { AnyValues } from "../../lib/any-values.ts";
import {
  Boxes3D,
  Clear,
  Image,
  Points3D,
  Scalars,
  Tensor,
  TextLog,
} from "../../lib/archetypes/index.ts";
import { keepRows } from "../../lib/chunk-edit.ts";
import { readRrd } from "../../lib/decode/read-rrd.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import * as operators from "../../operators/index.ts";
import { memory } from "../../sinks/memory.ts";
import { save } from "../../sinks/save.ts";
import { message } from "../helpers/chunk-rows.ts";
import { decodeRrd } from "../helpers/decode-rrd.ts";
import { requirePeer } from "../helpers/peers.ts";
import { compare, python, rerun, verify } from "../helpers/rerun-cli.ts";
import { useTempDir } from "../helpers/use-temp-dir.ts";

/** Logs data of many kinds: on several timelines, sparse, unsorted, static, nested. */
function logAll(rec: RecordingStream): void {
  rec.log("world", Boxes3D({ halfSizes: [[1, 2, 3]], labels: ["car"] }), { static: true });
  rec.log("world/mesh", Points3D([[0, 0, 0]]), { static: true });
  for (let i = 0; i < 40; i++) {
    rec.setTime("frame", { sequence: i % 7 === 6 ? i - 5 : i });
    rec.setTime("t", { duration: i / 10 });
    rec.log(
      "world/points",
      Points3D(
        i % 3 === 0
          ? [
              [i, i, i],
              [0, i, 0],
            ]
          : [[i, 0, 0]],
        { radii: i },
      ),
    );
    if (i % 4 === 0) rec.log("world/points", Points3D.updateFields({ colors: [0xff0000ff] }));
    rec.log("plot", Scalars(Math.sin(i)));
    if (i % 5 === 0) {
      rec.log(
        "camera/image",
        Image({ data: new Uint8Array(300).fill(i), width: 10, height: 10, colorModel: "RGB" }),
      );
      rec.log("camera/debug", TextLog(`row ${i}`));
      rec.log("tensor", Tensor({ data: Float32Array.of(i, 2, 3, 4), shape: [2, 2] }));
    }
    if (i % 20 === 19) rec.log("world/points", Clear(false));
  }
  rec.disableTimeline("frame");
  rec.log("plot", Scalars(7));
  rec.resetTime();
  rec.sendColumns(
    "columns",
    { tick: { sequence: [1, 2, 3] } },
    Scalars.columns({ scalars: [1, 2, 3] }),
  );
  rec.log("mixed", AnyValues({ text: "a", flag: true, big: 7n }));
}

/** Logs values of Arrow types that are not in Rerun's catalogue, in one chunk, and ordinary ones. */
const FOREIGN = `
import sys, pyarrow as pa, rerun as rr
rec = rr.RecordingStream("foreign", recording_id="foreign")
rec.save(sys.argv[1])
for i in range(6):
    rec.set_time("frame", sequence=i)
    rec.set_time("t", duration=i / 10)
    rec.log("table", rr.AnyValues(
        large=pa.array([f"row {i}"], pa.large_string()),
        when=pa.array([1000 * i], pa.timestamp("us")),
        dec=pa.array([i], pa.decimal128(10, 2)),
        ll=pa.array([[1, 2, i]], pa.large_list(pa.int64())),
        mp=pa.array([[("a", i)]], pa.map_(pa.string(), pa.int32())),
        plain=float(i),
    ))
    rec.log("plot", rr.Scalars(i))
rec.flush()`;

describe("operators beside the official tools", function () {
  this.timeout(180_000);
  const dir = useTempDir();

  before(async function () {
    await requirePeer(this, "rerun-cli");
    await requirePeer(this, "python");
  });

  /** Saves the same data through some operators. */
  async function written(
    name: string,
    ...pipe: readonly MonoTypeOperatorFunction<LogMsg>[]
  ): Promise<string> {
    const file = dir.file(name);
    const rec = new RecordingStream("tools", { recordingId: "tools", deterministic: true });
    rec.attach(save(file), { pipe: [...pipe] });
    logAll(rec);
    const { complete } = await rec.close();
    expect(complete).to.equal(true);
    return file;
  }

  async function expectVerified(...files: readonly string[]): Promise<void> {
    const { code, stderr } = await verify(...files);
    expect(code, stderr).to.equal(0);
  }

  async function expectEqual(a: string, b: string): Promise<void> {
    await expectVerified(a, b);
    const { code, stderr } = await compare(a, b);
    // It prints both files when they differ.
    expect(code, stderr.slice(0, 500)).to.equal(0);
  }

  it("writes files in order, whatever operators were in between", async () => {
    const pipes: readonly MonoTypeOperatorFunction<LogMsg>[] = [
      operators.throttleEntities({ timeline: "frame", steps: 10 }),
      operators.throttleEntities({ timeline: "t", intervalMs: 500 }),
      operators.sampleEntities(3),
      operators.prefixEntities("robot"),
      operators.renameEntities({ "/world/**": "/map" }),
      operators.mergeChunks(),
      operators.mapComponents("Scalars:scalars", ({ values }) =>
        (values as Float64Array).map((v) => -v),
      ),
      operators.redact("Image", { mode: "blank" }),
      operators.redact(["Points3D:positions", "TextLog"]),
      operators.rateLimitBytes(20_000),
      operators.dropTimelines("log_time", "frame"),
    ];
    const files = [await written("plain.rrd"), await written("all.rrd", ...pipes)];
    for (const [i, pipe] of pipes.entries()) files.push(await written(`${i}.rrd`, pipe));
    await expectVerified(...files);
    for (const file of files) decodeRrd(await readFile(file));
  });

  it("filters entities as the official SDK does", async () => {
    const rules = "+ /world/** - /world/mesh + /camera/** - /camera/debug";
    const plain = await written("plain.rrd");
    const ours = await written(
      "ours.rrd",
      operators.filterEntities(rules, { static: "filter" }),
      operators.filterEntities("+ /** - /__properties/**"),
    );
    const theirs = dir.file("theirs.rrd");
    await official(plain, theirs, `filter(content=${JSON.stringify(rules)})`);
    await expectEqual(ours, theirs);
  });

  it("drops timelines as the official command does, but for rows that have no other", async () => {
    const plain = await written("plain.rrd");
    const dropped = ["frame", "t", "log_tick", "log_time"];
    const theirs = dir.file("theirs.rrd");
    const flags = dropped.flatMap((name) => ["--drop-timeline", name]);
    expect((await rerun(["rrd", "filter", ...flags, plain, "-o", theirs])).code).to.equal(0);
    const orphans = await written(
      "static.rrd",
      operators.dropTimelines({ timelines: dropped, orphans: "static" }),
    );
    await expectEqual(orphans, theirs);

    const some = dir.file("some.rrd");
    const one = ["rrd", "filter", "--drop-timeline", "frame", plain, "-o", some];
    expect((await rerun(one)).code).to.equal(0);
    await expectEqual(await written("ours.rrd", operators.dropTimelines("frame")), some);

    // What the command made static is left out by default: nothing temporal becomes static by accident.
    const ours = decodeRrd(
      await readFile(await written("left.rrd", operators.dropTimelines(...dropped))),
    );
    expect(ours.chunks.map((chunk) => chunk.entityPath)).to.have.members([
      "/__properties",
      "/world",
      "/world/mesh",
      "/columns",
    ]);
  });

  it("takes components out as the official SDK does", async () => {
    const plain = await written("plain.rrd");
    const names = ["Image:buffer", "Image:format", "TextLog:text", "Scalars:scalars"];
    const theirs = dir.file("theirs.rrd");
    await official(plain, theirs, `drop(components=${JSON.stringify(names)})`);
    await expectEqual(await written("ours.rrd", operators.redact(names)), theirs);
  });

  it("merges what was split into the same chunks as what was not", async () => {
    const split: MonoTypeOperatorFunction<LogMsg> = mergeMap((each) => {
      if (each.kind !== "chunk" || each.chunk.isStatic) return of(each);
      const { chunk, storeId } = each;
      const pieces: LogMsg[] = [];
      for (let row = 0; row < chunk.numRows; row += 2) {
        const piece = keepRows(chunk, { from: row, to: Math.min(row + 2, chunk.numRows) });
        if (piece !== undefined) pieces.push(message(piece, storeId));
      }
      return of(...pieces);
    });
    const merge = operators.mergeChunks({ maxDelayMs: Infinity });
    const whole = await written("whole.rrd", merge);
    const pieces = await written("pieces.rrd", split);
    expect((await compare(whole, pieces)).code).not.to.equal(0);
    await expectEqual(await written("merged.rrd", split, merge), whole);
  });

  it("takes files of the official SDK, with values of types that it does not write itself", async () => {
    const plain = dir.file("foreign.rrd");
    const result = await python(["-c", FOREIGN, plain]);
    expect(result.code, result.stderr).to.equal(0);
    const through = async (
      name: string,
      ...pipe: readonly MonoTypeOperatorFunction<LogMsg>[]
    ): Promise<string> => {
      const messages: LogMsg[] = [];
      for await (const each of readRrd(plain)) messages.push(each);
      let messages$: Observable<LogMsg> = from(messages);
      for (const operator of pipe) messages$ = messages$.pipe(operator);
      const sink = memory();
      messages$.subscribe(sink);
      const file = dir.file(name);
      await writeFile(file, sink.toRrd());
      return file;
    };

    await expectEqual(await through("same.rrd"), plain);
    const there = operators.renameEntities({ "/table": "/x" });
    const back = operators.renameEntities({ "/x": "/table" });
    await expectEqual(await through("renamed.rrd", there, back), plain);

    const lean = dir.file("lean.rrd");
    const args = ["rrd", "filter", "--drop-timeline", "t", plain, "-o", lean];
    expect((await rerun(args)).code).to.equal(0);
    await expectEqual(await through("ours.rrd", operators.dropTimelines("t")), lean);

    const dropped = dir.file("dropped.rrd");
    await official(plain, dropped, 'drop(components=["large", "ll"])', "foreign");
    await expectEqual(await through("redacted.rrd", operators.redact(["large", "ll"])), dropped);

    // What parts rows takes such chunks whole, and others as ever.
    const files = await Promise.all([
      through("a.rrd", operators.sampleEntities(2)),
      through("b.rrd", operators.throttleEntities({ timeline: "frame", steps: 2 })),
      through("c.rrd", operators.mergeChunks()),
      through("d.rrd", operators.rateLimitBytes(1)),
    ]);
    await expectVerified(...files);
    for (const [i, rows] of [3, 3, 6, 1].entries()) {
      const counts = new Map<string, number>();
      // The second reader does not know these types.
      for await (const each of readRrd(files[i] as string)) {
        if (each.kind !== "chunk") continue;
        const { entityPath, numRows } = each.chunk;
        counts.set(entityPath, (counts.get(entityPath) ?? 0) + numRows);
      }
      expect([counts.get("/table"), counts.get("/plot")]).to.deep.equal([6, rows]);
    }
  });

  /** Runs a file through the pipeline of the official SDK. */
  async function official(source: string, to: string, step: string, id = "tools"): Promise<void> {
    const code = `
import sys
from rerun.experimental import RrdReader
RrdReader(sys.argv[1]).stream().${step}.write_rrd(sys.argv[2], application_id="${id}", recording_id="${id}")`;
    const result = await python(["-c", code, source, to]);
    expect(result.code, result.stderr).to.equal(0);
  }
});
