import { expect } from "chai";
import { from, map, Subject } from "rxjs";
import { RerunError } from "../../lib/errors.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { type DroppedCounts, rateLimitBytes } from "../../operators/rate-limit-bytes.ts";
import { chunkIn } from "../helpers/chunk-rows.ts";
import { flow, flows, flowText } from "../helpers/flow.ts";
import { marbles } from "../helpers/marbles.ts";
import { operatorCases } from "../helpers/operator-cases.ts";

const m = flows({
  a: "/a x1",
  b: "/a x2",
  c: "/a x3",
  y: "/a y4",
  o: "/o x5",
  s: "/a! x6",
});

/** Bytes of each of the temporal messages: they have the same shape. */
const SIZE = chunkIn(m.a).byteLength;
/** A rate at which one of them passes every 5 ms. */
const RATE = SIZE * 200;
const one = { burstBytes: SIZE };

describe("rateLimitBytes", () => {
  operatorCases(() => rateLimitBytes(1e6));

  it(
    "lets a burst pass, then what the rate allows, the latest values of each entity",
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot<LogMsg>("-a-b-c--------a-----|", m);
      const subs = "              ^-------------------!";
      const expected = "          -a----c-------a-----|";
      expectObservable(source.pipe(rateLimitBytes(RATE, one))).toBe(expected, m);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    "lets as much pass at once as the bucket holds",
    marbles(({ hot, expectObservable }) => {
      const source = hot<LogMsg>("-(abc)-----------|", m);
      const two = { burstBytes: 2 * SIZE };
      expectObservable(source.pipe(rateLimitBytes(RATE, two))).toBe("-(ab)-c----------|", m);
    }),
  );

  it(
    "keeps the latest of each component, and lets entities take turns",
    marbles(({ hot, expectObservable }) => {
      const source = hot<LogMsg>("ab-yo-c-----------------|", m);
      // Two chunks of /a go together, and leave a debt.
      const expected = "          a----(by)------o----c---|";
      expectObservable(source.pipe(rateLimitBytes(RATE, one))).toBe(expected, m);
    }),
  );

  it(
    "lets all pass later when told, in order",
    marbles(({ hot, expectObservable }) => {
      const source = hot<LogMsg>("abcy---------------|", m);
      const expected = "          a----b----c----y---|";
      expectObservable(source.pipe(rateLimitBytes(RATE, { ...one, policy: "delay" }))).toBe(
        expected,
        m,
      );
    }),
  );

  it(
    "lets static data pass at once, which the rest then has to wait for",
    marbles(({ hot, expectObservable }) => {
      const source = hot<LogMsg>("-s-a---------|", m);
      const size = chunkIn(m.s).byteLength;
      const operator = rateLimitBytes(size * 200, { burstBytes: size });
      expect(chunkIn(m.a).byteLength).to.be.above(size);
      expectObservable(source.pipe(operator)).toBe("-s----a------|", m);
    }),
  );

  it(
    "lets a message pass that is larger than the bucket, when that is full",
    marbles(({ hot, expectObservable }) => {
      const source = hot<LogMsg>("a-b-----------|", m);
      const operator = rateLimitBytes(RATE, { burstBytes: SIZE / 5 });
      // A fifth was in the bucket: four fifths are owed, and a fifth must be in it again.
      expectObservable(source.pipe(operator)).toBe("a----b--------|", m);
    }),
  );

  it(
    "lets what waits pass when the source completes or fails",
    marbles(({ hot, expectObservable }) => {
      const latest = rateLimitBytes(RATE, one);
      const delay = rateLimitBytes(RATE, { ...one, policy: "delay" });
      expectObservable(hot<LogMsg>("abc|", m).pipe(latest)).toBe("a--(c|)", m);
      expectObservable(hot<LogMsg>("abc#", m).pipe(latest)).toBe("a--(c#)", m);
      expectObservable(hot<LogMsg>("abc|", m).pipe(delay)).toBe("a--(bc|)", m);
      expectObservable(hot<LogMsg>("abc#", m).pipe(delay)).toBe("a--(bc#)", m);
    }),
  );

  it("tells how much it dropped", () => {
    const counts: DroppedCounts[] = [];
    const source = new Subject<LogMsg>();
    const seen: string[] = [];
    const operator = rateLimitBytes(1, { ...one, onDrop: (drops) => counts.push(drops) });
    source.pipe(operator, map(flowText)).subscribe((text) => seen.push(text));
    for (const text of ["/a x1", "/a x2", "/a x3 x4", "/a y5", "/o x6"]) source.next(flow(text));
    expect(counts).to.deep.equal([]);
    source.complete();
    expect(seen).to.deep.equal(["/a x1", "/a x4", "/a y5", "/o x6"]);
    expect(counts.map(({ rows }) => rows)).to.deep.equal([2]);
    expect(counts[0]?.bytes).to.be.above(SIZE);
  });

  it("drops the oldest when more waits than may, and tells each time", () => {
    const drops = new Subject<DroppedCounts>();
    const counts: DroppedCounts[] = [];
    drops.subscribe((each) => counts.push(each));
    const seen: string[] = [];
    const operator = rateLimitBytes(1, {
      ...one,
      policy: "delay",
      queueBytes: 2 * SIZE,
      onDrop: drops,
    });
    from(["/a x1", "/a x2", "/a x3", "/a x4", "/a x5"].map(flow))
      .pipe(operator, map(flowText))
      .subscribe((text) => seen.push(text));
    expect(seen).to.deep.equal(["/a x1", "/a x4", "/a x5"]);
    expect(counts).to.deep.equal([
      { rows: 1, bytes: SIZE },
      { rows: 2, bytes: 2 * SIZE },
    ]);
    const none = rateLimitBytes(1, { ...one, policy: "delay", queueBytes: 0 });
    from(["/a x1", "/a x2", "/a x3"].map(flow))
      .pipe(none, map(flowText))
      .subscribe((text) => seen.push(text));
    expect(seen.slice(3)).to.deep.equal(["/a x1", "/a x3"]);
  });

  it("fails the stream when the function throws", () => {
    const reason = new Error("told");
    const operator = rateLimitBytes(1, {
      ...one,
      policy: "delay",
      queueBytes: SIZE,
      onDrop: () => {
        throw reason;
      },
    });
    let failure: unknown;
    const source = new Subject<LogMsg>();
    source.pipe(operator).subscribe({
      error: (error) => {
        failure = error;
      },
    });
    for (const text of ["/a x1", "/a x2", "/a x3"]) source.next(flow(text));
    expect(failure).to.equal(reason);
    expect(source.observed).to.equal(false);
  });

  it("refuses wrong options at the call", () => {
    for (const call of [
      () => rateLimitBytes(0),
      () => rateLimitBytes(Infinity),
      () => rateLimitBytes("1" as never),
      () => rateLimitBytes(1, { burstBytes: 0 }),
      () => rateLimitBytes(1, { queueBytes: -1 }),
      () => rateLimitBytes(1, { policy: "drop" as never }),
      () => rateLimitBytes(1, { onDrop: {} as never }),
    ])
      expect(call).to.throw(RerunError).with.property("code", "invalid-argument");
  });
});
