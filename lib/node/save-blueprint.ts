import { closeSync, openSync, writeSync } from "node:fs";
import { ioError } from "../../sinks/support/io-error.ts";
import { encodeBlueprint } from "../blueprint/encode-blueprint.ts";
import type { BlueprintLike } from "../blueprint/like.ts";

/** How {@link saveBlueprint} writes. */
export interface SaveBlueprintOptions {
  /** Whether a file that exists is replaced. Default false: `file-exists`. */
  readonly overwrite?: boolean;
}

/**
 * Writes a blueprint to a file that viewers open: it becomes the active and the default one of the application.
 *
 * ```ts
 * saveBlueprint("stocks.rbl", Blueprint(TimeSeriesView({ origin: "/stocks/AAPL" })), "my_app");
 * ```
 *
 * @param path mostly ends in `.rbl`; its directory must exist
 * @param applicationId of the recordings that it is for
 * @throws RerunError `file-exists`, `directory-missing`, `permission-denied`, `disk-full`, `io-failed`,
 *   `invalid-argument`
 */
export function saveBlueprint(
  path: string,
  blueprint: BlueprintLike,
  applicationId: string,
  options: SaveBlueprintOptions = {},
): void {
  const bytes = encodeBlueprint(blueprint, applicationId);
  try {
    const file = openSync(path, options.overwrite === true ? "w" : "wx");
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    } finally {
      closeSync(file);
    }
  } catch (thrown) {
    throw ioError(thrown, `a blueprint to ${path}`);
  }
}
