import { compressAside, compressLz4 } from "#lz4";
import type { Chunk } from "../chunk.ts";

/** A compressed chunk, as long as it is among the recent ones. */
interface Compressed {
  bytes: Uint8Array | undefined;
  readonly size: number;
  isRecent: boolean;
}

/** Bytes kept of what was compressed lately. */
const MAX_RECENT_BYTES = 16 << 20;
/** What an entry takes by itself, about. */
const ENTRY_BYTES = 200;

/** Chunks from this size on are worth the way to another thread. */
const ASIDE_BYTES = 1 << 17;
/** Chunks from this size on are not compressed when a sample of them hardly shrinks. */
const SAMPLED_BYTES = 1 << 17;
/** So many pieces of so many bytes: each a few lines of a picture. */
const SAMPLES = 4;
const SAMPLE_BYTES = 1 << 13;
const MAX_RATIO = 0.9;

const compressed = new WeakMap<Chunk, Compressed>();
let recent: Compressed[] = [];
let head = 0;
let recentBytes = 0;

/**
 * The raw LZ4 block of a chunk; undefined where it would not be smaller, or nothing can compress here.
 *
 * Several sinks want the same chunk, and those that send it do so a little later than those that write it: what was
 * compressed lately is remembered, so that each chunk is compressed once.
 */
export function lz4Of(chunk: Chunk): Uint8Array | undefined {
  const known = compressed.get(chunk);
  if (known?.isRecent === true) return known.bytes;
  // What does not shrink is written plain: readers look at each message's own flag.
  const block = mayShrink(chunk) ? compressLz4(chunk.ipc) : undefined;
  const bytes = block !== undefined && block.length < chunk.byteLength ? block : undefined;
  remember(chunk, { bytes, size: ENTRY_BYTES + (bytes?.length ?? 0), isRecent: true });
  return bytes;
}

const aside = new WeakMap<Chunk, Promise<void>>();

/**
 * Compresses a large chunk on another thread, for those who can wait: a megabyte takes milliseconds, in which this
 * thread has other things to do. Afterwards {@link lz4Of} has the block, as long as it is among the recent ones.
 *
 * @returns undefined when there is nothing to wait for: `lz4Of` is quick then
 */
export function lz4Aside(chunk: Chunk): Promise<void> | undefined {
  if (chunk.byteLength < ASIDE_BYTES || chunk.lz4 !== undefined) return undefined;
  if (compressed.get(chunk)?.isRecent === true) return undefined;
  const known = aside.get(chunk);
  if (known !== undefined) return known;
  if (!mayShrink(chunk)) {
    remember(chunk, { bytes: undefined, size: ENTRY_BYTES, isRecent: true });
    return undefined;
  }
  const { byteLength } = chunk;
  const done = compressAside(chunk.parts, byteLength).then((block) => {
    aside.delete(chunk);
    // Without another thread it is done in this one, when it is asked for.
    if (block === undefined || compressed.get(chunk)?.isRecent === true) return;
    const bytes = block.length < byteLength ? block : undefined;
    remember(chunk, { bytes, size: ENTRY_BYTES + (bytes?.length ?? 0), isRecent: true });
  });
  aside.set(chunk, done);
  return done;
}

/**
 * Whether a large chunk is worth the time: pictures of a camera and clouds of points are mostly noise to a compressor, which
 * takes 1 to 4 ms for a megabyte of it and saves next to nothing. A sample tells.
 */
function mayShrink(chunk: Chunk): boolean {
  if (chunk.byteLength < SAMPLED_BYTES) return true;
  const sample = sampleOf(chunk);
  const block = compressLz4(sample);
  return block !== undefined && block.length < MAX_RATIO * sample.length;
}

/** Pieces from all over a chunk: its columns may shrink differently. */
function sampleOf(chunk: Chunk): Uint8Array {
  const sample = new Uint8Array(SAMPLES * SAMPLE_BYTES);
  const distance = chunk.byteLength / SAMPLES;
  let taken = 0;
  let begin = 0;
  for (const part of chunk.parts) {
    const end = begin + part.length;
    for (; taken < SAMPLES; taken++) {
      const at = Math.floor((taken + 0.5) * distance);
      if (at >= end) break;
      // At the end of a part, what stands before it.
      const from = Math.max(0, Math.min(at - begin, part.length - SAMPLE_BYTES));
      sample.set(part.subarray(from, from + SAMPLE_BYTES), taken * SAMPLE_BYTES);
    }
    begin = end;
  }
  return sample;
}

function remember(chunk: Chunk, entry: Compressed): void {
  compressed.set(chunk, entry);
  recent.push(entry);
  recentBytes += entry.size;
  // The newest stays, however large.
  while (recentBytes > MAX_RECENT_BYTES && head < recent.length - 1) {
    const oldest = recent[head] as Compressed;
    recent[head++] = undefined as unknown as Compressed;
    recentBytes -= oldest.size;
    oldest.isRecent = false;
    oldest.bytes = undefined;
  }
  if (head > 1024 && head * 2 > recent.length) {
    recent = recent.slice(head);
    head = 0;
  }
}
