import type { Archetype } from "../../archetype.ts";
import type { ImageFields } from "../image.ts";
import type { ImageSource } from "./pixels.ts";
import { imagePixels } from "./pixels.ts";

/** What {@link Image} takes by name. */
export type ImageOptions = Omit<ImageFields, "buffer" | "format">;

/** How the archetype is called. */
export interface Call {
  /**
   * @param source the pixels: `ImageData`, or `{ data, width, height }` with a `colorModel`, or a
   *   `pixelFormat`; bytes are referenced and not copied
   * @throws RerunError `invalid-component`, also when the number of bytes does not fit the size
   */
  (source: ImageSource, options?: ImageOptions): Archetype;
}

/** The arguments of a call as fields. */
export function fieldsOf(source: ImageSource, options: ImageOptions | undefined): ImageFields {
  return { ...options, ...imagePixels("Image", source) };
}
