import type { TypedArray } from "../arrow/array.ts";
import type { ComponentDescriptor } from "../component-batch.ts";
import { ComponentBatch } from "../component-batch.ts";
import { parseCssColor } from "./css-color.ts";
import type { Named } from "./input-error.ts";
import { rejectElement, rejectInput } from "./input-error.ts";
import type { NumberArray } from "./numeric.ts";
import { elementTypeOf, isBigIntArray } from "./typed-array.ts";

/**
 * One colour or many, sRGB with separate (not premultiplied) alpha; alpha is opaque where left out.
 *
 * | input | means |
 * | --- | --- |
 * | `0xff8000ff` | one colour, packed as `0xRRGGBBAA` |
 * | `"#f80"`, `"#ff8000"`, `"#ff8000ff"`, `"orange"`, `"rgb(255 128 0 / 50%)"` | one colour, as in CSS |
 * | `[255, 128, 0]`, `[255, 128, 0, 255]` | one colour, 0 to 255 for each channel |
 * | `[1, 0.5, 0]` | one colour, 0 to 1 for each channel, because of the fraction |
 * | any other flat array of whole numbers, or a `Uint32Array` | packed colours |
 * | `[[255, 128, 0], "red", 0xff8000ff]` | one colour for each element |
 * | `Uint8Array`, `Uint8ClampedArray` | RGBA quadruples, or one colour when no longer than 4 |
 * | `Float32Array`, `Float64Array` | the same, 0 to 1 for each channel |
 *
 * Numbers of JavaScript do not tell 1 from 1.0: plain arrays count as floats only where a fraction
 * occurs anywhere in the batch, so `[1, 1, 1]` is nearly black. Use a `Float32Array` to be sure.
 */
export type ColorInput = ColorValue | NumberArray | readonly (ColorValue | NumberArray)[];

/** One colour: packed, or in the notation of CSS. */
export type ColorValue = number | string;

const PACKED = "a packed colour (0xRRGGBBAA)";

/** A batch of colours, packed into `uint32`. */
export function colorBatch(descriptor: ComponentDescriptor, value: ColorInput): ComponentBatch {
  const colors = packedColors(descriptor, value);
  const length = typeof colors === "number" ? 1 : colors.length;
  return new ComponentBatch(descriptor, length, colors);
}

/** One packed colour as a number, several as an array. */
export function packedColors(
  descriptor: Named,
  value: ColorInput,
): number | readonly number[] | Uint32Array {
  if (typeof value === "number") {
    if (value >>> 0 !== value) rejectInput(descriptor, PACKED, value);
    return value;
  }
  if (value instanceof Uint32Array) return value;
  if (typeof value === "string") {
    const advice = 'such as "#ff8000", "orange" or "rgb(255 128 0)"';
    return parseCssColor(value) ?? rejectInput(descriptor, "a CSS colour", value, advice);
  }
  const colors = Array.isArray(value)
    ? plainColors(descriptor, value)
    : // What is no array at all is refused there.
      typedColors(descriptor, value as TypedArray);
  return colors.length === 1 ? (colors[0] ?? 0) : colors;
}

/** Packs channels of 0 to 255 as `0xRRGGBBAA`. */
export function packColor(red: number, green: number, blue: number, alpha = 255): number {
  return ((red << 24) | (green << 16) | (blue << 8) | alpha) >>> 0;
}

/**
 * Encodes one channel of linear light, 0 to 1, as sRGB, 0 to 255; what lies outside counts as the nearest of the two.
 * Alpha is linear in sRGB too, and is scaled by 255 alone.
 *
 * ```ts
 * const [red, green, blue] = [0.2, 0.5, 1].map(linearToGammaU8);
 * ```
 *
 * Source: rerun rerun_sdk/rerun/color_conversion.py
 */
export function linearToGammaU8(linear: number): number {
  if (linear >= 1) return 255;
  // NaN is black.
  if (!(linear > 0)) return 0;
  const gamma = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
  return roundHalfEven(255 * gamma);
}

function plainColors(
  descriptor: Named,
  items: readonly unknown[],
): readonly number[] | Uint32Array {
  const length = items.length;
  let fraction = false;
  let channels = length === 3 || length === 4;
  for (let i = 0; i < length; i++) {
    const item = items[i];
    if (typeof item !== "number") return elementColors(descriptor, items);
    if (!Number.isInteger(item)) fraction = true;
    else if (item < 0 || item > 255) channels = false;
  }
  if (fraction) return channelsOf(descriptor, items as readonly number[], 255);
  if (channels) return [packChannels(descriptor, items as readonly number[], 1)];
  for (let i = 0; i < length; i++) {
    const item = items[i] as number;
    if (item >>> 0 !== item) rejectElement(descriptor, PACKED, item, i);
  }
  return items as readonly number[];
}

