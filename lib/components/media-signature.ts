import { MediaType } from "./media-type.ts";

/** Bytes at an offset that tell a format; a dot in the text stands for any byte. */
const signatures: readonly (readonly [offset: number, text: string, mediaType: string])[] = [
  [0, "\xff\xd8\xff", MediaType.JPEG],
  [0, "\x89PNG\r\n\x1a\n", MediaType.PNG],
  [0, "GIF8", MediaType.GIF],
  [0, "RIFF....WEBP", MediaType.WEBP],
  [0, "II*\0", MediaType.TIFF],
  [0, "MM\0*", MediaType.TIFF],
  [4, "ftypavif", MediaType.AVIF],
  [4, "ftypavis", MediaType.AVIF],
  [4, "ftyp", MediaType.MP4],
  [0, "\x1a\x45\xdf\xa3", MediaType.WEBM],
  [0, "glTF", MediaType.GLB],
  [0, "BM", MediaType.BMP],
];

/** Media type of a file by its first bytes; undefined when they tell nothing. */
export function detectMediaType(bytes: Uint8Array): string | undefined {
  for (const [offset, text, mediaType] of signatures) {
    if (startsWith(bytes, offset, text)) return mediaType;
  }
  if (isAsciiStl(bytes)) return MediaType.STL;
  if (hasText(bytes, "<COLLADA")) return MediaType.DAE;
  return isRvl(bytes) ? MediaType.RVL : undefined;
}

function startsWith(bytes: Uint8Array, offset: number, text: string): boolean {
  if (bytes.length < offset + text.length) return false;
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== "." && bytes[offset + i] !== text.charCodeAt(i)) return false;
  }
  return true;
}

function isAsciiStl(bytes: Uint8Array): boolean {
  return startsWith(bytes, 0, "solid ") && hasText(bytes, "facet");
}

/** Whether the first bytes hold an ASCII text. */
function hasText(bytes: Uint8Array, text: string): boolean {
  const head = String.fromCharCode(...bytes.subarray(0, 1024));
  return head.includes(text);
}

/**
 * A compressed depth image of ROS 2: a header of format (`int32`, 0 or 1) and two `float32` depth
 * parameters, then width and height (`int32`), both of a plausible size.
 */
function isRvl(bytes: Uint8Array): boolean {
  if (bytes.length < 24) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const format = view.getInt32(0, true);
  const quantA = view.getFloat32(4, true);
  const quantB = view.getFloat32(8, true);
  const width = view.getUint32(12, true);
  const height = view.getUint32(16, true);
  const isSize = (n: number): boolean => n > 0 && n <= 65_536;
  const isHeader =
    (format === 0 || format === 1) && Number.isFinite(quantA) && Number.isFinite(quantB);
  return isHeader && isSize(width) && isSize(height) && bytes.length <= 20 + width * height * 4;
}
