/** Numbers from 0 to before 1 that are the same for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** Bytes and numbers at which decoders go wrong. */
const BYTES = [0, 1, 2, 7, 8, 0x0a, 0x12, 0x7f, 0x80, 0xfe, 0xff];
const NUMBERS = [
  0, 1, -1, 4, 8, 16, 255, 256, 65_535, 65_536, 0x7fff_ffff, -0x8000_0000, 0x100_0000,
];

/** Changes some bytes of one of the samples, now and then many. The same seed gives the same bytes. */
export function mutate(samples: readonly Uint8Array[], seed: number): Uint8Array {
  const random = randomOf(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T;

  let bytes = Uint8Array.from(pick(samples));
  const place = (): number => below(Math.max(1, bytes.length));
  const change = (): void => {
    const at = place();
    switch (below(10)) {
      case 0:
      case 1:
      case 2:
        if (bytes.length > 0) bytes[at] = (bytes[at] as number) ^ (1 << below(8));
        return;
      case 3:
        if (bytes.length > 0) bytes[at] = pick(BYTES);
        return;
      case 4: {
        const aligned = at & ~3;
        if (aligned + 4 <= bytes.length)
          new DataView(bytes.buffer).setInt32(aligned, pick(NUMBERS), true);
        return;
      }
      case 5: {
        const aligned = at & ~7;
        if (aligned + 8 <= bytes.length)
          new DataView(bytes.buffer).setBigInt64(
            aligned,
            BigInt(pick(NUMBERS)) << BigInt(8 * below(8)),
            true,
          );
        return;
      }
      case 6:
        bytes = bytes.slice(0, at);
        return;
      case 7: {
        const inserted = Uint8Array.from({ length: 1 + below(16) }, () => below(256));
        bytes = join(bytes.subarray(0, at), inserted, bytes.subarray(at));
        return;
      }
      case 8: {
        const end = at + below(Math.min(64, bytes.length - at));
        bytes = join(bytes.subarray(0, at), bytes.subarray(end));
        return;
      }
      default: {
        const other = pick(samples);
        const from = below(other.length);
        const part = other.subarray(from, from + below(256));
        bytes = join(bytes.subarray(0, at), part, bytes.subarray(at));
      }
    }
  };
  for (let changes = 1 + (below(4) === 0 ? below(12) : below(3)); changes > 0; changes--) change();
  return bytes;
}

function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
