import { type Command, defineCommand } from "../command.ts";
import { JSON_FLAG, SOURCES } from "./flags.ts";

/** `rerun-rx rrd print`. */
export const printCommand: Command = defineCommand({
  command: "print [sources..]",
  describe: "Show what is in recordings, message by message",
  positionals: SOURCES,
  flags: {
    ...JSON_FLAG,
    json: { ...JSON_FLAG.json, describe: "Print one JSON object for each message instead" },
    verbose: {
      alias: "v",
      type: "count",
      describe: "-v: full names of components; -vv: types of all columns; -vvv: values too",
    },
    entity: { type: "string", requiresArg: true, describe: "Chunks of this entity alone" },
    footers: { type: "boolean", default: false, describe: "What the index says, at the end" },
  },
  examples: [
    ["$0 a.rrd", "A line for each message"],
    ["$0 a.rrd --entity /camera -vvv", "Everything that was logged there"],
  ],
  run: async (argv) => (await import("./run-print.ts")).runPrint(argv),
});
