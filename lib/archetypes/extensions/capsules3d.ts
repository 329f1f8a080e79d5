import type { Archetype } from "../../archetype.ts";
import { rejectArguments } from "../../components/input-error.ts";
import type { NumberInput } from "../../components/numeric.ts";
import { float32Kind } from "../../components/numeric.ts";
import { isArrayLike } from "../../components/typed-array.ts";
import type { VectorInput } from "../../components/vector.ts";
import { vectorValues } from "../../components/vector.ts";
import { quote } from "../../errors.ts";
import type { Capsules3DFields } from "../capsules3d.ts";

/** What {@link Capsules3D} takes by name. */
export interface Capsules3DOptions extends Capsules3DFields {
  /**
   * Centres of the one end of each capsule, `(n, 3)` in scene units (`float32`); with `ends` in place of lengths,
   * translations and rotations.
   */
  readonly starts?: VectorInput | undefined;
  /** Centres of the other end of each, as many as `starts`. */
  readonly ends?: VectorInput | undefined;
}

/** How the archetype is called. */
export interface Call {
  /**
   * @param lengths distances between the centres of the two ends; in scene units (`float32`)
   * @param radii radii of the capsules; scene units, or ui points where negative (`float32`)
   * @throws RerunError `invalid-component`
   */
  (
    lengths: NumberInput,
    radii: NumberInput,
    options?: Omit<Capsules3DFields, "lengths" | "radii">,
  ): Archetype;
  /**
   * Everything by name: `radii`, and either `lengths` or `starts` and `ends`; and the rest.
   *
   * @throws RerunError `invalid-component`
   */
  (options: Capsules3DOptions): Archetype;
}

/** The arguments of a call as fields. */
export function fieldsOf(
  first: NumberInput | Capsules3DOptions,
  radii: NumberInput | undefined,
  options: Omit<Capsules3DFields, "lengths" | "radii"> | undefined,
): Capsules3DFields {
  if (typeof first === "number" || isArrayLike(first)) {
    return { ...options, lengths: first, radii };
  }
  if (radii !== undefined || typeof first !== "object" || first === null) {
    rejectArguments("Capsules3D", `expected lengths and radii, or options, got ${quote(first)}`);
  }
  const { starts, ends, ...fields } = first;
  if (starts === undefined && ends === undefined) return fields;
  if (starts === undefined || ends === undefined) {
    rejectArguments("Capsules3D", "`starts` and `ends` go together");
  }
  const { lengths, translations, quaternions, rotationAxisAngles } = fields;
  if ((lengths ?? translations ?? quaternions ?? rotationAxisAngles) !== undefined) {
    rejectArguments(
      "Capsules3D",
      "`starts` and `ends` exclude lengths, translations, quaternions and rotationAxisAngles",
    );
  }
  return { ...fields, ...between(pointsOf("starts", starts), pointsOf("ends", ends)) };
}

function pointsOf(name: string, value: VectorInput): Float32Array {
  const numbers = vectorValues({ component: `Capsules3D:${name}` }, value, 3, float32Kind);
  return Float32Array.from(numbers as number[]);
}

/** Capsules lie along +Z from their translation; the rotation takes them from there to where they end. */
function between(starts: Float32Array, ends: Float32Array): Capsules3DFields {
  if (starts.length !== ends.length) {
    rejectArguments(
      "Capsules3D",
      `expected as many \`ends\` as \`starts\`, got ${ends.length / 3} and ${starts.length / 3}`,
    );
  }
  const count = starts.length / 3;
  const lengths = new Float32Array(count);
  const quaternions = new Float32Array(4 * count);
  for (let i = 0; i < count; i++) {
    const [x, y, z] = [0, 1, 2].map(
      (axis) => (ends[3 * i + axis] as number) - (starts[3 * i + axis] as number),
    ) as [number, number, number];
    const length = Math.hypot(x, y, z);
    lengths[i] = length;
    quaternions.set(fromZ(x, y, z, length), 4 * i);
  }
  return { lengths, translations: starts, quaternions };
}

/** The shortest rotation from +Z to a direction: the cross product of both, and 1 + their dot product. */
function fromZ(x: number, y: number, z: number, length: number): readonly number[] {
  if (length === 0) return [0, 0, 0, 1];
  const w = 1 + z / length;
  const norm = Math.hypot(y / length, x / length, w);
  // Straight back there is no shortest one: half a turn about y.
  if (norm < 1e-6) return [0, 1, 0, 0];
  return [-y / length / norm, x / length / norm, 0, w / norm];
}
