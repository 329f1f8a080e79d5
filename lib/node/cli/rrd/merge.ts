import { type Command, defineCommand } from "../command.ts";
import { SOURCES, TRANSFORM_FLAGS } from "./flags.ts";

/** `rerun-rx rrd merge`. */
export const mergeCommand: Command = defineCommand({
  command: "merge [sources..]",
  describe: "Make one file of several; what is there twice is taken once",
  positionals: SOURCES,
  flags: TRANSFORM_FLAGS,
  examples: [
    ["$0 a.rrd b.rrd -o both.rrd", "Both recordings in one file"],
    ["$0 run-0001.rrd run-0002.rrd -o run.rrd", "The parts of a rotated file, joined again"],
  ],
  run: async (argv) => {
    const { Once, runTransform } = await import("./transform.ts");
    const once = new Once();
    return runTransform(argv, { each: (message) => (once.accepts(message) ? [message] : []) });
  },
});
