import type { Archetype } from "../../archetype.ts";
import { rejectArguments } from "../../components/input-error.ts";
import type { NumberInput } from "../../components/numeric.ts";
import { flatNumbers, float32Kind } from "../../components/numeric.ts";
import type { VectorInput } from "../../components/vector.ts";
import type { Ellipsoids3DFields } from "../ellipsoids3d.ts";
import { namedFields } from "./box-sizes.ts";

/** What {@link Ellipsoids3D} takes by name. */
export interface Ellipsoids3DOptions extends Ellipsoids3DFields {
  /** Radii of spheres; excludes half sizes. */
  readonly radii?: NumberInput | undefined;
}

/** How the archetype is called. */
export interface Call {
  /**
   * @param halfSizes semi-axes along x, y and z; `(n, 3)` in scene units (`float32`)
   * @throws RerunError `invalid-component`
   */
  (halfSizes: VectorInput, options?: Ellipsoids3DOptions): Archetype;
  /**
   * Everything by name: `halfSizes` or `radii`, and the rest.
   *
   * @throws RerunError `invalid-component`
   */
  (options: Ellipsoids3DOptions): Archetype;
}

/** The arguments of a call as fields. */
export function fieldsOf(
  first: VectorInput | Ellipsoids3DOptions,
  options: Ellipsoids3DOptions | undefined,
): Ellipsoids3DFields {
  const fields = namedFields("Ellipsoids3D", first, options);
  if (fields.radii === undefined) return fields;
  const { radii, ...rest } = fields;
  if (rest.halfSizes !== undefined) {
    rejectArguments("Ellipsoids3D", "`radii` and `halfSizes` exclude each other; give one of them");
  }
  const items = typeof radii === "number" ? [radii] : radii;
  const flat = flatNumbers({ component: "Ellipsoids3D:radii" }, items, float32Kind);
  if (flat === undefined) rejectArguments("Ellipsoids3D", "expected `radii` to be numbers");
  const halfSizes: number[] = [];
  for (let i = 0; i < flat.length; i++) {
    const radius = Number(flat[i]);
    halfSizes.push(radius, radius, radius);
  }
  return { ...rest, halfSizes };
}
