import type { ComponentDescriptor } from "../component-batch.ts";
import { quote, RerunError } from "../errors.ts";
import { elementTypeOf } from "./typed-array.ts";

/** What messages need to name a field: `Points3D:class_ids`. */
export type Named = Pick<ComponentDescriptor, "component">;

/** A field as users write it, such as `Points3D.classIds`. */
export function fieldName(descriptor: Named): string {
  const [archetype, name = ""] = descriptor.component.split(":");
  return name === "" ? descriptor.component : `${archetype}.${camelCase(name)}`;
}

/** `class_ids` → `classIds`. */
export function camelCase(snake: string): string {
  return snake.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** Shows what came: typed arrays with their length, everything else as elsewhere in messages. */
export function shown(value: unknown): string {
  if (ArrayBuffer.isView(value) && elementTypeOf(value) !== undefined) {
    const { length } = value as unknown as ArrayLike<number>;
    return `${value.constructor.name} of length ${length}`;
  }
  return quote(value);
}

/**
 * Throws the error for a wrong field value: what was expected, what came, what to do.
 *
 * @throws RerunError `invalid-component`, always
 */
export function rejectInput(
  descriptor: Named,
  expected: string,
  value: unknown,
  advice = "",
): never {
  const hint = advice === "" ? "" : `; ${advice}`;
  throw new RerunError(
    "invalid-component",
    `${fieldName(descriptor)}: expected ${expected}, got ${shown(value)}${hint}`,
  );
}

/** The error for one wrong element of an array. */
export function rejectElement(
  descriptor: Named,
  expected: string,
  value: unknown,
  index: number,
): never {
  throw new RerunError(
    "invalid-component",
    `${fieldName(descriptor)}: expected ${expected}, got ${shown(value)} at index ${index}`,
  );
}

/** The error for arguments of an archetype that do not fit together. */
export function rejectArguments(archetype: string, message: string): never {
  throw new RerunError("invalid-component", `${archetype}: ${message}`);
}
