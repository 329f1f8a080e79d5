import type { ComponentBatch, ComponentDescriptor } from "../component-batch.ts";
import { TextLogColumnKind } from "./blueprint-enums.ts";
import { type EnumValue, enumNumber, membersText } from "./enumeration.ts";
import { rejectElement, rejectInput } from "./input-error.ts";
import { nestedBatch } from "./nested.ts";

/** A column of a text log by its kind; `visible: false` keeps its place without showing it. */
export type TextLogColumn =
  | EnumValue<typeof TextLogColumnKind>
  | { readonly kind: EnumValue<typeof TextLogColumnKind>; readonly visible?: boolean };

/** A timeline shown as a column; `visible: false` keeps its place without showing it. */
export type TimelineColumn = string | { readonly timeline: string; readonly visible?: boolean };

/** A batch of columns by kind. */
export function textLogColumnBatch(
  descriptor: ComponentDescriptor,
  value: TextLogColumn | readonly TextLogColumn[],
): ComponentBatch {
  const expected = `a column of ${membersText(TextLogColumnKind)}`;
  return columns(descriptor, value, expected, (item) => {
    const { kind, visible = true } = (
      typeof item === "object" && item !== null ? item : { kind: item }
    ) as { readonly kind: unknown; readonly visible?: boolean };
    const number = enumNumber(TextLogColumnKind, kind);
    return number === undefined ? undefined : { visible, kind: number };
  });
}

/** A batch of columns by timeline. */
export function timelineColumnBatch(
  descriptor: ComponentDescriptor,
  value: TimelineColumn | readonly TimelineColumn[],
): ComponentBatch {
  return columns(descriptor, value, "the name of a timeline", (item) => {
    const { timeline, visible = true } = (
      typeof item === "object" && item !== null ? item : { timeline: item }
    ) as { readonly timeline: unknown; readonly visible?: boolean };
    return typeof timeline === "string" ? { visible, timeline } : undefined;
  });
}

function columns(
  descriptor: ComponentDescriptor,
  value: unknown,
  expected: string,
  toStruct: (item: unknown) => object | undefined,
): ComponentBatch {
  const isList = Array.isArray(value);
  const items = (isList ? value : [value]) as readonly unknown[];
  return nestedBatch(
    descriptor,
    items.map((item, i) => {
      const struct = toStruct(item);
      if (struct === undefined) {
        if (isList) rejectElement(descriptor, expected, item, i);
        rejectInput(descriptor, expected, item);
      }
      return struct;
    }),
  );
}
