import { allocate } from "../arrow/allocate.ts";
import { encodeCbor } from "./cbor.ts";

/** Messages that go out together. */
export interface FrameBatch {
  /** Sequence number of the first. */
  readonly seq: number;
  /** Where a reader goes on after this batch. */
  readonly next: number;
  /** Newest first alone: history below this number is still to come. */
  readonly back?: number | undefined;
  /** RRD messages, 16-byte header included, each in one or more pieces. */
  readonly frames: readonly (readonly Uint8Array[])[];
}

/** A `messages` message, ready to be sent. */
export interface EncodedBatch {
  readonly bytes: Uint8Array;
  /** Bytes of the frames alone, as flow control counts them. */
  readonly frameBytes: number;
}

const FRAMES_KEY = encodeCbor("frames");

/**
 * Encodes a `messages` message in one allocation: the frames are copied once, straight into place.
 *
 * ```
 * a5                      map of 5: what encodeCbor wrote as a map of 4, plus (6 and 5 with `back`)
 *   66 "frames"           the last key
 *   5a 00 12 34 56 …      byte string: frames, one after the other
 * ```
 */
export function encodeFrameBatch(batch: FrameBatch): EncodedBatch {
  let frameBytes = 0;
  const sizes = batch.frames.map((parts) => {
    let size = 0;
    for (const part of parts) size += part.length;
    frameBytes += size;
    return size;
  });
  const { seq, next, back } = batch;
  const head = encodeCbor({ type: "messages", seq, next, back, sizes });
  const length = byteStringHead(frameBytes);
  const bytes = allocate(head.length + FRAMES_KEY.length + length.length + frameBytes);
  bytes.set(head);
  bytes[0] = (head[0] as number) + 1;
  let at = head.length;
  for (const part of [FRAMES_KEY, length, ...batch.frames.flat()]) {
    bytes.set(part, at);
    at += part.length;
  }
  return { bytes, frameBytes };
}

/** Initial byte and length of a byte string, in the shortest form. */
function byteStringHead(length: number): Uint8Array {
  if (length < 24) return Uint8Array.of(0x40 + length);
  if (length < 0x100) return Uint8Array.of(0x58, length);
  if (length < 0x1_0000) return Uint8Array.of(0x59, length >> 8, length & 0xff);
  const head = new Uint8Array(5);
  head[0] = 0x5a;
  new DataView(head.buffer).setUint32(1, length);
  return head;
}
