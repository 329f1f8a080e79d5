import { isatty } from "node:tty";
import type { RrdOptions } from "../lib/encode/rrd-stream.ts";
import { RerunError } from "../lib/errors.ts";
import { forcedSavePath } from "../lib/force-save.ts";
import { RrdFileSink } from "./support/rrd-file.ts";

const STDOUT = 1;

/**
 * Writes the recording to standard output in Rerun's file format, as in `node app.js | rerun -`.
 *
 * Everything else that is printed there would spoil it: print to standard error. A reader that is slow is waited for; one
 * that takes nothing holds up neither the program nor its other sinks: see `docs/exits.md`.
 *
 * @throws RerunError `stdout-is-terminal` when standard output is a terminal
 */
export function stdout(options: RrdOptions = {}): RrdFileSink {
  // Where everything goes to a file, nothing is printed here.
  if (forcedSavePath() === undefined && isatty(STDOUT)) {
    throw new RerunError(
      "stdout-is-terminal",
      "Expected standard output to be a pipe or a file, got a terminal; redirect it, as in `node app.js > out.rrd`",
    );
  }
  return new RrdFileSink(
    { name: "stdout()", target: "a recording to standard output", open: () => STDOUT },
    options,
  );
}
