import { expect } from "chai";
import fc from "fast-check";
import { from, map, of, toArray } from "rxjs";
import { RerunError } from "../../lib/errors.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { filterEntities } from "../../operators/filter-entities.ts";
import { flow, flows, flowText } from "../helpers/flow.ts";
import { marbles } from "../helpers/marbles.ts";
import { operatorCases } from "../helpers/operator-cases.ts";

const m = flows({
  c: "/camera/image x1",
  d: "/camera/debug x2",
  w: "/world x3",
});

/** The texts of those messages that pass. */
function passing(operator: ReturnType<typeof filterEntities>, ...texts: string[]): string[] {
  const seen: string[] = [];
  from(texts.map(flow))
    .pipe(operator, map(flowText))
    .subscribe((text) => seen.push(text));
  return seen;
}

describe("filterEntities", () => {
  operatorCases(() => filterEntities("+ /a"));

  it(
    "lets the entities pass that the rules include, in order",
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot<LogMsg>("-c-d-w-(cdw)-c-|", m);
      const subs = "              ^--------------!";
      const expected = "          -c-----c-----c-|";
      const operator = filterEntities("+ /camera/**\n- /camera/debug/**");
      expectObservable(source.pipe(operator)).toBe(expected, m);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    "lets no temporal data pass that no rule matches",
    marbles(({ hot, expectObservable }) => {
      const source = hot<LogMsg>("-c-d-w-|", m);
      expectObservable(source.pipe(filterEntities("- /world"))).toBe("-------|");
      expectObservable(source.pipe(filterEntities(""))).toBe("-------|");
      expectObservable(source.pipe(filterEntities("/**"))).toBe("-c-d-w-|", m);
    }),
  );

  it("lets static data pass unless a rule excludes its entity, or it is told to filter it", () => {
    const all = ["/camera! x1", "/world! x2", "/debug/mesh! x3"];
    expect(passing(filterEntities("+ /camera/**"), ...all)).to.deep.equal(all);
    expect(passing(filterEntities("+ /camera/** - /debug/**"), ...all)).to.deep.equal(
      all.slice(0, 2),
    );
    expect(passing(filterEntities("+ /camera/**", { static: "filter" }), ...all)).to.deep.equal([
      "/camera! x1",
    ]);
  });

  it("lets properties pass unless a rule is about them", () => {
    const all = ["/__properties! x1", "/__properties/episode! x2"];
    expect(passing(filterEntities("- /**", { static: "filter" }), ...all)).to.deep.equal(all);
    expect(passing(filterEntities("- /__properties/episode"), ...all)).to.deep.equal(
      all.slice(0, 1),
    );
    expect(passing(filterEntities("+ /** - /__properties/**"), ...all)).to.deep.equal([]);
  });

  it("knows what `$origin` is when told", () => {
    const operator = filterEntities("+ $origin/**", { origin: "/world" });
    expect(passing(operator, "/world/a x1", "/a x2")).to.deep.equal(["/world/a x1"]);
  });

  it("refuses rules and options that it cannot read, at the call", () => {
    for (const call of [
      () => filterEntities("+ $origin/**"),
      () => filterEntities("+ /a/*"),
      () => filterEntities(undefined as never),
      () => filterEntities("/a", { static: true as never }),
    ])
      expect(call).to.throw(RerunError).with.property("code", "invalid-argument");
  });

  it("parts any stream in two with a filter and its opposite", () => {
    const paths = ["/a", "/a/b", "/a/b/c", "/d", "/d/e"];
    const rule = fc.tuple(fc.boolean(), fc.constantFrom(...paths, ""), fc.boolean());
    const chunk = fc
      .tuple(fc.constantFrom(...paths), fc.boolean(), fc.nat({ max: 9 }))
      .map(([path, isStatic, x]) => flow(`${path}${isStatic ? "!" : ""} x${x}`));
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 6 }), fc.array(chunk), (rules, messages) => {
        const text = (flip: boolean): string =>
          [
            [!flip, "", true] as const,
            ...rules.map(([on, ...rest]) => [on === flip, ...rest] as const),
          ]
            .map(([on, path, tree]) => `${on ? "+" : "-"} ${tree ? `${path}/**` : path || "/"}`)
            .join("\n");
        const through = (flip: boolean): LogMsg[] => {
          let out: LogMsg[] = [];
          of(...messages)
            .pipe(filterEntities(text(flip)), toArray())
            .subscribe((all) => {
              out = all;
            });
          return out;
        };
        const [one, other] = [through(true), through(false)];
        expect(one.length + other.length).to.equal(messages.length);
        expect(messages.filter((message) => one.includes(message))).to.deep.equal(one);
        expect(messages.filter((message) => other.includes(message))).to.deep.equal(other);
      }),
    );
  });
});
