import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { Points3D, Scalars, Tensor } from "../../../lib/archetypes/index.ts";
import type { Chunk } from "../../../lib/chunk.ts";
import { lz4Of } from "../../../lib/encode/recent-lz4.ts";
import { RecordingStream } from "../../../lib/recording-stream.ts";
import { memory } from "../../../sinks/memory.ts";

/** One chunk for each thing that is logged. */
async function chunksOf(
  ...data: readonly Parameters<RecordingStream["log"]>[1][]
): Promise<Chunk[]> {
  const rec = new RecordingStream("spec", { sendProperties: false, batch: { flushNumRows: 1 } });
  const sink = memory();
  rec.attach(sink);
  for (const each of data) rec.log("v", each);
  await rec.close();
  return sink.messages.flatMap((message) => (message.kind === "chunk" ? [message.chunk] : []));
}

const noise = (bytes: number): ReturnType<typeof Tensor> => Tensor(randomBytes(bytes));

/** Random numbers and as many zeros: something that shrinks, but not much. */
const half = (bytes: number): ReturnType<typeof Tensor> => {
  const data = new Uint8Array(bytes);
  data.set(randomBytes(bytes / 2));
  return Tensor(data);
};

describe("lz4Of", () => {
  it("compresses each chunk once, also when sinks are a few chunks apart", async () => {
    const chunks = await chunksOf(...Array.from({ length: 20 }, (_, i) => Scalars(i)));
    const first = chunks.map(lz4Of);
    expect(first.every((block) => block !== undefined)).to.equal(true);
    for (const [i, chunk] of chunks.entries()) expect(lz4Of(chunk)).to.equal(first[i]);
  });

  it("gives nothing where it would not be smaller, and remembers that", async () => {
    const [chunk] = await chunksOf(noise(2_000_000));
    expect(chunk && lz4Of(chunk)).to.equal(undefined);
    expect(chunk && lz4Of(chunk)).to.equal(undefined);
  });

  it("does without where a sample hardly shrinks, and not where columns differ", async () => {
    const points = 50_000;
    const positions = Float32Array.from({ length: 3 * points }, Math.random);
    const colors = new Uint32Array(points);
    const radii = new Float32Array(points);
    const [cloud, coloured] = await chunksOf(
      Points3D(positions),
      Points3D(positions, { colors, radii }),
    );
    expect(cloud && lz4Of(cloud)).to.equal(undefined);
    const block = coloured && lz4Of(coloured);
    expect(block?.length).to.be.below(0.8 * (coloured?.byteLength ?? 0));
  });

  it("is not misled by a large chunk of many equal values", async () => {
    const [chunk] = await chunksOf(Tensor(new Uint8Array(1 << 20)));
    expect(chunk && lz4Of(chunk)?.length).to.be.below(10_000);
  });

  it("forgets the oldest, so that memory stays bounded; never the newest", async () => {
    const mib = 1 << 20;
    const chunks = await chunksOf(...Array.from({ length: 6 }, () => half(8 * mib)));
    const blocks = chunks.map(lz4Of);
    const [oldest, newest] = [chunks[0] as Chunk, chunks.at(-1) as Chunk];
    expect(lz4Of(newest)).to.equal(blocks.at(-1));
    const again = lz4Of(oldest);
    expect(again).to.not.equal(blocks[0]);
    expect(again).to.deep.equal(blocks[0]);
    const [large] = await chunksOf(half(48 * mib));
    expect(large && lz4Of(large)).to.equal(large && lz4Of(large));
  });
});
