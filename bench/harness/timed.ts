import type { Measured } from "./workload.ts";

/** What a run moves: rows, payload bytes, or both. */
export interface Amount {
  readonly rows?: number;
  readonly bytes?: number;
}

/** Times a run by the clock and by the CPU time of this process, all threads together. */
export async function timed(amount: Amount, body: () => void | Promise<void>): Promise<Measured> {
  const cpuBefore = process.cpuUsage();
  const before = process.hrtime.bigint();
  const result = body();
  // A synchronous body does not wait for a turn of the event loop.
  if (result !== undefined) await result;
  const seconds = Number(process.hrtime.bigint() - before) / 1e9;
  const cpu = process.cpuUsage(cpuBefore);
  return rates(amount, seconds, (cpu.user + cpu.system) / 1e6);
}

function rates({ rows, bytes }: Amount, seconds: number, cpuSeconds: number): Measured {
  return {
    metrics: {
      seconds,
      cpuSeconds,
      ...(rows === undefined
        ? {}
        : { rowsPerSecond: rows / seconds, rowsPerCpuSecond: rows / cpuSeconds }),
      ...(bytes === undefined
        ? {}
        : {
            megabytesPerSecond: bytes / 1e6 / seconds,
            megabytesPerCpuSecond: bytes / 1e6 / cpuSeconds,
          }),
    },
  };
}
