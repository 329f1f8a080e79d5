/** Numbers in [0, 1) that look random and are the same in every run and language; see `noise` in `support.py`. */
export function noise(count: number, seed: number): Float64Array {
  const numbers = new Float64Array(count);
  let state = seed >>> 0;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(1_664_525, state) + 1_013_904_223) >>> 0;
    numbers[i] = state / 0x1_0000_0000;
  }
  return numbers;
}

/** {@link noise}, stretched from `low` to `high`. */
export function uniform(count: number, seed: number, low: number, high: number): Float64Array {
  return noise(count, seed).map((x) => low + x * (high - low));
}

/** Consecutive parts of `size` elements. */
export function rowsOf<T extends Float64Array | Uint8Array>(values: T, size: number): T[] {
  return range(values.length / size).map((i) => values.slice(i * size, (i + 1) * size) as T);
}

/** Random bytes that are no file of any kind. */
export function noiseBytes(count: number, seed: number): Uint8Array {
  return Uint8Array.from(noise(count, seed), (x) => Math.trunc(x * 256));
}

/** `count` numbers from `start` to `end`, both included. */
export function linspace(start: number, end: number, count: number): number[] {
  const step = (end - start) / (count - 1);
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? end : start + i * step));
}

/** Whole numbers from 0. */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** The bytes 0, 1, 2… */
export function countingBytes(count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => i);
}

/** Pixels of one value in each channel, with rectangles `[x0, y0, x1, y1]` of other values on top. */
export function paint<T extends Uint8Array | Uint16Array>(
  pixels: T,
  width: number,
  background: readonly number[],
  rectangles: readonly (readonly [area: readonly number[], value: readonly number[]])[],
): T {
  const channels = background.length;
  for (let i = 0; i < pixels.length; i++) pixels[i] = background[i % channels] as number;
  for (const [[x0 = 0, y0 = 0, x1 = 0, y1 = 0], value] of rectangles) {
    for (let y = y0; y < y1; y++) {
      for (let x = x0; x < x1; x++) pixels.set(value, (y * width + x) * channels);
    }
  }
  return pixels;
}

/** Text as bytes of UTF-8. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
