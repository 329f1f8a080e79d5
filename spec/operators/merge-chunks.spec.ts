import { expect } from "chai";
import fc from "fast-check";
import { from, map, toArray } from "rxjs";
import type { Chunk } from "../../lib/chunk.ts";
import { dataBytesOf } from "../../lib/chunk-concat.ts";
import { keepRows } from "../../lib/chunk-edit.ts";
import { RerunError } from "../../lib/errors.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { type MergeChunksOptions, mergeChunks } from "../../operators/merge-chunks.ts";
import { anyRows, chunkIn, chunkOf, message, plainRows } from "../helpers/chunk-rows.ts";
import { chunkText, flow, flows, flowText } from "../helpers/flow.ts";
import { marbles } from "../helpers/marbles.ts";
import { operatorCases } from "../helpers/operator-cases.ts";

const m = flows({
  a: "/a x1",
  b: "/a x2",
  c: "/a y3",
  o: "/o x4",
  s: "/a! x5",
  t: "/a x6@t=6",
});

/** What comes out of a source that emits all at once. */
function merged(texts: readonly string[], options: MergeChunksOptions): string[] {
  let out: string[] = [];
  from(texts.map(flow))
    .pipe(mergeChunks(options), map(flowText), toArray())
    .subscribe((all) => {
      out = all;
    });
  return out;
}

