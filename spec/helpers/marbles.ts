import { expect } from "chai";
import { TestScheduler } from "rxjs/testing";

/** What a marble spec gets: `hot`, `cold`, `time`, `expectObservable`, `expectSubscriptions`, … */
export type RunHelpers = Parameters<Parameters<TestScheduler["run"]>[0]>[0];

/** Wraps a test body in virtual time: one marble frame is one millisecond. */
export function marbles(body: (helpers: RunHelpers) => void): () => void {
  return () => {
    const scheduler = new TestScheduler((actual, expected) => {
      expect(actual).to.deep.equal(expected);
    });
    scheduler.run(body);
  };
}
