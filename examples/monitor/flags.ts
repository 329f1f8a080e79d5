import yargs from "yargs";
import { hideBin } from "yargs/helpers";

/** What the command line asks for. */
export interface Flags {
  /** File to write. */
  readonly save: string | undefined;
  readonly overwrite: boolean;
  /** Whether to serve the web viewer. */
  readonly serve: boolean;
  readonly port: number;
  /** Whether to open a browser, where there is a display. */
  readonly open: boolean;
  /** Seconds after which the program ends by itself. */
  readonly duration: number | undefined;
}

/** Longest wait that a timer can take. */
const MAX_SECONDS = Math.floor((2 ** 31 - 1) / 1000);

/** Reads the flags; on a wrong one it prints what is wrong and ends the process with code 1. */
export async function readFlags(argv: readonly string[] = hideBin(process.argv)): Promise<Flags> {
  const { save, overwrite, serve, headless, port, open, duration } = await yargs([...argv])
    .scriptName("npm start --")
    .usage("$0 [flags]\n\nShows live what this computer does, in the Rerun viewer.")
    .options({
      save: { type: "string", requiresArg: true, describe: "Write all data to this .rrd file" },
      overwrite: { type: "boolean", default: false, describe: "Replace the file if it exists" },
      serve: { type: "boolean", describe: "Serve the web viewer (default unless --headless)" },
      headless: { type: "boolean", default: false, describe: "Neither serve nor open a viewer" },
      port: {
        type: "number",
        requiresArg: true,
        default: 9876,
        describe: "Port of the viewer, 0 for any that is free",
      },
      open: { type: "boolean", default: true, describe: "Open a browser where there is a display" },
      duration: { type: "number", requiresArg: true, describe: "End after this many seconds" },
    })
    .check((flags) => {
      const { duration: seconds, port: number, save: file } = flags;
      if (seconds !== undefined && !(seconds > 0 && seconds <= MAX_SECONDS)) {
        throw new Error(`--duration must be a number of seconds above 0 and up to ${MAX_SECONDS}`);
      }
      if (!(Number.isInteger(number) && number >= 0 && number <= 65_535)) {
        throw new Error("--port must be a whole number from 0 to 65535");
      }
      if (file === "") throw new Error("--save must be the name of a file");
      return true;
    })
    .strict()
    .version(false)
    .parseAsync();
  return { save, overwrite, serve: serve ?? !headless, port, open: open && !headless, duration };
}
