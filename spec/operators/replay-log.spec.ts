import { expect } from "chai";
import fc from "fast-check";
import { map, Subject, take, takeUntil } from "rxjs";
import { MessageLog } from "../../lib/message-log.ts";
import { replayLog } from "../../operators/replay-log.ts";
import { marbles } from "../helpers/marbles.ts";

/** A log of strings: each takes its length in bytes, upper case is pinned. */
function logOf(limits: { historyBytes?: number; backlogBytes?: number } = {}): MessageLog<string> {
  return new MessageLog<string>({
    sizeOf: (text) => text.length,
    isPinned: (text) => text !== text.toLowerCase(),
    historyBytes: Infinity,
    backlogBytes: Infinity,
    ...limits,
  });
}

describe("replayLog", () => {
  it(
    "says nothing while nothing comes",
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold("-");
      expectObservable(source.pipe(replayLog(logOf()))).toBe("-");
      expectSubscriptions(source.subscriptions).toBe("^");
    }),
  );

  it(
    "completes with an empty source",
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold("---|");
      expectObservable(source.pipe(replayLog(logOf()))).toBe("---|");
      expectSubscriptions(source.subscriptions).toBe("^--!");
    }),
  );

  it(
    "passes one item on, and many, as they come",
    marbles(({ cold, expectObservable }) => {
      expectObservable(cold("--a|").pipe(replayLog(logOf()))).toBe("--a|");
      expectObservable(cold("a-b(cd)-|").pipe(replayLog(logOf()))).toBe("a-b(cd)-|");
      expectObservable(cold("(abc|)").pipe(replayLog(logOf()))).toBe("(abc|)");
    }),
  );

  it(
    "gives a late subscriber first what came before, then what follows",
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot("-a-b------c--d-|");
      const late = "              -----^          ";
      const expected = "          -----(ab)-c--d-|";
      const log = source.pipe(replayLog(logOf()));
      expectObservable(log).toBe("-a-b------c--d-|");
      expectObservable(log, late).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe("^--------------!");
    }),
  );

  it(
    "gives a subscriber after the end everything, and the end",
    marbles(({ cold, expectObservable }) => {
      const log = cold("-a-b|").pipe(replayLog(logOf()));
      expectObservable(log).toBe("-a-b|");
      expectObservable(log, "------^").toBe("------(ab|)");
    }),
  );

  it(
    "passes an error on, behind everything that is held",
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold("-a-#");
      const log = source.pipe(replayLog(logOf()));
      expectObservable(log).toBe("-a-#");
      expectObservable(log, "-----^").toBe("-----(a#)");
      expectSubscriptions(source.subscriptions).toBe("^--!");
    }),
  );

  it(
    "subscribes once to the source, and stays when subscribers leave",
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot("-a-b-c-------d-|");
      const log = source.pipe(replayLog(logOf()));
      expectObservable(log, "     ^-!").toBe("-a-");
      expectObservable(log.pipe(take(2))).toBe("-a-(b|)");
      expectObservable(log, "------^").toBe("------(abc)--d-|");
      expectSubscriptions(source.subscriptions).toBe("^--------------!");
    }),
  );

  it("gives late subscribers no more than the history, and always what is pinned", () => {
    const source = new Subject<string>();
    const log = source.pipe(replayLog(logOf({ historyBytes: 4 })));
    log.subscribe();
    for (const item of ["A", "b", "c", "D", "e", "f", "g", "h"]) source.next(item);
    const late: string[] = [];
    log.subscribe((item) => late.push(item));
    expect(late).to.deep.equal(["A", "D", "e", "f", "g", "h"]);
  });

  it("keeps what comes while nobody listens, up to the backlog", () => {
    const source = new Subject<string>();
    const log = source.pipe(replayLog(logOf({ historyBytes: 0, backlogBytes: 3 })));
    log.subscribe().unsubscribe();
    for (const item of ["a", "b", "c", "d", "e"]) source.next(item);
    const late: string[] = [];
    log.subscribe((item) => late.push(item));
    expect(late).to.deep.equal(["c", "d", "e"]);
  });

  it("fails one subscriber alone when its operator throws", () => {
    const source = new Subject<string>();
    const log = source.pipe(replayLog(logOf()));
    const [good, bad]: [unknown[], unknown[]] = [[], []];
    const no = new Error("no");
    log
      .pipe(
        map((item) => {
          if (item === "b") throw no;
          return item;
        }),
      )
      .subscribe({ next: (item) => bad.push(item), error: (error) => bad.push(error) });
    log.subscribe((item) => good.push(item));
    for (const item of ["a", "b", "c"]) source.next(item);
    expect(bad).to.deep.equal(["a", no]);
    expect(good).to.deep.equal(["a", "b", "c"]);
  });

  it("keeps one order for all, when subscribers feed the source, come and go in answer to an item", () => {
    const action = fc.record({
      /** At which item of which subscriber. */
      who: fc.nat(4),
      item: fc.nat(15),
      what: fc.constantFrom("emit", "subscribe", "unsubscribe", "complete"),
    });
    fc.assert(
      fc.property(
        fc.array(action, { maxLength: 15 }),
        fc.integer({ min: 1, max: 8 }),
        (actions, items) => {
          const source = new Subject<string>();
          const log = source.pipe(replayLog(logOf()));
          let next = 0;
          const subscribers: { seen: string[]; open: boolean; done: boolean }[] = [];
          const emit = (): void => {
            if (next < 20) source.next(`${next++}`);
          };
          const subscribe = (): void => {
            if (subscribers.length >= 5) return;
            const who = subscribers.length;
            const state = { seen: [] as string[], open: true, done: false };
            subscribers.push(state);
            const leave = new Subject<void>();
            log.pipe(takeUntil(leave)).subscribe({
              next: (item) => {
                if (!state.open || state.done) throw new Error("an item after the end");
                state.seen.push(item);
                for (const { what } of actions.filter(
                  (a) => a.who === who && a.item === state.seen.length,
                )) {
                  if (what === "emit") emit();
                  else if (what === "subscribe") subscribe();
                  else if (what === "complete") source.complete();
                  else {
                    state.open = false;
                    leave.next();
                  }
                }
              },
              complete: () => {
                state.done = true;
              },
            });
          };
          subscribe();
          subscribe();
          for (let i = 0; i < items; i++) emit();
          subscribe();
          source.complete();
          const all = Math.max(...subscribers.filter((s) => s.open).map((s) => s.seen.length), 0);
          for (const { seen, open, done } of subscribers) {
            expect(seen).to.deep.equal(seen.map((_, i) => `${i}`));
            if (open) {
              expect(done).to.equal(true);
              expect(seen.length).to.equal(all);
            }
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
