import type { ComponentBatch, ComponentDescriptor } from "../component-batch.ts";

/** Turns a user's value into a batch; throws `invalid-component` when it cannot. */
export type Converter = (descriptor: ComponentDescriptor, value: never) => ComponentBatch;

/** Converts a value of a field that is found by name. */
export function convert(
  descriptor: ComponentDescriptor | undefined,
  converter: Converter | undefined,
  value: unknown,
): ComponentBatch {
  if (descriptor === undefined || converter === undefined) throw new TypeError("no such field");
  return converter(
    descriptor, // Each converter checks what it is given.
    value as never,
  );
}
