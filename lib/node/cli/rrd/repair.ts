import { type Command, defineCommand } from "../command.ts";
import { JSON_FLAG } from "./flags.ts";

/** `rerun-rx rrd repair`. */
export const repairCommand: Command = defineCommand({
  command: "repair <source>",
  describe: "Make a whole file of a damaged one: every message that is valid is kept",
  positionals: {
    source: { type: "string", demandOption: true, describe: "A damaged file, or -" },
  },
  flags: {
    ...JSON_FLAG,
    output: {
      alias: "o",
      type: "string",
      requiresArg: true,
      describe: "File to write; nothing is written if it is left out, and the loss is told",
    },
    overwrite: { type: "boolean", default: false, describe: "Replace the file if it exists" },
  },
  examples: [
    ["$0 broken.rrd -o whole.rrd", "Exit code 0: nothing was lost; 1: some was, see there"],
  ],
  run: async (argv) => (await import("./run-repair.ts")).runRepair(argv),
});
