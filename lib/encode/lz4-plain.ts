/**
 * Compresses into one raw LZ4 block; undefined when there is no compressor here. Browsers have none of their
 * own: messages are then written plain, which every reader takes.
 */
export function compressLz4(_bytes: Uint8Array): Uint8Array | undefined {
  return undefined;
}

/** The same on another thread; here on none. */
export function compressAside(
  _parts: readonly Uint8Array[],
  _byteLength: number,
): Promise<Uint8Array | undefined> {
  return Promise.resolve(undefined);
}
