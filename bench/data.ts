/**
 * The generator of the official benchmarks: `s = (1140671485 s + 128201163) mod 2^24`.
 *
 * Source: rerun tests/rust/log_benchmark.
 */
export class Lcg {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** A whole number from 0 to 2^24 - 1. */
  next(): number {
    this.#state = (Math.imul(1140671485, this.#state) + 128201163) & 0xff_ffff;
    return this.#state;
  }

  fill<T extends Float32Array | Uint32Array | Uint8Array>(values: T): T {
    for (let i = 0; i < values.length; i++) values[i] = this.next();
    return values;
  }
}

/** Random walks of `entities` entities, step after step: a row for each step, a column for each entity. */
export function randomWalks(entities: number, steps: number): Float64Array {
  const lcg = new Lcg(42);
  const values = new Float64Array(entities * steps);
  for (let i = entities; i < values.length; i++) {
    values[i] = (values[i - entities] as number) + (lcg.next() / 0xff_ffff - 0.5) * 0.2;
  }
  return values;
}

/** The steps of {@link randomWalks} for one entity after the other. */
export function walksByEntity(entities: number, steps: number): Float64Array[] {
  const values = randomWalks(entities, steps);
  return Array.from({ length: entities }, (_, entity) =>
    Float64Array.from(
      { length: steps },
      (_unused, step) => values[step * entities + entity] as number,
    ),
  );
}

/** 20 bytes for each point. */
export interface PointData {
  readonly positions: Float32Array;
  readonly colors: Uint32Array;
  readonly radii: Float32Array;
}

export const BYTES_PER_POINT = 20;

export function points(seed: number, count: number): PointData {
  const lcg = new Lcg(seed);
  return {
    positions: lcg.fill(new Float32Array(3 * count)),
    colors: lcg.fill(new Uint32Array(count)),
    radii: lcg.fill(new Float32Array(count)),
  };
}

/** Bytes without a pattern, of the lowest eight bits but few: those of the generator repeat soon. */
export function noise(seed: number, bytes: number): Uint8Array {
  const lcg = new Lcg(seed);
  const values = new Uint8Array(bytes);
  for (let i = 0; i < bytes; i++) values[i] = lcg.next() >>> 16;
  return values;
}

export const bytesOf = (values: Float32Array | Float64Array | Uint32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** `[0, 1, …]` as 64-bit integers. */
export function counting(count: number): BigInt64Array {
  const values = new BigInt64Array(count);
  for (let i = 0; i < count; i++) values[i] = BigInt(i);
  return values;
}
