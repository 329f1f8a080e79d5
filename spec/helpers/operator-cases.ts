import { expect } from "chai";
import { type MonoTypeOperatorFunction, map, Observable, take } from "rxjs";
import type { LogMsg } from "../../lib/log-msg.ts";
import { flow, flows, flowText } from "./flow.ts";
import { marbles } from "./marbles.ts";

/** What passes any operator as it comes, at once. */
const PINNED = flows({
  s: "store",
  t: "/static! x1",
  p: "/__properties! x2",
  b: "blueprint: store",
  c: "blueprint: /view! x3",
  d: "activate",
});

/**
 * The cases that all operators on messages share: nothing, an end, an error, what always passes, and an early end.
 *
 * @param make the operator, with options under which temporal data is not simply lost
 * @param passes whether `/a x1` passes alone, sooner or later
 */
export function operatorCases(make: () => MonoTypeOperatorFunction<LogMsg>, passes = true): void {
  it(
    "never emits when nothing ever comes",
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<LogMsg>("-");
      expectObservable(source.pipe(make())).toBe("-");
      expectSubscriptions(source.subscriptions).toBe("^");
    }),
  );

  it(
    "completes with an empty source",
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<LogMsg>("---|");
      expectObservable(source.pipe(make())).toBe("---|");
      expectSubscriptions(source.subscriptions).toBe("^--!");
    }),
  );

  it(
    "passes an error on",
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<LogMsg>("-s-#", PINNED);
      expectObservable(source.pipe(make())).toBe("-s-#", PINNED);
      expectSubscriptions(source.subscriptions).toBe("^--!");
    }),
  );

  it(
    "lets stores, static data, properties and blueprints pass as they are, at once",
    marbles(({ hot, expectObservable }) => {
      const source = hot<LogMsg>("-(st)-p-(bcd)-|", PINNED);
      expectObservable(source.pipe(make())).toBe("-(st)-p-(bcd)-|", PINNED);
    }),
  );

  it(
    "emits nothing after an early unsubscribe, and leaves no timer behind",
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot<LogMsg>("-s-a-a----|", { ...PINNED, a: flow("/a x1") });
      const unsub = "             --!";
      expectObservable(source.pipe(make()), unsub).toBe("-s", PINNED);
      expectObservable(source.pipe(make(), take(1))).toBe("-(s|)", PINNED);
      expectSubscriptions(source.subscriptions).toBe(["^-!", "^!"]);
    }),
  );

  it("ends a source that emits all at once when nobody listens any more", () => {
    let emitted = 0;
    const endless = new Observable<LogMsg>((subscriber) => {
      while (!subscriber.closed && emitted < 1000) {
        emitted++;
        subscriber.next(PINNED.t);
      }
    });
    endless.pipe(make(), take(3)).subscribe();
    expect(emitted).to.equal(3);
  });

  if (passes) {
    it("passes one chunk on before the source ends, whether it completes or fails", () => {
      for (const end of ["complete", "error"] as const) {
        const seen: string[] = [];
        new Observable<LogMsg>((subscriber) => {
          subscriber.next(flow("/a x1"));
          subscriber[end]("reason");
        })
          .pipe(make(), map(flowText))
          .subscribe({
            next: (text) => seen.push(text),
            complete: () => seen.push("complete"),
            error: (error) => seen.push("error", error as string),
          });
        expect(seen[0]).to.match(/ x1(@1)?$/);
        expect(seen.slice(1)).to.deep.equal(
          end === "complete" ? ["complete"] : ["error", "reason"],
        );
      }
    });
  }

  it("keeps what it remembers to each subscription", () => {
    const operator = make();
    const run = (): string[] => {
      const seen: string[] = [];
      new Observable<LogMsg>((subscriber) => {
        for (const text of ["store", "/a x1 x2 x3", "/b x4", "/a x5"]) subscriber.next(flow(text));
        subscriber.complete();
      })
        .pipe(operator, map(flowText))
        .subscribe((text) => seen.push(text));
      return seen;
    };
    expect(run()).to.deep.equal(run());
  });
}
