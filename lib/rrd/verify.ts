import * as archetypes from "../archetypes/index.ts";
import type { DataType } from "../arrow/data-type.ts";
import * as blueprintArchetypes from "../blueprint/archetypes/index.ts";
import * as catalogue from "../catalogue/index.ts";
import type { Chunk } from "../chunk.ts";
import type { ComponentDescriptor } from "../component-batch.ts";

/** What this package knows of Rerun's types, by their full names. */
interface Known {
  readonly components: ReadonlyMap<string, DataType>;
  /** Fields by identifier, such as `Points3D:positions`. */
  readonly archetypes: ReadonlyMap<string, ReadonlyMap<string, ComponentDescriptor>>;
}

let known: Known | undefined;

function readKnown(): Known {
  const components = new Map<string, DataType>();
  for (const each of Object.values(catalogue))
    if (typeof each === "function" && "componentType" in each && "type" in each)
      components.set(each.componentType, each.type);
  const fields = new Map<string, Map<string, ComponentDescriptor>>();
  for (const each of [...Object.values(archetypes), ...Object.values(blueprintArchetypes)]) {
    if (typeof each !== "function" || !("fields" in each)) continue;
    const { archetype, fields: own } = each as unknown as {
      readonly archetype: string;
      readonly fields: Readonly<Record<string, ComponentDescriptor>>;
    };
    fields.set(archetype, new Map(Object.values(own).map((field) => [field.component, field])));
  }
  return { components, archetypes: fields };
}

/**
 * Says what of a chunk Rerun 0.33 would not understand: unknown components and archetypes of `rerun.`, components whose
 * Arrow type is another, fields that an archetype does not have. Types that are not Rerun's are anyone's own.
 *
 * Source: rerun crates/top/rerun/src/commands/rrd/verify.rs
 */
export function chunkProblems(chunk: Chunk): string[] {
  known ??= readKnown();
  const problems: string[] = [];
  for (const { descriptor } of chunk.components) {
    const { archetype, component, componentType, type } = descriptor;
    const where = `${chunk.entityPath}, ${component}`;
    if (componentType === undefined || !componentType.startsWith("rerun.")) continue;
    const expected = known.components.get(componentType);
    if (expected === undefined) {
      problems.push(`${where}: Rerun has no component ${componentType}`);
      continue;
    }
    if (withoutNullability(expected) !== withoutNullability(type)) {
      problems.push(
        `${where}: expected the Arrow type ${expected.key} of ${componentType}, got ${type.key}`,
      );
      continue;
    }
    if (archetype === undefined || !archetype.startsWith("rerun.")) continue;
    const fields = known.archetypes.get(archetype);
    const field = fields?.get(component);
    if (fields === undefined) problems.push(`${where}: Rerun has no archetype ${archetype}`);
    else if (field === undefined)
      problems.push(
        `${where}: ${archetype} has no such field, it has ${[...fields.keys()].join(", ")}`,
      );
    else if (field.componentType !== componentType)
      problems.push(`${where}: expected ${field.componentType} there, got ${componentType}`);
  }
  return problems;
}

/** What readers need to be the same. */
const withoutNullability = (type: DataType): string => type.key.replaceAll("!", "");
