import { allocate } from "../arrow/allocate.ts";
import { RerunError } from "../errors.ts";

/** From this many bytes on the engine copies faster than a loop. */
const LONG = 256;

/**
 * Decompresses one raw LZ4 block, which must fill `out` exactly.
 *
 * ```
 * sequence: token, literals, match
 *   token       high 4 bits: literals, low 4 bits: match length - 4; 15 = more bytes follow, each added, until one < 255
 *   literals    as many bytes as they are
 *   match       16-bit offset backwards in the output, little-endian; the last sequence of a block has none
 * ```
 *
 * Source: https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 *
 * @throws RerunError `invalid-data` when it does not; `out` has any contents then
 */
export function decompressLz4Into(block: Uint8Array, out: Uint8Array): void {
  if (!decompress(block, out)) throw invalid(out.length);
}

/**
 * Decompresses one raw LZ4 block into exactly `size` bytes of new memory.
 *
 * @throws RerunError `invalid-data` when the block does not give `size` bytes, without allocating what it cannot give
 */
export function decompressLz4(block: Uint8Array, size: number): Uint8Array {
  checkLz4Size(block, size);
  const out = allocate(size);
  decompressLz4Into(block, out);
  return out;
}

/**
 * Checks that a block can give so many bytes at all; do so before allocating them.
 *
 * @throws RerunError `invalid-data`
 */
export function checkLz4Size(block: Uint8Array, size: number): void {
  // A byte stands for 255 at most.
  if (!(size >= 0 && size <= 255 * block.length)) throw invalid(size);
}

/** Fills `out`; false if the block does not. */
function decompress(block: Uint8Array, out: Uint8Array): boolean {
  const size = out.length;
  const end = block.length;
  const source = new DataView(block.buffer, block.byteOffset, end);
  const target = new DataView(out.buffer, out.byteOffset, size);
  // Short runs are copied by four bytes, and may write up to three too many, which the next run writes over.
  const lastFast = size - 4;
  const lastFastSource = end - 4;
  let from = 0;
  let to = 0;
  while (from < end) {
    const token = block[from++] as number;

    let literals = token >> 4;
    if (literals > 0) {
      if (literals === 15) {
        let more: number;
        do {
          if (from >= end) return false;
          more = block[from++] as number;
          literals += more;
        } while (more === 255);
      }
      const stop = to + literals;
      const behind = from + literals;
      if (behind > end || stop > size) return false;
      if (literals >= LONG) {
        out.set(block.subarray(from, behind), to);
      } else if (behind <= lastFastSource && stop <= lastFast) {
        for (; to < stop; to += 4, from += 4) target.setInt32(to, source.getInt32(from));
      } else {
        while (to < stop) out[to++] = block[from++] as number;
      }
      to = stop;
      from = behind;
    }
    // The last sequence has no match.
    if (from === end) return to === size;

    if (from + 2 > end) return false;
    const offset = (block[from] as number) | ((block[from + 1] as number) << 8);
    from += 2;
    if (offset === 0 || offset > to) return false;
    let match = (token & 15) + 4;
    if (match === 19) {
      let more: number;
      do {
        if (from >= end) return false;
        more = block[from++] as number;
        match += more;
      } while (more === 255);
    }
    const stop = to + match;
    if (stop > size) return false;
    let at = to - offset;
    if (match >= LONG) {
      repeat(out, to, offset, match);
    } else if (offset >= 4 && stop <= lastFast) {
      for (; to < stop; to += 4, at += 4) target.setInt32(to, target.getInt32(at));
    } else {
      while (to < stop) out[to++] = out[at++] as number;
    }
    to = stop;
  }
  return to === size;
}

/** Repeats what stands `offset` bytes before; a match longer than that goes on with what it has just written. */
function repeat(out: Uint8Array, to: number, offset: number, length: number): void {
  const from = to - offset;
  let done = 0;
  // What can be copied at once doubles each time.
  while (done < length) {
    const part = Math.min(offset + done, length - done);
    out.copyWithin(to + done, from, from + part);
    done += part;
  }
}

const invalid = (size: number): RerunError =>
  new RerunError(
    "invalid-data",
    `Expected an LZ4 block of ${size} bytes, got one that is damaged or of another size`,
  );
