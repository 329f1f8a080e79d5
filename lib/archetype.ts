import type { ColumnFields, ColumnsOptions } from "./archetype-columns.ts";
import { columnsOf } from "./archetype-columns.ts";
import type { DataType } from "./arrow/data-type.ts";
import type { AsComponents, ComponentColumn, ComponentDescriptor } from "./component-batch.ts";
import { ComponentBatch, componentDescriptor } from "./component-batch.ts";
import type { Converter } from "./components/converter.ts";
import { convert } from "./components/converter.ts";
import { camelCase, fieldName, rejectArguments } from "./components/input-error.ts";
import { quote } from "./errors.ts";

/** What calling an archetype gives: its name and the batches of the fields that were given. */
export interface Archetype extends AsComponents {
  /** Full name, such as `rerun.archetypes.Points3D`. */
  readonly archetype: string;
}

/** What every archetype has beside being callable. */
export interface ArchetypeStatics<Fields> {
  /** Full name, such as `rerun.archetypes.Points3D`. */
  readonly archetype: string;
  /** The visualizer that shows it in the viewer, if there is one. */
  readonly visualizer: string | undefined;
  /** The descriptor of each field. */
  readonly fields: { readonly [K in keyof Fields]-?: ComponentDescriptor };
  /**
   * Only the given fields; in the viewer the others keep what was logged before, unless `clearUnset` is true.
   *
   * @throws RerunError `invalid-component`
   */
  updateFields(fields: Fields, options?: UpdateOptions): Archetype;
  /** Every field as an explicit empty batch, which clears what was logged before. */
  clearFields(): Archetype;
  /**
   * The values of a single field, to be logged by themselves, or under other names by {@link ComponentBatch.described}.
   *
   * @throws RerunError `invalid-component`
   */
  batch<K extends keyof Fields>(field: K, value: NonNullable<Fields[K]>): ComponentBatch;
  /**
   * Many rows at once, for `sendColumns`. Typed arrays of the stored type are not copied.
   *
   * @throws RerunError `invalid-component`, also when fields have different numbers of rows
   */
  columns(
    fields: ColumnFields<Fields>,
    options?: ColumnsOptions<Fields>,
  ): readonly ComponentColumn[];
}

/** How fields are updated. */
export interface UpdateOptions {
  /** Whether each field that is not given becomes an explicit empty batch, which clears it. Default false. */
  readonly clearUnset?: boolean;
}

/** An archetype that was called; a class so that all have one shape. */
export class ArchetypeInstance implements Archetype {
  readonly archetype: string;
  readonly batches: readonly ComponentBatch[];

  constructor(archetype: string, batches: readonly ComponentBatch[]) {
    this.archetype = archetype;
    this.batches = batches;
  }
}

/**
 * Makes the descriptors of an archetype from component names and Arrow types. Names of what is for blueprints alone
 * begin with `blueprint.`.
 */
export function describeFields<K extends string>(
  archetype: string,
  fields: Readonly<Record<K, readonly [component: string, type: DataType]>>,
): Readonly<Record<K, ComponentDescriptor>> {
  const descriptors: Partial<Record<K, ComponentDescriptor>> = {};
  const archetypeName = fullName(archetype, "archetypes");
  const short = archetype.slice(archetype.indexOf(".") + 1);
  for (const key in fields) {
    const [component, type] = fields[key];
    descriptors[key] = componentDescriptor(
      archetypeName,
      `${short}:${snakeCase(key)}`,
      fullName(component, "components"),
      type,
    );
  }
  return descriptors as Record<K, ComponentDescriptor>;
}

function fullName(name: string, kind: "archetypes" | "components"): string {
  return name.startsWith("blueprint.")
    ? `rerun.blueprint.${kind}.${name.slice("blueprint.".length)}`
    : `rerun.${kind}.${name}`;
}

/** What {@link defineArchetype} needs to know. */
export interface ArchetypeDefinition<K extends string> {
  readonly name: string;
  /** Full name, such as `rerun.archetypes.Points3D`. */
  readonly archetype: string;
  readonly visualizer: string | undefined;
  readonly fields: Readonly<Record<K, ComponentDescriptor>>;
  readonly converters: Readonly<Record<K, Converter>>;
  /** Fields that hold a single value. */
  readonly mono: readonly K[];
}

