import type { ArrowArray } from "../arrow/array.ts";
import { strideOf } from "../arrow/array.ts";
import type { DataType } from "../arrow/data-type.ts";
import { camelCase } from "../components/input-error.ts";
import { RerunError } from "../errors.ts";

/**
 * The values of many slots, in the form that depends on their Arrow type alone:
 *
 * | Arrow | JavaScript |
 * | --- | --- |
 * | integers, floats | the typed array of that element type: a view; `BigInt64Array` for 64 bits, `Uint16Array` of bits for half floats |
 * | timestamps, durations | `BigInt64Array`, in nanoseconds |
 * | fixed-size lists of numbers | one typed array, slot after slot: a view |
 * | booleans | `boolean[]` |
 * | texts | `string[]` |
 * | binary, of fixed size or not | `Uint8Array[]`, views |
 * | lists | an array with the values of each slot |
 * | structs | objects with keys in camelCase; members that are null are left out |
 * | unions | `{ Variant: value }`; null for the null variant |
 * | null | null |
 *
 * With nulls among the slots, it is a plain array in any case, with null where there is none.
 *
 * Types that Rerun's catalogue does not use: large texts, binaries and lists as their small kin, maps as lists of
 * `{ key, value }`, times and decimals as they are stored.
 *
 * @throws RerunError `unsupported-data` for types that are not read here
 */
export function arrowValues(
  array: ArrowArray,
  from = 0,
  to: number = array.length,
): ArrayLike<unknown> {
  const { valid } = array;
  if (valid !== undefined) {
    for (let i = from; i < to; i++) {
      if (valid[i] === 0)
        return Array.from({ length: to - from }, (_, k) => valueAt(array, from + k));
    }
  }
  const { type, values } = array;
  switch (type.kind) {
    case "null":
      return new Array<null>(to - from).fill(null);
    case "bool":
      return Array.from({ length: to - from }, (_, i) => values?.[from + i] === 1);
    case "utf8":
      return texts(array, from, to);
    case "binary":
    case "fixed-size-binary":
    case "list":
    case "struct":
    case "dense-union":
      return Array.from({ length: to - from }, (_, i) => valueAt(array, from + i));
    case "fixed-size-list": {
      if (values !== undefined) return flat(values, from, to, type.size);
      const isNested = (array.children?.[0]?.type.children.length ?? 0) > 0;
      if (!isNested && array.children?.[0]?.type.kind === "bool")
        return arrowValues(array.children[0], from * type.size, to * type.size);
      return Array.from({ length: to - from }, (_, i) => valueAt(array, from + i));
    }
    case "foreign":
      if (type.foreign?.layout === "fixed") return flat(values ?? [], from, to, strideOf(type));
      return Array.from({ length: to - from }, (_, i) => valueAt(array, from + i));
    default:
      return flat(values ?? [], from, to, 1);
  }
}

/** The value of one slot: a number, a text, an object …, or the values of a list. */
export function valueAt(array: ArrowArray, index: number): unknown {
  const { type, valid, values, offsets, children } = array;
  if (valid?.[index] === 0) return null;
  const start = offsets?.[index] ?? 0;
  const end = offsets?.[index + 1] ?? start;
  switch (type.kind) {
    case "null":
      return null;
    case "bool":
      return values?.[index] === 1;
    case "utf8":
      return decoder.decode((values as Uint8Array).subarray(start, end));
    case "binary":
      return (values as Uint8Array).subarray(start, end);
    case "fixed-size-binary":
      return (values as Uint8Array).subarray(index * type.size, (index + 1) * type.size);
    case "list":
      return arrowValues(children?.[0] as ArrowArray, start, end);
    case "fixed-size-list": {
      const [from, to] = [index * type.size, (index + 1) * type.size];
      if (values === undefined) return arrowValues(children?.[0] as ArrowArray, from, to);
      if (type.children[0]?.type.kind === "bool")
        return Array.from({ length: type.size }, (_, i) => values[from + i] === 1);
      return flat(values, from, to, 1);
    }
    case "struct":
      return structAt(type, children ?? [], index);
    case "dense-union": {
      const id = array.typeIds?.[index] ?? 0;
      return unionOf(type, id, children?.[id], offsets?.[index] ?? 0);
    }
    case "foreign":
      return foreignAt(array, index, start, end);
    default:
      return values?.[index];
  }
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function texts({ values, offsets }: ArrowArray, from: number, to: number): string[] {
  const bytes = values as Uint8Array;
  return Array.from({ length: to - from }, (_, i) =>
    decoder.decode(bytes.subarray(offsets?.[from + i], offsets?.[from + i + 1])),
  );
}

function flat(
  values: NonNullable<ArrowArray["values"]>,
  from: number,
  to: number,
  stride: number,
): ArrayLike<unknown> {
  const [start, end] = [from * stride, to * stride];
  if (!ArrayBuffer.isView(values)) return values.slice(start, end);
  return start === 0 && end === values.length ? values : values.subarray(start, end);
}

function structAt(type: DataType, children: readonly ArrowArray[], index: number): object {
  const object: Record<string, unknown> = {};
  type.children.forEach(({ name }, i) => {
    const value = valueAt(children[i] as ArrowArray, index);
    // In camelCase no name can be `__proto__`, wherever it comes from.
    if (value !== null && value !== undefined) object[camelCase(name)] = value;
  });
  return object;
}

function unionOf(type: DataType, id: number, child: ArrowArray | undefined, at: number): unknown {
  const field = type.children[id];
  if (field === undefined || child === undefined || field.name === "_null_markers") return null;
  return { [field.name]: valueAt(child, at) };
}

function foreignAt(array: ArrowArray, index: number, start: number, end: number): unknown {
  const { type, values, children } = array;
  switch (type.foreign?.layout) {
    case "fixed": {
      const stride = strideOf(type);
      if (stride === 1) return values?.[index];
      return (values as Uint8Array).subarray(index * stride, (index + 1) * stride);
    }
    case "large-bytes": {
      const bytes = (values as Uint8Array).subarray(start, end);
      return type.foreign.name === "LargeUtf8" ? decoder.decode(bytes) : bytes;
    }
    case "large-list":
    case "list":
      return arrowValues(children?.[0] as ArrowArray, start, end);
    case "sparse-union": {
      const member = type.foreign.members[1];
      const ids = member !== undefined && "int32s" in member ? member.int32s : [];
      const id = array.typeIds?.[index] ?? 0;
      const at = ids.length === 0 ? id : ids.indexOf(id);
      return unionOf(type, at, children?.[at], index);
    }
    default:
      throw new RerunError(
        "unsupported-data",
        `Expected values of a type that is read here, got ${type.key}`,
      );
  }
}
