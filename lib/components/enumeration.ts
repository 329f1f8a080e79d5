import type { ComponentDescriptor } from "../component-batch.ts";
import { ComponentBatch } from "../component-batch.ts";
import { rejectElement, rejectInput } from "./input-error.ts";
import { elementTypeOf } from "./typed-array.ts";

/** Names and numbers of an enumeration, such as {@link MarkerShape}. */
export type EnumMembers = Readonly<Record<string, number>>;

/** A member, its number, or its name; letter case of names does not matter. */
export type EnumValue<E extends EnumMembers> =
  | E[keyof E]
  | (keyof E & string)
  | Lowercase<keyof E & string>;

/** One enumeration value or many. */
export type EnumInput<E extends EnumMembers> =
  | EnumValue<E>
  | readonly EnumValue<E>[]
  | Uint8Array
  | Uint32Array;

/** Number of a member given by number or name; undefined when there is no such member. */
export function enumNumber(members: EnumMembers, value: unknown): number | undefined {
  if (typeof value === "string") {
    const exact = Object.hasOwn(members, value) ? members[value] : undefined;
    if (exact !== undefined) return exact;
    const wanted = value.toLowerCase();
    for (const name in members) if (name.toLowerCase() === wanted) return members[name];
    return undefined;
  }
  if (typeof value !== "number") return undefined;
  for (const name in members) if (members[name] === value) return value;
  return undefined;
}

/** `Circle (1), Diamond (2), …`, for messages. */
export function membersText(members: EnumMembers): string {
  return Object.entries(members)
    .map(([name, number]) => `${name} (${number})`)
    .join(", ");
}

/** A batch of enumeration values, stored as their numbers. */
export function enumBatch(
  descriptor: ComponentDescriptor,
  value: unknown,
  members: EnumMembers,
): ComponentBatch {
  if (!Array.isArray(value) && elementTypeOf(value) === undefined) {
    const number = enumNumber(members, value);
    if (number === undefined) rejectInput(descriptor, `one of ${membersText(members)}`, value);
    return new ComponentBatch(descriptor, 1, number);
  }
  const items = value as ArrayLike<unknown>;
  const numbers: number[] = [];
  for (let i = 0; i < items.length; i++) {
    const number = enumNumber(members, items[i]);
    if (number === undefined) {
      rejectElement(descriptor, `one of ${membersText(members)}`, items[i], i);
    }
    numbers.push(number);
  }
  return new ComponentBatch(descriptor, numbers.length, numbers);
}
