import { ComponentBatch, type ComponentDescriptor } from "../component-batch.ts";
import { fieldName, rejectElement, rejectInput } from "./input-error.ts";
import { arrowFromValues } from "./nested.ts";

/** A column of a dataframe: a component of an entity, as `"/entity/path:Archetype:field"` or by name. */
export type ColumnSelector = string | { readonly entityPath: string; readonly component: string };

/** Columns of a dataframe: components, see {@link ColumnSelector}; a text without a colon is a timeline. */
export type SelectedColumns = readonly ColumnSelector[];

/** Only rows in which this component was logged; `active: false` keeps the choice without using it. */
export type FilterIsNotNull =
  | ColumnSelector
  | { readonly active: boolean; readonly column: ColumnSelector };

interface Selector {
  readonly entity_path: string;
  readonly component: string;
}

/** A batch of columns. */
export function columnSelectorBatch(
  descriptor: ComponentDescriptor,
  value: ColumnSelector | readonly ColumnSelector[],
): ComponentBatch {
  const isList = Array.isArray(value);
  const items = (isList ? value : [value]) as readonly unknown[];
  return batchOf(
    descriptor,
    items.map((item, i) => {
      const selector = selectorOf(item);
      if (selector === undefined) {
        if (isList) rejectElement(descriptor, EXPECTED, item, i);
        rejectInput(descriptor, EXPECTED, item);
      }
      return selector;
    }),
  );
}

/** A batch of one filter. */
export function filterIsNotNullBatch(
  descriptor: ComponentDescriptor,
  value: FilterIsNotNull,
): ComponentBatch {
  const given = typeof value === "object" && value !== null && "column" in value;
  const selector = selectorOf(given ? value.column : value);
  if (selector === undefined) rejectInput(descriptor, EXPECTED, value);
  const active = given ? value.active : true;
  return batchOf(descriptor, [{ active, column: selector }]);
}

/** A batch of one choice of columns. */
export function selectedColumnsBatch(
  descriptor: ComponentDescriptor,
  value: SelectedColumns,
): ComponentBatch {
  if (!Array.isArray(value)) rejectInput(descriptor, "an array of columns", value);
  const timelines: string[] = [];
  const components: Selector[] = [];
  (value as readonly unknown[]).forEach((item, i) => {
    const selector = selectorOf(item);
    if (selector !== undefined) components.push(selector);
    else if (typeof item === "string" && item !== "") timelines.push(item);
    else rejectElement(descriptor, `the name of a timeline, or ${EXPECTED}`, item, i);
  });
  return batchOf(descriptor, [{ time_columns: timelines, component_columns: components }]);
}

/** A batch of one order of entities. */
export function columnOrderBatch(
  descriptor: ComponentDescriptor,
  value: readonly string[],
): ComponentBatch {
  if (!Array.isArray(value)) rejectInput(descriptor, "an array of entity paths", value);
  return batchOf(descriptor, [value]);
}

const EXPECTED = 'a component such as "/entity/path:Points3D:colors"';

/** The entity path ends at the first colon, as components have colons of their own. */
function selectorOf(value: unknown): Selector | undefined {
  if (typeof value === "string") {
    const at = value.indexOf(":");
    if (at <= 0 || at === value.length - 1) return undefined;
    return { entity_path: value.slice(0, at), component: value.slice(at + 1) };
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { entityPath, component } = value as Readonly<Record<string, unknown>>;
  if (typeof entityPath !== "string" || typeof component !== "string") return undefined;
  return { entity_path: entityPath, component };
}

function batchOf(descriptor: ComponentDescriptor, items: readonly unknown[]): ComponentBatch {
  if (items.length === 0) return ComponentBatch.empty(descriptor);
  const array = arrowFromValues(descriptor.type, items, false, fieldName(descriptor));
  return new ComponentBatch(descriptor, items.length, array);
}
