import type { Archetype } from "../../archetype.ts";
import type { SegmentationImageFields } from "../segmentation-image.ts";
import type { PixelSource } from "./pixels.ts";
import { singleChannelPixels } from "./pixels.ts";

/** What {@link SegmentationImage} takes by name. */
export type SegmentationImageOptions = Omit<SegmentationImageFields, "buffer" | "format">;

export interface Call {
  /**
   * @param source one channel: `{ data, width, height }`; its type follows from the typed array,
   *   which is referenced and not copied
   * @throws RerunError `invalid-component`, also when the number of bytes does not fit the size
   */
  (source: PixelSource, options?: SegmentationImageOptions): Archetype;
}

export function fieldsOf(
  source: PixelSource,
  options: SegmentationImageOptions | undefined,
): SegmentationImageFields {
  return { ...options, ...singleChannelPixels("SegmentationImage", source) };
}
