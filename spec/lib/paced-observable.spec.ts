import { expect } from "chai";
import { filter, map, Observable as RxObservable } from "rxjs";
import { currentPace, type Pace, PacedObservable, withPace } from "../../lib/paced-observable.ts";

/** A source that notes the pace of each subscription. */
function noted(): {
  readonly source: PacedObservable<number>;
  readonly paces: (Pace | undefined)[];
} {
  const paces: (Pace | undefined)[] = [];
  const source = new PacedObservable<number>((subscriber) => {
    paces.push(currentPace());
    subscriber.next(1);
    subscriber.complete();
  });
  return { source, paces };
}

const pending = Promise.resolve();
const observer = { next: (): void => undefined, pending };

describe("PacedObservable", () => {
  it("knows the pace of an observer that has one, through operators as well", () => {
    const { source, paces } = noted();
    source.subscribe(observer);
    source
      .pipe(
        map((n) => n + 1),
        filter((n) => n > 0),
      )
      .subscribe(observer);
    expect(paces.map((pace) => pace?.())).to.deep.equal([pending, pending]);
    expect(currentPace()).to.equal(undefined);
  });

  it("is like any other for everyone else", () => {
    const { source, paces } = noted();
    const seen: number[] = [];
    source.subscribe((n) => seen.push(n));
    source.subscribe({ next: (n) => seen.push(n) });
    source.subscribe();
    expect(seen).to.deep.equal([1, 1]);
    expect(paces).to.deep.equal([undefined, undefined, undefined]);
    expect(source).to.be.instanceOf(RxObservable);
  });

  it("goes at the innermost pace, and forgets it when subscribing fails", () => {
    const { source, paces } = noted();
    const [outer, inner]: Pace[] = [() => undefined, () => pending];
    withPace(outer as Pace, () => {
      withPace(inner as Pace, () => source.subscribe());
      source.subscribe();
    });
    expect(paces).to.deep.equal([inner, outer]);
    expect(() =>
      withPace(outer as Pace, () => {
        throw new Error("no");
      }),
    ).to.throw("no");
    expect(currentPace()).to.equal(undefined);
  });
});
