import { type Command, defineCommand } from "../command.ts";

/** `rerun-rx rrd split`. */
export const splitCommand: Command = defineCommand({
  command: "split <source>",
  describe: "Cut a recording into several, at times of a timeline",
  positionals: {
    source: { type: "string", demandOption: true, describe: "A file (.rrd)" },
  },
  flags: {
    "output-dir": {
      alias: ["o", "output"],
      type: "string",
      requiresArg: true,
      demandOption: true,
      describe: "Folder for the parts; made if it does not exist",
    },
    timeline: {
      type: "string",
      requiresArg: true,
      demandOption: true,
      describe: "Timeline whose times count",
    },
    time: {
      alias: "t",
      type: "string",
      array: true,
      requiresArg: true,
      default: [] as string[],
      describe:
        "Where to cut: numbers, nanoseconds, durations such as 1.5s, or dates such as 2026-01-31T12:00:00Z",
    },
    "num-parts": {
      alias: "n",
      type: "number",
      requiresArg: true,
      describe: "Instead of --time: as many parts, of the same span of time each",
    },
    "recording-id": {
      type: "string",
      requiresArg: true,
      describe: "What the ids of the parts begin with; default the id of the recording and a dash",
    },
    "drop-unused-timelines": {
      type: "boolean",
      default: false,
      describe: "Leave out the other timelines",
    },
  },
  examples: [["$0 a.rrd --timeline frame -t 100 -t 200 -o parts", "Three parts"]],
  run: async (argv) => (await import("./run-split.ts")).runSplit(argv),
});
