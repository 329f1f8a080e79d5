import {
  type DataType,
  denseUnion,
  type Field,
  type ForeignLayout,
  type ForeignMember,
  field,
  fixedSizeBinary,
  fixedSizeList,
  foreignType,
  list,
  type PrimitiveKind,
  primitive,
  struct,
} from "../arrow/data-type.ts";
import { RerunError } from "../errors.ts";
import type { FlatTable } from "./flatbuffer.ts";

/** A field of a schema with its metadata. */
export interface SchemaField extends Field {
  readonly metadata: ReadonlyMap<string, string>;
}

/** A schema as it stands in an Arrow stream. */
export interface ArrowSchema {
  readonly fields: readonly SchemaField[];
  readonly metadata: ReadonlyMap<string, string>;
}

/** Types nested deeper than this are refused, as readers of flatbuffers refuse them. */
const MAX_DEPTH = 24;

/**
 * Reads the `Schema` table of Arrow's Schema.fbs.
 *
 * @throws RerunError `invalid-data`, `unsupported-data`
 */
export function readSchema(table: FlatTable): ArrowSchema {
  if (table.int16(0) !== 0) {
    throw new RerunError(
      "unsupported-data",
      "Expected an Arrow stream of little-endian numbers, got big-endian ones; write it anew on another machine",
    );
  }
  return {
    fields: table.tables(1).map((child) => readField(child, 0)),
    metadata: readMetadata(table, 2),
  };
}

function readMetadata(table: FlatTable, id: number): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>();
  for (const pair of table.tables(id)) metadata.set(pair.string(0) ?? "", pair.string(1) ?? "");
  return metadata;
}

function readField(table: FlatTable, depth: number): SchemaField {
  if (depth > MAX_DEPTH) {
    throw new RerunError(
      "invalid-data",
      `Expected Arrow types nested at most ${MAX_DEPTH} times, got deeper ones`,
    );
  }
  const children = table.tables(5).map((child) => {
    const { name, type, nullable } = readField(child, depth + 1);
    return field(name, type, nullable);
  });
  const type = readType(table.uint8(2), table.table(3), children);
  const dictionary = table.table(4);
  return {
    name: table.string(0) ?? "",
    nullable: table.uint8(1) !== 0,
    type: dictionary === undefined ? type : dictionaryType(type, dictionary),
    metadata: readMetadata(table, 6),
  };
}

const UNITS = ["s", "ms", "us", "ns"] as const;
const INTERVALS = ["year_month", "day_time", "month_day_nano"] as const;
const FLOATS = ["float16", "float32", "float64"] as const;

/** Reads one of the `Type` tables of Arrow's Schema.fbs; `tag` says which. */
function readType(tag: number, table: FlatTable | undefined, children: readonly Field[]): DataType {
  const [child] = children;
  const only = (): Field => {
    if (child === undefined || children.length !== 1) throw invalid("one child", children.length);
    return child;
  };
  if (table === undefined) throw invalid("a type for each field", "none");
  switch (tag) {
    case 1:
      return primitive("null");
    case 2: {
      const bits = table.int32(0);
      if (![8, 16, 32, 64].includes(bits)) throw invalid("integers of 8, 16, 32 or 64 bits", bits);
      return primitive(`${table.uint8(1) === 0 ? "u" : ""}int${bits}` as PrimitiveKind);
    }
    case 3: {
      const kind = FLOATS[table.int16(0)];
      if (kind === undefined) throw invalid("a precision of 0, 1 or 2", table.int16(0));
      return primitive(kind);
    }
    case 4:
      return primitive("binary");
    case 5:
      return primitive("utf8");
    case 6:
      return primitive("bool");
    case 7:
      return decimal(table);
    case 8:
      return date(table);
    case 9:
      return timeOfDay(table);
    case 10:
      return timestamp(table);
    case 11:
      return interval(table);
    case 12: {
      const { name, type, nullable } = only();
      return list(type, nullable, name);
    }
    case 13:
      return struct(children);
    case 14:
      return union(table, children);
    case 15:
      return fixedSizeBinary(size(table));
    case 16: {
      const { name, type, nullable } = only();
      return fixedSizeList(type, size(table), nullable, name);
    }
    case 17:
      only();
      return foreign("Map", tag, "list", [byte(table.uint8(0))], children);
    case 18:
      return duration(table);
    case 19:
      return foreign("LargeBinary", tag, "large-bytes");
    case 20:
      return foreign("LargeUtf8", tag, "large-bytes");
    case 21:
      only();
      return foreign("LargeList", tag, "large-list", [], children);
    case 22:
      return foreign("RunEndEncoded", tag, "run-end", [], children);
    case 23:
      return foreign("BinaryView", tag, "view");
    case 24:
      return foreign("Utf8View", tag, "view");
    case 25:
    case 26:
      only();
      return foreign(tag === 25 ? "ListView" : "LargeListView", tag, "list-view", [], children);
    default:
      throw new RerunError(
        "unsupported-data",
        `Expected a type of Arrow with number 1 to 26, got ${tag}; this version does not know it`,
      );
  }
}

