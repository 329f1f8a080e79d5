import { sortedOrder } from "../chunk-builder.ts";
import type { ComponentDescriptor } from "../component-batch.ts";

/** Whether two descriptors share their columns in a manifest. */
export const isSame = (a: ComponentDescriptor, b: ComponentDescriptor): boolean =>
  a === b || (a.component === b.component && a.archetype === b.archetype);

/** Each once, in the order of the columns. */
export function sortedDescriptors(all: readonly ComponentDescriptor[]): ComponentDescriptor[] {
  const unique = new Map(all.map((d) => [`${d.archetype}\n${d.component}`, d]));
  const descriptors = [...unique.values()];
  return sortedOrder(descriptors).map((i) => descriptors[i] as ComponentDescriptor);
}

/** Short archetype name and field, or the component alone. */
export function descriptorParts({ archetype, component }: ComponentDescriptor): string[] {
  if (archetype === undefined) return [component];
  const short = archetype.replace(/^rerun\.(blueprint\.)?archetypes\./, "").replace(/^rerun\./, "");
  return [short, component.startsWith(`${short}:`) ? component.slice(short.length + 1) : component];
}

/** Name of a column: the parts, without characters that databases mind. */
export const manifestName = (parts: readonly string[]): string =>
  parts
    .join(":")
    .replace(/[, \-.\\]/g, "_")
    .replace(/^_+/, "");
