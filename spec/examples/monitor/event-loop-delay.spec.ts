import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { firstValueFrom, take, toArray } from "rxjs";
import {
  delayOf,
  type EventLoopDelay,
  eventLoopDelay$,
} from "../../../examples/monitor/event-loop-delay.ts";
import { activeTimers } from "./active-timers.ts";

function block(ms: number): void {
  const startMs = performance.now();
  while (performance.now() - startMs < ms);
}

describe("eventLoopDelay$", () => {
  it("takes the period of the timer out of what Node records", () => {
    const histogram = { mean: 10.5e6, max: 90e6, percentile: () => 9.9e6 };
    expect(delayOf(histogram, 10)).to.deep.equal({ meanMs: 0.5, p99Ms: 0, maxMs: 80 });
  });

  it("measures an idle loop as nearly on time", async () => {
    const { meanMs, p99Ms, maxMs } = await firstValueFrom(eventLoopDelay$(200));
    expect(meanMs).to.be.within(0, 50);
    expect(p99Ms).to.be.at.least(0);
    expect(maxMs).to.be.at.least(p99Ms - 0.1);
  });

  it("forgets a period when the next begins", async () => {
    const readings = firstValueFrom(eventLoopDelay$(150).pipe(take(3), toArray()));
    await sleep(50);
    block(400);
    const [first, , third] = (await readings).map(({ maxMs }) => maxMs);
    expect(first).to.be.above(350);
    expect(third).to.be.below(350);
  });

  it("sees a block at whatever moment of the period it comes", async () => {
    const maxima: EventLoopDelay[] = [];
    const subscription = eventLoopDelay$(100).subscribe((delay) => maxima.push(delay));
    const blocks = 12;
    for (let i = 0; i < blocks; i++) {
      // Moves through the period in steps that meet its end.
      await sleep(100 + i * 9);
      block(60);
    }
    await sleep(250);
    subscription.unsubscribe();
    const seen = maxima.filter(({ maxMs }) => maxMs > 45).length;
    expect(seen).to.be.at.least(blocks);
  });

  it("stops its timers and histograms when nobody listens", async () => {
    const made: IntervalHistogram[] = [];
    const monitor: typeof monitorEventLoopDelay = (options) => {
      const histogram = monitorEventLoopDelay(options);
      made.push(histogram);
      return histogram;
    };
    const before = await activeTimers();
    // 60 ms end while histograms take turns, 90 ms after that.
    for (const ms of [0, 60, 90]) {
      const subscription = eventLoopDelay$(50, { monitor }).subscribe();
      await sleep(ms);
      subscription.unsubscribe();
    }
    expect(await activeTimers()).to.equal(before);
    // `disable` says whether there was something to stop.
    expect(made.map((histogram) => histogram.disable())).to.deep.equal(made.map(() => false));
    expect(made).to.have.lengthOf(6);
  });
});
