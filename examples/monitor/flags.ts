import type { RerunArguments } from "rerun-rx/node";
import type { Argv } from "yargs";

/** What the monitor takes beside the standard flags. */
export interface Flags extends RerunArguments {
  /** Seconds after which the program ends by itself. */
  readonly duration?: number | undefined;
}

/** Longest wait that a timer can take. */
const MAX_SECONDS = Math.floor((2 ** 31 - 1) / 1000);

/** Adds `--duration`. */
export function withDuration(yargs: Argv<RerunArguments>): Argv<Flags> {
  return yargs
    .option("duration", {
      type: "number",
      requiresArg: true,
      describe: "End after this many seconds",
    })
    .check(({ duration }) => {
      if (duration !== undefined && !(duration > 0 && duration <= MAX_SECONDS))
        throw new Error(
          `Expected --duration to be a number of seconds above 0 and up to ${MAX_SECONDS}`,
        );
      return true;
    });
}
