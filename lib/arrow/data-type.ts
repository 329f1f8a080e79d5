import { Interned } from "../interned.ts";

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
  | "dense-union"
  | "foreign";

/**
 * How the slots of a foreign type lie in memory:
 *
 * - `fixed`: `size` bytes each
 * - `large-bytes`, `large-list`: as `binary` and `list`, with 64-bit offsets in files and 32-bit ones here
 * - `list`: as `list` (maps)
 * - `sparse-union`: type ids, and children of full length
 * - `view`, `list-view`, `run-end`, `dictionary`, `dense-union`: not read; such columns are passed on as they are
 */
export type ForeignLayout =
  | "fixed"
  | "large-bytes"
  | "large-list"
  | "list"
  | "sparse-union"
  | "view"
  | "list-view"
  | "run-end"
  | "dictionary"
  | "dense-union";

/** What is known of an Arrow type that Rerun's catalogue does not use, but that user data may have. */
export interface ForeignType {
  /** Arrow's name, such as `LargeUtf8`. */
  readonly name: string;
  readonly layout: ForeignLayout;
  /** Number of the type in Arrow's Schema.fbs. */
  readonly tag: number;
  /** The fields of its table there, by id: bytes and value of a number, text, or whole numbers of 32 bits. */
  readonly members: readonly (ForeignMember | undefined)[];
}

/** See {@link ForeignType}. */
export type ForeignMember =
  | { readonly bytes: 1 | 2 | 4; readonly value: number }
  | { readonly text: string }
  | { readonly int32s: readonly number[] };

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
  /** Length of a fixed-size list, width in bytes of a fixed-size binary or a foreign type of fixed width, else 0. */
  readonly size: number;
  /** Set for the kind `foreign`. */
  readonly foreign: ForeignType | undefined;
}

/** A named child of a nested type. */
export interface Field {
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
}

const interned = new Interned<DataType>();

function intern(
  kind: Kind,
  key: string,
  children: readonly Field[],
  size: number,
  foreign?: ForeignType,
): DataType {
  return interned.get(key, () =>
    Object.freeze({ kind, key, children: Object.freeze([...children]), size, foreign }),
  );
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

/** A list; its child is named `item`, as everywhere in Rerun, unless told otherwise. */
export function list(item: DataType, nullable = false, name = "item"): DataType {
  const child = field(name, item, nullable);
  return intern("list", `list<${keyOf(child)}>`, [child], 0);
}

/** A list of `size` elements in each slot; its child is named `item` unless told otherwise. */
export function fixedSizeList(
  item: DataType,
  size: number,
  nullable = false,
  name = "item",
): DataType {
  const child = field(name, item, nullable);
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

/**
 * A type out of a file that Rerun's catalogue does not use.
 *
 * @param text tells it from all others, such as `timestamp[us, Europe/Zurich]`
 * @param size bytes of a slot of fixed width, else 0
 */
export function foreignType(
  text: string,
  foreign: ForeignType,
  children: readonly Field[],
  size: number,
): DataType {
  const inner = children.length === 0 ? "" : `<${children.map(keyOf).join(",")}>`;
  return intern("foreign", `foreign ${text}${inner}`, children, size, foreign);
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
