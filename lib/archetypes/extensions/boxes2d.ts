import type { Archetype } from "../../archetype.ts";
import { rejectArguments } from "../../components/input-error.ts";
import { float32Kind } from "../../components/numeric.ts";
import type { VectorInput } from "../../components/vector.ts";
import { vectorValues } from "../../components/vector.ts";
import { quote } from "../../errors.ts";
import type { Boxes2DFields } from "../boxes2d.ts";
import type { SizeOptions } from "./box-sizes.ts";
import { namedFields, withoutSizes } from "./box-sizes.ts";

/** What the four numbers of a row say about a box. */
export const Box2DFormat = {
  /** Smallest corner, then width and height. */
  XYWH: "XYWH",
  /** As `XYWH`, with y and height first. */
  YXHW: "YXHW",
  /** Smallest and greatest corner. */
  XYXY: "XYXY",
  /** As `XYXY`, with y first. */
  YXYX: "YXYX",
  /** Centre, then width and height. */
  XCYCWH: "XCYCWH",
  /** Centre, then half width and half height. */
  XCYCW2H2: "XCYCW2H2",
} as const;

/** One of the {@link Box2DFormat}s. */
export type Box2DFormat = keyof typeof Box2DFormat;

/** What {@link Boxes2D} takes by name. */
export interface Boxes2DOptions extends Boxes2DFields, SizeOptions {
  /** `(n, 4)`, one row for each box, read by `arrayFormat`; in place of sizes and corners. */
  readonly array?: VectorInput | undefined;
  /** What the numbers of `array` mean. */
  readonly arrayFormat?: Box2DFormat | Lowercase<Box2DFormat> | undefined;
}

/** How the archetype is called. */
export interface Call {
  /**
   * @param halfSizes half of width and height; `(n, 2)` in scene units (`float32`)
   * @throws RerunError `invalid-component`
   */
  (halfSizes: VectorInput, options?: Boxes2DOptions): Archetype;
  /**
   * Everything by name: `halfSizes` or `sizes`, `centers` or `mins`, or `array` with `arrayFormat`.
   *
   * @throws RerunError `invalid-component`
   */
  (options: Boxes2DOptions): Archetype;
}

/** The arguments of a call as fields. */
export function fieldsOf(
  first: VectorInput | Boxes2DOptions,
  options: Boxes2DOptions | undefined,
): Boxes2DFields {
  const fields = namedFields("Boxes2D", first, options);
  if (fields.array === undefined && fields.arrayFormat === undefined) {
    return withoutSizes("Boxes2D", fields, 2);
  }
  const { array, arrayFormat, ...rest } = fields;
  const { sizes, mins, halfSizes, centers } = rest;
  if ((sizes ?? mins ?? halfSizes ?? centers) !== undefined) {
    rejectArguments("Boxes2D", "`array` excludes halfSizes, sizes, centers and mins");
  }
  if (array === undefined) rejectArguments("Boxes2D", "`arrayFormat` needs an `array`");
  const rows = vectorValues({ component: "Boxes2D:array" }, array, 4, float32Kind);
  return { ...rest, ...boxesOfRows(Float32Array.from(rows as number[]), arrayFormat) };
}

function boxesOfRows(
  rows: Float32Array,
  arrayFormat: string | undefined,
): { readonly halfSizes: Float32Array; readonly centers: Float32Array } {
  const format = arrayFormat?.toUpperCase();
  const count = rows.length / 4;
  const halfSizes = new Float32Array(count * 2);
  const centers = new Float32Array(count * 2);
  for (let box = 0; box < count; box++) {
    for (let axis = 0; axis < 2; axis++) {
      const isSwapped = format === "YXHW" || format === "YXYX";
      const at = box * 4 + (isSwapped ? 1 - axis : axis);
      const [half, center] = extent(format, rows[at] ?? 0, rows[at + 2] ?? 0, arrayFormat);
      halfSizes[box * 2 + axis] = half;
      centers[box * 2 + axis] = center;
    }
  }
  if (count === 0) extent(format, 0, 0, arrayFormat);
  return { halfSizes, centers };
}

/** Half size and centre along one axis. */
function extent(
  format: string | undefined,
  a: number,
  b: number,
  given: string | undefined,
): readonly [half: number, center: number] {
  switch (format) {
    case "XYWH":
    case "YXHW":
      return [b / 2, a + b / 2];
    case "XYXY":
    case "YXYX":
      return [(b - a) / 2, (a + b) / 2];
    case "XCYCWH":
      return [b / 2, a];
    case "XCYCW2H2":
      return [b, a];
    default: {
      const names = Object.keys(Box2DFormat).join(", ");
      return rejectArguments(
        "Boxes2D",
        `expected \`arrayFormat\` to be one of ${names}, got ${quote(given)}`,
      );
    }
  }
}
