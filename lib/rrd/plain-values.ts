import { type ArrowArray, isFixedWidth } from "../arrow/array.ts";
import { byteWidth, type DataType } from "../arrow/data-type.ts";
import { quote, RerunError } from "../errors.ts";

/** What carries plain values: JSON knows neither bytes nor large numbers nor NaN, CBOR does. */
export type Carrier = "json" | "cbor";

/**
 * The slots of an array as plain values, without loss:
 *
 * | Arrow | JSON | CBOR |
 * | --- | --- | --- |
 * | numbers | number; text where a number would not be exact (`"NaN"`, `"Infinity"`, 64 bits) | number, bigint |
 * | half floats | the number that the 16 bits are | same |
 * | timestamps, durations | nanoseconds, as 64-bit numbers | same |
 * | binary, lists of `uint8` | base64 text | byte string |
 * | lists, fixed-size lists | array | array |
 * | structs | object, with the names of fields; null where a member is | same |
 * | unions | `[variant, value]` | same |
 */
export function plainValues(
  array: ArrowArray,
  from: number,
  to: number,
  carrier: Carrier,
): readonly unknown[] {
  return Array.from({ length: to - from }, (_, i) => plainValue(array, from + i, carrier));
}

function plainValue(array: ArrowArray, at: number, carrier: Carrier): unknown {
  const { type, valid, values, offsets, children } = array;
  if (valid?.[at] === 0 || type.kind === "null") return null;
  const [start, end] = [offsets?.[at] ?? 0, offsets?.[at + 1] ?? 0];
  const child = children?.[0] as ArrowArray;
  switch (type.kind) {
    case "bool":
      return values?.[at] === 1;
    case "utf8":
      return new TextDecoder("utf-8", { ignoreBOM: true }).decode(
        (values as Uint8Array).subarray(start, end),
      );
    case "binary":
      return plainBytes((values as Uint8Array).subarray(start, end), carrier);
    case "fixed-size-binary":
      return plainBytes(
        (values as Uint8Array).subarray(at * type.size, (at + 1) * type.size),
        carrier,
      );
    case "list":
      if (isBytes(type) && child.valid === undefined)
        return plainBytes((child.values as Uint8Array).subarray(start, end), carrier);
      return plainValues(child, start, end, carrier);
    case "fixed-size-list": {
      const [first, last] = [at * type.size, (at + 1) * type.size];
      if (values === undefined) return plainValues(child, first, last, carrier);
      return Array.from({ length: type.size }, (_, i) => plainNumber(values[first + i], carrier));
    }
    case "struct":
      return Object.fromEntries(
        type.children.map(({ name }, i) => [
          name,
          plainValue(children?.[i] as ArrowArray, at, carrier),
        ]),
      );
    case "dense-union": {
      const id = array.typeIds?.[at] ?? 0;
      const variant = children?.[id] as ArrowArray;
      return [type.children[id]?.name, plainValue(variant, start, carrier)];
    }
    default:
      return plainNumber(values?.[at], carrier);
  }
}

const isBytes = (type: DataType): boolean =>
  type.kind === "list" && type.children[0]?.type.kind === "uint8";

function plainNumber(value: unknown, carrier: Carrier): unknown {
  if (carrier === "cbor") return value;
  if (typeof value === "bigint")
    return value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER
      ? Number(value)
      : String(value);
  // JSON has no minus zero either.
  return Number.isFinite(value) && !Object.is(value, -0)
    ? value
    : Object.is(value, -0)
      ? "-0"
      : String(value);
}

