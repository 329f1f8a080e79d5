import { expect } from "chai";
import fc from "fast-check";
import { fixedSizeList, list, primitive } from "../../lib/arrow/data-type.ts";
import { indicesOf } from "../../lib/arrow/take-rows.ts";
import type { Chunk } from "../../lib/chunk.ts";
import {
  keepCells,
  keepRows,
  mapColumns,
  withEntityPath,
  withoutTimelines,
} from "../../lib/chunk-edit.ts";
import { anyRows, chunkOf, claimsSorted, type PlainRow, plainRows } from "../helpers/chunk-rows.ts";
import { readIpc } from "../helpers/decode-rrd.ts";
import { describeComponent } from "../helpers/rows.ts";

const A = describeComponent("a", primitive("float64"));
const B = describeComponent("b", primitive("utf8"));

const frame = (n: number) => ({ frame: { sequence: n } });

/** Three rows on two timelines: `a` in all of them, `b` in the second. */
function sample(): Chunk {
  return chunkOf("/x", [
    { times: { ...frame(1), t: { duration: 3 } }, cells: [[A, [1]]] },
    {
      times: { ...frame(2), t: { duration: 1 } },
      cells: [
        [A, [2, 2.5]],
        [B, ["two"]],
      ],
    },
    { times: { ...frame(3), t: { duration: 2 } }, cells: [[A, []]] },
  ]);
}

/** What must hold of every chunk: the short form agrees with the columns, and claims are true. */
function expectSound(chunk: Chunk): void {
  const rows = plainRows(chunk);
  expect(chunk.numRows).to.equal(rows.length);
  const batch = readIpc(chunk.ipc);
  expect(batch.schema.metadata.get("rerun:id")).to.equal(`chunk_${chunk.id.toString()}`);
  expect(batch.schema.metadata.get("rerun:entity_path")).to.equal(chunk.entityPath);
  const ascending = (values: readonly (string | bigint)[]): boolean =>
    values.every((value, i) => i === 0 || (values[i - 1] as typeof value) <= value);
  const sorted = claimsSorted(chunk);
  expect(sorted.includes("rerun.controls.RowId")).to.equal(ascending(rows.map((r) => r.rowId)));
  for (const { timeline, min, max, sorted: isSorted } of chunk.timelines) {
    const times = rows.map((r) => r.times[timeline.name] as bigint);
    expect(isSorted).to.equal(ascending(times));
    expect(sorted.includes(timeline.name)).to.equal(isSorted);
    const ordered = [...times].sort((a, b) => (a < b ? -1 : 1));
    expect([min, max]).to.deep.equal([ordered[0], ordered.at(-1)]);
  }
  const names = chunk.components.map((c) => c.descriptor.component);
  expect(names).to.deep.equal([...names].sort());
  for (const { descriptor, numCells, numInstances } of chunk.components) {
    const cells = rows.map((r) => r.cells[descriptor.component]).filter((c) => c !== undefined);
    expect(numCells).to.equal(cells.length);
    expect(numInstances).to.equal(cells.reduce<number>((n, c) => n + (c as []).length, 0));
  }
}

function sound(chunk: Chunk | undefined): Chunk {
  if (chunk === undefined) throw new Error("nothing is left");
  expectSound(chunk);
  return chunk;
}

