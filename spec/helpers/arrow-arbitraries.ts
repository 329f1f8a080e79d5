import fc from "fast-check";
import type { ArrowArray, TypedArray } from "../../lib/arrow/array.ts";
import { isFixedWidth, strideOf } from "../../lib/arrow/array.ts";
import {
  type DataType,
  denseUnion,
  field,
  fixedSizeBinary,
  fixedSizeList,
  list,
  type PrimitiveKind,
  primitive,
  struct,
} from "../../lib/arrow/data-type.ts";

/**
 * Random Arrow types, and random values of them as plain JavaScript: `null`, numbers, bigints, booleans, strings,
 * `Uint8Array` for binary data, arrays for lists of both kinds, objects for structs. In the values of a
 * union, `{ variant, value }`.
 */

/** Half-precision numbers, and how they are stored. */
const HALVES = new Map([
  [0, 0x0000],
  [1, 0x3c00],
  [-2, 0xc000],
  [0.5, 0x3800],
  [65_504, 0x7bff],
]);

const NUMBERS = [
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
  "timestamp",
  "duration",
] as const satisfies readonly PrimitiveKind[];

const numbers = fc.constantFrom(...NUMBERS).map(primitive);

const leaf: fc.Arbitrary<DataType> = fc.oneof(
  numbers,
  fc.constantFrom<PrimitiveKind>("bool", "utf8", "binary", "null").map(primitive),
  fc.integer({ min: 1, max: 17 }).map(fixedSizeBinary),
);

/** Any type, nested up to three times. */
export const anyType: fc.Arbitrary<DataType> = fc.letrec<{ type: DataType }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    leaf,
    fc
      .tuple(fc.oneof(numbers, fc.constant(primitive("bool"))), fc.integer({ min: 1, max: 5 }))
      .map(([item, size]) => fixedSizeList(item, size)),
    tie("type").map((item) => list(item, true)),
    fc
      .tuple(
        tie("type").filter((item) => item.kind !== "fixed-size-binary"),
        fc.integer({ min: 1, max: 3 }),
      )
      .map(([item, size]) => fixedSizeList(item, size, !isNumber(item))),
    fc
      .array(tie("type").filter(inStruct), { minLength: 1, maxLength: 3 })
      .map((types) => struct(types.map((t, i) => field(`f${i}`, t, true)))),
    fc
      .array(tie("type").filter(inStruct), { minLength: 1, maxLength: 3 })
      .map((types) =>
        denseUnion([
          field("_null_markers", primitive("null"), true),
          ...types.map((t, i) => field(`v${i}`, t, true)),
        ]),
      ),
  ),
})).type;

/** `apache-arrow` rounds timestamps in structs and unions to milliseconds. */
function inStruct(type: DataType): boolean {
  return !type.key.includes("timestamp");
}

const isNumber = (type: DataType): boolean =>
  type.kind === "bool" ||
  NUMBERS.some((kind) => kind === type.kind) ||
  type.kind === "fixed-size-binary";

/** Values of a type; null among them when `nullable`. */
export function valueOf(type: DataType, nullable: boolean): fc.Arbitrary<unknown> {
  const value = plainValueOf(type);
  // A union has no nulls of its own, and a null type nothing else.
  if (!nullable || type.kind === "dense-union" || type.kind === "null") return value;
  return fc.option(value, { freq: 4, nil: null });
}

