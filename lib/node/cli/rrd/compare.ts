import { type Command, defineCommand } from "../command.ts";
import { JSON_FLAG } from "./flags.ts";

/** `rerun-rx rrd compare`. */
export const compareCommand: Command = defineCommand({
  command: "compare <first> <second>",
  describe: "Tell whether two files hold the same recording; times of logging and ids do not count",
  positionals: {
    first: { type: "string", demandOption: true, describe: "A file with one recording" },
    second: { type: "string", demandOption: true, describe: "Another one" },
  },
  flags: {
    ...JSON_FLAG,
    unordered: { type: "boolean", default: false, describe: "In any order of chunks" },
    "ignore-chunks-without-components": {
      type: "boolean",
      default: false,
      describe: "Leave out chunks that have no data",
    },
  },
  examples: [["$0 a.rrd b.rrd --unordered", "Exit code 0: the same; 1: not, and how they differ"]],
  run: async (argv) => (await import("./run-compare.ts")).runCompare(argv),
});
