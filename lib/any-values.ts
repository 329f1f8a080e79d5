import type { AsComponents, ComponentColumn } from "./component-batch.ts";
import {
  type DynamicColumnsOptions,
  type DynamicOptions,
  type DynamicValues,
  dynamicBatches,
  dynamicColumns,
} from "./dynamic-batch.ts";

/** Type of {@link AnyValues}. */
export interface AnyValuesFactory {
  /**
   * @param values by name; an array is a batch, everything else one instance
   * @throws RerunError `invalid-component`, also when a type changes or when nothing has one
   */
  (values: DynamicValues, options?: DynamicOptions): AsComponents;
  /**
   * Columns for `sendColumns`: the outer dimension of each value is the row.
   *
   * @throws RerunError `invalid-component`
   */
  columns(values: DynamicValues, options?: DynamicColumnsOptions): readonly ComponentColumn[];
}

/**
 * Logs values of your own, beside archetypes or alone. Their Arrow types are inferred, as the official Python SDK
 * does it:
 *
 * | value | type |
 * | --- | --- |
 * | whole numbers, bigints | `int64` |
 * | numbers with fractions, or whole ones among them | `float64` |
 * | strings, booleans | `utf8`, `bool` |
 * | a `Uint8Array` | `binary`, one value |
 * | any other typed array | its own element type, one value per element |
 * | arrays in an array | lists |
 * | plain objects | structs |
 *
 * The type of a component is set by its first values, for the whole process; a later value that it cannot hold is an
 * error. `null` is an empty batch, and left out while no type is known. A `ComponentBatch` is logged with its own Arrow type,
 * and with a component type only if `componentTypes` says so.
 *
 * ```ts
 * rec.log("points", Points2D(positions), AnyValues({ confidence: [0.3, 0.4], source: "camera" }));
 * rec.log("temperature", AnyValues({ celsius: 20 }, { types: { celsius: "float64" } }));
 * ```
 */
export const AnyValues: AnyValuesFactory = /* @__PURE__ */ Object.assign(
  (values: DynamicValues, options: DynamicOptions = {}): AsComponents => ({
    batches: dynamicBatches("AnyValues", freeStanding, values, options),
  }),
  {
    columns: (
      values: DynamicValues,
      options: DynamicColumnsOptions = {},
    ): readonly ComponentColumn[] => dynamicColumns("AnyValues", freeStanding, values, options),
  },
);

/** A component that belongs to no archetype. */
function freeStanding(key: string): { readonly archetype: undefined; readonly component: string } {
  return { archetype: undefined, component: key };
}
