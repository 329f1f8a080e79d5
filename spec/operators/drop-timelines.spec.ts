import { expect } from "chai";
import { from, map } from "rxjs";
import { RerunError } from "../../lib/errors.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { dropTimelines } from "../../operators/drop-timelines.ts";
import { chunkIn, claimsSorted, plainRows } from "../helpers/chunk-rows.ts";
import { flow, flows, flowText } from "../helpers/flow.ts";
import { marbles } from "../helpers/marbles.ts";
import { operatorCases } from "../helpers/operator-cases.ts";

const m = flows({
  a: "/a x1@frame=1,log_tick=7 y2@frame=2,log_tick=8",
  b: "/b x3@3",
  c: "/c x4@log_tick=9",
});

const through = (operator: ReturnType<typeof dropTimelines>, ...texts: string[]): string[] => {
  const seen: string[] = [];
  from(texts.map(flow))
    .pipe(operator, map(flowText))
    .subscribe((text) => seen.push(text));
  return seen;
};

describe("dropTimelines", () => {
  operatorCases(() => dropTimelines("t"));

  it(
    "takes the timelines off all rows, which keep their other times",
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot<LogMsg>("-a-b-(ab)-|", m);
      const subs = "              ^---------!";
      const expected = "          -x-y-(xy)-|";
      expectObservable(source.pipe(dropTimelines("log_tick"), map(flowText))).toBe(expected, {
        x: "/a x1 y2",
        y: "/b x3",
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    "leaves out rows that have no other timeline, and makes them static only when told",
    marbles(({ hot, expectObservable }) => {
      const source = hot<LogMsg>("-a-c-|", m);
      expectObservable(source.pipe(dropTimelines("log_tick"), map(flowText))).toBe("-x---|", {
        x: "/a x1 y2",
      });
      expectObservable(
        source.pipe(dropTimelines({ timelines: ["log_tick"], orphans: "static" }), map(flowText)),
      ).toBe("-x-y-|", { x: "/a x1 y2", y: "/c! x4" });
    }),
  );

  it("drops several at once", () => {
    const text = "/a x1@frame=1,log_tick=2,log_time=3,t=4";
    expect(through(dropTimelines("log_tick", "log_time"), text)).to.deep.equal([
      "/a x1@frame=1,t=4",
    ]);
    expect(through(dropTimelines("log_tick", "log_time", "t"), text)).to.deep.equal(["/a x1"]);
    expect(through(dropTimelines("frame", "log_tick", "log_time", "t"), text)).to.deep.equal([]);
  });

  it("passes messages that have none of them as they are", () => {
    const message = flow("/a x1");
    const seen: LogMsg[] = [];
    from([message])
      .pipe(dropTimelines("t"))
      .subscribe((each) => seen.push(each));
    expect(seen[0]).to.equal(message);
  });

  it("keeps row ids, and what is true of the order of times", () => {
    const message = flow("/a x1@frame=2,t=1 x2@frame=1,t=2");
    let out: LogMsg | undefined;
    from([message])
      .pipe(dropTimelines("frame"))
      .subscribe((each) => {
        out = each;
      });
    expect(plainRows(chunkIn(out)).map((r) => r.rowId)).to.deep.equal(
      plainRows(chunkIn(message)).map((r) => r.rowId),
    );
    expect(claimsSorted(chunkIn(message))).to.deep.equal(["rerun.controls.RowId", "t"]);
    expect(claimsSorted(chunkIn(out))).to.deep.equal(["rerun.controls.RowId", "t"]);
    expect(chunkIn(out).id.toString()).not.to.equal(chunkIn(message).id.toString());
  });

  it("refuses wrong names and options at the call", () => {
    for (const call of [
      () => dropTimelines(),
      () => dropTimelines(""),
      () => dropTimelines(7 as never),
      () => dropTimelines({ timelines: [] }),
      () => dropTimelines({ timelines: ["t"], orphans: "keep" as never }),
    ])
      expect(call).to.throw(RerunError).with.property("code", "invalid-argument");
  });
});
