import { compressLz4 } from "#lz4";
import type { Chunk } from "../chunk.ts";

/** A compressed chunk, as long as it is among the recent ones. */
interface Compressed {
  bytes: Uint8Array | undefined;
  readonly size: number;
  isRecent: boolean;
}

/** Bytes kept of what was compressed lately. */
const MAX_RECENT_BYTES = 8 << 20;
/** What an entry takes by itself, about. */
const ENTRY_BYTES = 200;

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
  const block = compressLz4(chunk.ipc);
  // What does not shrink is written plain: readers look at each message's own flag.
  const bytes = block !== undefined && block.length < chunk.byteLength ? block : undefined;
  remember(chunk, { bytes, size: ENTRY_BYTES + (bytes?.length ?? 0), isRecent: true });
  return bytes;
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
