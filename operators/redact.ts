import type { MonoTypeOperatorFunction } from "rxjs";
import { mapColumns } from "../lib/chunk-edit.ts";
import { emptyArray } from "../lib/component-batch.ts";
import { type ComponentSelect, componentPredicate } from "../lib/component-select.ts";
import { quote, RerunError } from "../lib/errors.ts";
import type { LogMsg } from "../lib/log-msg.ts";
import { mapMessages, withChunk } from "./map-messages.ts";

export interface RedactOptions {
  /**
   * What takes the place of the values:
   *
   * - `"drop"` (default): nothing; rows that had nothing else are left out
   * - `"blank"`: an empty batch in each row that had values, so that one sees when there was something
   */
  readonly mode?: "drop" | "blank";
}

/**
 * Takes the values of some components out of what flows by, of temporal and of static data.
 *
 * ```ts
 * pipe: [redact(["Image", "EncodedImage"])]; // no pictures
 * pipe: [redact({ components: "TextLog", entities: "+ /private/**" })];
 * ```
 *
 * Values are not in what comes out in any form: neither bytes nor lengths nor counts of instances. Names of
 * components stay with `"blank"`, and go with `"drop"`. Properties of the recording are meant only by name or
 * function; blueprints pass. A function that throws fails the stream: nothing passes that it did not judge.
 *
 * @param select which components, see {@link ComponentSelect}
 * @throws RerunError `invalid-argument`
 */
export function redact(
  select: ComponentSelect,
  options: RedactOptions = {},
): MonoTypeOperatorFunction<LogMsg> {
  const isSelected = componentPredicate(select);
  const { mode = "drop" } = options;
  if (mode !== "drop" && mode !== "blank") {
    throw new RerunError(
      "invalid-argument",
      `Expected \`mode\` to be "drop" or "blank", got ${quote(mode)}`,
    );
  }
  return mapMessages(() => (message) => {
    const { chunk } = message;
    const selected = new Set(
      chunk.components
        .map((c) => c.descriptor)
        .filter((descriptor) => isSelected(descriptor, chunk.entityPath)),
    );
    if (selected.size === 0) return message;
    const edited = mapColumns(chunk, `redact ${mode}`, (column) => {
      const { descriptor, array } = column;
      if (!selected.has(descriptor)) return column;
      if (mode === "drop") return undefined;
      return {
        descriptor,
        array: {
          ...array,
          offsets: new Int32Array(array.length + 1),
          children: [emptyArray(descriptor.type)],
        },
      };
    });
    return withChunk(message, edited);
  });
}
