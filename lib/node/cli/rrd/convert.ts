import { type Command, defineCommand } from "../command.ts";
import { TRANSFORM_FLAGS } from "./flags.ts";

/** `rerun-rx rrd convert`. */
export const convertCommand: Command = defineCommand({
  command: "convert <source>",
  describe: "Convert to and from JSON lines (.jsonl) and CBOR sequences (.cbors), without loss",
  positionals: {
    source: {
      type: "string",
      demandOption: true,
      describe: "A file whose name tells what it is; - for standard input",
    },
  },
  flags: {
    ...TRANSFORM_FLAGS,
    from: {
      choices: ["rrd", "jsonl", "cbors"],
      describe: "What the source is, if its name does not tell",
    },
    to: {
      choices: ["rrd", "jsonl", "cbors"],
      describe: "What to write, if the name of the output does not tell",
    },
  },
  examples: [
    ["$0 a.rrd -o a.jsonl", "A line of JSON for each message"],
    ["$0 a.rrd --to jsonl | jq .entity_path", "The same for other programs"],
    ["$0 a.jsonl -o a.rrd", "And back"],
  ],
  run: async (argv) => (await import("./run-convert.ts")).runConvert(argv),
});
