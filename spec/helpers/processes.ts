import { readdirSync, readFileSync } from "node:fs";

/** A process of this machine. */
export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  /** Of its process group. */
  readonly group: number;
  /** `Z` for one that has ended and that nobody took note of. */
  readonly state: string;
  readonly command: string;
}

/** All processes, from `/proc`. */
export function processes(): ProcessInfo[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8");
        // The name in brackets may itself hold anything.
        const [state = "", parent, group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ").trim();
        return [
          { pid: Number(name), parent: Number(parent), group: Number(group), state, command },
        ];
      } catch {
        return [];
      }
    });
}

/** Those of a process group that run. */
export function runningIn(group: number): ProcessInfo[] {
  return processes().filter((each) => each.group === group && each.state !== "Z");
}

/** What is left of children of a process that have ended. */
export function zombiesOf(parent: number): ProcessInfo[] {
  return processes().filter((each) => each.parent === parent && each.state === "Z");
}

/** Resolves when something holds, looked at every 20 ms; rejects after `timeoutMs`. */
export async function until(holds: () => boolean, timeoutMs = 10_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`Waited ${timeoutMs} ms in vain: ${String(holds)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
