import { expect } from "chai";
import fc from "fast-check";
import { map, type Observable, Subject, take, tap } from "rxjs";
import { fixedSizeList, primitive } from "../../lib/arrow/data-type.ts";
import { BATCH_PRESETS } from "../../lib/batch-config.ts";
import type { Chunk } from "../../lib/chunk.ts";
import { ComponentBatch } from "../../lib/component-batch.ts";
import type { LogEvent, StreamEvent } from "../../lib/event.ts";
import { type BatchRowsOptions, batchRows } from "../../operators/batch-rows.ts";
import { marbles } from "../helpers/marbles.ts";
import { describeComponent, inShort, numbersOf, row, VALUE, valueRow } from "../helpers/rows.ts";

const { never } = BATCH_PRESETS;

// Rows at two entities, and a request to hand on what waits.
const a = valueRow("/a", 1);
const b = valueRow("/a", 2);
const c = valueRow("/b", 3);
const f: StreamEvent = { kind: "flush" };
const rows = { a, b, c, f };

/** Chunks in short: entity path and numbers. */
const batched =
  (options?: BatchRowsOptions) =>
  (source: Observable<StreamEvent>): Observable<string> =>
    source.pipe(batchRows(options), map(inShort));

/** Bytes of a row of one number: row id, one time, one offset, one number. */
const ROW_BYTES = 16 + 8 + 4 + 8;

