import type { Archetype } from "../../archetype.ts";
import type { Bytes } from "../../components/typed-array.ts";
import type { EncodedImageFields } from "../encoded-image.ts";
import { fileFields } from "./file-content.ts";

/** What {@link EncodedImage} takes by name. */
export type EncodedImageOptions = Omit<EncodedImageFields, "blob">;

/** How the archetype is called. */
export interface Call {
  /**
   * @param blob the content of the file; referenced and not copied
   * @throws RerunError `invalid-component`
   */
  (blob: Bytes, options?: EncodedImageOptions): Archetype;
}

/** The arguments of a call as fields. */
export function fieldsOf(
  blob: Bytes,
  options: EncodedImageOptions | undefined,
): EncodedImageFields {
  return fileFields(blob, options);
}
