import { type CpuInfo, cpus } from "node:os";
import { map, type Observable, pairwise, timer } from "rxjs";

/** Time that each core spent in each state since the system started, in milliseconds. */
export type CpuTimes = readonly Pick<CpuInfo, "times">[];

/**
 * Share of the time between two readings that each core was busy, in percent.
 *
 * A core that counted no time in between, or that came or went, is `NaN`: nothing is known of it.
 */
export function busyPercent(before: CpuTimes, after: CpuTimes): number[] {
  return after.map((core, index) => {
    const earlier = before[index];
    if (earlier === undefined || before.length !== after.length) return Number.NaN;
    const total = sum(core.times) - sum(earlier.times);
    const idle = core.times.idle - earlier.times.idle;
    // Some kernels let the idle time of a core step back a little.
    return total > 0 ? Math.min(100, Math.max(0, (100 * (total - idle)) / total)) : Number.NaN;
  });
}

/** Load of each core in percent, over the last period; the first value comes after one period. */
export function cpuLoad$(periodMs: number): Observable<number[]> {
  return timer(0, periodMs).pipe(
    map(() => cpus()),
    pairwise(),
    map(([before, after]) => busyPercent(before, after)),
  );
}

function sum(times: CpuInfo["times"]): number {
  return times.user + times.nice + times.sys + times.idle + times.irq;
}
