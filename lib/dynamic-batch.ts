import type { ArrowArray, TypedArray } from "./arrow/array.ts";
import { type DataType, type PrimitiveKind, primitive } from "./arrow/data-type.ts";
import {
  ComponentBatch,
  type ComponentColumn,
  type ComponentDescriptor,
  componentDescriptor,
} from "./component-batch.ts";
import { concatArrays } from "./components/concat.ts";
import { arrowFromValues } from "./components/nested.ts";
import { elementTypeOf } from "./components/typed-array.ts";
import { quote, RerunError } from "./errors.ts";
import { inferType, isAssignable } from "./inferred-type.ts";

/** A value whose Arrow type is inferred: see {@link AnyValues}. */
export type DynamicValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | TypedArray
  | ComponentBatch
  | readonly DynamicValue[]
  | { readonly [key: string]: DynamicValue };

/** Values by the name of their component. */
export type DynamicValues = Readonly<Record<string, DynamicValue>>;

/** What is known of dynamic components beside their values. */
export interface DynamicOptions {
  /**
   * Arrow type of one instance, by name. Default: inferred from the first values. Give it where the first value does
   * not show the type: a whole number that may get fractions later, an empty array, `null`.
   */
  readonly types?: Readonly<Record<string, PrimitiveKind | DataType>>;
  /** Such as `rerun.components.Color`, by name: tells the viewer what the values mean. Default: none. */
  readonly componentTypes?: Readonly<Record<string, string>>;
}

/** How dynamic columns are made. */
export interface DynamicColumnsOptions extends DynamicOptions {
  /**
   * Instances in each row, for all columns or by name. Left out: one instance for each row, or, for arrays of arrays,
   * the inner ones.
   */
  readonly lengths?: ArrayLike<number> | Readonly<Record<string, ArrayLike<number>>>;
}

/** Names a component of the given key. */
type Naming = (key: string) => {
  readonly archetype: string | undefined;
  readonly component: string;
};

const NULL = primitive("null");

/** The type of each component, from its first values on; like the official SDK's, for the whole process. */
const knownTypes = new Map<string, DataType>();

/** One batch for each value that has a type. @throws RerunError `invalid-component`, also when none has */
export function dynamicBatches(
  what: string,
  naming: Naming,
  values: DynamicValues,
  options: DynamicOptions,
): readonly ComponentBatch[] {
  const batches: ComponentBatch[] = [];
  const learned: [string, DataType][] = [];
  for (const [key, value] of entriesOf(what, values, options)) {
    const names = namesOf(what, naming, key, options);
    if (value instanceof ComponentBatch) {
      batches.push(redescribed(value, names));
      continue;
    }
    const type = resolve(
      names,
      value === null || value === undefined ? [] : value,
      options.types?.[key],
      learned,
    );
    if (type !== undefined) batches.push(batchOf(describe(names, type), value));
  }
  if (batches.length === 0) rejectEmpty(what);
  learn(learned);
  return batches;
}

/** One column for each value; the outer dimension is the row. @throws RerunError `invalid-component` */
export function dynamicColumns(
  what: string,
  naming: Naming,
  values: DynamicValues,
  options: DynamicColumnsOptions,
): readonly ComponentColumn[] {
  const columns: ComponentColumn[] = [];
  const learned: [string, DataType][] = [];
  for (const [key, value] of entriesOf(what, values, options)) {
    const names = namesOf(what, naming, key, options);
    const lengths = lengthsOf(options, key);
    if (value instanceof ComponentBatch) {
      const { descriptor, array } = redescribed(value, names);
      columns.push({ descriptor, array, lengths });
      continue;
    }
    if (!Array.isArray(value) && elementTypeOf(value) === undefined) {
      reject(names.component, "an array with one element for each row", value);
    }
    const rows = value as readonly unknown[];
    const nested = lengths === undefined && Array.isArray(rows) && rows.some(isBatch);
    const flat = nested ? flatten(names.component, rows) : rows;
    // Here it is not one value of bytes, but a number for each row.
    const numbers = flat instanceof Uint8Array ? "uint8" : undefined;
    const type = resolve(names, flat, options.types?.[key] ?? numbers, learned);
    if (type === undefined) continue;
    const descriptor = describe(names, type);
    const { array } = batchOf(descriptor, flat);
    columns.push({ descriptor, array, lengths: nested ? rows.map(lengthOf) : lengths });
  }
  if (columns.length === 0) rejectEmpty(what);
  learn(learned);
  return columns;
}

/** Only once a whole call is in order: one that was refused says nothing about types. */
function learn(types: readonly (readonly [string, DataType])[]): void {
  for (const [key, type] of types) knownTypes.set(key, type);
}

/** As in the official SDK, what the values mean is not taken over from the batch. */
function redescribed(batch: ComponentBatch, names: Names): ComponentBatch {
  return batch.described({ ...names, componentType: names.componentType });
}

interface Names {
  readonly archetype: string | undefined;
  readonly component: string;
  readonly componentType?: string;
}

function namesOf(what: string, naming: Naming, key: string, options: DynamicOptions): Names {
  if (key === "") reject(what, "names of components that are not empty", key);
  const componentType = options.componentTypes?.[key];
  return componentType === undefined ? naming(key) : { ...naming(key), componentType };
}

