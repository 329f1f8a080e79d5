import type { Archetype } from "../../archetype.ts";
import type { VectorInput } from "../../components/vector.ts";
import type { Boxes3DFields } from "../boxes3d.ts";
import type { SizeOptions } from "./box-sizes.ts";
import { namedFields, withoutSizes } from "./box-sizes.ts";

/** What {@link Boxes3D} takes by name. */
export interface Boxes3DOptions extends Boxes3DFields, SizeOptions {}

/** How the archetype is called. */
export interface Call {
  /**
   * @param halfSizes half of the extent along x, y and z; `(n, 3)` in scene units (`float32`)
   * @throws RerunError `invalid-component`
   */
  (halfSizes: VectorInput, options?: Boxes3DOptions): Archetype;
  /**
   * Everything by name: `halfSizes` or `sizes`, `centers` or `mins`, and the rest.
   *
   * @throws RerunError `invalid-component`
   */
  (options: Boxes3DOptions): Archetype;
}

/** The arguments of a call as fields. */
export function fieldsOf(
  first: VectorInput | Boxes3DOptions,
  options: Boxes3DOptions | undefined,
): Boxes3DFields {
  return withoutSizes("Boxes3D", namedFields("Boxes3D", first, options), 3);
}
