import type { AsComponents, ComponentBatch } from "./component-batch.ts";
import { quote, RerunError } from "./errors.ts";
import type { LogOptions } from "./recording-options.ts";

/** What a call of `log` with more than one archetype, or with options, is about. */
export function logArguments(
  path: string,
  data: AsComponents | readonly AsComponents[],
  more: readonly (AsComponents | LogOptions)[],
): { readonly batches: readonly ComponentBatch[]; readonly options: LogOptions | undefined } {
  const last = more.at(-1);
  const options = isLogOptions(last) ? last : undefined;
  const first = Array.isArray(data) ? (data as readonly AsComponents[]) : [data as AsComponents];
  const rest = more.slice(0, options === undefined ? undefined : -1) as readonly AsComponents[];
  return { batches: mergeBatches(path, rest.length === 0 ? first : [...first, ...rest]), options };
}

/** Several archetypes in one row: their batches side by side, each component once. */
function mergeBatches(path: string, all: readonly AsComponents[]): readonly ComponentBatch[] {
  const batches: ComponentBatch[] = [];
  const seen = new Set<string>();
  for (const item of all) {
    if (typeof item !== "object" || item === null || !Array.isArray(item.batches)) {
      throw new RerunError(
        "invalid-component",
        `Expected archetypes or component batches to log at ${path}, got ${quote(item)}`,
      );
    }
    for (const batch of item.batches as readonly ComponentBatch[]) {
      const { component } = batch.descriptor;
      if (seen.has(component)) {
        throw new RerunError(
          "invalid-component",
          `Expected each component once in a row at ${path}, got ${component} twice; log them one after the other`,
        );
      }
      seen.add(component);
      batches.push(batch);
    }
  }
  return batches;
}

/** Tells options from one more archetype; both are objects. */
function isLogOptions(value: AsComponents | LogOptions | undefined): value is LogOptions {
  return typeof value === "object" && value !== null && !("batches" in value);
}
