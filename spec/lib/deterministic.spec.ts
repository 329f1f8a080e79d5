import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { deterministicSource } from "../../lib/deterministic.ts";
import { RerunError } from "../../lib/errors.ts";
import type { RecordingStreamOptions } from "../../lib/recording-options.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import { memory } from "../../sinks/memory.ts";
import { decodeRrd } from "../helpers/decode-rrd.ts";
import { requirePeer } from "../helpers/peers.ts";
import { verify } from "../helpers/rerun-cli.ts";
import { values } from "../helpers/rows.ts";
import { usePrograms } from "../helpers/run-program.ts";
import { useTempDir } from "../helpers/use-temp-dir.ts";

/** What a stream writes that logs a few rows. */
async function written(options: RecordingStreamOptions): Promise<Uint8Array> {
  const rec = new RecordingStream("app", options);
  const sink = memory();
  rec.attach(sink);
  for (let i = 0; i < 20; i++) rec.log(i % 2 === 0 ? "even" : "odd", values(i));
  await rec.close();
  return sink.toRrd();
}

describe("the deterministic mode", () => {
  const run = usePrograms();
  const dir = useTempDir();

  it("makes two runs of a program write the same bytes, whenever things happen", async function () {
    this.timeout(60_000);
    const files = [dir.file("a.rrd"), dir.file("b.rrd")];
    for (const file of files) {
      const { code, stderr } = await run("deterministic.ts", { args: [file] }).exit;
      expect(code, stderr).to.equal(0);
    }
    for (const suffix of ["", ".merged"]) {
      const [a, b] = await Promise.all(files.map((file) => readFile(file + suffix)));
      expect(a?.length).to.be.above(5000);
      expect(a?.equals(b as Buffer)).to.equal(true);
    }
    const other = dir.file("c.rrd");
    expect((await run("deterministic.ts", { args: [other, "8"] }).exit).code).to.equal(0);
    expect((await readFile(other)).equals(await readFile(files[0] as string))).to.equal(false);
    await requirePeer(this, "rerun-cli");
    for (const file of [...files, `${files[0]}.merged`]) {
      const { code, stderr } = await verify(file);
      expect(code, stderr).to.equal(0);
    }
  });

  it("takes ids from the seed and the names, and times from a clock of its own", async () => {
    const first = await written({ deterministic: true });
    expect(await written({ deterministic: {} })).to.deep.equal(first);
    expect(await written({ deterministic: { seed: 1 } })).not.to.deep.equal(first);
    expect(await written({ deterministic: { seed: "0" }, recordingId: "other" })).not.to.deep.equal(
      first,
    );
    const { chunks } = decodeRrd(first);
    const ids = chunks.flatMap((chunk) => [chunk.chunkId, ...chunk.rowIds]);
    expect(new Set(ids).size).to.equal(ids.length);
    expect(chunks.map((c) => [c.entityPath, c.numRows])).to.deep.equal([
      ["/__properties", 1],
      ["/even", 10],
      ["/odd", 10],
    ]);
    const times = chunks[1]?.column("log_time") as bigint[];
    expect(times.every((time, i) => i === 0 || time > (times[i - 1] as bigint))).to.equal(true);
    expect(new Date(Number((times[0] as bigint) / 1_000_000n)).getUTCFullYear()).to.equal(2000);
  });

  it("takes times from a given clock, in nanoseconds or as dates, and never backwards", async () => {
    const start = 1_800_000_000_000_000_000n;
    let ns = start;
    const ticking = (): bigint => (ns += 1_000n);
    const { chunks } = decodeRrd(await written({ deterministic: { clock: ticking } }));
    // Asked before for the store's row, the start time, and the row and the chunk of the properties.
    expect(chunks[1]?.column("log_time")[0]).to.equal(start + 5_000n);

    const { now } = deterministicSource({ clock: backwards() }, "");
    const seen = Array.from({ length: 3 }, () => {
      const { hi, lo } = now();
      return (BigInt(hi) << 32n) | BigInt(lo >>> 0);
    });
    expect(seen).to.deep.equal([5_000_000n, 5_000_000n, 6_000_000n]);
  });

  it("tells a call of log when the clock gives no time", () => {
    let isBroken = false;
    const rec = new RecordingStream("app", {
      deterministic: { clock: () => (isBroken ? (1.5 as never) : 7n) },
    });
    const sink = memory();
    rec.attach(sink);
    rec.log("a", values(1));
    isBroken = true;
    expect(() => rec.log("a", values(2))).to.throw(RerunError, /nanoseconds since the Unix epoch/);
    rec.attach(memory(), { from: "now" });
    expect(sink.messages.filter((m) => m.kind === "chunk")).to.have.length(2);
  });

  it("refuses wrong options", () => {
    for (const deterministic of [1, null, { seed: Number.NaN }, { seed: {} }, { clock: 7 }])
      expect(() => new RecordingStream("app", { deterministic: deterministic as never }))
        .to.throw(RerunError)
        .with.property("code", "invalid-argument");
  });
});

function backwards(): () => Date {
  const ms = [5, 4, 6];
  return () => new Date(ms.shift() ?? 0);
}