describe("batchRows", () => {
  it(
    "never emits when nothing ever comes",
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<StreamEvent>("-");
      expectObservable(source.pipe(batched())).toBe("-");
      expectSubscriptions(source.subscriptions).toBe("^");
    }),
  );

  it(
    "completes without a chunk when there was no row",
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<StreamEvent>("--f--|", rows);
      expectObservable(source.pipe(batched())).toBe("-----|");
      expectSubscriptions(source.subscriptions).toBe("^----!");
    }),
  );

  it(
    "hands on a single row after the delay",
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot<StreamEvent>("--a-------------|", rows);
      const subs = "                   ^---------------!";
      const expected = "               -------x--------|";
      expectObservable(source.pipe(batched({ config: { flushTickMs: 5 } }))).toBe(expected, {
        x: "/a 1",
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    "waits 200 ms by default",
    marbles(({ hot, expectObservable }) => {
      const source = hot<StreamEvent>("a 1s |", rows);
      expectObservable(source.pipe(batched())).toBe("200ms x 800ms |", { x: "/a 1" });
    }),
  );

  it(
    "counts the delay from the oldest row, and hands on all entities together",
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot<StreamEvent>("--a-c-b-----b---|", rows);
      const subs = "                   ^---------------!";
      const expected = "               -------(xy)-----(z|)";
      expectObservable(source.pipe(batched({ config: { flushTickMs: 5 } }))).toBe(expected, {
        x: "/a 1,2",
        y: "/b 3",
        z: "/a 2",
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    "hands on a row that comes in the frame in which the delay ends",
    marbles(({ hot, expectObservable }) => {
      const source = hot<StreamEvent>("a----b----|", rows);
      expectObservable(source.pipe(batched({ config: { flushTickMs: 5 } }))).toBe("-----x----|", {
        x: "/a 1,2",
      });
    }),
  );

  it(
    "closes at the number of rows of one entity, not of all",
    marbles(({ hot, expectObservable }) => {
      const source = hot<StreamEvent>("-a-c-b--a--|", rows);
      const expected = "               -----x-----(yz|)";
      expectObservable(source.pipe(batched({ config: { ...never, flushNumRows: 2 } }))).toBe(
        expected,
        { x: "/a 1,2", y: "/b 3", z: "/a 1" },
      );
    }),
  );

  it(
    "does not close one row below the number",
    marbles(({ hot, expectObservable }) => {
      const source = hot<StreamEvent>("-a-b----|", rows);
      expectObservable(source.pipe(batched({ config: { ...never, flushNumRows: 3 } }))).toBe(
        "--------(x|)",
        { x: "/a 1,2" },
      );
    }),
  );

  it(
    "closes when the bytes of an entity reach the limit, and not one byte below",
    marbles(({ hot, expectObservable }) => {
      const source = hot<StreamEvent>("-a-b----|", rows);
      expectObservable(
        source.pipe(batched({ config: { ...never, flushNumBytes: 2 * ROW_BYTES } })),
      ).toBe("---x----|", { x: "/a 1,2" });
      expectObservable(
        source.pipe(batched({ config: { ...never, flushNumBytes: 2 * ROW_BYTES + 1 } })),
      ).toBe("--------(x|)", { x: "/a 1,2" });
    }),
  );

  it(
    "closes all entities when their bytes together reach the limit",
    marbles(({ hot, expectObservable }) => {
      const source = hot<StreamEvent>("-a-c-b--|", rows);
      expectObservable(
        source.pipe(batched({ config: { ...never, maxBytesInFlight: 2 * ROW_BYTES } })),
      ).toBe("---(xy)-(z|)", { x: "/a 1", y: "/b 3", z: "/a 2" });
    }),
  );

  it(
    "makes a chunk of every row with the preset for tests",
    marbles(({ hot, expectObservable }) => {
      const source = hot<StreamEvent>("-a-b-c--|", rows);
      expectObservable(source.pipe(batched({ config: BATCH_PRESETS.always }))).toBe("-x-y-z--|", {
        x: "/a 1",
        y: "/a 2",
        z: "/b 3",
      });
    }),
  );

  it(
    "hands on what waits when it is asked to",
    marbles(({ hot, expectObservable }) => {
      const source = hot<StreamEvent>("-a-b-f-c--|", rows);
      expectObservable(source.pipe(batched({ config: never }))).toBe("-----x----(y|)", {
        x: "/a 1,2",
        y: "/b 3",
      });
    }),
  );

  it("lets chunks that were columns already pass at once", () => {
    const source = new Subject<StreamEvent>();
    const seen: Chunk[] = [];
    source.pipe(batchRows({ config: never })).subscribe((chunk) => seen.push(chunk));
    source.next(a);
    const [columns] = chunksOf([c]);
    if (columns === undefined) throw new Error("no chunk");
    source.next({ kind: "columns", chunk: columns });
    expect(seen).to.deep.equal([columns]);
    source.complete();
    expect(seen.map(inShort)).to.deep.equal(["/b 3", "/a 1"]);
  });

  it(
    "hands on what waits before it passes on an error",
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot<StreamEvent>("-a-c--#", rows);
      const subs = "                   ^-----!";
      expectObservable(source.pipe(batched({ config: never }))).toBe("------(xy#)", {
        x: "/a 1",
        y: "/b 3",
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    "emits nothing after an early unsubscribe, and leaves no timer behind",
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot<StreamEvent>("-a---b-------|", rows);
      const unsub = "                  ----!";
      const subs = "                   ^---!";
      expectObservable(source.pipe(batched({ config: { flushTickMs: 5 } })), unsub).toBe("-----");
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    "unsubscribes from the source when the consumer has enough",
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot<StreamEvent>("-a-b-c---|", rows);
      expectObservable(source.pipe(batched({ config: BATCH_PRESETS.always }), take(2))).toBe(
        "-x-(y|)",
        { x: "/a 1", y: "/a 2" },
      );
      expectSubscriptions(source.subscriptions).toBe("^--!");
    }),
  );

  it(
    "keeps nothing from one subscription to the next",
    marbles(({ cold, expectObservable }) => {
      const source = cold<StreamEvent>("-a-b|", rows);
      const chunks = source.pipe(batched({ config: never }));
      expectObservable(chunks).toBe("----(x|)", { x: "/a 1,2" });
      expectObservable(chunks).toBe("----(x|)", { x: "/a 1,2" });
    }),
  );

  it(
    "asks for its thresholds again for each row",
    marbles(({ hot, expectObservable }) => {
      let config = never;
      const source = hot<StreamEvent>("-a-b-a-b--|", rows).pipe(
        tap((event) => {
          if (event === b) config = { ...never, flushNumRows: 3 };
        }),
      );
      expectObservable(source.pipe(batched({ config: () => config }))).toBe("-----x----(y|)", {
        x: "/a 1,2,1",
        y: "/a 2",
      });
    }),
  );

  it("fails when the function for the thresholds throws", () => {
    const source = new Subject<StreamEvent>();
    let failure: unknown;
    const boom = new Error("no thresholds");
    const uncaught = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    const seen = new Promise<unknown>((resolve) => {
      process.once("uncaughtException", resolve);
      source
        .pipe(
          batchRows({
            config: () => {
              throw boom;
            },
          }),
        )
        .subscribe({
          error: (error) => {
            failure = error;
            resolve(error);
          },
        });
      source.next(a);
    });
    return seen
      .then((error) => {
        expect(error).to.equal(boom);
        expect(failure).to.equal(boom);
      })
      .finally(() => {
        process.removeAllListeners("uncaughtException");
        for (const listener of uncaught) process.on("uncaughtException", listener);
      });
  });

  it("looks at the clock in a loop that lets no timer run", () => {
    let now = 0;
    const scheduler = { now: () => now, schedule: () => new Subject().subscribe() } as never;
    const source = new Subject<StreamEvent>();
    const sizes: number[] = [];
    source
      .pipe(batchRows({ config: { flushTickMs: 10 }, scheduler }))
      .subscribe((chunk) => sizes.push(chunk.numRows));
    for (let i = 0; i < 1000; i++) {
      now = i / 10;
      source.next(valueRow("/a", i));
    }
    source.complete();
    expect(sizes.reduce((x, y) => x + y)).to.equal(1000);
    for (const size of sizes.slice(0, -1)) expect(size).to.be.within(100, 200);
  });

  it("takes rows that are logged in answer to a chunk into later ones", () => {
    const source = new Subject<StreamEvent>();
    const seen: string[] = [];
    source.pipe(batched({ config: never })).subscribe((text) => {
      seen.push(text);
      if (seen.length < 3) source.next(valueRow("/a", 10 * seen.length));
    });
    for (const event of [a, c, b]) source.next(event);
    source.next(f);
    source.next(f);
    source.complete();
    expect(seen).to.deep.equal(["/a 1,2", "/b 3", "/a 10,20"]);
  });
});

/** The chunks that rows become when nothing closes them early. */
function chunksOf(
  events: readonly StreamEvent[],
  options: BatchRowsOptions = { config: never },
): Chunk[] {
  const source = new Subject<StreamEvent>();
  const chunks: Chunk[] = [];
  source.pipe(batchRows(options)).subscribe((chunk) => chunks.push(chunk));
  for (const event of events) source.next(event);
  source.complete();
  return chunks;
}

const hexIds = (chunk: Chunk): string[] =>
  Array.from({ length: chunk.numRows }, (_, i) =>
    Buffer.from(chunk.rowIds.subarray(16 * i, 16 * i + 16)).toString("hex"),
  );

/** Which of the rows are in which chunk: `[[0, 2], [1]]`. */
function split(events: readonly LogEvent[], options?: BatchRowsOptions): number[][] {
  const index = new Map(events.map((event, i) => [event.rowId.toString().toLowerCase(), i]));
  return chunksOf(events, options).map((chunk) => hexIds(chunk).map((id) => index.get(id) ?? -1));
}

// Which rows share a chunk is a contract with the official SDKs: what the tests of their batcher state, stated again.
describe("the chunks that batchRows makes", () => {
  const points = describeComponent("points", fixedSizeList(primitive("float32"), 2));
  const points64 = describeComponent("points", fixedSizeList(primitive("float64"), 2));
  const labels = describeComponent("labels", primitive("utf8"));
  const indices = describeComponent("indices", primitive("uint64"));
  const twoPoints = (i: number): ComponentBatch =>
    new ComponentBatch(points, 2, Float32Array.of(i, i + 1, i + 2, i + 3));
  const twoPoints64 = (i: number): ComponentBatch =>
    new ComponentBatch(points64, 2, Float64Array.of(i, i + 1, i + 2, i + 3));
  const twoIndices = (i: number): ComponentBatch =>
    new ComponentBatch(indices, 2, BigUint64Array.of(BigInt(i), BigInt(i + 1)));
  const twoLabels = (i: number): ComponentBatch =>
    new ComponentBatch(labels, 2, {
      type: labels.type,
      length: 2,
      offsets: Int32Array.of(0, 1, 2),
      values: Uint8Array.of(97 + i, 98 + i),
    });
  const at = (time: number): { log_time: { duration: bigint } } => ({
    log_time: { duration: BigInt(time) },
  });
  const timesOf = (chunk: Chunk | undefined): unknown =>
    chunk?.timelines.map((t) => [
      t.timeline.name,
      [...chunk.times(t.timeline)].map(Number),
      t.sorted,
    ]);

  it("hold rows of one entity, one set of timelines and one set of types together", () => {
    const events = [0, 1, 2].map((i) =>
      row("/a/b/c", at(42 + i), twoPoints(i), twoLabels(i), twoIndices(i)),
    );
    const chunks = chunksOf(events);
    expect(split(events)).to.deep.equal([[0, 1, 2]]);
    expect(timesOf(chunks[0])).to.deep.equal([["log_time", [42, 43, 44], true]]);
    expect(
      chunks[0]?.components.map((s) => [s.descriptor.component, s.numCells, s.numInstances]),
    ).to.deep.equal([
      ["indices", 3, 6],
      ["labels", 3, 6],
      ["points", 3, 6],
    ]);
  });

  it("do not depend on the order of components in a row", () => {
    const events = [
      row("/a/b/c", at(42), twoIndices(0), twoPoints(0), twoLabels(0)),
      row("/a/b/c", at(43), twoPoints(1), twoLabels(1), twoIndices(1)),
      row("/a/b/c", at(44), twoLabels(2), twoIndices(2), twoPoints(2)),
    ];
    expect(split(events)).to.deep.equal([[0, 1, 2]]);
    const [chunk] = chunksOf(events);
    expect(numbersOf(chunk as Chunk, indices)).to.deep.equal([0, 1, 1, 2, 2, 3]);
    expect(numbersOf(chunk as Chunk, points)).to.deep.equal([0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5]);
  });

  it("have their columns in one order, however components came first", () => {
    const orders = [
      [twoPoints, twoLabels, twoIndices],
      [twoLabels, twoIndices, twoPoints],
      [twoIndices, twoPoints, twoLabels],
    ].map((make) =>
      chunksOf([row("/a", at(1), ...make.map((m) => m(0)))])[0]?.components.map(
        (s) => s.descriptor.component,
      ),
    );
    expect(orders).to.deep.equal([orders[0], orders[0], orders[0]]);
  });

  it("hold static rows together", () => {
    const events = [0, 1, 2].map((i) => row("/a/b/c", "static", twoPoints(i)));
    expect(split(events)).to.deep.equal([[0, 1, 2]]);
    expect(chunksOf(events)[0]?.isStatic).to.equal(true);
  });

  it("are apart for different entities", () => {
    const events = ["/ent1", "/ent2", "/ent1"].map((path, i) =>
      row(path, at(42 + i), twoPoints(i)),
    );
    expect(split(events)).to.deep.equal([[0, 2], [1]]);
  });

  it("are apart for different sets of timelines", () => {
    const events = [
      row("/a/b/c", at(42), twoPoints(0)),
      row("/a/b/c", { ...at(43), frame_nr: { sequence: 1000 } }, twoPoints(1)),
      row("/a/b/c", { ...at(44), frame_nr: { sequence: 1001 } }, twoPoints(2)),
    ];
    expect(split(events)).to.deep.equal([[0], [1, 2]]);
    expect(timesOf(chunksOf(events)[1])).to.deep.equal([
      ["frame_nr", [1000, 1001], true],
      ["log_time", [43, 44], true],
    ]);
  });

  it("are apart when a timeline changes its type", () => {
    const events = [
      row("/a", { t: { sequence: 1 } }, twoPoints(0)),
      row("/a", { t: { duration: 1 } }, twoPoints(1)),
      row("/a", { t: { sequence: 2 } }, twoPoints(2)),
    ];
    expect(split(events)).to.deep.equal([[0, 2], [1]]);
  });

  it("are apart for different types of a component", () => {
    const events = [
      row("/a", at(42), twoPoints(0)),
      row("/a", at(43), twoPoints64(1)),
      row("/a", at(44), twoPoints(2)),
    ];
    expect(split(events)).to.deep.equal([[0, 2], [1]]);
  });

  const unsortedTimes = [1003, 1000, 1001, 1002];
  const unsorted = unsortedTimes.map((t, i) =>
    row("/a/b/c", { ...at(t - 958), frame_nr: { duration: BigInt(t) } }, twoPoints(i)),
  );

  it("may be unsorted below the limit", () => {
    const options = { config: { ...never, chunkMaxRowsIfUnsorted: 1000 } };
    expect(split(unsorted, options)).to.deep.equal([[0, 1, 2, 3]]);
    expect(timesOf(chunksOf(unsorted, options)[0])).to.deep.equal([
      ["frame_nr", unsortedTimes, false],
      ["log_time", [45, 42, 43, 44], false],
    ]);
  });

  it("are split at the limit once they are unsorted", () => {
    const options = { config: { ...never, chunkMaxRowsIfUnsorted: 3 } };
    expect(split(unsorted, options)).to.deep.equal([[0, 1, 2], [3]]);
    expect(
      chunksOf(unsorted, options).map((chunk) => chunk.timelines.map((t) => t.sorted)),
    ).to.deep.equal([
      [false, false],
      [true, true],
    ]);
    expect(
      split(
        [
          ...unsorted,
          ...[5, 6].map((t) =>
            row("/a/b/c", { ...at(t), frame_nr: { duration: 1n } }, twoPoints(t)),
          ),
        ],
        options,
      ),
    ).to.deep.equal([
      [0, 1, 2],
      [3, 4, 5],
    ]);
  });

  it("are not split at the limit while they are sorted", () => {
    const sorted = [0, 1, 2, 3, 4].map((i) => row("/a", at(i), twoPoints(i)));
    expect(split(sorted, { config: { ...never, chunkMaxRowsIfUnsorted: 3 } })).to.deep.equal([
      [0, 1, 2, 3, 4],
    ]);
  });

  it("have nulls where a row lacks a component, and empty lists where it has an empty batch", () => {
    const other = describeComponent("other", primitive("float64"));
    const events = [
      row("/a", at(1), new ComponentBatch(VALUE, 1, 1)),
      row("/a", at(2), new ComponentBatch(other, 1, 2)),
      row("/a", at(3), new ComponentBatch(VALUE, 0, [])),
    ];
    const [chunk] = chunksOf(events);
    expect(split(events)).to.deep.equal([[0, 1, 2]]);
    expect([...(chunk?.column(VALUE).valid ?? [])]).to.deep.equal([1, 0, 1]);
    expect([...(chunk?.column(VALUE).offsets ?? [])]).to.deep.equal([0, 1, 1, 1]);
    expect([...(chunk?.column(other).valid ?? [])]).to.deep.equal([0, 1, 0]);
    expect(chunk?.components.map((s) => [s.descriptor.component, s.numCells])).to.deep.equal([
      ["other", 1],
      ["value", 2],
    ]);
  });

  it("lose, double and reorder no row, whatever is logged and wherever it is cut", () => {
    const event = fc.record({
      path: fc.constantFrom("/a", "/b", "/c"),
      time: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
      timeline: fc.constantFrom("t", "u"),
      component: fc.constantFrom(
        VALUE,
        describeComponent("value", primitive("float32")),
        describeComponent("other", primitive("int32")),
      ),
      values: fc.array(fc.integer({ min: -100, max: 100 }), { maxLength: 3 }),
      flush: fc.boolean(),
    });
    const config = fc.record({
      flushTickMs: fc.constant(Infinity),
      flushNumBytes: fc.constantFrom(0, 100, 500, Infinity),
      flushNumRows: fc.constantFrom(0, 1, 3, Infinity),
      chunkMaxRowsIfUnsorted: fc.constantFrom(1, 2, 5),
      maxBytesInFlight: fc.constantFrom(200, Infinity),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), config, (items, thresholds) => {
        const logged = items.map((item) =>
          row(
            item.path,
            item.time === undefined ? "static" : { [item.timeline]: { sequence: item.time } },
            new ComponentBatch(item.component, item.values.length, item.values),
          ),
        );
        const events: StreamEvent[] = logged.flatMap((r, i) => (items[i]?.flush ? [r, f] : [r]));
        const index = new Map(logged.map((r, i) => [r.rowId.toString().toLowerCase(), i]));
        const seen: number[] = [];
        const ids = new Set<string>();
        for (const chunk of chunksOf(events, { config: thresholds })) {
          ids.add(chunk.id.toString());
          const here = hexIds(chunk).map((id) => index.get(id) ?? -1);
          expect(here).to.deep.equal(here.toSorted((x, y) => x - y));
          here.forEach((i, r) => {
            const item = items[i];
            expect(chunk.entityPath).to.equal(item?.path);
            expect(chunk.isStatic).to.equal(item?.time === undefined);
            const [timeline] = chunk.timelines;
            if (timeline !== undefined) {
              expect(timeline.timeline.name).to.equal(item?.timeline);
              expect(chunk.times(timeline.timeline)[r]).to.equal(BigInt(item?.time ?? -1));
            }
            for (const { descriptor } of chunk.components) {
              const { valid, offsets, children } = chunk.column(descriptor);
              const cell = Array.from(children?.[0]?.values ?? [], Number).slice(
                offsets?.[r],
                offsets?.[r + 1],
              );
              const mine = item?.component.component === descriptor.component;
              expect(valid?.[r] !== 0).to.equal(mine);
              expect(cell).to.deep.equal(mine ? item?.values : []);
            }
          });
          seen.push(...here);
        }
        expect(seen.toSorted((x, y) => x - y)).to.deep.equal(logged.map((_, i) => i));
      }),
      { numRuns: 300 },
    );
  });
});
