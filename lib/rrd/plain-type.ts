import {
  type DataType,
  denseUnion,
  type Field,
  field,
  fixedSizeBinary,
  fixedSizeList,
  list,
  type PrimitiveKind,
  primitive,
  struct,
} from "../arrow/data-type.ts";
import { quote, RerunError } from "../errors.ts";

/** An Arrow type in JSON, in the notation of Rerun's own type definitions: `"float32"`, `{ "list": FIELD }`, … */
export type PlainType =
  | string
  | { readonly list: PlainField }
  | { readonly fixed_size_list: PlainField; readonly size: number }
  | { readonly fixed_size_binary: number }
  | { readonly struct: readonly PlainField[] }
  | { readonly dense_union: readonly PlainField[] };

/** A named child. */
export interface PlainField {
  readonly name: string;
  readonly type: PlainType;
  readonly nullable: boolean;
}

const PRIMITIVES: ReadonlySet<string> = new Set<PrimitiveKind>([
  "null",
  "bool",
  "int8",
  "int16",
  "int32",
  "int64",
  "uint8",
  "uint16",
  "uint32",
  "uint64",
  "float16",
  "float32",
  "float64",
  "utf8",
  "binary",
  "timestamp",
  "duration",
]);

/** Nesting deeper than this is none that anybody means. */
const MAX_DEPTH = 32;

/** @throws RerunError `unsupported-data` for types that Rerun's catalogue does not use */
export function plainType(type: DataType): PlainType {
  const fields = type.children.map(plainField);
  switch (type.kind) {
    case "list":
      return { list: fields[0] as PlainField };
    case "fixed-size-list":
      return { fixed_size_list: fields[0] as PlainField, size: type.size };
    case "fixed-size-binary":
      return { fixed_size_binary: type.size };
    case "struct":
      return { struct: fields };
    case "dense-union":
      return { dense_union: fields };
    case "foreign":
      throw new RerunError(
        "unsupported-data",
        `Expected data of Arrow types that Rerun uses, got ${type.key}; leave that entity out`,
      );
    default:
      return type.kind;
  }
}

const plainField = ({ name, type, nullable }: Field): PlainField => ({
  name,
  type: plainType(type),
  nullable,
});

/** @throws RerunError `invalid-data` */
export function parseType(plain: unknown, depth = 0): DataType {
  if (depth > MAX_DEPTH) throw wrong("a type that is not nested without end", plain);
  if (typeof plain === "string" && PRIMITIVES.has(plain)) return primitive(plain as PrimitiveKind);
  if (typeof plain !== "object" || plain === null) throw wrong("an Arrow type", plain);
  const child = (value: unknown): Field => parseField(value, depth + 1);
  if ("list" in plain) {
    const { type, nullable, name } = child(plain.list);
    return list(type, nullable, name);
  }
  if ("fixed_size_list" in plain && "size" in plain) {
    const { type, nullable, name } = child(plain.fixed_size_list);
    return fixedSizeList(type, sizeOf(plain.size), nullable, name);
  }
  if ("fixed_size_binary" in plain) return fixedSizeBinary(sizeOf(plain.fixed_size_binary));
  if ("struct" in plain && Array.isArray(plain.struct)) return struct(plain.struct.map(child));
  if ("dense_union" in plain && Array.isArray(plain.dense_union))
    return denseUnion(plain.dense_union.map(child));
  throw wrong("an Arrow type", plain);
}

function parseField(plain: unknown, depth: number): Field {
  if (typeof plain !== "object" || plain === null || !("type" in plain) || !("name" in plain))
    throw wrong("a field with name and type", plain);
  return field(
    String(plain.name),
    parseType(plain.type, depth),
    "nullable" in plain && plain.nullable === true,
  );
}

function sizeOf(size: unknown): number {
  if (typeof size !== "number" || !Number.isInteger(size) || size < 0 || size > 0x7fff_ffff)
    throw wrong("a size", size);
  return size;
}

const wrong = (expected: string, got: unknown): RerunError =>
  new RerunError("invalid-data", `Expected ${expected}, got ${quote(got)}`);
