import type { MonoTypeOperatorFunction } from "rxjs";
import { withoutTimelines } from "../lib/chunk-edit.ts";
import { quote, RerunError } from "../lib/errors.ts";
import type { LogMsg } from "../lib/log-msg.ts";
import { mapMessages, withChunk } from "./map-messages.ts";

export interface DropTimelinesOptions {
  readonly timelines: readonly string[];
  /**
   * What becomes of rows that have no other timeline:
   *
   * - `"drop"` (default): they are left out
   * - `"static"`: they become static, so that they hold at all times, over anything temporal of the same components
   */
  readonly orphans?: "drop" | "static";
}

/**
 * Takes timelines off the rows that have them; the rows keep their other times.
 *
 * ```ts
 * rec.attach(save("lean.rrd"), { pipe: [dropTimelines("log_tick", "log_time")] });
 * ```
 *
 * A row that has no other timeline is left out: without any time it would be static data, which hides everything
 * temporal of its components. (`rerun rrd filter --drop-timeline` does turn such rows into static ones.) Static data
 * passes. Changed chunks have ids of their own, the same ones for the same chunks whenever they pass.
 *
 * @throws RerunError `invalid-argument` when there is no name
 */
export function dropTimelines(
  ...timelines: readonly string[] | readonly [DropTimelinesOptions]
): MonoTypeOperatorFunction<LogMsg> {
  const [first] = timelines;
  const options: DropTimelinesOptions =
    typeof first === "object" && first !== null
      ? first
      : { timelines: timelines as readonly string[] };
  const { timelines: given, orphans = "drop" } = options;
  const names = new Set(Array.isArray(given) ? given : []);
  const wrong = [...names].find((name) => typeof name !== "string" || name === "");
  if (names.size === 0 || wrong !== undefined) {
    throw new RerunError(
      "invalid-argument",
      `Expected names of timelines to drop, got ${quote(wrong ?? given)}`,
    );
  }
  if (orphans !== "drop" && orphans !== "static") {
    throw new RerunError(
      "invalid-argument",
      `Expected \`orphans\` to be "drop" or "static", got ${quote(orphans)}`,
    );
  }
  return mapMessages(
    () => (message) =>
      withChunk(
        message,
        withoutTimelines(message.chunk, (name) => names.has(name), orphans),
      ),
  );
}
