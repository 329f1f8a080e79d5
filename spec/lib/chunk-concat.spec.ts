import { expect } from "chai";
import fc from "fast-check";
import { primitive } from "../../lib/arrow/data-type.ts";
import type { Chunk } from "../../lib/chunk.ts";
import { canConcat, concatChunks } from "../../lib/chunk-concat.ts";
import { keepRows } from "../../lib/chunk-edit.ts";
import { componentDescriptor } from "../../lib/component-batch.ts";
import { anyRows, chunkOf, claimsSorted, plainRows } from "../helpers/chunk-rows.ts";
import { describeComponent } from "../helpers/rows.ts";

const A = describeComponent("a", primitive("float64"));
const B = describeComponent("b", primitive("utf8"));

const at = (
  entityPath: string,
  frame: number,
  ...cells: Parameters<typeof chunkOf>[1][0]["cells"]
): Chunk => chunkOf(entityPath, [{ times: { frame: { sequence: frame } }, cells }]);

describe("concatenation of chunks", () => {
  it("puts rows one after the other, with nulls where a chunk lacks a component", () => {
    const chunks = [
      at("/x", 1, [A, [1]]),
      at("/x", 2, [B, ["two"]]),
      at("/x", 3, [A, [3]], [B, []]),
    ] as const;
    const whole = concatChunks(chunks);
    expect(whole.numRows).to.equal(3);
    expect(plainRows(whole)).to.deep.equal(chunks.flatMap(plainRows));
    expect(whole.components.map((c) => [c.descriptor.component, c.numCells])).to.deep.equal([
      ["a", 2],
      ["b", 2],
    ]);
    expect(claimsSorted(whole)).to.deep.equal(["rerun.controls.RowId", "frame"]);
  });

  it("claims no order that does not hold", () => {
    const [first, second] = [at("/x", 1, [A, [1]]), at("/x", 2, [A, [2]])];
    const backwards = concatChunks([second, first]);
    expect(claimsSorted(backwards)).to.deep.equal([]);
    expect(backwards.timelines.map((t) => [t.min, t.max, t.sorted])).to.deep.equal([
      [1n, 2n, false],
    ]);
  });

  it("returns a single chunk as it is, and gives others an id of all that are in them", () => {
    const chunks = [1, 2, 3].map((n) => at("/x", n, [A, [n]]));
    const [a, b, c] = chunks as [Chunk, Chunk, Chunk];
    expect(concatChunks([a])).to.equal(a);
    const ids = [
      [a, b],
      [b, c],
      [a, b, c],
      [b, a],
    ].map((some) => concatChunks(some as [Chunk, ...Chunk[]]).id.toString());
    expect(new Set([...ids, ...chunks.map((each) => each.id.toString())]).size).to.equal(7);
    expect(concatChunks([a, b]).id.toString()).to.equal(ids[0]);
  });

  it("is for chunks of one entity, with the same timelines and types", () => {
    const chunk = at("/x", 1, [A, [1]]);
    expect(canConcat(chunk, at("/x", 2, [A, [2]]))).to.equal(true);
    expect(canConcat(chunk, at("/x", 2, [B, ["other component"]]))).to.equal(true);
    expect(canConcat(chunk, at("/y", 2, [A, [2]]))).to.equal(false);
    const otherTime = chunkOf("/x", [{ times: { t: { sequence: 1 } }, cells: [[A, [1]]] }]);
    expect(canConcat(chunk, otherTime)).to.equal(false);
    const otherKind = chunkOf("/x", [{ times: { frame: { duration: 1 } }, cells: [[A, [1]]] }]);
    expect(canConcat(chunk, otherKind)).to.equal(false);
    expect(canConcat(chunk, chunkOf("/x", [{ times: "static", cells: [[A, [1]]] }]))).to.equal(
      false,
    );
    const otherType = describeComponent("a", primitive("float32"));
    expect(canConcat(chunk, at("/x", 2, [otherType, [2]]))).to.equal(false);
    const otherNames = componentDescriptor("Arch", "a", undefined, A.type);
    expect(canConcat(chunk, at("/x", 2, [otherNames, [2]]))).to.equal(false);
  });

  it("undoes any split, of any types", () => {
    fc.assert(
      fc.property(anyRows, fc.infiniteStream(fc.nat({ max: 5 })), ({ inputs }, sizes) => {
        const chunk = chunkOf("/any", inputs);
        const pieces: Chunk[] = [];
        for (let from = 0; from < inputs.length; ) {
          const to = Math.min(inputs.length, from + 1 + (sizes.next().value as number));
          pieces.push(keepRows(chunk, { from, to }) as Chunk);
          from = to;
        }
        const whole = concatChunks(pieces as [Chunk, ...Chunk[]]);
        expect(plainRows(whole)).to.deep.equal(plainRows(chunk));
        expect(whole.components).to.deep.equal(chunk.components);
        expect(whole.timelines).to.deep.equal(chunk.timelines);
        expect(claimsSorted(whole)).to.deep.equal(claimsSorted(chunk));
      }),
      { numRuns: 100 },
    );
  }).timeout(20_000);
});
