import { createRequire } from "node:module";

export { compressAside } from "./lz4-aside.ts";

interface Lz4 {
  compress(bytes: Uint8Array): Uint8Array;
}

let lz4: Lz4 | undefined;

/**
 * Compresses into one raw LZ4 block. The compressor is loaded by the first call: programs that only import
 * this package do not pay for it.
 */
export function compressLz4(bytes: Uint8Array): Uint8Array | undefined {
  lz4 ??= createRequire(import.meta.url)("lz4-wasm-nodejs") as Lz4;
  // The package puts the size before the block, four bytes that Rerun keeps elsewhere.
  return lz4.compress(bytes).subarray(4);
}
