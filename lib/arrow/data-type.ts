/** The Arrow types that Rerun's catalogue uses, and the two temporal ones of index columns. */
export type PrimitiveKind =
  | "null"
  | "bool"
  | "int8"
  | "int16"
  | "int32"
  | "int64"
  | "uint8"
  | "uint16"
  | "uint32"
  | "uint64"
  | "float16"
  | "float32"
  | "float64"
  | "utf8"
  | "binary"
  | "timestamp"
  | "duration";

export type Kind =
  | PrimitiveKind
  | "fixed-size-binary"
  | "list"
  | "fixed-size-list"
  | "struct"
  | "dense-union";

/**
 * An Arrow data type. Equal types are the same object: compare with `===`.
 *
 * `timestamp` and `duration` are in nanoseconds and without time zone; `list`, `utf8` and `binary`
 * have 32-bit offsets; type ids of a union are the indices of its children.
 */
export interface DataType {
  readonly kind: Kind;
  /** Canonical text, such as `list<item: float32!>`; `!` marks a field that cannot be null. */
  readonly key: string;
  /** Child fields: one for lists, any number for structs and unions, none otherwise. */
  readonly children: readonly Field[];
  /** Length of a fixed-size list, width in bytes of a fixed-size binary, else 0. */
  readonly size: number;
}

/** A named child of a nested type. */
export interface Field {
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
}

const interned = new Map<string, DataType>();

function intern(kind: Kind, key: string, children: readonly Field[], size: number): DataType {
  let type = interned.get(key);
  if (type === undefined) {
    type = Object.freeze({ kind, key, children: Object.freeze([...children]), size });
    interned.set(key, type);
  }
  return type;
}

const keyOf = (f: Field): string =>
  `${JSON.stringify(f.name)}:${f.type.key}${f.nullable ? "" : "!"}`;

/** A type without children. */
export function primitive(kind: PrimitiveKind): DataType {
  return intern(kind, kind, [], 0);
}

export function field(name: string, type: DataType, nullable = false): Field {
  return { name, type, nullable };
}

/** A list; its child is named `item`, as everywhere in Rerun. */
export function list(item: DataType, nullable = false): DataType {
  const child = field("item", item, nullable);
  return intern("list", `list<${keyOf(child)}>`, [child], 0);
}

/** A list of `size` elements in each slot; its child is named `item`. */
export function fixedSizeList(item: DataType, size: number, nullable = false): DataType {
  const child = field("item", item, nullable);
  return intern("fixed-size-list", `fixed_size_list<${keyOf(child)}>[${size}]`, [child], size);
}

export function fixedSizeBinary(bytes: number): DataType {
  return intern("fixed-size-binary", `fixed_size_binary[${bytes}]`, [], bytes);
}

export function struct(fields: readonly Field[]): DataType {
  return intern("struct", `struct<${fields.map(keyOf).join(",")}>`, fields, 0);
}

/** A dense union; child 0 is `_null_markers` in Rerun's unions. */
export function denseUnion(fields: readonly Field[]): DataType {
  return intern("dense-union", `dense_union<${fields.map(keyOf).join(",")}>`, fields, 0);
}

/** Bytes of one value of a fixed-width primitive; 0 for `bool`, `null` and variable-width types. */
export function byteWidth(kind: Kind): number {
  switch (kind) {
    case "int8":
    case "uint8":
      return 1;
    case "int16":
    case "uint16":
    case "float16":
      return 2;
    case "int32":
    case "uint32":
    case "float32":
      return 4;
    case "int64":
    case "uint64":
    case "float64":
    case "timestamp":
    case "duration":
      return 8;
    default:
      return 0;
  }
}