function plainValueOf(type: DataType): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case "foreign":
      throw new Error(`No values of ${type.key} are written here`);
    case "null":
      return fc.constant(null);
    case "bool":
      return fc.boolean();
    case "int8":
    case "int16":
    case "int32": {
      const bits = Number(type.kind.slice(3));
      return fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
    }
    case "uint8":
    case "uint16":
    case "uint32":
      return fc.integer({ min: 0, max: 2 ** Number(type.kind.slice(4)) - 1 });
    case "int64":
    case "timestamp":
    case "duration":
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    case "uint64":
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    case "float16":
      return fc.constantFrom(...HALVES.keys());
    case "float32":
      return fc.float();
    case "float64":
      return fc.double();
    case "utf8":
      return fc.string({ unit: "grapheme", maxLength: 6 });
    case "binary":
      return fc.uint8Array({ maxLength: 6 });
    case "fixed-size-binary":
      return fc.uint8Array({ minLength: type.size, maxLength: type.size });
    case "list":
      return fc.array(valueOf(itemOf(type), true), { maxLength: 4 });
    case "fixed-size-list":
      return fc.array(valueOf(itemOf(type), type.children[0]?.nullable === true), {
        minLength: type.size,
        maxLength: type.size,
      });
    case "struct":
      return fc.record(
        Object.fromEntries(type.children.map((child) => [child.name, valueOf(child.type, true)])),
      );
    case "dense-union":
      return fc.oneof(
        ...type.children.map((child, variant) =>
          valueOf(child.type, variant > 0).map((value) => ({ variant, value })),
        ),
      );
  }
}

const itemOf = (type: DataType): DataType => {
  const item = type.children[0]?.type;
  if (item === undefined) throw new Error(`${type.key} has no items`);
  return item;
};

/** What a reader gives for a value: unions without their variant. */
export function asRead(type: DataType, value: unknown): unknown {
  if (value === null) return null;
  switch (type.kind) {
    case "list":
    case "fixed-size-list":
      return (value as unknown[]).map((item) => asRead(itemOf(type), item));
    case "struct":
      return Object.fromEntries(
        type.children.map((child) => [
          child.name,
          asRead(child.type, (value as Record<string, unknown>)[child.name]),
        ]),
      );
    case "dense-union": {
      const { variant, value: inner } = value as { variant: number; value: unknown };
      const child = type.children[variant];
      return child === undefined ? null : asRead(child.type, inner);
    }
    default:
      return value;
  }
}

/** Values as an Arrow array, the way a user's own code would build one. */
export function arrayOf(type: DataType, values: readonly unknown[]): ArrowArray {
  const length = values.length;
  const isNull = (value: unknown): boolean => value === null;
  const valid = values.some(isNull)
    ? Uint8Array.from(values, (value) => (isNull(value) ? 0 : 1))
    : undefined;
  const base = { type, length, valid };
  switch (type.kind) {
    case "null":
      return { type, length };
    case "utf8":
    case "binary": {
      const parts = values.map((value) =>
        value === null
          ? new Uint8Array()
          : typeof value === "string"
            ? new TextEncoder().encode(value)
            : (value as Uint8Array),
      );
      // Bytes before the first offset are somebody else's.
      const offsets = new Int32Array(length + 1).fill(2);
      parts.forEach((part, i) => {
        offsets[i + 1] = (offsets[i] as number) + part.length;
      });
      return { ...base, offsets, values: Buffer.concat([Buffer.from("??"), ...parts]) };
    }
    case "list": {
      const offsets = new Int32Array(length + 1);
      const items: unknown[] = [];
      values.forEach((value, i) => {
        items.push(...((value ?? []) as unknown[]));
        offsets[i + 1] = items.length;
      });
      return { ...base, offsets, children: [arrayOf(itemOf(type), items)] };
    }
    case "struct":
      return {
        ...base,
        children: type.children.map((child) =>
          arrayOf(
            child.type,
            values
              .map((value) => (value as Record<string, unknown> | null)?.[child.name] ?? null)
              .map((v) => fill(child.type, v)),
          ),
        ),
      };
    case "dense-union": {
      const all = values.map(
        (value) => (value ?? { variant: 0, value: null }) as { variant: number; value: unknown },
      );
      const children = type.children.map((_, variant) =>
        all.filter((v) => v.variant === variant).map((v) => v.value),
      );
      const counts = children.map(() => 0);
      return {
        type,
        length,
        typeIds: Int8Array.from(all, (v) => v.variant),
        offsets: Int32Array.from(all, ({ variant }) => {
          const at = counts[variant] ?? 0;
          counts[variant] = at + 1;
          return at;
        }),
        children: type.children.map((child, i) => arrayOf(child.type, children[i] ?? [])),
      };
    }
    case "fixed-size-list": {
      const item = itemOf(type);
      const items = values.flatMap(
        (value) =>
          (value ??
            Array.from({ length: type.size }, () =>
              fill(item, null, !isFixedWidth(type)),
            )) as unknown[],
      );
      const child = arrayOf(item, items);
      return isFixedWidth(type)
        ? { ...base, values: child.values }
        : { ...base, children: [child] };
    }
    case "fixed-size-binary":
      return {
        ...base,
        values: Buffer.concat(
          values.map((value) => (value ?? new Uint8Array(type.size)) as Uint8Array),
        ),
      };
    case "bool":
      return { ...base, values: Uint8Array.from(values, (value) => (value === true ? 1 : 0)) };
    case "float16":
      return {
        ...base,
        values: Uint16Array.from(values, (value) => HALVES.get(value as number) ?? 0),
      };
    default:
      return { ...base, values: numbersIn(type.kind, values) };
  }
}

