import { type Command, defineCommand } from "../command.ts";
import { SOURCES, TRANSFORM_FLAGS } from "./flags.ts";

/** `rerun-rx rrd compact`. */
export const compactCommand: Command = defineCommand({
  command: "compact [sources..]",
  describe: "Copy recordings with their small chunks merged into larger ones",
  positionals: SOURCES,
  flags: {
    ...TRANSFORM_FLAGS,
    "max-rows": {
      type: "number",
      requiresArg: true,
      describe: "Rows of a merged chunk; default 65536, or RERUN_CHUNK_MAX_ROWS",
    },
    "max-rows-if-unsorted": {
      type: "number",
      requiresArg: true,
      describe:
        "The same where times are not in order; default 8192, or RERUN_CHUNK_MAX_ROWS_IF_UNSORTED",
    },
    "max-size": {
      type: "string",
      requiresArg: true,
      describe: "Size of a merged chunk, such as 2MiB; default 2MiB, or RERUN_CHUNK_MAX_BYTES",
    },
  },
  examples: [["$0 a.rrd -o b.rrd", "The same rows in fewer chunks"]],
  run: async (argv) => (await import("./run-compact.ts")).runCompact(argv),
});
