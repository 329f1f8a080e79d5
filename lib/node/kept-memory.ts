/** Messages from this size on have memory of their own. */
const LARGE_BYTES = 4096;
const SLAB_BYTES = 1 << 16;

let slab: Uint8Array = new Uint8Array(0);
let used = 0;

/**
 * Memory for a message that a hub is going to keep, with any contents. Small ones share a slab with those that come
 * before and after them, which leave the history at about the same time. Nothing short-lived is among them, as it would
 * be in the memory that encoders and decoders share: it would be kept with them.
 */
export function keptMemory(bytes: number): Uint8Array {
  if (bytes >= LARGE_BYTES) return viewOf(Buffer.allocUnsafeSlow(bytes));
  if (used + bytes > slab.length) {
    slab = viewOf(Buffer.allocUnsafeSlow(SLAB_BYTES));
    used = 0;
  }
  const view = slab.subarray(used, used + bytes);
  // Readers of Arrow want their numbers aligned.
  used += (bytes + 7) & ~7;
  return view;
}

/** A plain array: the methods of a `Buffer` do other things under the same names. */
const viewOf = ({ buffer }: Buffer): Uint8Array => new Uint8Array(buffer);
