import { expect } from "chai";
import { map } from "rxjs";
import { RerunError } from "../../lib/errors.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { prefixEntities } from "../../operators/prefix-entities.ts";
import { flows, flowText } from "../helpers/flow.ts";
import { marbles } from "../helpers/marbles.ts";
import { operatorCases } from "../helpers/operator-cases.ts";

const m = flows({ s: "store", a: "/a x1 x2", b: "/b! x3", r: "/ x4", p: "/__properties! x5" });

describe("prefixEntities", () => {
  // With the root as the prefix nothing changes; what does is below.
  operatorCases(() => prefixEntities("/"));

  it(
    "puts all entities below a path, and leaves properties where they are",
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot<LogMsg>("-s-a-b-r-p-|", m);
      const subs = "              ^----------!";
      const expected = "          -s-a-b-r-p-|";
      expectObservable(source.pipe(prefixEntities("left arm"), map(flowText))).toBe(expected, {
        s: "store",
        a: "/left\\ arm/a x1 x2",
        b: "/left\\ arm/b! x3",
        r: "/left\\ arm x4",
        p: "/__properties! x5",
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it("takes raw parts as well, and refuses what is no path", () => {
    expect(() => prefixEntities(["a", "b c"])).not.to.throw();
    expect(() => prefixEntities(7 as never))
      .to.throw(RerunError)
      .with.property("code", "invalid-entity-path");
  });
});
