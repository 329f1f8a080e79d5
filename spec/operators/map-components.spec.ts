import { expect } from "chai";
import { from, map, toArray } from "rxjs";
import { list, primitive } from "../../lib/arrow/data-type.ts";
import { RerunError } from "../../lib/errors.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import {
  type ComponentValues,
  type MappedValues,
  mapComponents,
} from "../../operators/map-components.ts";
import { chunkIn, chunkOf, message, type PlainRow, plainRows } from "../helpers/chunk-rows.ts";
import { flow, flows, flowText } from "../helpers/flow.ts";
import { marbles } from "../helpers/marbles.ts";
import { operatorCases } from "../helpers/operator-cases.ts";
import { describeComponent } from "../helpers/rows.ts";

const m = flows({ a: "/a x1y2 x[3,4] y5", b: "/b y6", c: "/c! x7", s: "store" });

const times10 = ({ values }: ComponentValues): MappedValues =>
  (values as Float64Array).map((v) => 10 * v);

/** The results of one operator for some messages. */
function results(operator: ReturnType<typeof mapComponents>, ...messages: LogMsg[]): LogMsg[] {
  let out: LogMsg[] = [];
  from(messages)
    .pipe(operator, toArray())
    .subscribe((all) => {
      out = all;
    });
  return out;
}

