import { cpus } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { firstValueFrom } from "rxjs";
import { busyPercent, cpuLoad$ } from "../../../examples/monitor/cpu-load.ts";
import { activeTimers } from "./active-timers.ts";

const core = (user: number, idle: number) => ({ times: { user, nice: 0, sys: 0, idle, irq: 0 } });

describe("cpuLoad$", () => {
  it("is the share of the time that was not idle, core by core", () => {
    const before = [core(100, 900), core(0, 0)];
    const after = [core(125, 975), core(50, 0)];
    expect(busyPercent(before, after)).to.deep.equal([25, 100]);
  });

  it("knows nothing of a core that counted no time, or that is new", () => {
    expect(busyPercent([core(1, 1)], [core(1, 1)])).to.deep.equal([Number.NaN]);
    expect(busyPercent([core(1, 1)], [core(2, 2), core(2, 2)])).to.deep.equal([
      Number.NaN,
      Number.NaN,
    ]);
  });

  it("stays within 0 to 100 % when the idle time steps back", () => {
    expect(busyPercent([core(0, 100)], [core(50, 90)])).to.deep.equal([100]);
  });

  it("sees a core work", async () => {
    const before = await activeTimers();
    const reading = firstValueFrom(cpuLoad$(200));
    await sleep(30);
    const startMs = performance.now();
    while (performance.now() - startMs < 150);
    const loads = await reading;
    expect(loads).to.have.lengthOf(cpus().length);
    for (const load of loads) expect(load).to.be.within(0, 100);
    expect(Math.max(...loads)).to.be.above(20);
    expect(await activeTimers()).to.equal(before);
  });
});
