import { type Command, defineCommand } from "./command.ts";
import { HUB_FLAGS } from "./hub-flags.ts";

/** `rerun-rx viewer`: a hub of its own. */
export const viewerCommand: Command = defineCommand({
  command: "viewer",
  describe: "Run a viewer that programs stream to, for browsers and other viewers",
  flags: {
    ...HUB_FLAGS,
    save: {
      type: "string",
      requiresArg: true,
      describe: "Also write all that comes in to an .rrd file",
    },
    overwrite: {
      type: "boolean",
      default: false,
      describe: "With --save: replace the file if it exists",
    },
    // For `spawn`: nobody else should have to think of when a viewer that nobody sees ends.
    "idle-timeout": { type: "number", requiresArg: true, hidden: true },
    "until-input-ends": { type: "boolean", default: false, hidden: true },
  },
  examples: [
    ["$0 viewer", "Wait for programs on port 9876, and open a browser"],
    ["$0 viewer --save all.rrd --no-open", "Write all that programs send into a file"],
    ["$0 viewer --bind 0.0.0.0 --token", "Let other machines in, with a token that is made up"],
  ],
  run: async (argv) => (await import("./run-viewer.ts")).runViewer(argv),
});
