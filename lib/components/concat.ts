import type { ArrowArray, NumericValues } from "../arrow/array.ts";
import { strideOf } from "../arrow/array.ts";
import type { DataType, Field } from "../arrow/data-type.ts";
import { emptyArray } from "../component-batch.ts";

/** The slots of several arrays of one type, back to back. */
export function concatArrays(type: DataType, arrays: readonly ArrowArray[]): ArrowArray {
  if (arrays.length === 0) return emptyArray(type);
  if (arrays.length === 1) return arrays[0] as ArrowArray;
  let length = 0;
  for (const array of arrays) length += array.length;
  const valid = concatValid(arrays, length);
  return { ...concatLayout(type, arrays, length), valid };
}

function concatLayout(type: DataType, arrays: readonly ArrowArray[], length: number): ArrowArray {
  switch (type.kind) {
    case "null":
      return { type, length };
    case "utf8":
    case "binary": {
      const offsets = concatOffsets(arrays, length);
      const bytes = new Uint8Array(offsets[length] ?? 0);
      let at = 0;
      for (const array of arrays) {
        const [start, end] = rangeOf(array);
        bytes.set((array.values as Uint8Array).subarray(start, end), at);
        at += end - start;
      }
      return { type, length, offsets, values: bytes };
    }
    case "list": {
      const item = type.children[0] as Field;
      const offsets = concatOffsets(arrays, length);
      const children = arrays.map((array) => {
        const [start, end] = rangeOf(array);
        return sliceArray(array.children?.[0] ?? emptyArray(item.type), start, end);
      });
      return { type, length, offsets, children: [concatArrays(item.type, children)] };
    }
    case "dense-union":
      return concatUnions(type, arrays, length);
    case "struct":
      return { type, length, children: concatChildren(type, arrays) };
    default: {
      if (arrays.some((array) => array.children !== undefined)) {
        return { type, length, children: concatChildren(type, arrays) };
      }
      const stride = strideOf(type);
      return { type, length, values: concatValues(arrays, stride) };
    }
  }
}

function concatChildren(type: DataType, arrays: readonly ArrowArray[]): ArrowArray[] {
  return type.children.map((field, i) =>
    concatArrays(
      field.type,
      arrays.map((array) => array.children?.[i] ?? emptyArray(field.type)),
    ),
  );
}

function concatUnions(type: DataType, arrays: readonly ArrowArray[], length: number): ArrowArray {
  const typeIds = new Int8Array(length);
  const offsets = new Int32Array(length);
  const base = type.children.map(() => 0);
  let at = 0;
  for (const array of arrays) {
    for (let i = 0; i < array.length; i++, at++) {
      const id = array.typeIds?.[i] ?? 0;
      typeIds[at] = id;
      offsets[at] = (array.offsets?.[i] ?? 0) + (base[id] ?? 0);
    }
    array.children?.forEach((child, id) => {
      base[id] = (base[id] ?? 0) + child.length;
    });
  }
  return { type, length, typeIds, offsets, children: concatChildren(type, arrays) };
}

function concatOffsets(arrays: readonly ArrowArray[], length: number): Int32Array {
  const offsets = new Int32Array(length + 1);
  let at = 0;
  let end = 0;
  for (const array of arrays) {
    const source = array.offsets ?? new Int32Array(1);
    const shift = end - (source[0] ?? 0);
    for (let i = 1; i <= array.length; i++) offsets[++at] = (source[i] ?? 0) + shift;
    end = offsets[at] ?? 0;
  }
  return offsets;
}

function rangeOf(array: ArrowArray): [start: number, end: number] {
  return [array.offsets?.[0] ?? 0, array.offsets?.[array.length] ?? 0];
}

/** A part of a list's child; the whole of it costs nothing. */
function sliceArray(array: ArrowArray, start: number, end: number): ArrowArray {
  if (start === 0 && end === array.length) return array;
  const stride = strideOf(array.type);
  const valid = array.valid?.subarray(start, end);
  const length = end - start;
  if (array.offsets !== undefined && array.typeIds === undefined) {
    return { ...array, length, valid, offsets: array.offsets.subarray(start, end + 1) };
  }
  if (array.typeIds !== undefined) {
    const typeIds = array.typeIds.subarray(start, end);
    return { ...array, length, valid, typeIds, offsets: array.offsets?.subarray(start, end) };
  }
  const values = array.values?.slice(start * stride, end * stride) as NumericValues | undefined;
  const children = array.children?.map((child) => sliceArray(child, start * stride, end * stride));
  return { ...array, length, valid, values, children };
}

/** One typed array when all parts are of one class, else plain numbers. */
function concatValues(arrays: readonly ArrowArray[], stride: number): NumericValues {
  const parts = arrays.filter((array) => array.length > 0);
  const first = parts[0]?.values;
  if (first === undefined) return [];
  let count = 0;
  for (const part of parts) count += part.length * stride;
  const isUniform = parts.every((part) => part.values?.constructor === first.constructor);
  if (isUniform && ArrayBuffer.isView(first)) {
    const TypedArray = first.constructor as new (length: number) => Float64Array;
    const target = new TypedArray(count);
    let at = 0;
    for (const part of parts) {
      target.set(part.values as Float64Array, at);
      at += part.length * stride;
    }
    return target;
  }
  const target: number[] = [];
  for (const part of parts) {
    const values = part.values as ArrayLike<number>;
    for (let i = 0; i < part.length * stride; i++) target.push(values[i] as number);
  }
  return target;
}

function concatValid(arrays: readonly ArrowArray[], length: number): Uint8Array | undefined {
  if (arrays.every((array) => array.valid === undefined)) return undefined;
  const valid = new Uint8Array(length).fill(1);
  let at = 0;
  for (const array of arrays) {
    if (array.valid !== undefined) valid.set(array.valid.subarray(0, array.length), at);
    at += array.length;
  }
  return valid;
}
