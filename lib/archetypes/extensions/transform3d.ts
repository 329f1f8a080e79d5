import type { Archetype } from "../../archetype.ts";
import { rejectArguments } from "../../components/input-error.ts";
import type { NumberArray } from "../../components/numeric.ts";
import type { AxisAngle } from "../../components/rotation.ts";
import { isAxisAngle } from "../../components/rotation.ts";
import { isArrayLike } from "../../components/typed-array.ts";
import { quote } from "../../errors.ts";
import type { Transform3DFields } from "../transform3d.ts";

/** What {@link Transform3D} takes by name. */
export interface Transform3DOptions extends Transform3DFields {
  /** A rotation of either kind: a quaternion (x y z w), or axis and angle. Excludes the two fields for these. */
  readonly rotation?: NumberArray | AxisAngle | undefined;
}

/** How the archetype is called. */
export interface Call {
  /**
   * All parts are optional. A call replaces the transform of the entity as a whole.
   *
   * @throws RerunError `invalid-component`
   */
  (fields?: Transform3DOptions): Archetype;
}

const NOTHING: Transform3DFields = {};

/** The arguments of a call as fields. */
export function fieldsOf(fields: Transform3DOptions | undefined): Transform3DFields {
  // Nearly all calls name the fields themselves: no copy then.
  if (fields === undefined) return NOTHING;
  if (fields === null || fields.rotation === undefined) return fields;
  const { rotation, ...rest } = fields;
  if (rest.quaternion !== undefined || rest.rotationAxisAngle !== undefined) {
    rejectArguments("Transform3D", "`rotation` excludes `quaternion` and `rotationAxisAngle`");
  }
  if (isAxisAngle(rotation)) return { ...rest, rotationAxisAngle: rotation };
  if (isArrayLike(rotation) && rotation.length === 4) return { ...rest, quaternion: rotation };
  return rejectArguments(
    "Transform3D",
    `expected \`rotation\` to be a quaternion [x, y, z, w] or { axis, angle }, got ${quote(rotation)}`,
  );
}
