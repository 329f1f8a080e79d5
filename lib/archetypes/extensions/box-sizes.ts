import { rejectArguments } from "../../components/input-error.ts";
import { float32Kind } from "../../components/numeric.ts";
import { isArrayLike } from "../../components/typed-array.ts";
import type { VectorInput } from "../../components/vector.ts";
import { vectorValues } from "../../components/vector.ts";
import { quote } from "../../errors.ts";

/** Sizes and corners, which become half sizes and centres. */
export interface SizeOptions {
  /** Full extents along each axis; excludes half sizes. */
  readonly sizes?: VectorInput | undefined;
  /** Smallest corners; need sizes or half sizes, exclude centres. The last size serves further corners. */
  readonly mins?: VectorInput | undefined;
}

interface BoxFields extends SizeOptions {
  readonly halfSizes?: VectorInput | undefined;
  readonly centers?: VectorInput | undefined;
}

/** Half sizes may come first, or everything by name. */
export function namedFields<F extends object>(
  archetype: string,
  first: unknown,
  options: F | undefined,
): F {
  if (!isArrayLike(first)) {
    if (options !== undefined)
      rejectArguments(archetype, "expected half sizes first, then options");
    if (typeof first !== "object" || first === null) {
      rejectArguments(archetype, `expected half sizes or options, got ${quote(first)}`);
    }
    // An object that is no array can only be meant as options; their names are checked later.
    return first as F;
  }
  if (options !== undefined && "halfSizes" in options) {
    rejectArguments(archetype, "half sizes are given twice, first and by name; give them once");
  }
  return { ...options, halfSizes: first } as unknown as F;
}

/** Replaces `sizes` and `mins` by half sizes and centres of the given dimension. */
export function withoutSizes<F extends BoxFields>(
  archetype: string,
  fields: F,
  dimension: number,
): Omit<F, keyof SizeOptions> {
  if (fields.sizes === undefined && fields.mins === undefined) return fields;
  const { sizes, mins, ...rest } = fields;
  if (sizes !== undefined && rest.halfSizes !== undefined) {
    rejectArguments(archetype, "`sizes` and `halfSizes` exclude each other; give one of them");
  }
  if (mins !== undefined && rest.centers !== undefined) {
    rejectArguments(archetype, "`mins` and `centers` exclude each other; give one of them");
  }
  const values = (name: string, value: VectorInput): Float32Array =>
    Float32Array.from(
      vectorValues(
        { component: `${archetype}:${name}` },
        value,
        dimension,
        float32Kind,
      ) as number[],
    );
  let { halfSizes } = rest;
  if (sizes !== undefined) halfSizes = values("sizes", sizes).map((size) => size / 2);
  if (mins === undefined) return { ...rest, halfSizes };
  if (halfSizes === undefined) {
    rejectArguments(archetype, "`mins` needs `sizes` or `halfSizes`, to find the centres");
  }
  const halves = values("half_sizes", halfSizes);
  return { ...rest, halfSizes, centers: centersOf(values("mins", mins), halves, dimension) };
}

function centersOf(mins: Float32Array, halves: Float32Array, dimension: number): Float32Array {
  if (mins.length === 0 || halves.length === 0) return new Float32Array(0);
  const centers = new Float32Array(Math.max(mins.length, halves.length));
  const at = (values: Float32Array, i: number): number => {
    const last = values.length - dimension + (i % dimension);
    return values[Math.min(i, last)] ?? 0;
  };
  return centers.map((_, i) => at(mins, i) + at(halves, i));
}
