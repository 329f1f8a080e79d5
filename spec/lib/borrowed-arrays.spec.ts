import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { map } from "rxjs";
import { Image, Points3D, Scalars } from "../../lib/archetypes/index.ts";
import { fixedSizeList, primitive } from "../../lib/arrow/data-type.ts";
import type { Chunk } from "../../lib/chunk.ts";
import { ComponentBatch } from "../../lib/component-batch.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import { memory } from "../../sinks/memory.ts";
import { save } from "../../sinks/save.ts";
import { decodeRrd } from "../helpers/decode-rrd.ts";
import { chunksOf, describeComponent, flatOf } from "../helpers/rows.ts";
import { useTempDir } from "../helpers/use-temp-dir.ts";

const MIB = 1 << 20;
const floats = describeComponent("floats", primitive("float32"));
const bytes = describeComponent("bytes", primitive("uint8"));

/** The values of a chunk's only component, row after row. */
function flatValues(chunk: Chunk): ArrayLike<number | bigint> {
  const descriptor = chunk.components[0]?.descriptor ?? floats;
  return chunk.column(descriptor).children?.[0]?.values ?? [];
}

/** How often each value occurs, smallest first. */
function countEach(all: readonly ArrayLike<number | bigint>[]): [number, number][] {
  const counts = new Map<number, number>();
  for (const values of all) {
    // In runs of equal values: there are millions.
    for (let i = 0, from = 0; i < values.length; i++) {
      if (i + 1 < values.length && values[i + 1] === values[from]) continue;
      const value = Number(values[from]);
      counts.set(value, (counts.get(value) ?? 0) + i + 1 - from);
      from = i + 1;
    }
  }
  return [...counts].toSorted(([a], [b]) => a - b);
}

