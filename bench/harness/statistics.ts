/** The value below which a part of the values lies; interpolated. */
export function quantile(values: ArrayLike<number>, q: number): number {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) return Number.NaN;
  const at = q * (sorted.length - 1);
  const low = sorted[Math.floor(at)] as number;
  const high = sorted[Math.ceil(at)] as number;
  return low + (high - low) * (at - Math.floor(at));
}

export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}

/** Median and the span in which four of five values lie. */
export interface Spread {
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
  readonly n: number;
}

export function spread(values: readonly number[]): Spread {
  return {
    median: median(values),
    p10: quantile(values, 0.1),
    p90: quantile(values, 0.9),
    n: values.length,
  };
}

/**
 * Ratio of two series of runs. Where both ran equally often, neighbours are divided by each other, and the median of
 * that is taken: what slows the machine down for a while slows both.
 */
export function ratioOf(ours: readonly number[], peer: readonly number[]): number {
  if (ours.length !== peer.length) return median(ours) / median(peer);
  return median(ours.map((value, i) => value / (peer[i] as number)));
}