describe("edits of chunks", () => {
  it("keep rows by range and by index", () => {
    const chunk = sample();
    const rows = plainRows(chunk);
    expect(plainRows(sound(keepRows(chunk, { from: 1, to: 3 })))).to.deep.equal(rows.slice(1));
    const ends = sound(keepRows(chunk, Uint32Array.of(0, 2)));
    expect(plainRows(ends)).to.deep.equal([rows[0], rows[2]]);
    // Nothing was logged for `b` in these rows.
    expect(ends.components.map((c) => c.descriptor.component)).to.deep.equal(["a"]);
    expect(keepRows(chunk, { from: 1, to: 1 })).to.equal(undefined);
  });

  it("return the same chunk where there is nothing to change", () => {
    const chunk = sample();
    expect(keepRows(chunk, { from: 0, to: 3 })).to.equal(chunk);
    expect(keepRows(chunk, Uint32Array.of(0, 1, 2))).to.equal(chunk);
    expect(withoutTimelines(chunk, () => false, "drop")).to.equal(chunk);
    expect(withEntityPath(chunk, "/x")).to.equal(chunk);
    expect(mapColumns(chunk, "", (column) => column)).to.equal(chunk);
    const one = sound(keepRows(chunk, { from: 0, to: 1 }));
    expect(keepCells(one, new Map([[A, [0]]]))).to.equal(one);
  });

  it("keep cells, and leave out rows in which none is left", () => {
    const chunk = sample();
    const [first, second] = plainRows(chunk);
    const kept = sound(
      keepCells(
        chunk,
        new Map([
          [A, [0]],
          [B, [1]],
        ]),
      ),
    );
    expect(plainRows(kept)).to.deep.equal([first, { ...second, cells: { b: ["two"] } }]);
    expect(keepCells(chunk, new Map([[B, [0, 2]]]))).to.equal(undefined);
  });

  it("drop timelines, and make nothing static by accident", () => {
    const chunk = sample();
    const without = sound(withoutTimelines(chunk, (name) => name === "frame", "drop"));
    expect(without.timelines.map((t) => t.timeline.name)).to.deep.equal(["t"]);
    expect(without.timelines[0]?.sorted).to.equal(false);
    expect(withoutTimelines(chunk, () => true, "drop")).to.equal(undefined);
    expect(sound(withoutTimelines(chunk, () => true, "static")).isStatic).to.equal(true);
  });

  it("rename the entity", () => {
    const chunk = sample();
    const renamed = sound(withEntityPath(chunk, "/y/z"));
    expect(renamed.entityPath).to.equal("/y/z");
    expect(plainRows(renamed)).to.deep.equal(plainRows(chunk));
  });

  it("replace and drop columns", () => {
    const chunk = sample();
    const only = sound(
      mapColumns(chunk, "drop a", (column) => (column.descriptor === A ? undefined : column)),
    );
    expect(plainRows(only).map((r) => r.cells)).to.deep.equal([{ b: ["two"] }]);
    const renamed = sound(
      mapColumns(chunk, "name c", (column) =>
        column.descriptor === A
          ? { descriptor: describeComponent("c", A.type), array: column.array }
          : column,
      ),
    );
    expect(plainRows(renamed).map((r) => r.cells)).to.deep.equal([
      { c: [1] },
      { b: ["two"], c: [2, 2.5] },
      { c: [] },
    ]);
    expect(mapColumns(chunk, "drop all", () => undefined)).to.equal(undefined);
  });

  it("give ids that are the same for the same change, differ for different ones, and order as before", () => {
    const chunk = sample();
    const later = sample();
    const id = (edited: Chunk | undefined): string => sound(edited).id.toString();
    expect(id(withEntityPath(chunk, "/a"))).to.equal(id(withEntityPath(chunk, "/a")));
    const all = [
      chunk.id.toString(),
      id(withEntityPath(chunk, "/a")),
      id(withEntityPath(chunk, "/b")),
      id(withEntityPath(withEntityPath(chunk, "/a"), "/b")),
      id(withEntityPath(withEntityPath(chunk, "/b"), "/a")),
      id(keepRows(chunk, { from: 0, to: 1 })),
      id(keepRows(chunk, { from: 1, to: 2 })),
      id(keepRows(chunk, Uint32Array.of(0, 2))),
      id(withoutTimelines(chunk, (name) => name === "t", "drop")),
      id(withoutTimelines(chunk, () => true, "static")),
      id(mapColumns(chunk, "one", ({ descriptor, array }) => ({ descriptor, array }))),
      id(mapColumns(chunk, "two", ({ descriptor, array }) => ({ descriptor, array }))),
    ];
    expect(new Set(all).size).to.equal(all.length);
    const ordered = id(withEntityPath(chunk, "/a")) < id(withEntityPath(later, "/a"));
    expect(ordered).to.equal(chunk.id.toString() < later.id.toString());
  });

  it("refer to large arrays without a copy, but for a few rows of a large chunk", () => {
    const big = describeComponent("big", fixedSizeList(primitive("float32"), 3));
    const chunk = chunkOf("/big", [
      {
        times: frame(0),
        cells: [[big, Array.from({ length: 20_000 }, (_, i) => [i, i, i])]],
      },
    ]);
    const renamed = withEntityPath(chunk, "/other");
    expect(renamed.parts.some((part) => part.buffer === chunk.ipc.buffer)).to.equal(true);
    const rows = Array.from({ length: 8 }, (_, n) => ({
      times: frame(n),
      cells: [[big, Array.from({ length: 20_000 }, (_unused, i) => [n, i, i])]] as const,
    }));
    const many = chunkOf("/big", rows);
    const one = sound(keepRows(many, { from: 3, to: 4 }));
    expect(one.parts.some((part) => part.buffer === many.ipc.buffer)).to.equal(false);
    expect(one.byteLength).to.be.lessThan(many.byteLength / 7);
  });

  it("take of nested values what belongs to the rows that are kept", () => {
    const blob = describeComponent("blob", list(primitive("uint8"), true));
    const chunk = chunkOf(
      "/blobs",
      Array.from({ length: 100 }, (_, n) => ({
        times: frame(n),
        cells: [[blob, [Array.from({ length: 100 }, () => n)]]] as const,
      })),
    );
    const every = Uint32Array.from({ length: 50 }, (_, i) => 2 * i);
    const kept = sound(keepRows(chunk, every));
    expect(plainRows(kept)).to.deep.equal(plainRows(chunk).filter((_, i) => i % 2 === 0));
    expect(kept.byteLength).to.be.lessThan(chunk.byteLength * 0.7);
  });

  it("give back the rows and cells they keep, of any types, and nothing else", () => {
    fc.assert(
      fc.property(anyRows, fc.infiniteStream(fc.boolean()), ({ descriptors, inputs }, flips) => {
        const chunk = chunkOf("/any", inputs);
        const before = plainRows(chunk);
        const flags = (): Uint8Array =>
          Uint8Array.from(inputs, () => (flips.next().value === true ? 1 : 0));

        const rows = indicesOf(flags());
        const some = keepRows(chunk, rows);
        expect(some === undefined ? [] : plainRows(sound(some))).to.deep.equal(
          [...rows].map((at) => before[at]),
        );

        const from = rows[0] ?? 0;
        const range = keepRows(chunk, { from, to: inputs.length });
        expect(plainRows(sound(range))).to.deep.equal(before.slice(from));

        const cells = new Map(descriptors.map((d) => [d, [...indicesOf(flags())]]));
        const expected = before
          .map((each, i): PlainRow => {
            const own = descriptors.filter((d) => cells.get(d)?.includes(i) === true);
            const names = own.map((d) => d.component);
            return {
              ...each,
              cells: Object.fromEntries(
                Object.entries(each.cells).filter(([name]) => names.includes(name)),
              ),
            };
          })
          .filter((_, i) => [...cells.values()].some((own) => own.includes(i)));
        const picked = keepCells(chunk, cells);
        const left = picked === undefined ? [] : plainRows(sound(picked));
        expect(left.filter((r) => Object.keys(r.cells).length > 0)).to.deep.equal(
          expected.filter((r) => Object.keys(r.cells).length > 0),
        );

        // Edits of edits: columns that were taken along as they stand are columns like any other.
        const renamed = sound(withEntityPath(chunk, "/other"));
        expect(plainRows(renamed)).to.deep.equal(before);
        const timeless = withoutTimelines(renamed, (name) => name === "frame", "static");
        const untimed = before.map((each): PlainRow => {
          const { frame: _frame, ...times } = each.times;
          return { ...each, times };
        });
        expect(plainRows(sound(timeless))).to.deep.equal(untimed);
        expect(
          plainRows(sound(keepRows(sound(timeless), { from, to: inputs.length }))),
        ).to.deep.equal(untimed.slice(from));

        const dropped = mapColumns(chunk, "drop", (c) =>
          c.descriptor === descriptors[0] ? undefined : c,
        );
        expect(dropped === undefined ? [] : plainRows(sound(dropped))).to.deep.equal(
          before
            .map(({ cells: { c0: _c0, ...rest }, ...each }) => ({ ...each, cells: rest }))
            .filter((r) => Object.keys(r.cells).length > 0),
        );
      }),
      { numRuns: 150 },
    );
  }).timeout(30_000);
});
