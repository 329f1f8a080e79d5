import type { Archetype } from "../../archetype.ts";
import { rejectArguments } from "../../components/input-error.ts";
import { isArrayLike } from "../../components/typed-array.ts";
import type { VectorInput } from "../../components/vector.ts";
import type { Mesh3DFields } from "../mesh3d.ts";
import type { ImageSource } from "./pixels.ts";
import { imagePixels } from "./pixels.ts";

/** What {@link Mesh3D} takes by name. */
export interface Mesh3DOptions extends Mesh3DFields {
  /** Pixels of the texture, in place of `albedoTextureBuffer` and `albedoTextureFormat`. */
  readonly albedoTexture?: ImageSource | undefined;
}

/** How the archetype is called. */
export interface Call {
  /**
   * @param vertexPositions positions of the vertices; `(n, 3)` in scene units (`float32`)
   * @throws RerunError `invalid-component`
   */
  (vertexPositions: VectorInput, options?: Mesh3DOptions): Archetype;
  /**
   * Everything by name.
   *
   * @throws RerunError `invalid-component`
   */
  (options: Mesh3DOptions): Archetype;
}

/** The arguments of a call as fields. */
export function fieldsOf(
  first: VectorInput | Mesh3DOptions,
  options: Mesh3DOptions | undefined,
): Mesh3DFields {
  const given = isArrayLike(first) ? { ...options, vertexPositions: first } : first;
  if (!isArrayLike(first) && options !== undefined) {
    rejectArguments("Mesh3D", "expected vertex positions first, then options");
  }
  if (given === null || given?.albedoTexture === undefined) return given;
  const { albedoTexture, ...fields } = given;
  if ((fields.albedoTextureBuffer ?? fields.albedoTextureFormat) !== undefined) {
    rejectArguments(
      "Mesh3D",
      "`albedoTexture` excludes albedoTextureBuffer and albedoTextureFormat",
    );
  }
  const { buffer, format } = imagePixels("Mesh3D", albedoTexture);
  return { ...fields, albedoTextureBuffer: buffer, albedoTextureFormat: format };
}