// A program fills one buffer again and again: what it logged before must stay as it was, however large, and wherever it goes.
describe("arrays that a program reuses after log() returned", () => {
  const dir = useTempDir();
  const stream = (options = {}): RecordingStream =>
    new RecordingStream("borrowed", { sendProperties: false, ...options });

  for (const [size, elements] of [
    ["small", 30],
    ["of 64 KiB", MIB / 64],
    ["larger than a chunk", 600_000],
  ] as const) {
    it(`keep their old values everywhere when ${size}`, async () => {
      const rec = stream();
      const direct = memory();
      const piped = memory();
      const seen: LogMsg[] = [];
      const slow: LogMsg[] = [];
      const kept: LogMsg[] = [];
      rec.attach(save(dir.file("a.rrd"), { compression: "none" }));
      rec.attach(direct);
      rec.attach(save(dir.file("b.rrd")));
      rec.attach(piped, { pipe: [map((message: LogMsg) => message)] });
      rec.attach((message) => kept.push(message));
      rec.attach({
        write: async (messages) => {
          await new Promise((resolve) => setImmediate(resolve));
          slow.push(...messages);
        },
      });
      rec.messages$.subscribe((message) => seen.push(message));

      const buffer = new Float32Array(elements);
      const pixels = new Uint8Array(elements * 4);
      for (let i = 1; i <= 3; i++) {
        buffer.fill(i);
        pixels.fill(i);
        rec.log("f", { batches: [new ComponentBatch(floats, elements, buffer)] });
        rec.log("b", { batches: [new ComponentBatch(bytes, elements * 4, pixels)] });
        buffer.fill(-1);
        pixels.fill(255);
      }
      const late = memory();
      rec.attach(late);
      await rec.close();

      for (const [name, messages] of Object.entries({
        memory: direct.messages,
        pipe: piped.messages,
        function: kept,
        promise: slow,
        late: late.messages,
        messages$: seen,
      })) {
        const values = chunksOf(messages).map((chunk) => flatValues(chunk));
        expect(countEach(values), name).to.deep.equal([1, 2, 3].map((v) => [v, elements * 5]));
      }
      for (const file of ["a.rrd", "b.rrd"]) {
        const { chunks } = decodeRrd(await readFile(dir.file(file)));
        const values = chunks.map((chunk) => flatOf(chunk, chunk.components[0] ?? ""));
        expect(countEach(values), file).to.deep.equal([1, 2, 3].map((v) => [v, elements * 5]));
      }
    });
  }

  it("keep their old values when many fixed-size lists close a chunk after small rows", async () => {
    const rec = stream({ batch: { flushTickMs: Infinity } });
    const sink = memory();
    rec.attach(save(dir.file("a.rrd"), { compression: "none" }));
    rec.attach(sink);
    const buffer = new Float32Array(MIB);
    for (let i = 0; i < 5000; i++) rec.log("p", Points3D(buffer.subarray(0, 3).fill(i)));
    rec.log("p", Points3D(buffer.subarray(0, 3 * 300_000).fill(7)));
    buffer.fill(-1);
    await rec.close();
    const [chunk] = chunksOf(sink.messages);
    expect(chunk?.numRows).to.equal(5001);
    const { chunks } = decodeRrd(await readFile(dir.file("a.rrd")));
    const positions = chunks[0] === undefined ? [] : flatOf(chunks[0], "Points3D:positions");
    expect(positions).to.have.lengthOf(3 * (5000 + 300_000));
    for (let i = 0; i < 5000; i++)
      expect([positions[3 * i], positions[3 * i + 2]]).to.deep.equal([i, i]);
    expect([positions[15_000], positions[positions.length - 1]]).to.deep.equal([7, 7]);
  });

  it("keep their old values in images, of which the file gets the bytes without a copy", async () => {
    const rec = stream();
    rec.attach(save(dir.file("a.rrd"), { compression: "none" }));
    const pixels = new Uint8Array(1024 * 1024 * 3);
    for (let i = 1; i <= 3; i++) {
      rec.log(
        "image",
        Image({ data: pixels.fill(i), width: 1024, height: 1024, colorModel: "RGB" }),
      );
      pixels.fill(0);
    }
    await rec.close();
    const { chunks } = decodeRrd(await readFile(dir.file("a.rrd")));
    const blobs = chunks.map((chunk) => flatOf(chunk, "Image:buffer"));
    expect(blobs.map((blob) => [blob.length, blob[0], blob[blob.length - 1]])).to.deep.equal(
      [1, 2, 3].map((i) => [pixels.length, i, i]),
    );
  });

  it("keep their old values in columns, sorted or not", async () => {
    const rec = stream();
    const sink = memory();
    rec.attach(save(dir.file("a.rrd"), { compression: "none" }));
    rec.attach(sink);
    const scalars = Float64Array.from({ length: 100_000 }, (_, i) => i);
    const frames = BigInt64Array.from({ length: 100_000 }, (_, i) => BigInt(i));
    rec.sendColumns("sorted", { frame: { sequence: frames } }, Scalars.columns({ scalars }));
    frames.reverse();
    rec.sendColumns("reversed", { frame: { sequence: frames } }, Scalars.columns({ scalars }));
    scalars.fill(-1);
    frames.fill(-1n);
    await rec.close();
    for (const chunk of chunksOf(sink.messages)) {
      const numbers =
        chunk.column(chunk.components[0]?.descriptor ?? floats).children?.[0]?.values ?? [];
      const expected = chunk.entityPath === "/sorted" ? [0, 1, 99_999] : [99_999, 99_998, 0];
      expect([numbers[0], numbers[1], numbers.at(-1)], chunk.entityPath).to.deep.equal(expected);
      const times = chunk.times(chunk.timelines[0]?.timeline ?? never());
      expect([times[0], times[1], times.at(-1)]).to.deep.equal([0n, 1n, 99_999n]);
    }
    const { chunks } = decodeRrd(await readFile(dir.file("a.rrd")));
    expect(chunks.map((chunk) => flatOf(chunk, "Scalars:scalars")[1])).to.deep.equal([1, 99_998]);
    expect(chunks.map((chunk) => flatOf(chunk, "frame")[1])).to.deep.equal([1n, 1n]);
  });

  it("keep their old values for a sink that comes when history is short", async () => {
    const rec = stream({ historyBytes: MIB });
    rec.attach(save(dir.file("a.rrd")));
    const buffer = new Float32Array(MIB).fill(1);
    const detached = memory();
    rec.attach(detached, { from: "now" });
    rec.log("f", { batches: [new ComponentBatch(floats, MIB, buffer)] });
    buffer.fill(2);
    await rec.close();
    expect(countEach(chunksOf(detached.messages).map(flatValues))).to.deep.equal([[1, MIB]]);
  });

  it("of a row that a sink logs in answer do not get into chunks that are on their way", async () => {
    // Two sets of timelines pending at one entity; the second is closed by a large row while a sink logs to it again.
    const rec = stream({ logTime: false, logTick: false, batch: { flushTickMs: Infinity } });
    const sink = memory();
    let answered = false;
    rec.attach({
      write: (messages) => {
        if (answered || chunksOf(messages).length === 0) return;
        answered = true;
        rec.setTime("x", { sequence: 777 });
        rec.log("e", Points3D(new Float32Array([1, 2, 3])));
      },
    });
    rec.attach(sink);
    rec.log("e", Points3D(new Float32Array(3)));
    rec.setTime("x", { sequence: 1 });
    for (let i = 0; i < 5000; i++) rec.log("e", Points3D(new Float32Array([i, i, i])));
    rec.log("e", Points3D(new Float32Array(900_000)));
    await rec.close();
    const rowIds = chunksOf(sink.messages).flatMap((chunk) =>
      Array.from({ length: chunk.numRows }, (_, i) =>
        Buffer.from(chunk.rowIds.subarray(16 * i, 16 * i + 16)).toString("hex"),
      ),
    );
    expect(rowIds).to.have.lengthOf(5003);
    expect(new Set(rowIds).size).to.equal(5003);
    expect(rowIds).to.deep.equal(rowIds.toSorted());
  });

  it("of another type than is stored are converted, whatever their size", async () => {
    const rec = stream();
    const sink = memory();
    rec.attach(sink);
    rec.log("small", { batches: [new ComponentBatch(floats, 3, Int32Array.of(7, 7, 7))] });
    rec.log("large", { batches: [new ComponentBatch(floats, MIB, new Int32Array(MIB).fill(7))] });
    await rec.close();
    expect(countEach(chunksOf(sink.messages).map(flatValues))).to.deep.equal([[7, MIB + 3]]);
  });

  it("that are fixed-size lists come back as they were", async () => {
    const type = fixedSizeList(primitive("uint16"), 3);
    const descriptor = describeComponent("vectors", type);
    const rec = stream();
    const sink = memory();
    rec.attach(sink);
    const vectors = new Uint16Array(3 * 500_000).map((_, i) => i);
    const expected = vectors.slice();
    rec.log("v", { batches: [new ComponentBatch(descriptor, 500_000, vectors)] });
    vectors.fill(0);
    await rec.close();
    const [chunk] = chunksOf(sink.messages);
    expect(
      Buffer.compare(
        Buffer.from(Uint16Array.from(chunk === undefined ? [] : flatValues(chunk), Number).buffer),
        Buffer.from(expected.buffer),
      ),
    ).to.equal(0);
  });
});

function never(): never {
  throw new Error("a chunk without timeline");
}
