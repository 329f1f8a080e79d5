import { parseStreamHeader, STREAM_HEADER_BYTES } from "./rrd-parser.ts";

// What bytes of a damaged file can be the beginning of, from those alone. For {@link salvage}.

/** Whether the bytes at an index of a block can be the beginning of something; cheap, for each byte of a file. */
export function isCandidate(block: Uint8Array, at: number): boolean {
  const first = block[at] as number;
  if (first === 0x52) return at + 4 > block.length || block[at + 1] === 0x52;
  if (first > 3) return false;
  const end = Math.min(at + 8, block.length);
  for (let i = at + 1; i < end; i++) if (block[i] !== 0) return false;
  // A message without content is worth nothing.
  return (
    at + 9 > block.length || block[at + 8] !== 0 || block[at + 9] !== 0 || block[at + 10] !== 0
  );
}

/** Whether the first manifest of a footer can begin like this: its tag, and a length within the footer. */
export function isFooterPrefix(prefix: Uint8Array, byteLength: number): boolean {
  if (prefix.length === 0) return byteLength < 2 ** 40;
  if (prefix[0] !== 0x0a) return false;
  let length = 0;
  for (let i = 1, factor = 1; i < prefix.length && i < 7; i++, factor *= 128) {
    const byte = prefix[i] as number;
    length += (byte & 0x7f) * factor;
    if (byte < 0x80) return 1 + i + length <= byteLength;
  }
  // Cut off within the length.
  return prefix.length < 8;
}

/** The version in the header of a stream; undefined for other bytes. */
export function streamVersion(bytes: Uint8Array): string | undefined {
  if (bytes.length < STREAM_HEADER_BYTES || bytes[0] !== 0x52 || bytes[1] !== 0x52)
    return undefined;
  try {
    return parseStreamHeader(bytes.subarray(0, STREAM_HEADER_BYTES)).version;
  } catch {
    return undefined;
  }
}

/**
 * Whether an `ArrowMsg` of so many bytes can begin like this: its fields up to the payload, and a payload that leaves room
 * for the id of the chunk and a flag, and for nothing else.
 */
export function isChunkPrefix(prefix: Uint8Array, byteLength: number): boolean {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; at < prefix.length && factor < 2 ** 49; factor *= 128) {
      const byte = prefix[at++] as number;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    return Number.NaN;
  };
  while (at < prefix.length) {
    const tag = varint();
    if (tag >= 1 << 16 || Number.isNaN(tag)) return false;
    if ((tag & 7) === 2) {
      const length = varint();
      if (!(at + length <= byteLength)) return false;
      at += length;
      // Behind the payload: a chunk id of 20 bytes and a flag of two, and perhaps something that is not known here.
      if (tag >> 3 === 5) return byteLength - at <= 256;
      if (length > prefix.length) return false;
    } else if ((tag & 7) === 0) {
      if (Number.isNaN(varint())) return false;
    } else if ((tag & 7) === 1) at += 8;
    else return false;
  }
  // Nothing but the fields before it fits into a prefix of this length.
  return false;
}
