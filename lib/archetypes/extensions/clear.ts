import type { Archetype } from "../../archetype.ts";
import { ArchetypeInstance } from "../../archetype.ts";
import type { ComponentDescriptor } from "../../component-batch.ts";
import { boolBatch } from "../../components/bool.ts";

/** Ready-made clears. */
export interface Statics {
  /** Clears the entity alone. */
  flat(): Archetype;
  /** Clears the entity and everything below it. */
  recursive(): Archetype;
}

/** Makes the ready-made values. */
export function statics(definition: {
  readonly fields: { readonly isRecursive: ComponentDescriptor };
}): Statics {
  const { isRecursive } = definition.fields;
  const clear = (value: boolean): Archetype =>
    new ArchetypeInstance("rerun.archetypes.Clear", [boolBatch(isRecursive, value)]);
  return { flat: () => clear(false), recursive: () => clear(true) };
}