/** Bytes as base64 text, or as they are. */
export function plainBytes(bytes: Uint8Array, carrier: Carrier): unknown {
  if (carrier === "cbor") return bytes;
  let text = "";
  // In pieces: a call has room for so many arguments only.
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

/**
 * The array that plain values of a type make.
 *
 * @throws RerunError `invalid-data`
 */
export function arrayOfPlain(type: DataType, plain: readonly unknown[]): ArrowArray {
  const { length } = plain;
  const hasNulls = plain.some((value) => value === null || value === undefined);
  const valid = hasNulls
    ? Uint8Array.from(plain, (value) => (value === null || value === undefined ? 0 : 1))
    : undefined;
  switch (type.kind) {
    case "null":
      return { type, length };
    case "bool":
      return {
        type,
        length,
        valid,
        values: Uint8Array.from(plain, (value) => (value === true ? 1 : 0)),
      };
    case "utf8": {
      const encoder = new TextEncoder();
      return {
        type,
        length,
        valid,
        ...joined(plain.map((value) => encoder.encode(textOf(value)))),
      };
    }
    case "binary":
      return { type, length, valid, ...joined(plain.map(bytesOfPlain)) };
    case "fixed-size-binary": {
      const { values } = joined(plain.map((value) => sized(bytesOfPlain(value), type.size)));
      return { type, length, valid, values };
    }
    case "list": {
      const item = type.children[0]?.type as DataType;
      if (isBytes(type) && plain.every((value) => !Array.isArray(value))) {
        const { values, offsets } = joined(plain.map(bytesOfPlain));
        const bytes: ArrowArray = { type: item, length: values.length, values };
        return { type, length, valid, offsets, children: [bytes] };
      }
      const lists = plain.map((value) => listOf(value));
      const children = [arrayOfPlain(item, lists.flat())];
      return { type, length, valid, offsets: offsetsOf(lists), children };
    }
    case "fixed-size-list": {
      const item = type.children[0]?.type as DataType;
      const filler = (): unknown[] => new Array<unknown>(type.size).fill(null);
      const lists = plain.map((value) =>
        value === null || value === undefined ? filler() : listOf(value, type.size),
      );
      if (!isFixedWidth(type))
        return { type, length, valid, children: [arrayOfPlain(item, lists.flat())] };
      return { type, length, valid, values: numbersOf(item, lists.flat()) };
    }
    case "struct": {
      const objects = plain.map((value) => objectOf(value));
      const children = type.children.map(({ name, type: own }) =>
        arrayOfPlain(
          own,
          objects.map((object) => object[name] ?? null),
        ),
      );
      return { type, length, valid, children };
    }
    case "dense-union":
      return unionOf(type, plain);
    default:
      return { type, length, valid, values: numbersOf(type, plain) };
  }
}

function unionOf(type: DataType, plain: readonly unknown[]): ArrowArray {
  const { length } = plain;
  const typeIds = new Int8Array(length);
  const offsets = new Int32Array(length);
  const members: unknown[][] = type.children.map(() => []);
  plain.forEach((value, i) => {
    const [name, inner] = value === null ? [type.children[0]?.name, null] : listOf(value, 2);
    const id = type.children.findIndex((child) => child.name === name);
    const member = members[id];
    if (member === undefined) throw wrong(`a variant of ${type.key}`, name);
    typeIds[i] = id;
    offsets[i] = member.push(inner) - 1;
  });
  const children = type.children.map((child, id) =>
    arrayOfPlain(child.type, members[id] as unknown[]),
  );
  return { type, length, typeIds, offsets, children };
}

function numbersOf(type: DataType, plain: readonly unknown[]): NonNullable<ArrowArray["values"]> {
  switch (type.kind) {
    case "int64":
    case "timestamp":
    case "duration":
      return BigInt64Array.from(plain, bigOf);
    case "uint64":
      return BigUint64Array.from(plain, bigOf);
    case "bool":
      return Uint8Array.from(plain, (value) => (value === true ? 1 : 0));
    case "float32":
      return Float32Array.from(plain, numberOf);
    case "float64":
      return Float64Array.from(plain, numberOf);
    case "int8":
      return Int8Array.from(plain, numberOf);
    case "int16":
      return Int16Array.from(plain, numberOf);
    case "int32":
      return Int32Array.from(plain, numberOf);
    case "uint16":
    case "float16":
      return Uint16Array.from(plain, numberOf);
    case "uint32":
      return Uint32Array.from(plain, numberOf);
    default:
      if (byteWidth(type.kind) !== 1) throw wrong("numbers of a type that is known", type.key);
      return Uint8Array.from(plain, numberOf);
  }
}

function numberOf(value: unknown): number {
  if (value === null || value === undefined) return 0;
  if (typeof value === "number" || typeof value === "bigint") return Number(value);
  if (typeof value === "string" && /^(-?0|-?Infinity|NaN|-?\d+)$/.test(value)) return Number(value);
  throw wrong("a number", value);
}

function bigOf(value: unknown): bigint {
  if (value === null || value === undefined) return 0n;
  if (typeof value === "bigint") return value;
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value === "string" && /^-?\d{1,20}$/.test(value)) return BigInt(value);
  throw wrong("a whole number of 64 bits", value);
}

/** Bytes of base64 text, or bytes as they are. */
export function bytesOfPlain(value: unknown): Uint8Array {
  if (value === null || value === undefined) return new Uint8Array();
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string") {
    try {
      return Uint8Array.from(atob(value), (letter) => letter.charCodeAt(0));
    } catch {
      throw wrong("bytes as base64 text", value);
    }
  }
  throw wrong("bytes", value);
}

function sized(bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length === size) return bytes;
  if (bytes.length === 0) return new Uint8Array(size);
  throw wrong(`${size} bytes`, bytes);
}

function listOf(value: unknown, length?: number): unknown[] {
  if (value === null || value === undefined) return [];
  const items = ArrayBuffer.isView(value)
    ? Array.from(value as Uint8Array)
    : (value as unknown[] | undefined);
  if (!Array.isArray(items) || (length !== undefined && items.length !== length))
    throw wrong(length === undefined ? "an array" : `an array of ${length}`, value);
  return items;
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (value === null || value === undefined) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw wrong("an object", value);
  // Own properties alone: names come out of files.
  return Object.assign(Object.create(null) as object, value) as Record<string, unknown>;
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") throw wrong("a text", value);
  return value;
}

function joined(all: readonly Uint8Array[]): { values: Uint8Array; offsets: Int32Array } {
  const offsets = offsetsOf(all);
  const values = new Uint8Array(offsets.at(-1) ?? 0);
  all.forEach((bytes, i) => values.set(bytes, offsets[i]));
  return { values, offsets };
}

function offsetsOf(all: readonly { readonly length: number }[]): Int32Array {
  const offsets = new Int32Array(all.length + 1);
  all.forEach(({ length }, i) => {
    offsets[i + 1] = (offsets[i] as number) + length;
  });
  return offsets;
}

const wrong = (expected: string, got: unknown): RerunError =>
  new RerunError("invalid-data", `Expected ${expected}, got ${quote(got)}`);
