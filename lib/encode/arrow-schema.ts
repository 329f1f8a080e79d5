import type { DataType, Field } from "../arrow/data-type.ts";
import { encapsulate, METADATA_V5 } from "./arrow-message.ts";
import { FlatbufferWriter, i16, i32, i64, u8 } from "./flatbuffer.ts";

/** A column of a record batch, with the metadata of its field; keys in the order in which they are written. */
export interface IpcField extends Field {
  readonly metadata: readonly (readonly [string, string])[];
}

// Arrow's Message.fbs and Schema.fbs: enumerations and union tags.
const HEADER_SCHEMA = 1;
const NANOSECONDS = 3;
const DENSE = 1;

const TYPE_TAGS = {
  null: 1,
  int: 2,
  float: 3,
  binary: 4,
  utf8: 5,
  bool: 6,
  timestamp: 10,
  list: 12,
  struct: 13,
  union: 14,
  fixedSizeBinary: 15,
  fixedSizeList: 16,
  duration: 18,
} as const;

function writeType(w: FlatbufferWriter, from: number, type: DataType): void {
  switch (type.kind) {
    case "int8":
    case "int16":
    case "int32":
    case "int64":
      w.table(from, [i32(Number(type.kind.slice(3))), u8(1)]);
      return;
    case "uint8":
    case "uint16":
    case "uint32":
    case "uint64":
      w.table(from, [i32(Number(type.kind.slice(4))), u8(0)]);
      return;
    case "float16":
    case "float32":
    case "float64":
      w.table(from, [i16({ float16: 0, float32: 1, float64: 2 }[type.kind])]);
      return;
    case "timestamp":
    case "duration":
      w.table(from, [i16(NANOSECONDS)]);
      return;
    case "fixed-size-binary":
    case "fixed-size-list":
      w.table(from, [i32(type.size)]);
      return;
    case "dense-union": {
      const [, ids] = w.table(from, [i16(DENSE), "ref"]);
      const at = w.vector(ids as number, type.children.length, 4);
      type.children.forEach((_, id) => w.int32(at + 4 * id, id));
      return;
    }
    case "foreign":
      writeForeign(w, from, type);
      return;
    case "null":
    case "bool":
    case "utf8":
    case "binary":
    case "list":
    case "struct":
      w.table(from, []);
  }
}

function writeForeign(w: FlatbufferWriter, from: number, { foreign, children }: DataType): void {
  if (foreign?.layout === "dictionary") {
    // The type of a field with a dictionary is that of its values.
    writeType(w, from, (children[0] as Field).type);
    return;
  }
  const members = foreign?.members ?? [];
  const places = w.table(
    from,
    members.map((member) => {
      if (member === undefined) return undefined;
      return "bytes" in member ? { size: member.bytes, value: member.value } : "ref";
    }),
  );
  members.forEach((member, id) => {
    if (member === undefined || "bytes" in member) return;
    const place = places[id] as number;
    if ("text" in member) {
      w.string(place, member.text);
      return;
    }
    const at = w.vector(place, member.int32s.length, 4);
    member.int32s.forEach((value, i) => w.int32(at + 4 * i, value));
  });
}

/** The `DictionaryEncoding` of a field: indices of so many bits, signed or not, in order or not. */
function writeDictionary(w: FlatbufferWriter, from: number, { foreign }: DataType): void {
  const [bits, signed, ordered] = (foreign?.members ?? []).map((member) =>
    member !== undefined && "bytes" in member ? member.value : 0,
  );
  const [, index] = w.table(from, [i64(0), "ref", u8(ordered ?? 0)]);
  w.table(index as number, [i32(bits ?? 32), u8(signed ?? 1)]);
}

function typeTag(type: DataType): number {
  switch (type.kind) {
    case "foreign":
      return type.foreign?.layout === "dictionary"
        ? typeTag((type.children[0] as Field).type)
        : (type.foreign?.tag ?? 0);
    case "fixed-size-binary":
      return TYPE_TAGS.fixedSizeBinary;
    case "fixed-size-list":
      return TYPE_TAGS.fixedSizeList;
    case "dense-union":
      return TYPE_TAGS.union;
    case "null":
    case "bool":
    case "utf8":
    case "binary":
    case "list":
    case "struct":
    case "timestamp":
    case "duration":
      return TYPE_TAGS[type.kind];
    default:
      return type.kind.startsWith("float") ? TYPE_TAGS.float : TYPE_TAGS.int;
  }
}

function writeField(
  w: FlatbufferWriter,
  from: number,
  field: Field,
  metadata?: IpcField["metadata"],
): void {
  const isDictionary = field.type.foreign?.layout === "dictionary";
  const { children } = isDictionary ? (field.type.children[0] as Field).type : field.type;
  const has = metadata !== undefined && metadata.length > 0;
  const at = w.table(from, [
    "ref", // name
    u8(field.nullable ? 1 : 0),
    u8(typeTag(field.type)),
    "ref", // type
    isDictionary ? "ref" : undefined,
    children.length > 0 ? "ref" : undefined,
    has ? "ref" : undefined,
  ]);
  w.string(at[0] as number, field.name);
  writeType(w, at[3] as number, field.type);
  if (isDictionary) writeDictionary(w, at[4] as number, field.type);
  if (children.length > 0) {
    const first = w.vector(at[5] as number, children.length, 4);
    children.forEach((child, i) => {
      writeField(w, first + 4 * i, child);
    });
  }
  if (has) writeMetadata(w, at[6] as number, metadata);
}

function writeMetadata(w: FlatbufferWriter, from: number, metadata: IpcField["metadata"]): void {
  const first = w.vector(from, metadata.length, 4);
  metadata.forEach(([key, value], i) => {
    const [k, v] = w.table(first + 4 * i, ["ref", "ref"]);
    w.string(k as number, key);
    w.string(v as number, value);
  });
}

/** Encodes the schema message of an IPC stream, with its marker and length. */
export function encodeSchema(
  fields: readonly IpcField[],
  metadata: IpcField["metadata"] = [],
): Uint8Array {
  const steps = schemaInSteps(fields, metadata);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

/** Fields that are encoded before others get their turn. */
const FIELDS_PER_STEP = 16;

/** The same in small steps, for schemas of thousands of fields. */
export function* schemaInSteps(
  fields: readonly IpcField[],
  metadata: IpcField["metadata"] = [],
): Generator<undefined, Uint8Array> {
  const w = new FlatbufferWriter();
  const message = w.table(w.root(), [i16(METADATA_V5), u8(HEADER_SCHEMA), "ref", i64(0)]);
  const schema = w.table(message[2] as number, [
    i16(0),
    "ref",
    metadata.length > 0 ? "ref" : undefined,
  ]);
  const first = w.vector(schema[1] as number, fields.length, 4);
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] as IpcField;
    writeField(w, first + 4 * i, field, field.metadata);
    if (i % FIELDS_PER_STEP === FIELDS_PER_STEP - 1) yield;
  }
  if (metadata.length > 0) writeMetadata(w, schema[2] as number, metadata);
  return encapsulate(w.finish());
}
