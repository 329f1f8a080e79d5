import type { Archetype } from "../../archetype.ts";
import type { ImageFormat } from "../../components/image-format.ts";
import type { Bytes } from "../../components/typed-array.ts";
import type { GridMapFields } from "../grid-map.ts";
import { checkPixels } from "./pixels.ts";

/** What {@link GridMap} takes by name. */
export type GridMapOptions = Omit<GridMapFields, "data" | "format" | "cellSize">;

/** How the archetype is called. */
export interface Call {
  /**
   * @param data the cells, row by row; bytes are referenced and not copied
   * @param format size and layout of the bytes, see {@link ImageFormat}
   * @param cellSize width and height of a cell in scene units (`float32`)
   * @throws RerunError `invalid-component`, also when the number of bytes does not fit the format
   */
  (data: Bytes, format: ImageFormat, cellSize: number, options?: GridMapOptions): Archetype;
}

/** The arguments of a call as fields. */
export function fieldsOf(
  data: Bytes,
  format: ImageFormat,
  cellSize: number,
  options: GridMapOptions | undefined,
): GridMapFields {
  const fields = { ...options, data, format, cellSize };
  checkPixels("GridMap", data, format);
  return fields;
}
