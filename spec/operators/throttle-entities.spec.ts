import { expect } from "chai";
import fc from "fast-check";
import { from, map, Subject } from "rxjs";
import { RerunError } from "../../lib/errors.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { throttleEntities } from "../../operators/throttle-entities.ts";
import { chunkIn, chunkOf, message, plainRows } from "../helpers/chunk-rows.ts";
import { flow, flows, flowText, letter } from "../helpers/flow.ts";
import { marbles } from "../helpers/marbles.ts";
import { operatorCases } from "../helpers/operator-cases.ts";

const m = flows({
  a: "/a x1",
  b: "/a x2",
  c: "/a x3",
  d: "/a y4",
  e: "/a x5y6",
  o: "/o x7",
  s: "/a! x8",
});

describe("throttleEntities", () => {
  operatorCases(() => throttleEntities(5));

  it(
    "lets the first pass at once, then the latest at the end of each interval",
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot<LogMsg>("-a-b-c-------a--b-------|", m);
      const subs = "              ^-----------------------!";
      const expected = "          -a----c------a----b-----|";
      expectObservable(source.pipe(throttleEntities(5))).toBe(expected, m);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    "lets what comes when the interval has just ended pass at once, and one frame before not",
    marbles(({ hot, expectObservable }) => {
      const on = hot<LogMsg>("     a----b------|", m);
      expectObservable(on.pipe(throttleEntities(5))).toBe("a----b------|", m);
      const before = hot<LogMsg>(" a---b-------|", m);
      expectObservable(before.pipe(throttleEntities(5))).toBe("a----b------|", m);
    }),
  );

  it(
    "begins the next interval with what it let pass",
    marbles(({ hot, expectObservable }) => {
      const source = hot<LogMsg>("abcabcabcabcabc------|", m);
      const expected = "          a----c----b----c-----|";
      expectObservable(source.pipe(throttleEntities(5))).toBe(expected, m);
    }),
  );

  it(
    "lets everything wait for the end of an interval when told",
    marbles(({ hot, expectObservable }) => {
      const source = hot<LogMsg>("-a-b-------c--------|", m);
      const expected = "          ------b---------c---|";
      const operator = throttleEntities({ intervalMs: 5, leading: false });
      expectObservable(source.pipe(operator)).toBe(expected, m);
    }),
  );

  it(
    "keeps the latest of each component, in the row in which it was logged",
    marbles(({ hot, expectObservable }) => {
      const source = hot<LogMsg>("a-edb--------|", m);
      const expected = "          a----(db)----|";
      expectObservable(source.pipe(throttleEntities(5))).toBe(expected, m);
      const both = hot<LogMsg>("  a-e-b--------|", m);
      expectObservable(both.pipe(throttleEntities(5), map(flowText))).toBe("x----(yz)----|", {
        x: "/a x1",
        y: "/a y6@5",
        z: "/a x2",
      });
    }),
  );

  it(
    "takes the rows of a chunk as one moment",
    marbles(({ hot, expectObservable }) => {
      const many = flows({ a: "/a x1y2 x3 y4 x5@6 x6@5", b: "/a x7 y8 x9" });
      const source = hot<LogMsg>("a-b-----|", many);
      expectObservable(source.pipe(throttleEntities(5), map(flowText))).toBe("x----y--|", {
        x: "/a y4 x6@5",
        y: "/a y8 x9",
      });
    }),
  );

  it(
    "counts intervals for each entity apart",
    marbles(({ hot, expectObservable }) => {
      const source = hot<LogMsg>("a--o-b-o-c---|", m);
      const expected = "          a--o-b--o-c--|";
      expectObservable(source.pipe(throttleEntities(5))).toBe(expected, m);
    }),
  );

  it(
    "lets static data pass at once",
    marbles(({ hot, expectObservable }) => {
      const source = hot<LogMsg>("a-b-s------|", m);
      const expected = "          a---sb-----|";
      expectObservable(source.pipe(throttleEntities(5))).toBe(expected, m);
    }),
  );

  it(
    "lets what waits pass when the source completes or fails",
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const completes = hot<LogMsg>("a-b-|", m);
      expectObservable(completes.pipe(throttleEntities(5))).toBe("a---(b|)", m);
      expectSubscriptions(completes.subscriptions).toBe("^---!");
      const fails = hot<LogMsg>("a-bd#", m);
      expectObservable(fails.pipe(throttleEntities(5))).toBe("a---(bd#)", m);
    }),
  );

  it("keeps the last value on each timeline, and no others", () => {
    const seen: string[] = [];
    const source = new Subject<LogMsg>();
    source.pipe(throttleEntities(1000), map(flowText)).subscribe((text) => seen.push(text));
    for (const text of [
      "/a x0@frame=0,t=0",
      "/a x1@frame=1,t=1",
      "/a x2@t=2",
      "/a x3@frame=3,t=3",
      "/a x4@t=4",
      "/a x5@t=5",
    ])
      source.next(flow(text));
    source.complete();
    expect(seen).to.deep.equal(["/a x0@frame=0,t=0", "/a x3@frame=3,t=3", "/a x5@t=5"]);
  });

  it("refuses wrong options at the call", () => {
    for (const interval of [
      0,
      -1,
      Number.NaN,
      Infinity,
      "5",
      null,
      {},
      { timeline: "" },
      { timeline: "t" },
      { timeline: "t", steps: 1.5 },
      { timeline: "t", steps: 0 },
      { timeline: "t", intervalMs: 0 },
      { timeline: "t", steps: 1, intervalMs: 1 },
      { timeline: "t", steps: 1, maxDelayMs: 0 },
    ])
      expect(() => throttleEntities(interval as number), JSON.stringify(interval))
        .to.throw(RerunError)
        .with.property("code", "invalid-argument");
  });

  describe("by a timeline", () => {
    const tens = { timeline: "frame", steps: 10 };
    operatorCases(() => throttleEntities(tens));

    it(
      "lets the latest of each interval pass when a row of another one comes",
      marbles(({ hot, expectObservable, expectSubscriptions }) => {
        const t = flows({
          a: "/a x1",
          b: "/a y9",
          c: "/a x9",
          d: "/a x10 x19 x20y20",
          e: "/a x-1",
        });
        const source = hot<LogMsg>("-a-b-c-d-----e---|   ", t);
        const subs = "              ^----------------!   ";
        const expected = "          -------(bcv)-w---(e|)";
        expectObservable(source.pipe(throttleEntities(tens), map(flowText))).toBe(expected, {
          b: "/a y9",
          c: "/a x9",
          v: "/a x19",
          w: "/a x20y20",
          e: "/a x-1",
        });
        expectSubscriptions(source.subscriptions).toBe(subs);
      }),
    );

    it(
      "lets the latest pass when the entity is silent for long",
      marbles(({ hot, expectObservable }) => {
        const t = flows({ a: "/a x1", b: "/a x2", c: "/a x3" });
        const source = hot<LogMsg>("a--b--------c------|", t);
        const expected = "          --------b--------c-|";
        const operator = throttleEntities({ ...tens, maxDelayMs: 5 });
        expectObservable(source.pipe(operator)).toBe(expected, t);
      }),
    );

    it(
      "waits a second by default, and for ever when told",
      marbles(({ hot, expectObservable }) => {
        const t = flows({ a: "/a x1" });
        const source = hot<LogMsg>("a 2s |", t);
        expectObservable(source.pipe(throttleEntities(tens))).toBe("1s a 1s |", t);
        const patient = throttleEntities({ ...tens, maxDelayMs: Infinity });
        expectObservable(source.pipe(patient)).toBe("2001ms (a|)", t);
      }),
    );

    it(
      "lets rows pass that are not on the timeline, or on one of another kind",
      marbles(({ hot, expectObservable }) => {
        const t = flows({ a: "/a x1@t=1", b: "/a x2@t=2", c: "/a x3" });
        const source = hot<LogMsg>("-a-b-c|", t);
        expectObservable(source.pipe(throttleEntities(tens))).toBe("-a-b--(c|)", t);
        const seconds = throttleEntities({ timeline: "frame", intervalMs: 1000 });
        expectObservable(source.pipe(seconds)).toBe("-a-b-c|", t);
      }),
    );

    it("measures timestamps and durations in milliseconds, exactly", () => {
      const ms = 1_000_000n;
      const times = [
        0n,
        99n * ms,
        100n * ms - 1n,
        100n * ms,
        1_800_000_000_000n * ms,
        1_800_000_000_100n * ms - 1n,
      ];
      const chunk = chunkOf(
        "/a",
        times.map((duration, i) => ({ times: { t: { duration } }, cells: [[letter("x"), [i]]] })),
      );
      const seen: unknown[] = [];
      from([message(chunk)])
        .pipe(throttleEntities({ timeline: "t", intervalMs: 100 }))
        .subscribe((each) => {
          for (const { cells } of plainRows(chunkIn(each))) seen.push(...(cells["x"] as number[]));
        });
      expect(seen).to.deep.equal([2, 3, 5]);
    });

    it("lets pass what the rows alone decide, however they are cut into chunks", () => {
      const row = fc.record({
        frame: fc.nat({ max: 40 }),
        x: fc.boolean(),
        y: fc.boolean(),
      });
      fc.assert(
        fc.property(
          fc.array(row, { maxLength: 40 }),
          fc.infiniteStream(fc.integer({ min: 1, max: 6 })),
          fc.boolean(),
          (drawn, sizes, sorted) => {
            const rows = sorted ? drawn.toSorted((a, b) => a.frame - b.frame) : drawn;
            // What must pass: of each run of rows in one interval the last of each component.
            const expected: string[] = [];
            for (let start = 0; start < rows.length; ) {
              let to = start;
              const interval = Math.floor((rows[start]?.frame ?? 0) / 10);
              while (to < rows.length && Math.floor((rows[to]?.frame ?? 0) / 10) === interval) to++;
              const last = (name: "x" | "y"): number =>
                rows.findLastIndex(
                  (r, i) => i >= start && i < to && (name === "x" ? r.x || !r.y : r.y),
                );
              for (let i = start; i < to; i++) {
                const cells = `${last("x") === i ? `x${i}` : ""}${last("y") === i ? `y${i}` : ""}`;
                if (cells !== "") expected.push(`${cells}@${rows[i]?.frame}`);
              }
              start = to;
            }
            const source: LogMsg[] = [];
            for (let at = 0; at < rows.length; ) {
              const size = sizes.next().value as number;
              const texts = rows
                .slice(at, at + size)
                .map(
                  (r, k) =>
                    `${r.x || !r.y ? `x${at + k}` : ""}${r.y ? `y${at + k}` : ""}@${r.frame}`,
                );
              source.push(flow(`/a ${texts.join(" ")}`));
              at += size;
            }
            const seen: string[] = [];
            from(source)
              .pipe(throttleEntities({ ...tens, maxDelayMs: Infinity }))
              .subscribe((each) => {
                for (const { cells, times } of plainRows(chunkIn(each)))
                  seen.push(
                    `${Object.entries(cells)
                      .map(([name, value]) => `${name}${String(value)}`)
                      .join("")}@${times["frame"]}`,
                  );
              });
            expect(seen).to.deep.equal(expected);
          },
        ),
        { numRuns: 200 },
      );
    });
  });
});