/**
 * Adds the static members to the function that makes an archetype.
 * That function is generated for each archetype, because it is on the hot path; the rest is common.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- asserted here once instead of in every archetype
export function defineArchetype<Factory>(
  definition: ArchetypeDefinition<string>,
  call: (...args: never[]) => Archetype,
  extras?: object,
): Factory {
  const statics: ArchetypeStatics<Readonly<Record<string, unknown>>> = {
    archetype: definition.archetype,
    visualizer: definition.visualizer,
    fields: definition.fields,
    updateFields: (fields, options) => updateFields(definition, fields, options?.clearUnset),
    clearFields: () => clearFields(definition),
    batch: (field, value) => batchOf(definition, field, value),
    columns: (fields, options) => {
      countOptions(definition.name, fields);
      rejectUnknown(definition.name, fields, definition.converters);
      return columnsOf(definition, fields, options);
    },
  };
  Object.defineProperty(call, "name", { value: definition.name });
  // Presets may be getters, which are to stay so.
  if (extras !== undefined) Object.defineProperties(call, Object.getOwnPropertyDescriptors(extras));
  // The generated interface says what the sum of these is.
  return Object.assign(call, statics) as Factory;
}

/** A single value: refuses a batch of more than one instance. */
export function one(batch: ComponentBatch): ComponentBatch {
  if (batch.length > 1) {
    const { descriptor, length } = batch;
    rejectArguments(fieldName(descriptor), `expected a single value, got ${length} of them`);
  }
  return batch;
}

/** Number of options given, to be compared with what was understood. */
export function countOptions(archetype: string, options: object): number {
  if (typeof options !== "object" || options === null) {
    rejectArguments(archetype, `expected options in an object, got ${quote(options)}`);
  }
  let count = 0;
  for (const _ in options) count++;
  return count;
}

/** Throws because a required field was not given by name. */
export function rejectMissing(archetype: string, field: string): never {
  return rejectArguments(
    archetype,
    `expected \`${field}\`, got nothing; use \`${archetype}.updateFields\` to change other fields alone`,
  );
}

/** Throws when an option has a name that the archetype does not know. */
export function rejectUnknown(archetype: string, options: object, known: object): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || Object.hasOwn(known, name)) continue;
    const meant = camelCase(name);
    const hint =
      meant !== name && Object.hasOwn(known, meant) ? `; did you mean \`${meant}\`?` : "";
    rejectArguments(
      archetype,
      `unknown option ${quote(name)}, expected ${Object.keys(known).join(", ")}${hint}`,
    );
  }
}

function updateFields(
  definition: ArchetypeDefinition<string>,
  given: Readonly<Record<string, unknown>>,
  clearUnset = false,
): Archetype {
  const { name, fields, converters } = definition;
  const expected = countOptions(name, given);
  const batches: ComponentBatch[] = [];
  let found = 0;
  for (const key in converters) {
    const value = given[key];
    if (value !== undefined) {
      found++;
      batches.push(batchOf(definition, key, value));
    } else if (clearUnset) {
      batches.push(ComponentBatch.empty(fields[key] as ComponentDescriptor));
    }
  }
  if (found !== expected) rejectUnknown(name, given, converters);
  return new ArchetypeInstance(definition.archetype, batches);
}

function batchOf(
  definition: ArchetypeDefinition<string>,
  key: string,
  value: unknown,
): ComponentBatch {
  const { name, fields, converters, mono } = definition;
  if (!Object.hasOwn(converters, key)) rejectUnknown(name, { [key]: value }, converters);
  const batch = convert(fields[key], converters[key], value);
  return mono.includes(key) ? one(batch) : batch;
}

function clearFields(definition: ArchetypeDefinition<string>): Archetype {
  const batches = Object.values(definition.fields).map((field) => ComponentBatch.empty(field));
  return new ArchetypeInstance(definition.archetype, batches);
}

/** `classIds` → `class_ids`. */
function snakeCase(camel: string): string {
  return camel.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
