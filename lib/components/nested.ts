import type { ArrowArray } from "../arrow/array.ts";
import type { DataType, Field } from "../arrow/data-type.ts";
import type { ComponentDescriptor } from "../component-batch.ts";
import { ComponentBatch, emptyArray } from "../component-batch.ts";
import { fits, wholeNumber } from "./bigint.ts";
import { camelCase, fieldName } from "./input-error.ts";
import { expectedOf, rejectValue } from "./nested-error.ts";
import { textArray, textOf } from "./text.ts";
import { asBytes, elementTypeOf } from "./typed-array.ts";

/**
 * A batch of any Arrow type from plain JavaScript values: objects for structs (keys in camelCase or
 * as in Arrow), arrays for lists, `{ Variant: value }` for unions, `null` or nothing for null.
 * An array is a batch; everything else is one instance.
 */
export function nestedBatch(descriptor: ComponentDescriptor, value: unknown): ComponentBatch {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (items.length === 0) return ComponentBatch.empty(descriptor);
  const array = arrowFromValues(descriptor.type, items, false, fieldName(descriptor));
  return new ComponentBatch(descriptor, items.length, array);
}

/**
 * An Arrow array of one slot per value.
 *
 * @param path names the place of the values in messages
 */
export function arrowFromValues(
  type: DataType,
  values: ArrayLike<unknown>,
  nullable: boolean,
  path: string,
): ArrowArray {
  const valid = validity(type, values, nullable, path);
  const array = build(type, values, valid, path);
  return valid === undefined ? array : { ...array, valid };
}

function validity(
  type: DataType,
  values: ArrayLike<unknown>,
  nullable: boolean,
  path: string,
): Uint8Array | undefined {
  // Arrow's unions have no validity of their own: null is their variant 0.
  if (type.kind === "null" || type.kind === "dense-union") return undefined;
  let valid: Uint8Array | undefined;
  for (let i = 0; i < values.length; i++) {
    if (values[i] !== null && values[i] !== undefined) continue;
    if (!nullable) rejectValue(path, expectedOf(type), values[i], i);
    valid ??= new Uint8Array(values.length).fill(1);
    valid[i] = 0;
  }
  return valid;
}

function build(
  type: DataType,
  values: ArrayLike<unknown>,
  valid: Uint8Array | undefined,
  path: string,
): ArrowArray {
  const isNull = (i: number): boolean => valid !== undefined && valid[i] === 0;
  const { length } = values;
  switch (type.kind) {
    case "null":
      return { type, length };
    case "bool": {
      const bytes = new Uint8Array(length);
      for (let i = 0; i < length; i++) {
        const value = values[i];
        if (!isNull(i) && typeof value !== "boolean") rejectValue(path, "a boolean", value, i);
        bytes[i] = value === true ? 1 : 0;
      }
      return { type, length, values: bytes };
    }
    case "utf8": {
      const texts = new Array<string>(length).fill("");
      for (let i = 0; i < length; i++) {
        if (!isNull(i)) texts[i] = textOf(values[i]) ?? rejectValue(path, "a string", values[i], i);
      }
      return textArray(texts);
    }
    case "list":
      return listArray(type, values, valid, path);
    case "fixed-size-list":
      return fixedSizeListArray(type, values, valid, path);
    case "struct": {
      const children = type.children.map((field) =>
        arrowFromValues(
          field.type,
          pick(values, field, path),
          field.nullable || valid !== undefined,
          `${path}.${field.name}`,
        ),
      );
      return { type, length, children };
    }
    case "dense-union":
      return unionArray(type, values, path);
    case "binary":
    case "fixed-size-binary":
      return binaryArray(type, values, valid, path);
    case "int64":
    case "uint64":
    case "timestamp":
    case "duration": {
      const signed = type.kind !== "uint64";
      const numbers = signed ? new BigInt64Array(length) : new BigUint64Array(length);
      for (let i = 0; i < length; i++) {
        if (isNull(i)) continue;
        const number = wholeNumber(values[i]);
        if (number === undefined || !fits(number, signed))
          rejectValue(path, expectedOf(type), values[i], i);
        numbers[i] = number;
      }
      return { type, length, values: numbers };
    }
    case "float16": {
      // Bit patterns: the caller has rounded already.
      return { type, length, values: Uint16Array.from(values as ArrayLike<number>) };
    }
    default:
      return numberArray(type, values, isNull, path);
  }
}

/** Smallest and largest number of each integer type. */
const bounds: Readonly<Record<string, readonly [number, number]>> = {
  int8: [-0x80, 0x7f],
  int16: [-0x8000, 0x7fff],
  int32: [-0x8000_0000, 0x7fff_ffff],
  uint8: [0, 0xff],
  uint16: [0, 0xffff],
  uint32: [0, 0xffff_ffff],
};

function numberArray(
  type: DataType,
  values: ArrayLike<unknown>,
  isNull: (i: number) => boolean,
  path: string,
): ArrowArray {
  const range = bounds[type.kind];
  const numbers = new Array<number>(values.length).fill(0);
  for (let i = 0; i < numbers.length; i++) {
    if (isNull(i)) continue;
    const value = values[i];
    if (typeof value !== "number") rejectValue(path, expectedOf(type), value, i);
    if (range !== undefined && !(value > range[0] - 1 && value < range[1] + 1)) {
      rejectValue(path, `${expectedOf(type)} from ${range[0]} to ${range[1]}`, value, i);
    }
    numbers[i] = range === undefined ? value : Math.trunc(value);
  }
  return { type, length: numbers.length, values: numbers };
}

