import { readFileSync } from "node:fs";
import type { ArchetypeStatics } from "../../../lib/index.ts";
import * as rr from "../../../lib/index.ts";
import { type Case, logs } from "../case.ts";
import { utf8 } from "../data.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Fields of one archetype for the three cases; `fields.json` is read by the Python side, too. */
interface FieldSets {
  readonly smallest: Fields;
  readonly full: Fields;
  readonly update: Fields;
}

const sets = JSON.parse(readFileSync(new URL("fields.json", import.meta.url), "utf8")) as Readonly<
  Record<string, FieldSets>
>;

const typedArrays = {
  uint8: Uint8Array,
  int16: Int16Array,
  float32: Float32Array,
  float64: Float64Array,
};

/** What JSON cannot say: bytes, and tensors of a type. */
function inputOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if ("bytes" in value) return utf8(value.bytes as string);
  if ("tensor" in value) {
    const { tensor, shape, data } = value as unknown as {
      readonly tensor: "int64" | keyof typeof typedArrays;
      readonly shape: readonly number[];
      readonly data: readonly number[];
    };
    if (tensor === "int64") return { data: BigInt64Array.from(data, BigInt), shape };
    return { data: typedArrays[tensor].from(data), shape };
  }
  return value;
}

const inputsOf = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, inputOf(value)]));

/** Every archetype by name. */
const archetypes = new Map(
  Object.values(rr)
    .filter((item) => typeof item === "function" && "updateFields" in item)
    .map((item) => item as unknown as ArchetypeStatics<Fields>)
    .map((item) => [item.archetype.replace("rerun.archetypes.", ""), item]),
);

function casesOf(name: string, archetype: ArchetypeStatics<Fields>): Record<string, Case> {
  const set = sets[name];
  if (set === undefined) throw new Error(`Expected ${name} in fields.json`);
  const [smallest, full, update] = [set.smallest, set.full, set.update].map(inputsOf) as [
    Fields,
    Fields,
    Fields,
  ];
  const missing = Object.keys(archetype.fields).filter((field) => !(field in full));
  if (missing.length > 0) throw new Error(`Expected all fields of ${name}: ${missing.join()}`);
  return {
    [`fields/${name}/smallest`]: logs((rec) => rec.log("a", archetype.updateFields(smallest))),
    [`fields/${name}/full`]: logs((rec) => {
      rec.log("a", archetype.updateFields(full), { static: true });
    }),
    [`fields/${name}/update`]: logs((rec) => {
      const rows = [
        archetype.updateFields(full),
        archetype.updateFields(update),
        archetype.updateFields(smallest, { clearUnset: true }),
        archetype.clearFields(),
      ];
      for (const [frame, row] of rows.entries()) {
        rec.setTime("frame", { sequence: frame });
        rec.log("a", row);
      }
    }),
  };
}

/** Three cases for each archetype: the fields it needs, all fields, and an update sequence. */
export const fields: Readonly<Record<string, Case>> = Object.assign(
  {},
  ...[...archetypes].map(([name, archetype]) => casesOf(name, archetype)),
) as Record<string, Case>;
