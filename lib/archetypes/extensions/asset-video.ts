import type { Archetype } from "../../archetype.ts";
import type { Bytes } from "../../components/typed-array.ts";
import type { AssetVideoFields } from "../asset-video.ts";
import { fileFields } from "./file-content.ts";

/** What {@link AssetVideo} takes by name. */
export type AssetVideoOptions = Omit<AssetVideoFields, "blob">;

/** How the archetype is called. */
export interface Call {
  /**
   * @param blob the content of the file; referenced and not copied
   * @throws RerunError `invalid-component`
   */
  (blob: Bytes, options?: AssetVideoOptions): Archetype;
}

/** The arguments of a call as fields. */
export function fieldsOf(blob: Bytes, options: AssetVideoOptions | undefined): AssetVideoFields {
  return fileFields(blob, options);
}
