import { type Command, defineCommand } from "../command.ts";
import { SOURCES, TRANSFORM_FLAGS } from "./flags.ts";

/** `rerun-rx rrd filter`. */
export const filterCommand: Command = defineCommand({
  command: "filter [sources..]",
  describe: "Copy recordings without some timelines or entities",
  positionals: SOURCES,
  flags: {
    ...TRANSFORM_FLAGS,
    "drop-timeline": {
      type: "string",
      array: true,
      requiresArg: true,
      default: [] as string[],
      describe: "Timelines to leave out; data without any timeline left becomes static",
    },
    "drop-entity": {
      type: "string",
      array: true,
      requiresArg: true,
      default: [] as string[],
      describe: "Entities to leave out; not what is below them",
    },
    entities: {
      type: "string",
      array: true,
      requiresArg: true,
      default: [] as string[],
      describe:
        'What to keep, a rule each, in the language of views: --entities="+ /camera/**" --entities="- /camera/raw"',
    },
  },
  examples: [
    ["$0 a.rrd --drop-timeline log_tick -o b.rrd", "Without a timeline"],
    ['$0 a.rrd --entities="+ /camera/**" -o camera.rrd', "The camera alone"],
  ],
  run: async (argv) => (await import("./run-filter.ts")).runFilter(argv),
});