function entriesOf(
  what: string,
  values: DynamicValues,
  { types, componentTypes }: DynamicOptions,
): [string, DynamicValue][] {
  if (typeof values !== "object" || values === null || Array.isArray(values)) {
    reject(what, "an object with a value for each name", values);
  }
  for (const name of [...Object.keys(types ?? {}), ...Object.keys(componentTypes ?? {})]) {
    if (!Object.hasOwn(values, name))
      reject(what, `a value for ${quote(name)}, as there is a type`, undefined);
  }
  return Object.entries(values);
}

/** The type that a component has, or gets now; undefined when nothing shows it. */
function resolve(
  { archetype, component, componentType }: Names,
  value: DynamicValue | readonly unknown[],
  given: PrimitiveKind | DataType | undefined,
  learned: [string, DataType][],
): DataType | undefined {
  const key = `${archetype ?? ""}\n${component}\n${componentType ?? ""}`;
  const asked = typeof given === "string" ? primitive(given) : given;
  const known = knownTypes.get(key);
  if (asked !== undefined && known !== undefined && asked !== known)
    rejectChange(component, known, asked);
  const type = known ?? asked;
  const found = typeOf(component, value);
  if (type === undefined) {
    if (found === NULL) return undefined;
    if (hasUnknown(found))
      reject(component, "values that show their type, or one in `types`", value);
    learned.push([key, found]);
    return found;
  }
  if (!isAssignable(found, type) && !isBytesAsNumbers(value, type)) {
    rejectChange(component, type, found);
  }
  if (known === undefined) learned.push([key, type]);
  return type;
}

/** The type of one instance; `null` when there is none. */
function typeOf(component: string, value: unknown): DataType {
  const element = elementTypeOf(value);
  if (element !== undefined && !(value instanceof Uint8Array)) return primitive(element);
  return inferType(Array.isArray(value) ? value : [value], component);
}

/** Whether an empty list or a null hides the type of a part. */
function hasUnknown(type: DataType): boolean {
  return type.kind === "null" || type.children.some((child) => hasUnknown(child.type));
}

/** `Uint8Array` is one value of bytes, unless numbers were asked for. */
function isBytesAsNumbers(value: unknown, { kind }: DataType): boolean {
  return value instanceof Uint8Array && /^u?int|^float/.test(kind);
}

function batchOf(descriptor: ComponentDescriptor, value: unknown): ComponentBatch {
  const { type, component } = descriptor;
  if (value === null || value === undefined) return ComponentBatch.empty(descriptor);
  const element = elementTypeOf(value);
  if (element === type.kind) {
    const values = value as TypedArray;
    const data = element === "float16" ? bitsOf(values) : values;
    return new ComponentBatch(descriptor, values.length, data);
  }
  const isMany = Array.isArray(value) || (element !== undefined && !isSingle(value, type));
  const items = isMany ? (value as ArrayLike<unknown>) : [value];
  if (items.length === 0) return ComponentBatch.empty(descriptor);
  const array: ArrowArray = arrowFromValues(type, items, true, component);
  return new ComponentBatch(descriptor, items.length, array);
}

/** Whether a typed array is one instance: bytes, or a list. */
function isSingle(value: unknown, type: DataType): boolean {
  return value instanceof Uint8Array && !isBytesAsNumbers(value, type);
}

function bitsOf(values: TypedArray): Uint16Array {
  return new Uint16Array(values.buffer, values.byteOffset, values.length);
}

function describe(
  { archetype, component, componentType }: Names,
  type: DataType,
): ComponentDescriptor {
  return componentDescriptor(archetype, component, componentType, type);
}

/** Whether an element of a column is the batch of a row, rather than its only instance. */
function isBatch(row: unknown): boolean {
  return Array.isArray(row) || (elementTypeOf(row) !== undefined && !(row instanceof Uint8Array));
}

function flatten(component: string, rows: readonly unknown[]): readonly unknown[] {
  const element = elementTypeOf(rows[0]);
  if (element !== undefined && rows.every((row) => elementTypeOf(row) === element)) {
    const arrays = rows.map((row) => arrayOf(primitive(element), row as TypedArray));
    return concatArrays(primitive(element), arrays).values as unknown as readonly unknown[];
  }
  const flat: unknown[] = [];
  for (const row of rows) {
    if (row === null || row === undefined) continue;
    if (!isBatch(row)) reject(component, "an array for each row", row);
    const items = row as ArrayLike<unknown>;
    for (let i = 0; i < items.length; i++) flat.push(items[i]);
  }
  return flat;
}

function arrayOf(type: DataType, values: TypedArray): ArrowArray {
  return { type, length: values.length, values };
}

function lengthOf(row: unknown): number {
  return row === null || row === undefined ? 0 : (row as ArrayLike<unknown>).length;
}

function lengthsOf({ lengths }: DynamicColumnsOptions, key: string): ArrayLike<number> | undefined {
  if (lengths === undefined) return undefined;
  return "length" in lengths && typeof lengths.length === "number"
    ? (lengths as ArrayLike<number>)
    : (lengths as Readonly<Record<string, ArrayLike<number>>>)[key];
}

function rejectChange(component: string, before: DataType, now: DataType): never {
  throw new RerunError(
    "invalid-component",
    `${component}: expected ${before.key}, the type it had first, got ${now.key}; a component keeps its type: choose another name, or say the type with \`types\` from the first value on`,
  );
}

function rejectEmpty(what: string): never {
  throw new RerunError(
    "invalid-component",
    `${what}: expected at least one value with a type, got none; give \`types\` for values that may be missing`,
  );
}

function reject(name: string, expected: string, value: unknown): never {
  throw new RerunError("invalid-component", `${name}: expected ${expected}, got ${quote(value)}`);
}
