import type { Archetype } from "../../archetype.ts";
import type { Bytes } from "../../components/typed-array.ts";
import type { EncodedDepthImageFields } from "../encoded-depth-image.ts";
import { fileFields } from "./file-content.ts";

/** What {@link EncodedDepthImage} takes by name. */
export type EncodedDepthImageOptions = Omit<EncodedDepthImageFields, "blob">;

/** How the archetype is called. */
export interface Call {
  /**
   * @param blob the content of the file; referenced and not copied
   * @throws RerunError `invalid-component`
   */
  (blob: Bytes, options?: EncodedDepthImageOptions): Archetype;
}

/** The arguments of a call as fields. */
export function fieldsOf(
  blob: Bytes,
  options: EncodedDepthImageOptions | undefined,
): EncodedDepthImageFields {
  return fileFields(blob, options);
}
