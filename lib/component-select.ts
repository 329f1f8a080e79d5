import type { ComponentDescriptor } from "./component-batch.ts";
import { EntityPathFilter } from "./entity-path-filter.ts";
import { quote, RerunError } from "./errors.ts";

/**
 * Says which components are meant:
 *
 * - a name, or several: of a component (`Image:buffer`), of an archetype with all its components (`Image`,
 *   `rerun.archetypes.Image`), of a component type (`rerun.components.Text`);
 * - a function that is asked for each component of each entity;
 * - an object with both names and the entities they are meant at, in Rerun's filter language; one of the two may be
 *   left out.
 */
export type ComponentSelect =
  | string
  | readonly string[]
  | ((descriptor: ComponentDescriptor, entityPath: string) => boolean)
  | {
      readonly components?: string | readonly string[];
      readonly entities?: string | readonly string[] | EntityPathFilter;
    };

/** Whether a component of an entity is meant. */
export type ComponentPredicate = (descriptor: ComponentDescriptor, entityPath: string) => boolean;

/** @throws RerunError `invalid-argument` when it selects nothing that could exist */
export function componentPredicate(select: ComponentSelect): ComponentPredicate {
  if (typeof select === "function") return select;
  if (typeof select === "string" || Array.isArray(select)) return byName(select as string);
  const { components, entities } = (select ?? {}) as {
    readonly components?: string | readonly string[];
    readonly entities?: string | readonly string[] | EntityPathFilter;
  };
  if (components === undefined && entities === undefined) {
    throw new RerunError(
      "invalid-argument",
      `Expected names of components, a function, or { components, entities } to select components, got ${quote(select)}`,
    );
  }
  const isNamed = components === undefined ? () => true : byName(components);
  const filter = entities === undefined ? undefined : EntityPathFilter.parse(entities);
  return (descriptor, entityPath) =>
    isNamed(descriptor, entityPath) && (filter === undefined || filter.matches(entityPath));
}

function byName(given: string | readonly string[]): ComponentPredicate {
  const names = new Set(typeof given === "string" ? [given] : given);
  for (const name of names) {
    if (typeof name === "string" && name !== "") continue;
    throw new RerunError(
      "invalid-argument",
      `Expected the name of a component such as "Image:buffer", of an archetype or of a component type, got ${quote(name)}`,
    );
  }
  if (names.size === 0)
    throw new RerunError("invalid-argument", "Expected the name of at least one component");
  return ({ archetype, component, componentType }) =>
    names.has(component) ||
    (componentType !== undefined && names.has(componentType)) ||
    (archetype !== undefined &&
      (names.has(archetype) || names.has(archetype.slice(archetype.lastIndexOf(".") + 1))));
}
