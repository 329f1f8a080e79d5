import { inflateSync } from "node:zlib";

/** What {@link describePicture} finds in a part of a picture. */
export interface PictureStats {
  readonly distinctColours: number;
  /** Share of the pixels that have the most frequent colour, 0 to 1. */
  readonly backgroundShare: number;
}

/**
 * True when there is nothing to see in the middle of a screenshot (PNG): half of its width and half of its height have a
 * single colour, apart from a word or two such as a loading message.
 *
 * Any view of data fills that space with axes, a grid or a gradient. So does, with its words of welcome, a viewer
 * without data: look for the recording first.
 */
export function isBlank(png: Uint8Array): boolean {
  const { distinctColours, backgroundShare } = describePicture(png);
  return distinctColours < 4 || backgroundShare > 0.995;
}

/** Counts the colours in the middle of a picture, half of its width and half of its height. */
export function describePicture(png: Uint8Array): PictureStats {
  const { width, height, pixels, channels } = decodePng(png);
  const counts = new Map<number, number>();
  const [left, top] = [Math.floor(width / 4), Math.floor(height / 4)];
  const [right, bottom] = [width - left, height - top];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const at = (y * width + x) * channels;
      const colour =
        ((pixels[at] ?? 0) << 16) | ((pixels[at + 1] ?? 0) << 8) | (pixels[at + 2] ?? 0);
      counts.set(colour, (counts.get(colour) ?? 0) + 1);
    }
  }
  return {
    distinctColours: counts.size,
    backgroundShare: Math.max(...counts.values()) / ((right - left) * (bottom - top)),
  };
}

/** The colour at a place of a picture, as `0xRRGGBB`; the place in parts of width and height, 0 to 1. */
export function colourAt(png: Uint8Array, across: number, down: number): number {
  const { width, height, pixels, channels } = decodePng(png);
  const at = (Math.floor(height * down) * width + Math.floor(width * across)) * channels;
  return ((pixels[at] ?? 0) << 16) | ((pixels[at + 1] ?? 0) << 8) | (pixels[at + 2] ?? 0);
}

/** A decoded picture: rows from the top, without padding, `channels` bytes per pixel. */
export interface DecodedPng {
  readonly width: number;
  readonly height: number;
  /** 3 for RGB, 4 for RGBA. */
  readonly channels: 3 | 4;
  readonly pixels: Uint8Array;
}

/**
 * Decodes what browsers make of screenshots: 8 bits per channel, RGB or RGBA, not interlaced; throws for other kinds.
 *
 * Source: the PNG specification (W3C), chunks in section 5, filters in section 9.
 */
export function decodePng(png: Uint8Array): DecodedPng {
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  if (bytes.toString("latin1", 0, 8) !== "\x89PNG\r\n\x1a\n") throw new Error("Expected a PNG");
  // Signature, then chunks: length, type, data, CRC. The first one, IHDR, has the format at fixed places.
  const width = bytes.readUInt32BE(16);
  const height = bytes.readUInt32BE(20);
  const [depth, colourType, , , interlace] = bytes.subarray(24, 29);
  if (depth !== 8 || (colourType !== 2 && colourType !== 6) || interlace !== 0) {
    throw new Error(
      `Expected 8-bit RGB or RGBA, got depth ${depth}, type ${colourType}, interlace ${interlace}`,
    );
  }
  const data: Buffer[] = [];
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    if (bytes.toString("latin1", at + 4, at + 8) === "IDAT")
      data.push(bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const channels = colourType === 2 ? 3 : 4;
  const pixels = unfilter(inflateSync(Buffer.concat(data)), height, width * channels, channels);
  return { width, height, channels, pixels };
}

/** Undoes the filter of each row: every byte was stored as difference to its neighbours. */
function unfilter(rows: Uint8Array, height: number, stride: number, channels: number): Uint8Array {
  const out = new Uint8Array(height * stride);
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (stride + 1)] ?? 0;
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x;
      const left = x >= channels ? (out[at - channels] ?? 0) : 0;
      const up = y > 0 ? (out[at - stride] ?? 0) : 0;
      const upLeft = x >= channels && y > 0 ? (out[at - stride - channels] ?? 0) : 0;
      out[at] = (rows[y * (stride + 1) + 1 + x] ?? 0) + predict(filter, left, up, upLeft);
    }
  }
  return out;
}

function predict(filter: number, left: number, up: number, upLeft: number): number {
  if (filter === 0) return 0;
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter === 4) return paeth(left, up, upLeft);
  throw new Error(`Unknown PNG filter ${filter}`);
}

function paeth(left: number, up: number, upLeft: number): number {
  const estimate = left + up - upLeft;
  const [a, b, c] = [
    Math.abs(estimate - left),
    Math.abs(estimate - up),
    Math.abs(estimate - upLeft),
  ];
  if (a <= b && a <= c) return left;
  return b <= c ? up : upLeft;
}