describe("mapComponents", () => {
  operatorCases(() => mapComponents("z", times10));

  it(
    "changes the values of the chosen component, of temporal and static data",
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot<LogMsg>("-s-a-b-c-|", m);
      const subs = "              ^--------!";
      const expected = "          -s-x-b-z-|";
      expectObservable(source.pipe(mapComponents("x", times10), map(flowText))).toBe(expected, {
        s: "store",
        x: "/a x10y2@1 x[30,40]@3 y5",
        b: "/b y6",
        z: "/c! x70",
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    "fails the stream with what the function throws",
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot<LogMsg>("-s-b-a-b-|", m);
      const reason = new Error("wrong");
      const operator = mapComponents("x", () => {
        throw reason;
      });
      expectObservable(source.pipe(operator)).toBe("-s-b-#", m, reason);
      expectSubscriptions(source.subscriptions).toBe("^----!");
    }),
  );

  it("hands over the instances of all rows at once, with their lengths", () => {
    const calls: ComponentValues[] = [];
    results(
      mapComponents("x", (values) => {
        calls.push(values);
        return values.array;
      }),
      m.a,
    );
    expect(calls).to.have.length(1);
    const [{ entityPath, descriptor, values, lengths, array } = {} as ComponentValues] = calls;
    expect([entityPath, descriptor.component]).to.deep.equal(["/a", "x"]);
    expect(values).to.deep.equal(Float64Array.of(1, 3, 4));
    expect(lengths).to.deep.equal(Int32Array.of(1, 2, 0));
    expect(array.length).to.equal(3);
  });

  it("passes messages on as they are when the values are, or there are none", () => {
    expect(
      results(
        mapComponents("x", ({ array }) => array),
        m.a,
        m.b,
      ),
    ).to.deep.equal([m.a, m.b]);
  });

  it("lets values be changed in place without harm to other sinks", () => {
    const source = flow("/a x1 x2");
    const [changed] = results(
      mapComponents("x", ({ values }) => values?.fill(0 as never)),
      source,
    );
    expect([source, changed].map((each) => flowText(each as LogMsg))).to.deep.equal([
      "/a x1 x2",
      "/a x0@1 x0@2",
    ]);
  });

  it("copies arrays that the function may use again", () => {
    const scratch = new Float64Array(20_000);
    let call = 0;
    const operator = mapComponents("x", () => scratch.fill(++call));
    const long = chunkOf("/a", [
      {
        times: { frame: { sequence: 1 } },
        cells: [[describeComponent("x", primitive("float64")), [...scratch]]],
      },
    ]);
    const [first, second] = results(operator, message(long), message(long));
    const values = (msg: LogMsg | undefined): unknown =>
      (plainRows(chunkIn(msg)) as [PlainRow])[0].cells["x"];
    for (const [i, out] of [first, second].entries())
      expect((values(out) as number[])[0]).to.equal(i + 1);
  });

  it("takes another component in the place of the old one, also with other lengths", () => {
    const small = describeComponent("small", primitive("float32"));
    const [narrowed] = results(
      mapComponents("x", ({ values, lengths }) => ({
        descriptor: small,
        array: {
          type: small.type,
          length: lengths.length - 1,
          values: Float32Array.of(values?.[0] as number, 9),
        },
        lengths: lengths.map((n) => Math.min(n, 1)),
      })),
      m.a,
    );
    expect(plainRows(chunkIn(narrowed)).map((r) => r.cells)).to.deep.equal([
      { small: [1], y: [2] },
      { small: [9] },
      { y: [5] },
    ]);
    const [dropped] = results(
      mapComponents("x", () => undefined),
      m.a,
    );
    expect(flowText(dropped as LogMsg)).to.equal("/a y2@1 y5");
    expect(
      results(
        mapComponents("x", () => undefined),
        m.c,
      ),
    ).to.deep.equal([]);
  });

  it("takes plain numbers as well, and knows what values are when told", () => {
    const operator = mapComponents<Float64Array>("x", ({ values }) =>
      [...values].map((v) => v + 1),
    );
    expect(results(operator, m.a).map(flowText)).to.deep.equal(["/a x2y2@1 x[4,5]@3 y5"]);
  });

  it("maps texts and other nested values as Arrow arrays", () => {
    const texts = describeComponent("texts", primitive("utf8"));
    const lists = describeComponent("lists", list(primitive("int32"), true));
    const source = message(
      chunkOf("/a", [
        { times: "static", cells: [[texts, ["a", "bc"]]] },
        { times: "static", cells: [[lists, [[1], null, [2, 3]]]] },
        { times: "static", cells: [[texts, ["def"]]] },
      ]),
    );
    const upper = mapComponents("texts", ({ array, values }) => {
      expect(values).to.equal(undefined);
      const bytes = (array.values as Uint8Array).map((byte) => byte - 32);
      return { ...array, values: bytes };
    });
    const [mapped] = results(upper, source);
    expect(plainRows(chunkIn(mapped)).map((r) => r.cells)).to.deep.equal([
      { texts: ["A", "BC"] },
      { lists: [[1], null, [2, 3]] },
      { texts: ["DEF"] },
    ]);
  });

  it("fails the stream with what does not fit", () => {
    const wrong: MappedValues[] = [
      new Float64Array(2),
      { type: primitive("float64"), length: 2, values: [1, 2] },
      { type: primitive("float32"), length: 3, values: [1, 2, 3] },
      "text" as never,
      null as never,
      {
        descriptor: describeComponent("x", primitive("float64")),
        array: { type: primitive("float64"), length: 3, values: [1, 2, 3] },
        lengths: [1, 1, 1],
      },
      {
        descriptor: describeComponent("x", primitive("float64")),
        array: { type: primitive("float64"), length: 3, values: [1, 2, 3] },
        lengths: [1, 1],
      },
      {
        descriptor: describeComponent("x", primitive("float64")),
        array: { type: primitive("float64"), length: 3, values: [1, 2, 3] },
        lengths: [5, -2, 0],
      },
    ];
    for (const result of wrong) {
      let reason: unknown;
      from([m.a])
        .pipe(mapComponents("x", () => result))
        .subscribe({
          error: (error) => {
            reason = error;
          },
        });
      expect(reason).to.be.instanceOf(RerunError).with.property("code", "invalid-component");
    }
  });

  it("makes ids of its own, the same ones for the same key", () => {
    const id = (operator: ReturnType<typeof mapComponents>): string =>
      results(operator, m.a)
        .map((each) => chunkIn(each).id.toString())
        .join();
    const operator = mapComponents("x", times10);
    expect(id(operator)).to.equal(id(operator));
    expect(id(operator)).not.to.equal(id(mapComponents("x", times10)));
    expect(id(mapComponents("x", times10, { key: "ten" }))).to.equal(
      id(mapComponents("x", times10, { key: "ten" })),
    );
  });

  it("refuses wrong arguments at the call", () => {
    expect(() => mapComponents({}, times10))
      .to.throw(RerunError)
      .with.property("code", "invalid-argument");
    expect(() => mapComponents("x", undefined as never))
      .to.throw(RerunError)
      .with.property("code", "invalid-argument");
  });
});
