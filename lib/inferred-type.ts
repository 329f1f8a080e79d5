import { type DataType, type Field, field, list, primitive, struct } from "./arrow/data-type.ts";
import { elementTypeOf } from "./components/typed-array.ts";
import { quote, RerunError } from "./errors.ts";

const NULL = primitive("null");
const BINARY = primitive("binary");
const INT64 = primitive("int64");
const FLOAT64 = primitive("float64");

/**
 * The Arrow type that holds all these values, as the official Python SDK infers it:
 *
 * | JavaScript | Arrow |
 * | --- | --- |
 * | whole numbers up to 2⁵³, bigints | `int64` |
 * | other numbers, or whole ones among them | `float64` |
 * | strings, booleans | `utf8`, `bool` |
 * | `Uint8Array` | `binary` |
 * | other typed arrays, arrays | lists of what they hold |
 * | plain objects | structs, keys in the order in which they come first |
 * | `null`, `undefined` | null, of the type of the others |
 *
 * @param name of the component, for messages
 * @throws RerunError `invalid-component` when no type holds them all
 */
export function inferType(values: ArrayLike<unknown>, name: string): DataType {
  let type = NULL;
  for (let i = 0; i < values.length; i++) {
    const next = inferOne(values[i], name);
    if (next === type) continue;
    const both = unify(type, next);
    if (both === undefined) {
      throw new RerunError(
        "invalid-component",
        `${name}: expected values of one type, got ${type.key} and, at index ${i}, ${next.key}`,
      );
    }
    type = both;
  }
  return type;
}

/** Whether values of one inferred type can be stored as another: whole numbers among fractions, nothing else changes. */
export function isAssignable(from: DataType, to: DataType): boolean {
  if (from === to || from === NULL) return true;
  if (isNumeric(from) && isNumeric(to)) return !isFloat(from) || isFloat(to);
  if (from.kind === "binary" && to.kind === "list") {
    return to.children[0]?.type.kind === "uint8";
  }
  const isList = (type: DataType): boolean =>
    type.kind === "list" || type.kind === "fixed-size-list";
  if (isList(from) && isList(to)) {
    return isAssignable((from.children[0] as Field).type, (to.children[0] as Field).type);
  }
  if (from.kind === "struct" && to.kind === "struct") {
    return from.children.every((child) => {
      const target = to.children.find(({ name }) => name === child.name);
      return target !== undefined && isAssignable(child.type, target.type);
    });
  }
  return false;
}

function inferOne(value: unknown, name: string): DataType {
  switch (typeof value) {
    case "number":
      return Number.isSafeInteger(value) ? INT64 : FLOAT64;
    case "bigint":
      return INT64;
    case "string":
      return primitive("utf8");
    case "boolean":
      return primitive("bool");
    case "undefined":
      return NULL;
    case "object":
      return inferObject(value, name);
    default:
      return rejectValue(value, name);
  }
}

function inferObject(value: object | null, name: string): DataType {
  if (value === null) return NULL;
  const element = elementTypeOf(value);
  if (element !== undefined) {
    return value instanceof Uint8Array ? BINARY : list(primitive(element), true);
  }
  if (Array.isArray(value)) return list(inferType(value, `${name}[]`), true);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) rejectValue(value, name);
  const fields = Object.entries(value).map(([key, item]) =>
    field(key, inferType([item], `${name}.${key}`), true),
  );
  return fields.length === 0 ? rejectValue(value, name) : struct(fields);
}

function rejectValue(value: unknown, name: string): never {
  const hint = value instanceof Date ? "; give nanoseconds as a bigint" : "";
  throw new RerunError(
    "invalid-component",
    `${name}: expected numbers, bigints, strings, booleans, bytes, typed arrays, or arrays and plain objects of those, got ${quote(value)}${hint}`,
  );
}

function unify(a: DataType, b: DataType): DataType | undefined {
  if (a === b || b === NULL) return a;
  if (a === NULL) return b;
  if (isNumeric(a) && isNumeric(b)) return wider(a, b);
  if (a.kind === "list" && b.kind === "list") {
    const item = unify((a.children[0] as Field).type, (b.children[0] as Field).type);
    return item && list(item, true);
  }
  if (a.kind === "struct" && b.kind === "struct") return unifyStructs(a, b);
  return undefined;
}

/** Of plain numbers: those with fractions win. */
function wider(a: DataType, b: DataType): DataType | undefined {
  const kinds = [a.kind, b.kind];
  return kinds.includes("int64") && kinds.includes("float64") ? FLOAT64 : undefined;
}

function unifyStructs(a: DataType, b: DataType): DataType | undefined {
  const fields = [...a.children];
  for (const child of b.children) {
    const at = fields.findIndex(({ name }) => name === child.name);
    const before = fields[at];
    if (before === undefined) {
      fields.push(child);
      continue;
    }
    const type = unify(before.type, child.type);
    if (type === undefined) return undefined;
    fields[at] = field(child.name, type, true);
  }
  return struct(fields);
}

function isNumeric({ kind }: DataType): boolean {
  return /^u?int|^float/.test(kind);
}

function isFloat({ kind }: DataType): boolean {
  return kind.startsWith("float");
}
