import type { EnumMembers, EnumValue } from "../../components/enumeration.ts";
import { enumNumber, membersText } from "../../components/enumeration.ts";
import { ChannelDatatype, ColorModel, PixelFormat } from "../../components/enums.ts";
import type { ImageFormat } from "../../components/image-format.ts";
import { rejectArguments, shown } from "../../components/input-error.ts";
import type { Bytes, ElementType } from "../../components/typed-array.ts";
import { asBytes, elementTypeOf } from "../../components/typed-array.ts";

/**
 * Pixels row by row, with the channels of a pixel side by side. Referenced, not copied.
 * `ImageData` of a canvas is one.
 */
export interface PixelSource {
  /** The pixels. The type of a channel follows from the typed array. */
  readonly data?: Bytes | undefined;
  /** In pixels. */
  readonly width?: number | undefined;
  /** In pixels. */
  readonly height?: number | undefined;
  /** `[height, width]` or `[height, width, channels]`, in place of `width` and `height`. */
  readonly shape?: readonly number[] | undefined;
  /** Type of a channel, where `data` holds plain bytes or half floats (`F16` in a `Uint16Array`). */
  readonly channelDatatype?: EnumValue<typeof ChannelDatatype> | undefined;
}

/** Pixels of a colour image. */
export interface ImageSource extends PixelSource {
  /** Number and order of the channels; default: by their number L (1), RGB (3), RGBA (4). */
  readonly colorModel?: EnumValue<typeof ColorModel> | undefined;
  /** For formats with subsampled colour, in place of `colorModel` and `channelDatatype`. */
  readonly pixelFormat?: EnumValue<typeof PixelFormat> | undefined;
}

/** Bytes and their format, as they are logged. */
export interface Pixels {
  readonly buffer: Uint8Array;
  readonly format: ImageFormat;
}

const datatypes: Readonly<Record<ElementType, number>> = {
  uint8: ChannelDatatype.U8,
  int8: ChannelDatatype.I8,
  uint16: ChannelDatatype.U16,
  int16: ChannelDatatype.I16,
  uint32: ChannelDatatype.U32,
  int32: ChannelDatatype.I32,
  uint64: ChannelDatatype.U64,
  int64: ChannelDatatype.I64,
  float16: ChannelDatatype.F16,
  float32: ChannelDatatype.F32,
  float64: ChannelDatatype.F64,
};

const datatypeBytes: Readonly<Record<number, number>> = {
  [ChannelDatatype.U8]: 1,
  [ChannelDatatype.I8]: 1,
  [ChannelDatatype.U16]: 2,
  [ChannelDatatype.I16]: 2,
  [ChannelDatatype.F16]: 2,
  [ChannelDatatype.U32]: 4,
  [ChannelDatatype.I32]: 4,
  [ChannelDatatype.F32]: 4,
  [ChannelDatatype.U64]: 8,
  [ChannelDatatype.I64]: 8,
  [ChannelDatatype.F64]: 8,
};

const modelChannels: Readonly<Record<number, number>> = {
  [ColorModel.L]: 1,
  [ColorModel.RGB]: 3,
  [ColorModel.BGR]: 3,
  [ColorModel.RGBA]: 4,
  [ColorModel.BGRA]: 4,
};

const modelOfChannels: Readonly<Record<number, number>> = {
  1: ColorModel.L,
  3: ColorModel.RGB,
  4: ColorModel.RGBA,
};

/** A colour image. */
export function imagePixels(archetype: string, source: ImageSource): Pixels {
  const { buffer, data, width, height, channels } = frameOf(archetype, source);
  const pixelFormat = memberOf(archetype, "pixelFormat", PixelFormat, source.pixelFormat);
  const given = memberOf(archetype, "colorModel", ColorModel, source.colorModel);
  if (pixelFormat !== undefined) {
    if (given !== undefined || source.channelDatatype !== undefined) {
      rejectArguments(archetype, "`pixelFormat` excludes `colorModel` and `channelDatatype`");
    }
    checkBytes(
      archetype,
      buffer,
      pixelFormatBytes(pixelFormat, width, height),
      `${width}x${height} pixels`,
    );
    return { buffer, format: { width, height, pixelFormat } as ImageFormat };
  }
  const channelDatatype = datatypeOf(archetype, data, source.channelDatatype);
  const size = datatypeBytes[channelDatatype] ?? 1;
  const count =
    channels ??
    (given === undefined ? buffer.length / (width * height * size) : modelChannels[given]);
  const colorModel = given ?? modelOfChannels[count ?? 0];
  if (colorModel === undefined) {
    rejectArguments(
      archetype,
      `expected 1, 3 or 4 channels, got ${buffer.length} bytes for ${width}x${height} pixels of ${size} bytes a channel`,
    );
  }
  if (modelChannels[colorModel] !== count) {
    rejectArguments(
      archetype,
      `expected ${modelChannels[colorModel]} channels for the colour model, got ${count}`,
    );
  }
  checkBytes(
    archetype,
    buffer,
    width * height * size * (count ?? 1),
    `${width}x${height}x${count} channels of ${size} bytes`,
  );
  return { buffer, format: { width, height, colorModel, channelDatatype } as ImageFormat };
}

