import { type Command, defineCommand } from "./command.ts";
import { HUB_FLAGS } from "./hub-flags.ts";

/** `rerun-rx FILE…`: shows recordings. */
export const openCommand: Command = defineCommand({
  command: "$0 [sources..]",
  describe: "Open recordings in the viewer; without any, an empty one",
  positionals: {
    sources: {
      type: "string",
      array: true,
      default: [] as string[],
      describe:
        "Files (.rrd, .rbl), their URLs, - for standard input, or URLs of viewers (rerun+http://…)",
    },
  },
  flags: {
    ...HUB_FLAGS,
    new: { type: "boolean", default: false, describe: "Do not use a viewer that runs" },
    "source-token": {
      type: "string",
      requiresArg: true,
      describe: "What viewers to read from (rerun+http://…) ask for",
    },
  },
  examples: [
    ["$0 a.rrd b.rrd", "Open two files; in the viewer that runs, if one does"],
    ["node app.js --stdout | $0 -", "Show what a program logs"],
    ["$0 https://example.org/a.rrd", "Open a file of a web server"],
    ["$0 rerun+http://10.0.0.7:9876/proxy", "Show what another machine's viewer has"],
  ],
  run: async (argv, commands) => (await import("./run-open.ts")).runOpen(argv, commands),
});
