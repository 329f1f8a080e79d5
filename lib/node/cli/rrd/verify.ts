import { type Command, defineCommand } from "../command.ts";
import { JSON_FLAG, SOURCES } from "./flags.ts";

/** `rerun-rx rrd verify`. */
export const verifyCommand: Command = defineCommand({
  command: "verify [sources..]",
  describe: "Check that files can be read as a whole and mean what they should",
  positionals: SOURCES,
  flags: {
    ...JSON_FLAG,
    "check-footers": {
      type: "boolean",
      default: true,
      describe: "The index at the end as well: there, well-formed, and right for each chunk",
    },
  },
  examples: [["$0 *.rrd", "Exit code 0: all in order; 1: what is wrong is told"]],
  run: async (argv) => (await import("./run-verify.ts")).runVerify(argv),
});
