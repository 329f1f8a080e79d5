/** Numbers that look random and are the same in every run. */
export interface Randoms {
  /** From 0 up to 1, evenly. */
  uniform(): number;
  /** Around 0, with a standard deviation of 1. */
  normal(): number;
}

/** A source of such numbers; another seed gives others. Source: the public-domain generator "mulberry32". */
export function randoms(seed: number): Randoms {
  let state = seed;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
}