describe("mergeChunks", () => {
  operatorCases(() => mergeChunks({ maxDelayMs: 5 }));

  it(
    "makes one chunk of those of an entity that come within the delay",
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot<LogMsg>("-a-b-c------a------|", m);
      const subs = "              ^------------------!";
      const expected = "          ------v----------a-|";
      const operator = mergeChunks({ maxDelayMs: 5 });
      expectObservable(source.pipe(operator, map(flowText))).toBe(expected, {
        v: "/a x1 x2 y3",
        a: "/a x1",
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    "counts the delay of each entity from its first chunk, 500 ms by default",
    marbles(({ hot, expectObservable }) => {
      const source = hot<LogMsg>("a--o-a--b-----|", m);
      const expected = "          -----v--o----b|";
      expectObservable(source.pipe(mergeChunks({ maxDelayMs: 5 }), map(flowText))).toBe(expected, {
        v: "/a x1 x1",
        o: "/o x4",
        b: "/a x2",
      });
      const slow = hot<LogMsg>("a 1s |", m);
      expectObservable(slow.pipe(mergeChunks())).toBe("500ms a 500ms |", m);
    }),
  );

  it(
    "does not wait with a delay of 0",
    marbles(({ hot, expectObservable }) => {
      const source = hot<LogMsg>("a-(bc)-|", m);
      expectObservable(source.pipe(mergeChunks({ maxDelayMs: 0 }))).toBe("a-(bc)-|", m);
    }),
  );

  it(
    "lets static data pass at once, and a single chunk as it is",
    marbles(({ hot, expectObservable }) => {
      const source = hot<LogMsg>("a-s----|", m);
      expectObservable(source.pipe(mergeChunks({ maxDelayMs: 5 }))).toBe("--s--a-|", m);
    }),
  );

  it(
    "lets pass what waits before something that cannot be merged with it",
    marbles(({ hot, expectObservable }) => {
      const source = hot<LogMsg>("ab-t-c-------|", m);
      const expected = "          ---v-t----c--|";
      const operator = mergeChunks({ maxDelayMs: 5 });
      expectObservable(source.pipe(operator, map(flowText))).toBe(expected, {
        v: "/a x1 x2",
        t: "/a x6@t=6",
        c: "/a y3",
      });
    }),
  );

  it(
    "lets what waits pass when the source completes or fails",
    marbles(({ hot, expectObservable }) => {
      const values = { v: "/a x1 x2", o: "/o x4" };
      const operator = mergeChunks({ maxDelayMs: Infinity });
      const completes = hot<LogMsg>("a-o-b-|", m);
      expectObservable(completes.pipe(operator, map(flowText))).toBe("------(vo|)", values);
      const fails = hot<LogMsg>("a-o-b-#", m);
      expectObservable(fails.pipe(operator, map(flowText))).toBe("------(vo#)", values);
    }),
  );

  it("closes a chunk at the number of rows, and not one before", () => {
    const texts = ["/a x1", "/a x2", "/a x3 x4", "/a x5", "/a x6 x7 x8", "/a x9"];
    expect(merged(texts, { maxRows: 3 })).to.deep.equal([
      "/a x1 x2",
      "/a x3 x4 x5",
      "/a x6 x7 x8",
      "/a x9",
    ]);
    expect(merged(texts, { maxRows: 4 })).to.deep.equal([
      "/a x1 x2 x3 x4",
      "/a x5 x6 x7 x8",
      "/a x9",
    ]);
  });

  it("closes a chunk earlier when its times are not in order", () => {
    const texts = ["/a x4", "/a x3", "/a x2", "/a x1"];
    expect(merged(texts, { maxRowsIfUnsorted: 3 })).to.deep.equal(["/a x4 x3 x2", "/a x1"]);
    expect(merged([...texts].reverse(), { maxRowsIfUnsorted: 3 })).to.deep.equal([
      "/a x1 x2 x3 x4",
    ]);
  });

  it("closes a chunk at the number of bytes, schemas left aside", () => {
    const texts = ["/a x1", "/a x2", "/a x3", "/a x4"];
    const bytes = dataBytesOf(chunkIn(flow("/a x1")));
    expect(merged(texts, { maxBytes: 2 * bytes })).to.deep.equal(["/a x1 x2", "/a x3 x4"]);
    expect(merged(texts, { maxBytes: 2 * bytes - 1 })).to.deep.equal(texts);
  });

  it("lets those pass that wait longest when all together are too many bytes", () => {
    const size = chunkIn(flow("/a x1")).byteLength;
    const texts = ["/a x1", "/b x2", "/a x3", "/c x4"];
    expect(merged(texts, { maxWaitingBytes: 3 * size })).to.deep.equal([
      "/a x1 x3",
      "/b x2",
      "/c x4",
    ]);
    expect(merged(texts, { maxWaitingBytes: 0 })).to.deep.equal(texts);
  });

  it("keeps recordings apart", () => {
    expect(merged(["/a x1", "b: /a x2", "/a x3"], {})).to.deep.equal(["/a x1 x3", "b: /a x2"]);
  });

  it("refuses wrong options at the call", () => {
    for (const options of [
      { maxDelayMs: -1 },
      { maxRows: 0 },
      { maxRowsIfUnsorted: Number.NaN },
      { maxBytes: 0 },
      { maxWaitingBytes: -1 },
    ])
      expect(() => mergeChunks(options))
        .to.throw(RerunError)
        .with.property("code", "invalid-argument");
  });

  it("loses, doubles and reorders no row of any entity, whatever comes", () => {
    const some = fc.record({
      path: fc.constantFrom("/a", "/b"),
      rows: anyRows,
    });
    const limits = fc.record({
      maxRows: fc.integer({ min: 1, max: 40 }),
      maxRowsIfUnsorted: fc.integer({ min: 1, max: 40 }),
      maxBytes: fc.integer({ min: 1, max: 20_000 }),
    });
    fc.assert(
      fc.property(
        fc.array(some, { maxLength: 3 }),
        limits,
        fc.infiniteStream(fc.integer({ min: 1, max: 5 })),
        (all, options, sizes) => {
          const chunks: Chunk[] = [];
          for (const { path, rows } of all) {
            const whole = chunkOf(path, rows.inputs);
            for (let at = 0; at < whole.numRows; ) {
              const to = Math.min(whole.numRows, at + (sizes.next().value as number));
              chunks.push(keepRows(whole, { from: at, to }) as Chunk);
              at = to;
            }
          }
          let out: Chunk[] = [];
          from(chunks.map((chunk) => message(chunk)))
            .pipe(mergeChunks({ ...options, maxDelayMs: Infinity }), map(chunkIn), toArray())
            .subscribe((merges) => {
              out = merges;
            });
          for (const path of ["/a", "/b"]) {
            for (const isStatic of [false, true]) {
              const rowsOf = (these: readonly Chunk[]): unknown[] =>
                these
                  .filter((c) => c.entityPath === path && c.isStatic === isStatic)
                  .flatMap(plainRows);
              expect(rowsOf(out)).to.deep.equal(rowsOf(chunks));
            }
          }
          for (const chunk of out) {
            if (chunks.includes(chunk)) continue;
            expect(chunk.numRows).to.be.at.most(options.maxRows);
            expect(dataBytesOf(chunk)).to.be.at.most(
              options.maxBytes + 64 * chunk.components.length,
            );
          }
        },
      ),
      { numRuns: 100 },
    );
  }).timeout(30_000);

  it("gives back what was split, row by row", () => {
    const texts = Array.from({ length: 20 }, (_, i) => (i % 3 === 0 ? `x${i}y${i}` : `x${i}`));
    const whole = flow(`/a ${texts.join(" ")}`);
    const pieces = texts.map((text) => `/a ${text}`);
    expect(merged(pieces, {})).to.deep.equal([chunkText(chunkIn(whole))]);
  });
});
