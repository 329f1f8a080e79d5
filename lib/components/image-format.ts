import type { ArrowArray } from "../arrow/array.ts";
import type { DataType } from "../arrow/data-type.ts";
import type { ComponentDescriptor } from "../component-batch.ts";
import { ComponentBatch } from "../component-batch.ts";
import type { EnumMembers, EnumValue } from "./enumeration.ts";
import { enumNumber, membersText } from "./enumeration.ts";
import { ChannelDatatype, ColorModel, PixelFormat } from "./enums.ts";
import { rejectElement, rejectInput } from "./input-error.ts";

/**
 * How the bytes of an image are to be read: a `pixelFormat`, or a `channelDatatype` and, for colour
 * images, a `colorModel`. What is left out is stored as null.
 */
export interface ImageFormat {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** For formats that are not simply one value for each channel, such as `NV12`. */
  readonly pixelFormat?: EnumValue<typeof PixelFormat> | undefined;
  /** Number and order of the channels, such as `RGBA`. */
  readonly colorModel?: EnumValue<typeof ColorModel> | undefined;
  /** Type of one channel value, such as `U8`. */
  readonly channelDatatype?: EnumValue<typeof ChannelDatatype> | undefined;
}

/** One image format or many. */
export type ImageFormatInput = ImageFormat | readonly ImageFormat[];

/** A batch of image formats: struct of width, height (`uint32`) and three nullable `uint8` enumerations. */
export function imageFormatBatch(
  descriptor: ComponentDescriptor,
  value: ImageFormatInput,
): ComponentBatch {
  const isList = Array.isArray(value);
  const items: readonly unknown[] = isList ? value : [value];
  const { length } = items;
  const columns = {
    width: new Array<number>(length),
    height: new Array<number>(length),
    pixel_format: new Array<number | undefined>(length),
    color_model: new Array<number | undefined>(length),
    channel_datatype: new Array<number | undefined>(length),
  };
  for (let i = 0; i < length; i++) {
    const item = items[i];
    if (typeof item !== "object" || item === null) {
      const expected = "an image format { width, height, channelDatatype, … }";
      if (isList) rejectElement(descriptor, expected, item, i);
      rejectInput(descriptor, expected, value);
    }
    const format = item as ImageFormat;
    columns.width[i] = pixels(descriptor, "a width", format.width, i);
    columns.height[i] = pixels(descriptor, "a height", format.height, i);
    const { pixelFormat, colorModel, channelDatatype } = format;
    columns.pixel_format[i] = memberOf(descriptor, PixelFormat, pixelFormat, "pixelFormat", i);
    columns.color_model[i] = memberOf(descriptor, ColorModel, colorModel, "colorModel", i);
    columns.channel_datatype[i] = memberOf(
      descriptor,
      ChannelDatatype,
      channelDatatype,
      "channelDatatype",
      i,
    );
  }
  const children = descriptor.type.children.map(({ name, type }) =>
    nullableArray(type, columns[name as keyof typeof columns]),
  );
  return new ComponentBatch(descriptor, length, { type: descriptor.type, length, children });
}

/** Validity and value of one null; arrays are never changed, so that all can share them. */
const NULL_SLOT = new Uint8Array(1);
const NULL_VALUE: readonly number[] = [0];

/** Numbers, null where there is none. */
function nullableArray(type: DataType, column: readonly (number | undefined)[]): ArrowArray {
  const { length } = column;
  if (!column.includes(undefined)) return { type, length, values: column as readonly number[] };
  if (length === 1) return { type, length, valid: NULL_SLOT, values: NULL_VALUE };
  const valid = Uint8Array.from(column, (value) => (value === undefined ? 0 : 1));
  return { type, length, valid, values: column.map((value) => value ?? 0) };
}

function pixels(
  descriptor: ComponentDescriptor,
  what: string,
  value: unknown,
  index: number,
): number {
  if (typeof value !== "number" || value >>> 0 !== value) {
    return rejectElement(descriptor, `${what} in whole pixels`, value, index);
  }
  return value;
}

function memberOf(
  descriptor: ComponentDescriptor,
  members: EnumMembers,
  value: unknown,
  name: string,
  index: number,
): number | undefined {
  if (value === undefined || value === null) return undefined;
  const number = enumNumber(members, value);
  if (number === undefined) {
    rejectElement(descriptor, `${name} to be one of ${membersText(members)}`, value, index);
  }
  return number;
}
