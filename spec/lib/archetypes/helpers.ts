import { expect } from "chai";
import type { Archetype } from "../../../lib/archetypes/index.ts";
import { RerunError } from "../../../lib/errors.ts";
import { batchValues } from "../components/arrow-values.ts";

/** All values of an archetype by field, as Rerun names it. */
export function fieldValues(archetype: Archetype): Record<string, unknown[]> {
  return Object.fromEntries<unknown[]>(
    archetype.batches.map((batch) => [
      batch.descriptor.component.split(":")[1] ?? "",
      batchValues(batch),
    ]),
  );
}

/** Expects a call to be refused with a message that holds the text. */
export function expectRefused(call: () => unknown, text: string): void {
  expect(call).to.throw(RerunError, text).with.property("code", "invalid-component");
}