/** An image of one channel without colour model: depths or class ids. */
export function singleChannelPixels(archetype: string, source: PixelSource): Pixels {
  const { buffer, data, width, height, channels } = frameOf(archetype, source);
  if (channels !== undefined && channels !== 1) {
    rejectArguments(archetype, `expected one channel, got ${channels}`);
  }
  const channelDatatype = datatypeOf(archetype, data, source.channelDatatype);
  const size = datatypeBytes[channelDatatype] ?? 1;
  checkBytes(
    archetype,
    buffer,
    width * height * size,
    `${width}x${height} pixels of ${size} bytes`,
  );
  return { buffer, format: { width, height, channelDatatype } as ImageFormat };
}

/** Refuses bytes that are not as many as the format says; what it leaves out is one channel of one byte. */
export function checkPixels(archetype: string, data: Bytes, format: ImageFormat): void {
  const buffer = asBytes(data);
  // What is neither is refused, with a better message, where it is converted.
  if (buffer === undefined || typeof format !== "object" || format === null) return;
  const { width, height } = format;
  const pixelFormat = enumNumber(PixelFormat, format.pixelFormat);
  const channels = modelChannels[enumNumber(ColorModel, format.colorModel) ?? ColorModel.L] ?? 1;
  const size =
    datatypeBytes[enumNumber(ChannelDatatype, format.channelDatatype) ?? ChannelDatatype.U8] ?? 1;
  checkBytes(
    archetype,
    buffer,
    pixelFormat === undefined
      ? width * height * channels * size
      : pixelFormatBytes(pixelFormat, width, height),
    `${width}x${height} pixels of this format`,
  );
}

interface Frame {
  readonly data: unknown;
  readonly buffer: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number | undefined;
}

function frameOf(archetype: string, source: PixelSource): Frame {
  if (typeof source !== "object" || source === null) {
    rejectArguments(archetype, `expected { data, width, height }, got ${shown(source)}`);
  }
  const data = source.data;
  const buffer = asBytes(data);
  if (buffer === undefined) {
    rejectArguments(
      archetype,
      `expected \`data\` to be a typed array or an ArrayBuffer, got ${shown(data)}`,
    );
  }
  if (source.shape === undefined) {
    const width = pixelCount(archetype, "width", source.width);
    const height = pixelCount(archetype, "height", source.height);
    return { data, buffer, width, height, channels: undefined };
  }
  const [height = 0, width = 0, channels = 1, ...more] = strippedShape(archetype, source.shape);
  if (more.length > 0 || height === 0 || width === 0) {
    rejectArguments(
      archetype,
      `expected a shape [height, width] or [height, width, channels], got [${source.shape.join(", ")}]`,
    );
  }
  if ((source.width ?? width) !== width || (source.height ?? height) !== height) {
    rejectArguments(
      archetype,
      `expected \`width\` and \`height\` to agree with the shape [${source.shape.join(", ")}]`,
    );
  }
  return { data, buffer, width, height, channels };
}

/** Without dimensions of length 1 at either end, while more than two remain. */
function strippedShape(archetype: string, shape: readonly number[]): readonly number[] {
  if (!Array.isArray(shape))
    rejectArguments(archetype, `expected \`shape\` to be an array, got ${shown(shape)}`);
  let dimensions = shape.map((length) => pixelCount(archetype, "shape", length));
  while (dimensions.length > 2 && dimensions[0] === 1) dimensions = dimensions.slice(1);
  while (dimensions.length > 2 && dimensions.at(-1) === 1) dimensions = dimensions.slice(0, -1);
  return dimensions;
}

function pixelCount(archetype: string, name: string, value: unknown): number {
  if (typeof value !== "number" || value >>> 0 !== value || value === 0) {
    return rejectArguments(archetype, `expected \`${name}\` in whole pixels, got ${shown(value)}`);
  }
  return value;
}

function datatypeOf(archetype: string, data: unknown, given: unknown): number {
  const element = elementTypeOf(data) ?? "uint8";
  const own = datatypes[element];
  const wanted = memberOf(archetype, "channelDatatype", ChannelDatatype, given);
  const isBytes = element === "uint8";
  const isHalf = element === "uint16" && wanted === ChannelDatatype.F16;
  if (wanted === undefined || wanted === own || isBytes || isHalf) return wanted ?? own;
  return rejectArguments(
    archetype,
    `expected \`channelDatatype\` to be that of the ${shown(data)}; leave it out`,
  );
}

function memberOf(
  archetype: string,
  name: string,
  members: EnumMembers,
  value: unknown,
): number | undefined {
  if (value === undefined) return undefined;
  const number = enumNumber(members, value);
  if (number === undefined) {
    rejectArguments(
      archetype,
      `expected \`${name}\` to be one of ${membersText(members)}, got ${shown(value)}`,
    );
  }
  return number;
}

/** Bytes of an image; planes at half size are rounded up. */
function pixelFormatBytes(format: number, width: number, height: number): number {
  const half = (n: number): number => Math.ceil(n / 2);
  switch (format) {
    case PixelFormat.Y8_LimitedRange:
    case PixelFormat.Y8_FullRange:
      return width * height;
    case PixelFormat.Y_U_V16_LimitedRange:
    case PixelFormat.Y_U_V16_FullRange:
    case PixelFormat.YUY2:
      return width * height + 2 * half(width) * height;
    case PixelFormat.Y_U_V24_LimitedRange:
    case PixelFormat.Y_U_V24_FullRange:
      return width * height * 3;
    default:
      return width * height + 2 * half(width) * half(height);
  }
}

function checkBytes(archetype: string, buffer: Uint8Array, expected: number, what: string): void {
  if (buffer.length !== expected) {
    rejectArguments(archetype, `expected ${expected} bytes for ${what}, got ${buffer.length}`);
  }
}
