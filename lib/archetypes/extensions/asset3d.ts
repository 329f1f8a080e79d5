import type { Archetype } from "../../archetype.ts";
import type { Bytes } from "../../components/typed-array.ts";
import type { Asset3DFields } from "../asset3d.ts";
import { fileFields } from "./file-content.ts";

/** What {@link Asset3D} takes by name. */
export type Asset3DOptions = Omit<Asset3DFields, "blob">;

/** How the archetype is called. */
export interface Call {
  /**
   * @param blob the content of the file; referenced and not copied
   * @throws RerunError `invalid-component`
   */
  (blob: Bytes, options?: Asset3DOptions): Archetype;
}

/** The arguments of a call as fields. */
export function fieldsOf(blob: Bytes, options: Asset3DOptions | undefined): Asset3DFields {
  return fileFields(blob, options);
}
