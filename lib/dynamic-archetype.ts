import { type Archetype, ArchetypeInstance } from "./archetype.ts";
import type { ComponentColumn } from "./component-batch.ts";
import {
  type DynamicColumnsOptions,
  type DynamicOptions,
  type DynamicValues,
  dynamicBatches,
  dynamicColumns,
} from "./dynamic-batch.ts";
import { quote, RerunError } from "./errors.ts";

/** Type of {@link DynamicArchetype}. */
export interface DynamicArchetypeFactory {
  /**
   * @param archetype name of your own, such as `MyArchetype`
   * @param values of its components, by name
   * @throws RerunError `invalid-component`, as {@link AnyValues}
   */
  (archetype: string, values: DynamicValues, options?: DynamicOptions): Archetype;
  /**
   * Columns for `sendColumns`: the outer dimension of each value is the row.
   *
   * @throws RerunError `invalid-component`
   */
  columns(
    archetype: string,
    values: DynamicValues,
    options?: DynamicColumnsOptions,
  ): readonly ComponentColumn[];
}

/**
 * Logs values of your own under the name of an archetype of your own. Types are inferred as in {@link AnyValues}.
 *
 * ```ts
 * rec.log(
 *   "sensor",
 *   DynamicArchetype(
 *     "Sensor",
 *     { homepage: "https://example.org", gain: [1.2, 3.4] },
 *     { componentTypes: { gain: "rerun.components.Scalar" } },
 *   ),
 * );
 * ```
 */
export const DynamicArchetype: DynamicArchetypeFactory = /* @__PURE__ */ Object.assign(
  (archetype: string, values: DynamicValues, options: DynamicOptions = {}): Archetype =>
    new ArchetypeInstance(
      archetype,
      dynamicBatches(archetype, namingOf(archetype), values, options),
    ),
  {
    columns: (
      archetype: string,
      values: DynamicValues,
      options: DynamicColumnsOptions = {},
    ): readonly ComponentColumn[] =>
      dynamicColumns(archetype, namingOf(archetype), values, options),
  },
);

const BUILT_IN = /^rerun\.(blueprint\.archetypes\.|archetypes\.)?/;

/** Identifiers begin with the archetype, without the prefix of Rerun's own ones; other dots stay. */
function namingOf(archetype: string): (key: string) => { archetype: string; component: string } {
  if (typeof archetype !== "string" || archetype === "") {
    throw new RerunError(
      "invalid-component",
      `DynamicArchetype: expected the name of an archetype, got ${quote(archetype)}`,
    );
  }
  const short = archetype.replace(BUILT_IN, "");
  return (key) => ({ archetype, component: `${short}:${key}` });
}
