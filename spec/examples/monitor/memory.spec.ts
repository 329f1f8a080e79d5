import { totalmem } from "node:os";
import { expect } from "chai";
import { firstValueFrom, take, toArray } from "rxjs";
import { memory$ } from "../../../examples/monitor/memory.ts";
import { activeTimers } from "./active-timers.ts";

describe("memory$", () => {
  it("emits at once and after each period, and stops its timer", async () => {
    const before = await activeTimers();
    const readings = await firstValueFrom(memory$(20).pipe(take(3), toArray()));
    expect(readings).to.have.lengthOf(3);
    expect(await activeTimers()).to.equal(before);
  });

  it("accounts for all memory of the system", async () => {
    const { freeBytes, usedBytes, rssBytes, heapBytes } = await firstValueFrom(memory$(20));
    expect(freeBytes + usedBytes).to.equal(totalmem());
    expect(freeBytes).to.be.above(0);
    expect(usedBytes).to.be.above(0);
    expect(heapBytes).to.be.above(1e6).and.below(rssBytes);
    expect(rssBytes).to.be.below(totalmem());
  });
});
