import { type Command, defineCommand } from "../command.ts";
import { JSON_FLAG, SOURCES } from "./flags.ts";

/** `rerun-rx rrd stats`. */
export const statsCommand: Command = defineCommand({
  command: "stats [sources..]",
  describe: "Count chunks, rows and bytes",
  positionals: SOURCES,
  flags: {
    ...JSON_FLAG,
    decode: {
      type: "boolean",
      default: true,
      describe: "Look into chunks; --no-decode is faster and tells sizes alone",
    },
    "continue-on-error": {
      type: "boolean",
      default: true,
      describe: "Leave out what cannot be read, and go on",
    },
  },
  examples: [["$0 *.rrd", "All files together"]],
  run: async (argv) => (await import("./run-stats.ts")).runStats(argv),
});
