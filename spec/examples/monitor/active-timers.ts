import { setImmediate as turn } from "node:timers/promises";

/** How many timers and immediates run in this process, once those of mocha are set. */
export async function activeTimers(): Promise<number> {
  await turn();
  return process
    .getActiveResourcesInfo()
    .filter((name) => name === "Timeout" || name === "Immediate").length;
}
