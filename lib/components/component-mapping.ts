import type { ComponentBatch, ComponentDescriptor } from "../component-batch.ts";
import { ComponentSourceKind } from "./blueprint-enums.ts";
import { type EnumValue, enumNumber, membersText } from "./enumeration.ts";
import { rejectInput } from "./input-error.ts";
import { nestedBatch } from "./nested.ts";

/** Where a visualizer finds one of its components. */
export interface ComponentMapping {
  /** The component that the visualizer wants, such as `Points3D:colors`. */
  readonly target: string;
  /** Default: `SourceComponent` where there is a source, else `Override`. */
  readonly sourceKind?: EnumValue<typeof ComponentSourceKind> | undefined;
  /** The component of the entity that is taken in its place, such as `HeightColors:colors`. */
  readonly sourceComponent?: string | undefined;
  /** A path into a nested source, such as `.values`. Default: the source as it is. */
  readonly selector?: string | undefined;
}

/** A batch of mappings. */
export function componentMappingBatch(
  descriptor: ComponentDescriptor,
  value: ComponentMapping | readonly ComponentMapping[],
): ComponentBatch {
  const items = (Array.isArray(value) ? value : [value]) as readonly unknown[];
  return nestedBatch(
    descriptor,
    items.map((item) => {
      const { target, sourceKind, sourceComponent, selector } = (
        typeof item === "object" && item !== null ? item : {}
      ) as Partial<ComponentMapping>;
      if (typeof target !== "string")
        rejectInput(
          descriptor,
          "mappings as { target, sourceKind, sourceComponent, selector }",
          item,
        );
      const preset = sourceComponent === undefined ? "Override" : "SourceComponent";
      const kind = enumNumber(ComponentSourceKind, sourceKind ?? preset);
      if (kind === undefined)
        rejectInput(descriptor, `a source kind of ${membersText(ComponentSourceKind)}`, sourceKind);
      return {
        target,
        source_kind: kind,
        source_component: sourceComponent ?? null,
        selector: selector ?? null,
      };
    }),
  );
}
