import { expect } from "chai";
import { Image, LineStrips3D, Points3D, Scalars, TextLog } from "../../../lib/archetypes/index.ts";
import type { Chunk } from "../../../lib/chunk.ts";
import { ChunkBuilder } from "../../../lib/chunk-builder.ts";
import { decodeChunk } from "../../../lib/decode/chunk.ts";
import type { LogEvent } from "../../../lib/event.ts";
import { chunkColumn, chunkColumns, chunkRows } from "../../../lib/query/chunk-rows.ts";
import type { RecordingStream } from "../../../lib/recording-stream.ts";
import { Tuid } from "../../../lib/tuid.ts";
import { messagesOf, readAll, rrdOf } from "../../helpers/make-rrd.ts";
import { chunksOf, row } from "../../helpers/rows.ts";

/** The first chunk of what is logged, as it comes out of a file. */
async function chunkOf(
  body: (rec: RecordingStream) => void,
  compression: "lz4" | "none" = "lz4",
): Promise<Chunk> {
  const [chunk] = chunksOf(await readAll(rrdOf(await messagesOf(body), { compression })));
  if (chunk === undefined) throw new Error("nothing was logged");
  return chunk;
}

/** A chunk of the given rows, as it is read: batching itself keeps rows with other components apart. */
function builtOf(rows: readonly LogEvent[]): Chunk {
  const [first] = rows;
  if (first === undefined) throw new Error("no rows");
  const builder = new ChunkBuilder(first.entityPath, first.time.shape);
  for (const each of rows) builder.append(each, false);
  return decodeChunk(builder.finish(new Tuid(1, 2, 3, 4)).ipc);
}

describe("chunkRows", () => {
  it("gives each row as it was logged: times, row ids, values", async () => {
    const chunk = builtOf(
      [0, 1, 2].map((frame) => {
        const points = Points3D(
          [
            [frame, 1, 2],
            [3, 4, 5],
          ],
          frame === 1 ? { labels: ["a", "ü"] } : {},
        );
        const times = { frame: { sequence: frame }, clock: { timestamp: new Date(frame) } };
        return row("/points", times, ...points.batches);
      }),
    );
    const rows = [...chunkRows(chunk)];
    expect(rows.map(({ index, times }) => [index, times])).to.deep.equal([
      [0, { clock: 0n, frame: 0n }],
      [1, { clock: 1_000_000n, frame: 1n }],
      [2, { clock: 2_000_000n, frame: 2n }],
    ]);
    const ids = rows.map(({ rowId }) => rowId.toString());
    expect(ids).to.deep.equal(ids.toSorted());
    expect(new Set(ids).size).to.equal(3);
    const [first, second] = rows;
    expect(
      first?.cells.map(({ descriptor, length }) => [descriptor.component, length]),
    ).to.deep.equal([["Points3D:positions", 2]]);
    expect(second?.cell("Points3D:positions")?.values).to.deep.equal(
      Float32Array.of(1, 1, 2, 3, 4, 5),
    );
    expect(second?.cell("Points3D:labels")?.values).to.deep.equal(["a", "ü"]);
    expect(first?.cell("Points3D:labels")).to.equal(undefined);
    expect(first?.cell("nothing")).to.equal(undefined);
  });

  it("tells an empty batch from none at all", async () => {
    const data = [Scalars([1, 2]), Scalars([]), TextLog("hello")];
    const chunk = builtOf(data.map(({ batches }) => row("/a", "static", ...batches)));
    const cells = [...chunkRows(chunk)].map((each) => each.cell("Scalars:scalars"));
    expect(cells.map((cell) => cell?.length)).to.deep.equal([2, 0, undefined]);
    expect(cells[1]?.values).to.deep.equal(new Float64Array(0));
  });

  it("has no times for static data", async () => {
    const chunk = await chunkOf((rec) => rec.log("a", Scalars(1), { static: true }));
    const [first] = chunkRows(chunk);
    expect(first?.times).to.deep.equal({});
  });

  it("gives values that can be logged again, to the same bytes", async () => {
    const strips = LineStrips3D([
      [
        [0, 0, 0],
        [1, 1, 1],
      ],
      [
        [2, 2, 2],
        [3, 3, 3],
        [4, 4, 4],
      ],
    ]);
    const image = Image({
      data: new Uint8Array(12).fill(7),
      width: 2,
      height: 2,
      colorModel: "RGB",
    });
    const logged = async (
      bodies: readonly (readonly [string, Parameters<RecordingStream["log"]>[1]])[],
    ): Promise<unknown> => {
      const messages = await messagesOf((rec) => {
        for (const [path, data] of bodies) rec.log(path, data, { static: true });
      });
      return chunksOf(await readAll(rrdOf(messages))).map((chunk) =>
        chunkColumns(chunk).map((column) => [column.descriptor.component, column.cell(0)?.values]),
      );
    };
    const [stripChunk] = chunksOf(
      await readAll(rrdOf(await messagesOf((rec) => rec.log("s", strips, { static: true })))),
    );
    const [imageChunk] = chunksOf(
      await readAll(rrdOf(await messagesOf((rec) => rec.log("i", image, { static: true })))),
    );
    if (stripChunk === undefined || imageChunk === undefined) throw new Error("nothing was logged");
    const read = (chunk: Chunk, component: string): never =>
      chunkColumn(chunk, component)?.cell(0)?.values as never;
    const again = await logged([
      ["s", LineStrips3D(read(stripChunk, "LineStrips3D:strips"))],
      [
        "i",
        Image.updateFields({
          buffer: read(imageChunk, "Image:buffer"),
          format: read(imageChunk, "Image:format"),
        }),
      ],
    ]);
    expect(again).to.deep.equal(
      await logged([
        ["s", strips],
        ["i", image],
      ]),
    );
  });
});

describe("chunkColumn", () => {
  it("gives all numbers of a column at once, without a copy where memory is aligned", async () => {
    const chunk = await chunkOf((rec) => {
      for (let i = 0; i < 4; i++) rec.log("a", Scalars([i, -i]));
    });
    const column = chunkColumn(chunk, "Scalars:scalars");
    expect(column?.flat).to.deep.equal(Float64Array.of(0, -0, 1, -1, 2, -2, 3, -3));
    expect(column?.flat).to.have.property("buffer", chunk.ipc.buffer);
    expect(column?.numRows).to.equal(4);
    expect(() => column?.cell(4)).to.throw(RangeError, "below 4, got 4");
  });

  it("copies numbers that are not aligned, and gives the same", async () => {
    // In a plain file a chunk begins wherever the one before it ended.
    for (const path of ["a", "ab", "abc", "abcd", "abcde"]) {
      const chunk = await chunkOf((rec) => rec.log(path, Points3D([1, 2, 3])), "none");
      const column = chunkColumn(chunk, "Points3D:positions");
      expect(column?.flat).to.deep.equal(Float32Array.of(1, 2, 3));
    }
  });

  it("has no flat numbers of texts, and is undefined for what is not there", async () => {
    const chunk = await chunkOf((rec) => rec.log("a", TextLog("hello")));
    expect(chunkColumn(chunk, "TextLog:text")?.flat).to.equal(undefined);
    expect(chunkColumn(chunk, "nothing")).to.equal(undefined);
  });
});
