import { expect } from "chai";
import fc from "fast-check";
import { Points3D, Scalars, TextLog } from "../../lib/archetypes/index.ts";
import type { ArrowArray } from "../../lib/arrow/array.ts";
import { denseUnion, field, list, primitive } from "../../lib/arrow/data-type.ts";
import type { Chunk } from "../../lib/chunk.ts";
import { ColumnsEncoder, type TimeColumns } from "../../lib/columns.ts";
import type { ComponentColumn } from "../../lib/component-batch.ts";
import { RerunError } from "../../lib/errors.ts";
import { Tuid, TuidGenerator } from "../../lib/tuid.ts";
import { anyType, arrayOf, asRead, valueOf, valuesIn } from "../helpers/arrow-arbitraries.ts";
import { plainValues, readIpc } from "../helpers/decode-rrd.ts";
import { describeComponent } from "../helpers/rows.ts";

function encode(
  times: TimeColumns,
  ...columns: readonly (ComponentColumn | readonly ComponentColumn[])[]
): Chunk {
  const chunk = new ColumnsEncoder().encode(new TuidGenerator(), "/a", times, columns.flat());
  if (chunk === undefined) throw new Error("nothing to encode");
  return chunk;
}

const column = (chunk: Chunk, name: string): unknown[] => {
  const vector = readIpc(chunk.ipc).getChild(name);
  return vector === null ? [] : plainValues(vector);
};

const scalars = (...numbers: number[]): readonly ComponentColumn[] =>
  Scalars.columns({ scalars: numbers });

