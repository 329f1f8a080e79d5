import { readFileSync } from "node:fs";
import * as rrb from "../../../lib/blueprint/index.ts";
import type { Archetype, ArchetypeStatics } from "../../../lib/index.ts";
import { camelCase, readCatalogue, shortName } from "../../../scripts/catalogue/read-catalogue.ts";
import { type Case, logs } from "../case.ts";

type Fields = Readonly<Record<string, unknown>>;
type Factory = ArchetypeStatics<Fields> & ((...args: readonly unknown[]) => Archetype);
type ViewFactory = (options?: Fields) => rrb.View;

/** Fields of one archetype; `blueprint-fields.json` is read by the Python side, too. */
interface FieldSets {
  readonly smallest: Fields;
  readonly full: Fields;
  readonly update: Fields;
}

// Whole numbers that no double holds are meant exactly.
const text = readFileSync(new URL("blueprint-fields.json", import.meta.url), "utf8");
const sets = JSON.parse(
  text.replaceAll("9007199254740993", '{ "int": "9007199254740993" }'),
) as Readonly<Record<string, FieldSets>>;

const all = rrb as unknown as Readonly<Record<string, unknown>>;

function boundaryOf(value: unknown): unknown {
  if (value === "infinite") return rrb.TimeRangeBoundary.infinite();
  const { relative, absolute } = inputOf(value) as Readonly<Record<string, rrb.TimeValue>>;
  return absolute === undefined
    ? rrb.TimeRangeBoundary.cursorRelative(relative)
    : rrb.TimeRangeBoundary.absolute(absolute);
}

/** What JSON cannot say, as we take it. */
function inputOf(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) return value.map((item) => inputOf(item));
  if (typeof value !== "object" || value === null) return value;
  if ("int" in value) return BigInt(value.int as string);
  if ("uuid" in value) return value.uuid;
  if ("timelines" in value && "columns" in value) {
    const columns = value.columns as readonly (readonly string[])[];
    return [...(value.timelines as string[]), ...columns.map((column) => column.join(":"))];
  }
  if ("column" in value) return { ...value, column: (value.column as string[]).join(":") };
  if ("start" in value && "end" in value && key !== "filterByRange")
    return { ...value, start: boundaryOf(value.start), end: boundaryOf(value.end) };
  return inputsOf(value as Fields);
}

function inputsOf(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, inputOf(value, key)]),
  );
}

function setOf(name: string): FieldSets {
  const set = sets[name];
  if (set === undefined) throw new Error(`Expected ${name} in blueprint-fields.json`);
  return set;
}

function archetypeCases(name: string): Record<string, Case> {
  const archetype = all[name] as Factory;
  const { smallest, full, update } = setOf(name);
  const missing = Object.keys(archetype.fields).filter((field) => !(field in full));
  if (missing.length > 0) throw new Error(`Expected all fields of ${name}: ${missing.join()}`);
  const [first, all3, second] = [smallest, full, update].map(inputsOf) as [Fields, Fields, Fields];
  return {
    [`fields/blueprint/${name}/smallest`]: logs((rec) =>
      rec.log("a", archetype.updateFields(first)),
    ),
    [`fields/blueprint/${name}/full`]: logs((rec) => {
      rec.log("a", archetype.updateFields(all3), { static: true });
    }),
    [`fields/blueprint/${name}/update`]: logs((rec) => {
      for (const [frame, row] of [all3, second, first].entries()) {
        rec.setTime("frame", { sequence: frame });
        rec.log("a", archetype.updateFields(row));
      }
    }),
  };
}

const catalogue = readCatalogue();
const archetypes = Object.values(catalogue.archetypes)
  .filter(({ scope }) => scope === "blueprint")
  .map(({ short_name: name }) => name);

/** Each property of each view: all its fields, and each field alone, where the property comes for the first time. */
function viewCases(): Record<string, Case> {
  const cases: Record<string, Case> = {};
  const seen = new Set<string>();
  for (const [view, { properties }] of Object.entries(catalogue.views)) {
    const name = shortName(view);
    const factory = all[name] as ViewFactory;
    const given: Record<string, unknown> = {};
    for (const { name: property, archetype } of properties) {
      const short = shortName(archetype);
      const key = camelCase(property);
      const full = inputsOf(setOf(short).full);
      const make = all[short] as Factory;
      given[key] = make.updateFields(full);
      cases[`blueprint/view/${name}/${property}`] = logs((rec) =>
        rec.sendBlueprint(factory({ [key]: make.updateFields(full) })),
      );
      if (seen.has(short)) continue;
      seen.add(short);
      for (const [field, value] of Object.entries(full)) {
        cases[`blueprint/property/${short}/${field}`] = logs((rec) =>
          rec.sendBlueprint(factory({ [key]: make.updateFields({ [field]: value }) })),
        );
      }
    }
    const options = { origin: "/a/b", contents: ["+ $origin/**", "- /c"], name, visible: false };
    cases[`blueprint/view/${name}`] = logs((rec) => rec.sendBlueprint(factory()));
    cases[`blueprint/view/${name}/all`] = logs((rec) =>
      rec.sendBlueprint(factory({ ...options, ...given })),
    );
  }
  return cases;
}

/** Archetypes of blueprints as data of a recording, and as properties of views. */
export const blueprintFields: Readonly<Record<string, Case>> = Object.assign(
  viewCases(),
  ...archetypes.map(archetypeCases),
) as Record<string, Case>;
