import { expect } from "chai";
import { map, mergeMap, Observable, Subject, take } from "rxjs";
import { RerunError } from "../../lib/errors.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { type RecordingObservable, splitByRecording } from "../../operators/split-by-recording.ts";
import { flow, flows, flowText } from "../helpers/flow.ts";
import { marbles } from "../helpers/marbles.ts";

const m = flows({
  s: "a: store",
  a: "a: /x x1",
  t: "b: store",
  b: "b: /x x2",
  v: "blueprint: /view! x3",
  w: "activate",
});

/** All that comes, each message with the recording of the Observable that it came through. */
const tagged = (options?: Parameters<typeof splitByRecording>[0]) => (source: Observable<LogMsg>) =>
  source.pipe(
    splitByRecording(options),
    mergeMap((recording) =>
      recording.pipe(map((message) => `${recording.storeId.recordingId}< ${flowText(message)}`)),
    ),
  );

const values = {
  s: "a< a: store",
  a: "a< a: /x x1",
  t: "b< b: store",
  b: "b< b: /x x2",
  v: "a< blueprint: /view! x3",
  w: "a< activate",
  x: "b< blueprint: /view! x3",
  y: "b< activate",
};

describe("splitByRecording", () => {
  it(
    "never emits when nothing ever comes, and completes with an empty source",
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const never = cold<LogMsg>("-");
      expectObservable(never.pipe(splitByRecording())).toBe("-");
      expectSubscriptions(never.subscriptions).toBe("^");
      const empty = cold<LogMsg>("--|");
      expectObservable(empty.pipe(splitByRecording())).toBe("--|");
      expectSubscriptions(empty.subscriptions).toBe("^-!");
    }),
  );

  it(
    "hands each message out by its recording, in order",
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot<LogMsg>("-s-a-t-b-(ab)-|", m);
      const subs = "              ^-------------!";
      const expected = "          -s-a-t-b-(ab)-|";
      expectObservable(source.pipe(tagged())).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    "opens an Observable with the first message of a recording",
    marbles(({ hot, expectObservable }) => {
      const source = hot<LogMsg>("-s-a-b-(ab)-|", m);
      const expected = "          -a---b------|";
      const ids = source.pipe(
        splitByRecording(),
        map(({ storeId }) => storeId.recordingId),
      );
      expectObservable(ids).toBe(expected);
    }),
  );

  it(
    "gives a blueprint to all recordings of its application, also to later ones",
    marbles(({ hot, expectObservable }) => {
      const source = hot<LogMsg>("-s-v-w-t-----a-b-|", m);
      const expected = "          -s-v-w-(txy)-a-b-|";
      expectObservable(source.pipe(tagged())).toBe(expected, values);
    }),
  );

  it(
    "gives blueprints Observables of their own when told",
    marbles(({ hot, expectObservable }) => {
      const source = hot<LogMsg>("-s-v-w-t-|", m);
      expectObservable(source.pipe(tagged({ blueprints: "own" }))).toBe("-s-v-w-t-|", {
        ...values,
        v: "blueprint< blueprint: /view! x3",
        w: "blueprint< activate",
      });
    }),
  );

  it(
    "passes an error on to all",
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot<LogMsg>("-s-t-#", m);
      const inner = new Subject<string>();
      const outer = source.pipe(
        splitByRecording(),
        map((recording) => {
          recording.subscribe({ error: () => inner.next(recording.storeId.recordingId) });
          return recording.storeId.recordingId;
        }),
      );
      expectObservable(outer).toBe("-a-b-#");
      expectObservable(inner).toBe("-----(ab)");
      expectSubscriptions(source.subscriptions).toBe("^----!");
    }),
  );

  it(
    "unsubscribes from the source when nobody is left, and not before",
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot<LogMsg>("-s-a-t-a-a-|", m);
      expectObservable(source.pipe(tagged()), "----!").toBe("-s-a", values);
      // The outer one is done at once, the inner one goes on.
      const one = source.pipe(
        splitByRecording(),
        take(1),
        mergeMap((recording) => recording),
        map(flowText),
        take(3),
      );
      expectObservable(one).toBe("-s-a---(a|)", { s: "a: store", a: "a: /x x1" });
      expectSubscriptions(source.subscriptions).toBe(["^---!", "^------!"]);
    }),
  );

  it("ends a source that emits all at once when nobody is left", () => {
    let emitted = 0;
    new Observable<LogMsg>((subscriber) => {
      while (!subscriber.closed && emitted < 1000) {
        emitted++;
        subscriber.next(m.a);
      }
    })
      .pipe(splitByRecording(), take(1))
      .subscribe();
    expect(emitted).to.equal(1);
  });

  it("forgets blueprints that newer ones have taken the place of", () => {
    const source = new Subject<LogMsg>();
    const seen: string[] = [];
    const late: string[] = [];
    source.pipe(splitByRecording()).subscribe((recording: RecordingObservable) => {
      const target = recording.storeId.recordingId === "late" ? late : seen;
      recording.subscribe((message) => target.push(flowText(message)));
    });
    const blueprint = (id: string, message: LogMsg): LogMsg => ({
      ...message,
      storeId: { kind: "blueprint", applicationId: "app", recordingId: id },
    });
    for (const id of ["old", "new"])
      for (const text of ["store", "/view! x1", "activate"]) source.next(blueprint(id, flow(text)));
    source.next(flow("late: store"));
    expect(late).to.deep.equal(["late: store", "new: store", "new: /view! x1", "new: activate"]);
  });

  it("keeps of one that is changed again and again what holds", () => {
    const source = new Subject<LogMsg>();
    const late: string[] = [];
    source.pipe(splitByRecording()).subscribe((recording: RecordingObservable) => {
      if (recording.storeId.recordingId === "late")
        recording.subscribe((message) => late.push(flowText(message)));
    });
    source.next(flow("blueprint: store"));
    for (let i = 0; i < 1000; i++) source.next(flow(`blueprint: /view! x${i}`));
    source.next(flow("activate"));
    source.next(flow("late: store"));
    expect(late).to.deep.equal([
      "late: store",
      "blueprint: store",
      "blueprint: /view! x999",
      "activate",
    ]);
  });

  it("refuses wrong options at the call", () => {
    expect(() => splitByRecording({ blueprints: "none" as never }))
      .to.throw(RerunError)
      .with.property("code", "invalid-argument");
  });
});
