type Allocate = (bytes: number) => Uint8Array;

/** Node can leave memory unzeroed, which is half the cost of a large buffer; browsers cannot. */
const allocateLarge: Allocate =
  (globalThis as { Buffer?: { allocUnsafeSlow?: Allocate } }).Buffer?.allocUnsafeSlow ??
  ((bytes) => new Uint8Array(bytes));

/** Buffers below this size are cut from a slab: asking the system for each of them costs more than filling it. */
const SMALL_BYTES = 4096;
const SLAB_BYTES = 1 << 16;

let slab: Uint8Array = new Uint8Array(0);
let used = 0;

/** Memory with any contents, at a multiple of 8. Small ones share a buffer: use them as views, not `.buffer`. */
export function allocate(bytes: number): Uint8Array {
  if (bytes >= SMALL_BYTES) return allocateLarge(bytes);
  if (used + bytes > slab.length) {
    slab = allocateLarge(SLAB_BYTES);
    used = 0;
  }
  const view = slab.subarray(used, used + bytes);
  used += (bytes + 7) & ~7;
  return view;
}
