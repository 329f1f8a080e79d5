import { expect } from "chai";
import fc from "fast-check";
import { ChunkBuilder } from "../../lib/chunk-builder.ts";
import type { ChunkMsg, StoreId } from "../../lib/log-msg.ts";
import { RowQueue } from "../../lib/row-queue.ts";
import { timeline } from "../../lib/time.ts";
import { TuidGenerator } from "../../lib/tuid.ts";
import { numbersOf, valueRow } from "../helpers/rows.ts";

const FRAME = timeline("frame", "sequence");
const STORE: StoreId = { kind: "recording", applicationId: "a", recordingId: "r" };
const ids = new TuidGenerator();

/** A chunk whose values are its times. */
function chunkAt(path: string, ...frames: readonly number[]): ChunkMsg {
  const rows = frames.map((frame) => valueRow(path, frame));
  const [first] = rows;
  if (first === undefined) throw new Error("no rows");
  const builder = new ChunkBuilder(path, first.time.shape);
  for (const each of rows) builder.append(each, false);
  return { kind: "chunk", storeId: STORE, chunk: builder.finish(ids.next()) };
}

const inShort = (messages: readonly ChunkMsg[]): string[] =>
  messages.map(({ chunk }) => `${chunk.entityPath} ${numbersOf(chunk).join()}`);

describe("RowQueue", () => {
  it("takes rows up to a time, of the chunk that begins first before the others", () => {
    const queue = new RowQueue(0n);
    queue.add(chunkAt("/b", 2, 4, 6), FRAME);
    queue.add(chunkAt("/a", 1, 3, 5), FRAME);
    expect(queue.first).to.equal(1);
    expect(inShort(queue.takeUntil(0))).to.deep.equal([]);
    expect(inShort(queue.takeUntil(4))).to.deep.equal(["/a 1,3", "/b 2,4"]);
    expect(queue.first).to.equal(5);
    expect(inShort(queue.takeUntil(9))).to.deep.equal(["/a 5", "/b 6"]);
    expect(queue.first).to.equal(undefined);
    expect(queue.bytes).to.equal(0);
  });

  it("leaves a chunk as it is when all of it is due", () => {
    const queue = new RowQueue(0n);
    const message = chunkAt("/a", 3, 1, 2);
    queue.add(message, FRAME);
    expect(queue.takeUntil(3)).to.deep.equal([message]);
  });

  it("keeps rows in the order of the chunk, whatever their times", () => {
    const queue = new RowQueue(10n);
    queue.add(chunkAt("/a", 15, 11, 13, 12), FRAME);
    expect(queue.first).to.equal(1);
    expect(inShort(queue.takeUntil(3))).to.deep.equal(["/a 11,13,12"]);
    expect(inShort(queue.takeUntil(5))).to.deep.equal(["/a 15"]);
  });

  it("gives each row once, none early, and all in the end", () => {
    const chunks = fc.array(
      fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 6 }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(chunks, fc.array(fc.integer({ min: 0, max: 20 })), (all, steps) => {
        const queue = new RowQueue(0n);
        all.forEach((frames, i) => queue.add(chunkAt(`/${i}`, ...frames), FRAME));
        const taken: number[] = [];
        for (const until of [...steps.toSorted((a, b) => a - b), 20]) {
          for (const { chunk } of queue.takeUntil(until)) {
            for (const value of numbersOf(chunk)) {
              expect(value).to.be.at.most(until);
              taken.push(value);
            }
          }
          expect(queue.first ?? 21).to.be.above(until);
        }
        expect(taken.toSorted((a, b) => a - b)).to.deep.equal(all.flat().toSorted((a, b) => a - b));
        expect(queue.bytes).to.equal(0);
      }),
    );
  });
});
