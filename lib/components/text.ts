import type { ArrowArray } from "../arrow/array.ts";
import { primitive } from "../arrow/data-type.ts";
import type { ComponentDescriptor } from "../component-batch.ts";
import { ComponentBatch } from "../component-batch.ts";
import { rejectElement, rejectInput } from "./input-error.ts";

/** What can be an element of an array of texts; what is no string becomes one. */
export type TextValue = string | number | bigint | boolean;

/** One text or many. */
export type TextInput = string | readonly TextValue[];

const encoder = new TextEncoder();
const utf8 = primitive("utf8");

/** A batch of UTF-8 texts. */
export function textBatch(descriptor: ComponentDescriptor, value: TextInput): ComponentBatch {
  if (typeof value === "string") return new ComponentBatch(descriptor, 1, singleText(value));
  if (!Array.isArray(value)) rejectInput(descriptor, "a string or an array of strings", value);
  const texts = new Array<string>(value.length);
  for (let i = 0; i < value.length; i++) {
    const text = textOf(value[i]);
    if (text === undefined) rejectElement(descriptor, "a string", value[i], i);
    texts[i] = text;
  }
  return new ComponentBatch(descriptor, texts.length, textArray(texts));
}

/** A batch of names of coordinate frames, which are not empty. */
export function frameIdBatch(descriptor: ComponentDescriptor, value: TextInput): ComponentBatch {
  if (value === "" || (Array.isArray(value) && value.includes(""))) {
    rejectInput(descriptor, "the name of a frame", value, "it must not be empty");
  }
  return textBatch(descriptor, value);
}

/** Texts no longer than this are kept: levels, labels and states come again and again. */
const SHORT = 24;
const MAX_KEPT = 512;
const kept = new Map<string, ArrowArray>();

/** An array of one text. */
export function singleText(text: string): ArrowArray {
  if (text.length > SHORT) return encodeSingle(text);
  let array = kept.get(text);
  if (array === undefined) {
    array = encodeSingle(text);
    if (kept.size === MAX_KEPT) kept.clear();
    kept.set(text, array);
  }
  return array;
}

function encodeSingle(text: string): ArrowArray {
  const values = encodeText(text);
  return { type: utf8, length: 1, values, offsets: offsetsOfOne(values.length) };
}

/** Offsets of arrays of one text, by its length. */
const offsetsBySize: (Int32Array | undefined)[] = [];

/** `[0, size]`; small ones are shared, as arrays are never changed. */
export function offsetsOfOne(size: number): Int32Array {
  const known = size < 256 ? offsetsBySize[size] : undefined;
  if (known !== undefined) return known;
  const offsets = new Int32Array(2);
  offsets[1] = size;
  if (size < 256) offsetsBySize[size] = offsets;
  return offsets;
}

/** Typed arrays are dear to allocate, views of a larger one are not: texts share blocks of memory. */
const POOL_BYTES = 32_768;
let pool = new Uint8Array(0);
let poolAt = 0;

/** The bytes of a text. */
function encodeText(text: string): Uint8Array {
  const { length } = text;
  const most = length * 3;
  if (most > POOL_BYTES >> 2) return encoder.encode(text);
  if (poolAt + most > pool.length) {
    pool = new Uint8Array(POOL_BYTES);
    poolAt = 0;
  }
  const start = poolAt;
  const end = asciiEnd(text, start);
  poolAt = end >= 0 ? end : start + encoder.encodeInto(text, pool.subarray(start)).written;
  return pool.subarray(start, poolAt);
}

/** Writes a short text of ASCII letters, which is faster than asking the encoder; -1 for others. */
function asciiEnd(text: string, start: number): number {
  const { length } = text;
  if (length > 96) return -1;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return -1;
    pool[start + i] = code;
  }
  return start + length;
}

/** Strings as they are, numbers and booleans written out; undefined for everything else. */
export function textOf(value: unknown): string | undefined {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
    case "bigint":
    case "boolean":
      return String(value);
    default:
      return undefined;
  }
}

/** Texts back to back, encoded in one go. */
export function textArray(texts: readonly string[]): ArrowArray {
  const offsets = new Int32Array(texts.length + 1);
  let capacity = 0;
  for (const text of texts) capacity += text.length * 3;
  const buffer = new Uint8Array(capacity);
  let at = 0;
  for (let i = 0; i < texts.length; i++) {
    const { written } = encoder.encodeInto(texts[i] as string, buffer.subarray(at));
    at += written;
    offsets[i + 1] = at;
  }
  return { type: utf8, length: texts.length, offsets, values: buffer.subarray(0, at) };
}
