import { openSync, statSync } from "node:fs";
import { quote, RerunError } from "../lib/errors.ts";
import { ioError } from "./support/io-error.ts";
import { RrdFileSink, type RrdOptions } from "./support/rrd-file.ts";

export interface SaveOptions extends RrdOptions {
  /** Whether a file that exists is replaced. Default false: opening it fails with `file-exists`. */
  readonly overwrite?: boolean;
}

/** A sink that writes a file; see {@link save}. */
export type SaveSink = RrdFileSink;

/**
 * Writes all that a recording stream holds, and what follows, to a file that every Rerun viewer opens.
 *
 * Writes happen within `log` or on the next turn of the event loop, never later; memory stays bounded however fast a
 * program logs. The file is complete after `close`, a normal exit, an uncaught error, SIGINT, SIGTERM or SIGHUP.
 *
 * ```ts
 * rec.attach(save("out.rrd"));
 * ```
 *
 * @param path of the file; its directory must exist
 * @throws RerunError `file-exists`, `directory-missing`, `permission-denied`, `io-failed` at once; trouble while
 *   writing (`disk-full`, …) shows in the state of the attachment and on `errors$`, and the program goes on
 */
export function save(path: string, options: SaveOptions = {}): SaveSink {
  if (typeof path !== "string" || path.length === 0) {
    throw new RerunError(
      "invalid-argument",
      `Expected the path of a file to save to, got ${quote(path)}`,
    );
  }
  return new RrdFileSink(
    open(path, options.overwrite === true),
    `save(${path})`,
    `a recording to ${path}`,
    options,
  );
}

function open(path: string, overwrite: boolean): number {
  try {
    // A device or a pipe has nothing that could be overwritten.
    const special = statSync(path, { throwIfNoEntry: false })?.isFile() === false;
    return openSync(path, overwrite || special ? "w" : "wx");
  } catch (thrown) {
    throw ioError(thrown, `a recording to ${path}`);
  }
}
