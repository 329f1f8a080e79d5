import { expect } from "chai";
import { map, Subject } from "rxjs";
import { RerunError } from "../../lib/errors.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { type FlowStats, tapStats } from "../../operators/tap-stats.ts";
import { chunkIn } from "../helpers/chunk-rows.ts";
import { flow, flows } from "../helpers/flow.ts";
import { marbles } from "../helpers/marbles.ts";
import { operatorCases } from "../helpers/operator-cases.ts";

const m = flows({ a: "/a x1 x2", b: "/b x3", s: "/a! x4", i: "store" });

/** Stats in short: rows, and rows of each entity. */
const short = ({ rows, entities, intervalMs }: FlowStats): string =>
  `${intervalMs} ms: ${rows} = ${entities.map((e) => `${e.rows} ${e.entityPath}`).join(" + ")}`;

describe("tapStats", () => {
  operatorCases(() => tapStats(() => undefined));

  it(
    "tells the counts of each interval, which begins with a chunk",
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot<LogMsg>("-i-a-b-s-------a---------|", m);
      const subs = "              ^------------------------!";
      const told = "              --------u-----------v-----";
      const stats$ = new Subject<FlowStats>();
      expectObservable(stats$.pipe(map(short))).toBe(told, {
        u: "5 ms: 4 = 3 /a + 1 /b",
        v: "5 ms: 2 = 2 /a",
      });
      expectObservable(source.pipe(tapStats(stats$, { intervalMs: 5 }))).toBe(
        "                         -i-a-b-s-------a---------|",
        m,
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    "counts what comes in the frame in which an interval ends in that one, and one later in the next",
    marbles(({ hot, expectObservable }) => {
      const on = hot<LogMsg>("   a----b-----------|", m);
      const behind = hot<LogMsg>("a-----b----------|", m);
      const stats$ = new Subject<FlowStats>();
      const later$ = new Subject<FlowStats>();
      expectObservable(stats$.pipe(map(short))).toBe("-----u", { u: "5 ms: 3 = 2 /a + 1 /b" });
      expectObservable(later$.pipe(map(short))).toBe("-----u-----v", {
        u: "5 ms: 2 = 2 /a",
        v: "5 ms: 1 = 1 /b",
      });
      on.pipe(tapStats(stats$, { intervalMs: 5 })).subscribe();
      behind.pipe(tapStats(later$, { intervalMs: 5 })).subscribe();
    }),
  );

  it("counts chunks and bytes, in all and of each entity of each recording", () => {
    const seen: FlowStats[] = [];
    const source = new Subject<LogMsg>();
    source.pipe(tapStats((stats) => seen.push(stats))).subscribe();
    const messages = ["/a x1 x2", "b: /a x3", "/a x4"].map(flow);
    for (const message of messages) source.next(message);
    expect(seen).to.deep.equal([]);
    source.complete();
    const sizes = messages.map((message) => chunkIn(message).byteLength) as [
      number,
      number,
      number,
    ];
    expect(seen).to.have.length(1);
    expect(seen[0]).to.deep.include({ chunks: 3, rows: 4, bytes: sizes[0] + sizes[1] + sizes[2] });
    expect(seen[0]?.entities).to.deep.equal([
      {
        storeId: messages[0]?.storeId,
        entityPath: "/a",
        chunks: 2,
        rows: 3,
        bytes: sizes[0] + sizes[2],
      },
      { storeId: messages[1]?.storeId, entityPath: "/a", chunks: 1, rows: 1, bytes: sizes[1] },
    ]);
  });

  it("tells before it passes an error on, and leaves a Subject open", () => {
    const stats$ = new Subject<FlowStats>();
    const order: string[] = [];
    stats$.subscribe({ next: () => order.push("told"), complete: () => order.push("completed") });
    const source = new Subject<LogMsg>();
    source.pipe(tapStats(stats$)).subscribe({ error: () => order.push("error") });
    source.next(m.a);
    source.error(new Error("end"));
    expect(order).to.deep.equal(["told", "error"]);
  });

  it(
    "fails the stream when the function throws",
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot<LogMsg>("-a-----------|", m);
      const reason = new Error("told");
      const operator = tapStats(
        () => {
          throw reason;
        },
        { intervalMs: 5 },
      );
      expectObservable(source.pipe(operator)).toBe("-a----#", m, reason);
      expectSubscriptions(source.subscriptions).toBe("^-----!");
    }),
  );

  it("refuses wrong arguments at the call", () => {
    for (const call of [
      () => tapStats(undefined as never),
      () => tapStats({} as never),
      () => tapStats(() => undefined, { intervalMs: 0 }),
    ])
      expect(call).to.throw(RerunError).with.property("code", "invalid-argument");
  });
});
