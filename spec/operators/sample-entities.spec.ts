import { expect } from "chai";
import fc from "fast-check";
import { from, map } from "rxjs";
import { RerunError } from "../../lib/errors.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { sampleEntities } from "../../operators/sample-entities.ts";
import { flow, flows, flowText } from "../helpers/flow.ts";
import { marbles } from "../helpers/marbles.ts";
import { operatorCases } from "../helpers/operator-cases.ts";

const m = flows({ a: "/a x1 x2", b: "/b x3", c: "/a! x4" });

const sampled = (n: number, ...texts: string[]): string[] => {
  const seen: string[] = [];
  from(texts.map(flow))
    .pipe(sampleEntities(n), map(flowText))
    .subscribe((text) => seen.push(text));
  return seen;
};

describe("sampleEntities", () => {
  operatorCases(() => sampleEntities(2));

  it(
    "lets the first row of each entity pass, then every n-th, across chunks",
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot<LogMsg>("-a-a-(bc)-a-a-b-|", m);
      const subs = "              ^---------------!";
      const thirds = "            -x-y-(zc)---x---|";
      const halves = "            -x-x-(zc)-x-x---|";
      const values = { x: "/a x1", y: "/a x2", z: "/b x3", c: "/a! x4" };
      expectObservable(source.pipe(sampleEntities(3), map(flowText))).toBe(thirds, values);
      expectObservable(source.pipe(sampleEntities(2), map(flowText))).toBe(halves, values);
      expectSubscriptions(source.subscriptions).toBe([subs, subs]);
    }),
  );

  it(
    "passes everything as it is with 1",
    marbles(({ hot, expectObservable }) => {
      const source = hot<LogMsg>("-a-(bc)-a-|", m);
      expectObservable(source.pipe(sampleEntities(1))).toBe("-a-(bc)-a-|", m);
    }),
  );

  it("lets clears pass, and does not count them", () => {
    expect(sampled(2, "/a x1", "/a clear@2", "/a x3", "/a x4 clear@5 x6 clear@7 x8")).to.deep.equal(
      ["/a x1", "/a clear@2", "/a x4 clear@5 clear@7 x8"],
    );
  });

  it("counts apart for each recording", () => {
    expect(sampled(2, "/a x1", "b: /a x2", "/a x3", "b: /a x4", "/a x5")).to.deep.equal([
      "/a x1",
      "b: /a x2",
      "/a x5",
    ]);
  });

  it("refuses numbers that are no whole ones from 1 on", () => {
    for (const n of [0, -1, 1.5, Number.NaN, Infinity, "2"])
      expect(() => sampleEntities(n as number))
        .to.throw(RerunError, /Expected `n`/)
        .with.property("code", "invalid-argument");
  });

  it("picks the same rows however they are cut into chunks", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 7 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 12 }),
        (n, sizes) => {
          let next = 0;
          const texts = sizes.map(
            (size) => `/a ${Array.from({ length: size }, () => `x${next++}`).join(" ")}`,
          );
          const rows = sampled(n, ...texts).flatMap((text) => text.split(" ").slice(1));
          expect(rows).to.deep.equal(
            Array.from({ length: Math.ceil(next / n) }, (_, i) => `x${i * n}`),
          );
        },
      ),
    );
  });
});
