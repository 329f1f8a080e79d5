import type { ComponentBatch, ComponentDescriptor } from "../component-batch.ts";
import { rejectInput } from "./input-error.ts";
import type { NumberArray } from "./numeric.ts";
import { float32Vectors } from "./vector.ts";

/**
 * A plane: its normal, which need not be of length one, and its distance from the origin along it, default 0; or the
 * four numbers in a row.
 */
export type Plane3D =
  | NumberArray
  | { readonly normal: readonly [number, number, number]; readonly distance?: number };

/** The planes of the axes, through the origin. */
export const Plane3D = {
  /** Normal along z. */
  XY: { normal: [0, 0, 1], distance: 0 },
  /** Normal along x. */
  YZ: { normal: [1, 0, 0], distance: 0 },
  /** Normal along y. */
  ZX: { normal: [0, 1, 0], distance: 0 },
} as const;

/** A batch of one plane: x, y, z of the normal, then the distance. */
export function planeBatch(descriptor: ComponentDescriptor, value: Plane3D): ComponentBatch {
  if (typeof value === "object" && value !== null && "normal" in value) {
    const { normal, distance = 0 } = value;
    if (!Array.isArray(normal) || normal.length !== 3)
      rejectInput(descriptor, "a normal of three numbers", normal);
    return float32Vectors(descriptor, [...normal, distance]);
  }
  return float32Vectors(descriptor, value);
}