/** Elements of all lists back to back. A typed array of the stored type is taken as it is. */
function listArray(
  type: DataType,
  values: ArrayLike<unknown>,
  valid: Uint8Array | undefined,
  path: string,
): ArrowArray {
  const item = type.children[0] as Field;
  const offsets = new Int32Array(values.length + 1);
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (valid?.[i] !== 0) {
      if (!isList(value)) rejectValue(path, "an array", value, i);
      total += value.length;
    }
    offsets[i + 1] = total;
  }
  const only = values.length === 1 ? values[0] : undefined;
  if (elementTypeOf(only) === item.type.kind) {
    const numbers = only as Uint8Array;
    const child: ArrowArray = { type: item.type, length: numbers.length, values: numbers };
    return { type, length: 1, offsets, children: [child] };
  }
  const flat: unknown[] = [];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (isList(value)) for (let k = 0; k < value.length; k++) flat.push(value[k]);
  }
  const child = arrowFromValues(item.type, flat, item.nullable, `${path}[]`);
  return { type, length: values.length, offsets, children: [child] };
}

function fixedSizeListArray(
  type: DataType,
  values: ArrayLike<unknown>,
  valid: Uint8Array | undefined,
  path: string,
): ArrowArray {
  const item = type.children[0] as Field;
  const flat: unknown[] = [];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (valid?.[i] === 0) {
      // A null slot still takes its room.
      const filler = item.type.kind === "bool" ? false : 0;
      for (let k = 0; k < type.size; k++) flat.push(filler);
      continue;
    }
    if (!isList(value) || value.length !== type.size) {
      rejectValue(path, `an array of ${type.size} elements`, value, i);
    }
    for (let k = 0; k < type.size; k++) flat.push(value[k]);
  }
  const child = arrowFromValues(item.type, flat, item.nullable, `${path}[]`);
  const isNested = item.type.children.length > 0 || child.offsets !== undefined;
  if (isNested || child.valid !== undefined)
    return { type, length: values.length, children: [child] };
  return { type, length: values.length, values: child.values };
}

/** Objects with one key, the name of the variant; nothing or `null` is the null variant. */
function unionArray(type: DataType, values: ArrayLike<unknown>, path: string): ArrowArray {
  const typeIds = new Int8Array(values.length);
  const offsets = new Int32Array(values.length);
  const variants: unknown[][] = type.children.map(() => []);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    let id = 0;
    let content: unknown;
    if (value !== null && value !== undefined) {
      const keys = typeof value === "object" ? Object.keys(value) : [];
      id = type.children.findIndex((field) => field.name === keys[0]);
      if (keys.length !== 1 || id < 0) {
        const names = type.children.slice(1).map((field) => field.name);
        rejectValue(path, `{ variant: value } with a variant of ${names.join(", ")}`, value, i);
      }
      content = (value as Readonly<Record<string, unknown>>)[keys[0] as string];
    }
    typeIds[i] = id;
    offsets[i] = variants[id]?.push(content) ?? 0;
    offsets[i] = (offsets[i] as number) - 1;
  }
  const children = type.children.map((field, id) => {
    const contents = variants[id] ?? [];
    if (contents.length === 0) return emptyArray(field.type);
    return arrowFromValues(field.type, contents, field.nullable, `${path}.${field.name}`);
  });
  return { type, length: values.length, typeIds, offsets, children };
}

function binaryArray(
  type: DataType,
  values: ArrayLike<unknown>,
  valid: Uint8Array | undefined,
  path: string,
): ArrowArray {
  const blocks: Uint8Array[] = [];
  const offsets = new Int32Array(values.length + 1);
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    const block = valid?.[i] === 0 ? new Uint8Array(type.size) : asBytes(values[i]);
    if (block === undefined || (type.size > 0 && block.length !== type.size)) {
      rejectValue(
        path,
        type.size > 0 ? `${type.size} bytes` : "bytes such as a Uint8Array",
        values[i],
        i,
      );
    }
    total += block.length;
    offsets[i + 1] = total;
    blocks.push(block);
  }
  const bytes = blocks.length === 1 ? (blocks[0] as Uint8Array) : new Uint8Array(total);
  if (blocks.length !== 1) {
    for (let i = 0; i < blocks.length; i++) bytes.set(blocks[i] as Uint8Array, offsets[i]);
  }
  if (type.kind === "fixed-size-binary") return { type, length: values.length, values: bytes };
  return { type, length: values.length, offsets, values: bytes };
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || elementTypeOf(value) !== undefined;
}

/** One member of every object; null where the whole object is. */
function pick(values: ArrayLike<unknown>, field: Field, path: string): unknown[] {
  const alias = camelCase(field.name);
  const members = new Array<unknown>(values.length);
  for (let i = 0; i < members.length; i++) {
    const value = values[i];
    if (value === null || value === undefined) continue;
    if (typeof value !== "object") rejectValue(path, "an object", value, i);
    const record = value as Readonly<Record<string, unknown>>;
    members[i] = field.name in record ? record[field.name] : record[alias];
  }
  return members;
}