/** Each element is a colour by itself: packed, CSS, or an array of 3 or 4 channels. */
function elementColors(descriptor: Named, items: readonly unknown[]): Uint32Array {
  const plainScale = items.some(hasFraction) ? 255 : 1;
  const colors = new Uint32Array(items.length);
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    if (typeof item === "number" && item >>> 0 === item) {
      colors[i] = item;
      continue;
    }
    if (typeof item === "string") {
      const color = parseCssColor(item);
      if (color === undefined) rejectElement(descriptor, "a CSS colour", item, i);
      colors[i] = color;
      continue;
    }
    const element = elementTypeOf(item);
    const isChannels = element !== undefined || Array.isArray(item);
    const channels = item as ArrayLike<number>;
    if (!isChannels || (channels.length !== 3 && channels.length !== 4)) {
      rejectElement(descriptor, "a colour (3 or 4 channels, 0xRRGGBBAA, or CSS)", item, i);
    }
    const isFloat = element === "float32" || element === "float64" || element === "float16";
    const scale = element === undefined ? plainScale : isFloat ? 255 : 1;
    colors[i] = packChannels(descriptor, channels, scale, i);
  }
  return colors;
}

function hasFraction(item: unknown): boolean {
  return Array.isArray(item) && item.some((v) => typeof v === "number" && !Number.isInteger(v));
}

function typedColors(
  descriptor: Named,
  value: TypedArray,
): ArrayLike<number> & (readonly number[] | Uint32Array) {
  switch (elementTypeOf(value)) {
    case "uint32":
      return value as Uint32Array;
    case "uint8":
      return channelsOf(descriptor, value as Uint8Array, 1);
    case "float16":
    case "float32":
    case "float64":
      return channelsOf(descriptor, value as Float32Array, 255);
    case undefined:
      return rejectInput(descriptor, "a colour or an array of colours", value);
    default:
      // Signed and 64-bit integers say nothing about channels; read them as plain numbers.
      return plainColors(
        descriptor,
        isBigIntArray(value) ? Array.from(value, Number) : Array.from(value),
      );
  }
}

/** One colour of 3 or 4 channels, or RGBA quadruples. */
function channelsOf(
  descriptor: Named,
  values: readonly number[] | Uint8Array | Float32Array,
  scale: number,
): readonly number[] | Uint32Array {
  const { length } = values;
  if (length === 3 || length === 4) return [packChannels(descriptor, values, scale)];
  if (length % 4 !== 0) {
    rejectInput(
      descriptor,
      "3 or 4 channels, or RGBA quadruples",
      values,
      "give RGB colours as an array of arrays",
    );
  }
  const colors = new Uint32Array(length / 4);
  for (let i = 0; i < colors.length; i++) {
    const at = i * 4;
    const red = channel(descriptor, values[at], scale, at);
    const green = channel(descriptor, values[at + 1], scale, at + 1);
    const blue = channel(descriptor, values[at + 2], scale, at + 2);
    const alpha = channel(descriptor, values[at + 3], scale, at + 3);
    colors[i] = (red << 24) | (green << 16) | (blue << 8) | alpha;
  }
  return colors;
}

function packChannels(
  descriptor: Named,
  values: ArrayLike<number>,
  scale: number,
  index = 0,
): number {
  const alpha = values.length === 4 ? channel(descriptor, values[3], scale, index) : 255;
  return packColor(
    channel(descriptor, values[0], scale, index),
    channel(descriptor, values[1], scale, index),
    channel(descriptor, values[2], scale, index),
    alpha,
  );
}

/** One channel as a byte. Floats are scaled and rounded half to even, as in Rerun; excess is an error. */
function channel(descriptor: Named, value: unknown, scale: number, index: number): number {
  const number = typeof value === "bigint" ? Number(value) : value;
  if (typeof number === "number") {
    const byte = scale === 1 ? Math.trunc(number) : roundHalfEven(number * scale);
    if (byte >= 0 && byte <= 255) return byte;
  }
  const expected = scale === 1 ? "a channel from 0 to 255" : "a channel from 0 to 1";
  return rejectElement(descriptor, expected, value, index);
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