/** A union cannot be null: its null is a value of the first variant. A number in a fixed-width list is 0. */
function fill(type: DataType, value: unknown, nullable = true): unknown {
  if (value !== null) return value;
  if (type.kind === "dense-union") return { variant: 0, value: null };
  if (nullable) return null;
  if (type.kind === "fixed-size-binary") return new Uint8Array(type.size);
  return type.kind.includes("64") && type.kind !== "float64" ? 0n : 0;
}

function numbersIn(kind: DataType["kind"], values: readonly unknown[]): TypedArray {
  const number = (value: unknown): number => (value ?? 0) as number;
  const big = (value: unknown): bigint => BigInt((value ?? 0) as number | bigint);
  switch (kind) {
    case "int8":
      return Int8Array.from(values, number);
    case "uint8":
      return Uint8Array.from(values, number);
    case "int16":
      return Int16Array.from(values, number);
    case "uint16":
      return Uint16Array.from(values, number);
    case "int32":
      return Int32Array.from(values, number);
    case "uint32":
      return Uint32Array.from(values, number);
    case "float32":
      return Float32Array.from(values, number);
    case "float64":
      return Float64Array.from(values, number);
    case "uint64":
      return BigUint64Array.from(values, big);
    default:
      return BigInt64Array.from(values, big);
  }
}

/** The values of an Arrow array of ours, as a reader gives them. */
export function valuesIn(array: ArrowArray): unknown[] {
  return Array.from({ length: array.length }, (_, i) => valueAt(array, i));
}

function valueAt(array: ArrowArray, i: number): unknown {
  const { type, valid, values, offsets, children, typeIds } = array;
  if (type.kind === "null" || (valid !== undefined && valid[i] === 0)) return null;
  const [start, end] = [offsets?.[i] ?? 0, offsets?.[i + 1] ?? 0];
  const [child] = children ?? [];
  switch (type.kind) {
    case "utf8":
      return new TextDecoder("utf-8", { ignoreBOM: true }).decode(
        (values as Uint8Array).subarray(start, end),
      );
    case "binary":
      return (values as Uint8Array).slice(start, end);
    case "fixed-size-binary":
      return (values as Uint8Array).slice(i * type.size, (i + 1) * type.size);
    case "list":
      return Array.from({ length: end - start }, (_, k) => child && valueAt(child, start + k));
    case "fixed-size-list":
      return Array.from({ length: type.size }, (_, k) => {
        if (child !== undefined) return valueAt(child, i * strideOf(type) + k);
        return valueAt(
          { type: itemOf(type), length: array.length * type.size, values },
          i * type.size + k,
        );
      });
    case "struct":
      return Object.fromEntries(
        type.children.map(({ name }, k) => [name, valueAt((children ?? [])[k] as ArrowArray, i)]),
      );
    case "dense-union": {
      const variant = (children ?? [])[typeIds?.[i] ?? 0];
      return variant && valueAt(variant, start);
    }
    case "bool":
      return values?.[i] === 1;
    case "float16":
      return [...HALVES].find(([, bits]) => bits === values?.[i])?.[0];
    default:
      return values?.[i];
  }
}