const byte = (value: number): ForeignMember => ({ bytes: 1, value });
const int16 = (value: number): ForeignMember => ({ bytes: 2, value });
const int32 = (value: number): ForeignMember => ({ bytes: 4, value });

function foreign(
  name: string,
  tag: number,
  layout: ForeignLayout,
  members: readonly (ForeignMember | undefined)[] = [],
  children: readonly Field[] = [],
  bytes = 0,
  text = name,
): DataType {
  return foreignType(text, { name, layout, tag, members }, children, bytes);
}

function size(table: FlatTable): number {
  const value = table.int32(0);
  if (value < 0) throw invalid("a width from 0", value);
  return value;
}

function oneOf<T>(names: readonly T[], index: number, what: string): T {
  const name = names[index];
  if (name === undefined) throw invalid(what, index);
  return name;
}

function decimal(table: FlatTable): DataType {
  const [precision, scale, bits] = [table.int32(0), table.int32(1), table.int32(2, 128)];
  if (![32, 64, 128, 256].includes(bits)) throw invalid("decimals of 32 to 256 bits", bits);
  const members = [int32(precision), int32(scale), int32(bits)];
  const text = `Decimal${bits}(${precision}, ${scale})`;
  return foreign("Decimal", 7, "fixed", members, [], bits / 8, text);
}

function date(table: FlatTable): DataType {
  const unit = table.int16(0, 1);
  if (unit !== 0 && unit !== 1) throw invalid("dates in days or milliseconds", unit);
  const bytes = unit === 0 ? 4 : 8;
  return foreign("Date", 8, "fixed", [int16(unit)], [], bytes, `Date${8 * bytes}`);
}

function timeOfDay(table: FlatTable): DataType {
  const unit = table.int16(0, 1);
  const bits = table.int32(1, 32);
  const name = oneOf(UNITS, unit, "a unit of time");
  if (bits !== (unit < 2 ? 32 : 64))
    throw invalid("times of 32 or 64 bits, as their unit has", bits);
  const members = [int16(unit), int32(bits)];
  return foreign("Time", 9, "fixed", members, [], bits / 8, `Time${bits}[${name}]`);
}

function timestamp(table: FlatTable): DataType {
  const unit = table.int16(0);
  const name = oneOf(UNITS, unit, "a unit of time");
  const zone = table.string(1);
  if (name === "ns" && zone === undefined) return primitive("timestamp");
  const members = zone === undefined ? [int16(unit)] : [int16(unit), { text: zone }];
  const text = `Timestamp[${name}${zone === undefined ? "" : `, ${JSON.stringify(zone)}`}]`;
  return foreign("Timestamp", 10, "fixed", members, [], 8, text);
}

function duration(table: FlatTable): DataType {
  const unit = table.int16(0, 1);
  const name = oneOf(UNITS, unit, "a unit of time");
  if (name === "ns") return primitive("duration");
  return foreign("Duration", 18, "fixed", [int16(unit)], [], 8, `Duration[${name}]`);
}

function interval(table: FlatTable): DataType {
  const unit = table.int16(0);
  const name = oneOf(INTERVALS, unit, "a unit of intervals");
  const bytes = [4, 8, 16][unit] as number;
  return foreign("Interval", 11, "fixed", [int16(unit)], [], bytes, `Interval[${name}]`);
}

function union(table: FlatTable, children: readonly Field[]): DataType {
  const mode = table.int16(0);
  if (mode !== 0 && mode !== 1) throw invalid("a sparse or a dense union", mode);
  const ids = table.int32s(1);
  if (children.length > 128) throw invalid("at most 128 variants", children.length);
  const plain =
    ids.every((id, i) => id === i) && (ids.length === 0 || ids.length === children.length);
  if (mode === 1 && plain) return denseUnion(children);
  if (!plain && (ids.length !== children.length || new Set(ids).size !== ids.length))
    throw invalid("a type id for each variant", ids.length);
  const members = [int16(mode), { int32s: ids }];
  const name = mode === 1 ? "DenseUnion" : "SparseUnion";
  const text = plain ? name : `${name}[${ids.join(",")}]`;
  const layout = mode === 1 ? "dense-union" : "sparse-union";
  return foreign(name, 14, layout, members, children, 0, text);
}

function dictionaryType(type: DataType, table: FlatTable): DataType {
  const index = table.table(1);
  const bits = index?.int32(0) ?? 32;
  const signed = (index?.uint8(1) ?? 1) !== 0;
  if (![8, 16, 32, 64].includes(bits)) throw invalid("indices of 8, 16, 32 or 64 bits", bits);
  const members = [int32(bits), byte(signed ? 1 : 0), byte(table.uint8(2))];
  const text = `Dictionary[${signed ? "" : "u"}int${bits}]`;
  const values = [{ name: "values", type, nullable: true }];
  return foreign("Dictionary", 0, "dictionary", members, values, bits / 8, text);
}

function invalid(expected: string, got: unknown): RerunError {
  return new RerunError(
    "invalid-data",
    `Expected ${expected} in an Arrow schema, got ${String(got)}; the data is damaged`,
  );
}
