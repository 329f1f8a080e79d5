import type { Archetype } from "../../archetype.ts";
import type { DepthImageFields } from "../depth-image.ts";
import type { PixelSource } from "./pixels.ts";
import { singleChannelPixels } from "./pixels.ts";

/** What {@link DepthImage} takes by name. */
export type DepthImageOptions = Omit<DepthImageFields, "buffer" | "format">;

/** How the archetype is called. */
export interface Call {
  /**
   * @param source one channel: `{ data, width, height }`; its type follows from the typed array,
   *   which is referenced and not copied
   * @throws RerunError `invalid-component`, also when the number of bytes does not fit the size
   */
  (source: PixelSource, options?: DepthImageOptions): Archetype;
}

/** The arguments of a call as fields. */
export function fieldsOf(
  source: PixelSource,
  options: DepthImageOptions | undefined,
): DepthImageFields {
  return { ...options, ...singleChannelPixels("DepthImage", source) };
}