describe("sendColumns", () => {
  it("takes all kinds of time columns", () => {
    const ms = Date.UTC(2026, 0, 1);
    const chunk = encode(
      {
        n: { sequence: [1, 2] },
        typed: { sequence: Int32Array.of(1, 2) },
        big: { sequence: BigInt64Array.of(1n, 2n) },
        bigs: { sequence: [1n, 2n] },
        span: { duration: [0.5, 1] },
        floats: { duration: Float64Array.of(0.25, 2) },
        nanos: { duration: BigInt64Array.of(5n, 6n) },
        dates: { timestamp: [new Date(ms), new Date(ms + 1)] },
        unix: { timestamp: [1, 2] },
      },
      scalars(1, 2),
    );
    expect(chunk.timelines.map((t) => t.timeline.name)).to.deep.equal([
      "big",
      "bigs",
      "dates",
      "floats",
      "n",
      "nanos",
      "span",
      "typed",
      "unix",
    ]);
    expect(column(chunk, "n")).to.deep.equal([1n, 2n]);
    expect(column(chunk, "typed")).to.deep.equal([1n, 2n]);
    expect(column(chunk, "big")).to.deep.equal([1n, 2n]);
    expect(column(chunk, "bigs")).to.deep.equal([1n, 2n]);
    expect(column(chunk, "span")).to.deep.equal([500_000_000n, 1_000_000_000n]);
    expect(column(chunk, "floats")).to.deep.equal([250_000_000n, 2_000_000_000n]);
    expect(column(chunk, "nanos")).to.deep.equal([5n, 6n]);
    expect(column(chunk, "dates")).to.deep.equal([
      BigInt(ms) * 1_000_000n,
      BigInt(ms + 1) * 1_000_000n,
    ]);
    expect(column(chunk, "unix")).to.deep.equal([1_000_000_000n, 2_000_000_000n]);
  });

  it("takes of a union what belongs to a row when rows are sorted, and not all of it each time", () => {
    const type = denseUnion([
      field("none", primitive("null"), true),
      field("x", primitive("float64")),
    ]);
    const rows = 1000;
    const array: ArrowArray = {
      type,
      length: rows,
      typeIds: new Int8Array(rows).fill(1),
      offsets: Int32Array.from({ length: rows }, (_, i) => i),
      children: [
        { type: primitive("null"), length: 0 },
        {
          type: primitive("float64"),
          length: rows,
          values: Float64Array.from({ length: rows }, (_, i) => i),
        },
      ],
    };
    const descriptor = describeComponent("kind", type);
    const chunk = encode(
      { t: { sequence: Array.from({ length: rows }, (_, i) => -i) } },
      { descriptor, array },
    );
    expect(column(chunk, "kind")).to.deep.equal(
      Array.from({ length: rows }, (_, i) => [rows - 1 - i]),
    );
    expect(chunk.byteLength).to.be.lessThan(60 * rows);
  });

  it("is static without times", () => {
    const chunk = encode({}, scalars(1, 2));
    expect(chunk.isStatic).to.equal(true);
    expect(chunk.numRows).to.equal(2);
  });

  it("deals instances out by lengths", () => {
    const chunk = encode(
      { n: { sequence: [1, 2, 3] } },
      Points3D.columns(
        {
          positions: [
            [1, 1, 1],
            [2, 2, 2],
            [3, 3, 3],
          ],
        },
        { lengths: [2, 0, 1] },
      ),
    );
    expect(column(chunk, "Points3D:positions")).to.deep.equal([
      [
        [1, 1, 1],
        [2, 2, 2],
      ],
      [],
      [[3, 3, 3]],
    ]);
    expect(chunk.components.map((c) => [c.numCells, c.numInstances])).to.deep.equal([[3, 3]]);
  });

  it("sorts rows by their times, timelines in order of their names, and keeps the order of equal ones", () => {
    const times = { b: { sequence: [9, 8, 7, 6, 5] }, a: { sequence: [2, 1, 2, 1, 1] } };
    const chunk = encode(
      times,
      scalars(0, 1, 2, 3, 4),
      TextLog.columns({ text: ["0", "1", "2", "3", "4"] }),
    );
    expect(column(chunk, "Scalars:scalars")).to.deep.equal([[4], [3], [1], [2], [0]]);
    expect(column(chunk, "TextLog:text")).to.deep.equal([["4"], ["3"], ["1"], ["2"], ["0"]]);
    expect(chunk.timelines.map((t) => [t.timeline.name, t.sorted, t.min, t.max])).to.deep.equal([
      ["a", true, 1n, 2n],
      ["b", false, 5n, 9n],
    ]);
    const ties = encode({ t: { sequence: [1, 0, 1, 0, 1] } }, scalars(0, 1, 2, 3, 4));
    expect(column(ties, "Scalars:scalars")).to.deep.equal([[1], [3], [0], [2], [4]]);
  });

  it("gives rows the ids that follow the chunk's, and leaves the next ones to others", () => {
    const ids = new TuidGenerator();
    const encoder = new ColumnsEncoder();
    const first = encoder.encode(ids, "/a", { n: { sequence: [1, 2, 3] } }, scalars(1, 2, 3));
    const second = encoder.encode(ids, "/a", { n: { sequence: [1] } }, scalars(1));
    if (first === undefined || second === undefined) throw new Error("nothing");
    const rowIds = [0, 1, 2].map((i) => Tuid.read(first.rowIds, 16 * i));
    expect(rowIds.map((id) => id.inc)).to.deep.equal([1n, 2n, 3n].map((i) => first.id.inc + i));
    expect(rowIds.every((id) => id.timeNs === first.id.timeNs)).to.equal(true);
    expect(second.id.inc).to.equal(first.id.inc + 4n);
  });

  it("sends nothing when there are no rows or no columns", () => {
    const encoder = new ColumnsEncoder();
    expect(encoder.encode(new TuidGenerator(), "/a", { n: { sequence: [] } }, scalars())).to.equal(
      undefined,
    );
    expect(encoder.encode(new TuidGenerator(), "/a", { n: { sequence: [1] } }, [])).to.equal(
      undefined,
    );
  });

  it("refuses lengths that do not match, and times that are none", () => {
    const code = (
      expected: string,
      times: unknown,
      ...columns: readonly (ComponentColumn | readonly ComponentColumn[])[]
    ): void => {
      expect(() => encode(times as TimeColumns, ...columns))
        .to.throw(RerunError)
        .with.property("code", expected);
    };
    const type = describeComponent("x", primitive("float64"));
    const array = arrayOf(type.type, [1, 2, 3]);
    code("invalid-component", { n: { sequence: [1] } }, scalars(1, 2));
    code("invalid-component", { n: { sequence: [1, 2] }, m: { sequence: [1] } }, scalars(1, 2));
    code(
      "invalid-component",
      { n: { sequence: [1, 2] } },
      scalars(1, 2),
      TextLog.columns({ text: ["a"] }),
    );
    code("invalid-component", { n: { sequence: [1, 2] } }, scalars(1, 2), scalars(1, 2));
    code(
      "invalid-component",
      { n: { sequence: [1, 2] } },
      { descriptor: type, array, lengths: [1, 1] },
    );
    code(
      "invalid-component",
      { n: { sequence: [1, 2] } },
      { descriptor: type, array, lengths: [4, -1] },
    );
    code(
      "invalid-component",
      { n: { sequence: [1, 2] } },
      { descriptor: type, array, lengths: [1.5, 1.5] },
    );
    for (const bad of [
      5,
      [1],
      {},
      { frames: [1] },
      { sequence: 1 },
      { sequence: ["1"] },
      { sequence: [1.5] },
      { timestamp: [new Date(Number.NaN)] },
      { duration: [Infinity] },
      { sequence: [1], duration: [1] },
    ]) {
      code("invalid-time", { n: bad }, scalars(1));
    }
  });

  it("gives back any columns of any type, in order of time", () => {
    const data = anyType.chain((type) =>
      fc.record({
        type: fc.constant(type),
        rows: fc.array(
          fc.record({
            time: fc.integer({ min: -3, max: 3 }),
            cell: fc.array(valueOf(type, true), { maxLength: 3 }),
          }),
          { minLength: 1, maxLength: 8 },
        ),
      }),
    );
    fc.assert(
      fc.property(data, ({ type, rows }) => {
        const descriptor = describeComponent("c", type);
        const flat = rows.flatMap((row) => row.cell);
        const chunk = encode(
          { t: { sequence: rows.map((row) => row.time) } },
          { descriptor, array: arrayOf(type, flat), lengths: rows.map((row) => row.cell.length) },
        );
        const sorted = rows
          .map((row, i) => ({ ...row, i }))
          .toSorted((a, b) => a.time - b.time || a.i - b.i);
        const expected = sorted.map(({ cell }) => cell.map((value) => asRead(type, value)));
        expect(column(chunk, "c")).to.deep.equal(expected);
        expect(valuesIn(chunk.column(descriptor))).to.deep.equal(expected);
        expect(column(chunk, "t")).to.deep.equal(sorted.map(({ time }) => BigInt(time)));
      }),
      { numRuns: 150 },
    );
  });

  it("does not grow with the square of the rows when they are not in order", () => {
    const type = list(primitive("uint8"), true);
    const count = 20_000;
    const array = arrayOf(
      type,
      Array.from({ length: count }, (_, i) => [i & 255]),
    );
    const chunk = encode(
      { t: { sequence: Array.from({ length: count }, (_, i) => -i) } },
      { descriptor: describeComponent("c", type), array },
    );
    expect(chunk.byteLength).to.be.lessThan(60 * count);
    expect(column(chunk, "c")[0]).to.deep.equal([[(count - 1) & 255]]);
  });
});
