import type { Archetype } from "../../archetype.ts";
import { rejectArguments } from "../../components/input-error.ts";
import type { MatrixValue } from "../../components/matrix.ts";
import { isMatrix } from "../../components/matrix.ts";
import type { NumberArray } from "../../components/numeric.ts";
import { isArrayLike } from "../../components/typed-array.ts";
import { quote } from "../../errors.ts";
import type { PinholeFields } from "../pinhole.ts";

/** What {@link Pinhole} takes by name: the fields, and other ways to say the projection. */
export interface PinholeOptions extends PinholeFields {
  /** Width of the image in pixels; with `height` in place of `resolution`. */
  readonly width?: number | undefined;
  /** Height of the image in pixels. */
  readonly height?: number | undefined;
  /** In pixels, one for both axes or x and y. Default, with a known resolution: the square root of width × height. */
  readonly focalLength?: number | NumberArray | undefined;
  /** Where the optical axis meets the image, in pixels; default: the middle. */
  readonly principalPoint?: NumberArray | undefined;
  /** Vertical field of view in radians; needs `aspectRatio`. The resolution is then (aspect ratio, 1). */
  readonly fovY?: number | undefined;
  /** Width divided by height. */
  readonly aspectRatio?: number | undefined;
}

/** How the archetype is called. */
export interface Call {
  /**
   * @param imageFromCamera 3×3 projection, by rows
   * @throws RerunError `invalid-component`
   */
  (imageFromCamera: MatrixValue, options?: PinholeOptions): Archetype;
  /**
   * Everything by name: a matrix, or a focal length, or `fovY` and `aspectRatio`; and the rest.
   *
   * @throws RerunError `invalid-component`
   */
  (options: PinholeOptions): Archetype;
}

/** A field of view of 0 would give an infinite focal length. */
const SMALLEST_ANGLE = 2 ** -52;

/** The arguments of a call as fields. */
export function fieldsOf(
  first: MatrixValue | PinholeOptions,
  options: PinholeOptions | undefined,
): PinholeFields {
  const isNamed = !isArrayLike(first) && !isMatrix(first);
  const given = isNamed
    ? (first as PinholeOptions)
    : { ...options, imageFromCamera: first as MatrixValue };
  if (typeof given !== "object" || given === null) {
    rejectArguments("Pinhole", `expected a 3x3 matrix or options, got ${quote(given)}`);
  }
  const { width, height, focalLength, principalPoint, fovY, aspectRatio, ...fields } = given;
  const resolution = resolutionOf(fields.resolution, width, height);
  const rest = resolution === undefined ? fields : { ...fields, resolution };
  if (fields.imageFromCamera !== undefined) {
    if ((focalLength ?? principalPoint ?? fovY ?? aspectRatio) !== undefined) {
      rejectArguments(
        "Pinhole",
        "a matrix excludes focalLength, principalPoint, fovY and aspectRatio",
      );
    }
    return rest;
  }
  if ((fovY === undefined) !== (aspectRatio === undefined)) {
    rejectArguments("Pinhole", "`fovY` and `aspectRatio` go together");
  }
  if (fovY === undefined || aspectRatio === undefined) {
    return { ...rest, imageFromCamera: projection(focalLength, principalPoint, resolution) };
  }
  if ((focalLength ?? resolution) !== undefined) {
    rejectArguments(
      "Pinhole",
      "`fovY` and `aspectRatio` exclude focalLength, resolution, width and height",
    );
  }
  const focal = 0.5 / Math.tan(Math.max(number("fovY", fovY) * 0.5, SMALLEST_ANGLE));
  const plane = [number("aspectRatio", aspectRatio), 1];
  return { ...rest, resolution: plane, imageFromCamera: projection(focal, principalPoint, plane) };
}

function resolutionOf(
  resolution: NumberArray | undefined,
  width: number | undefined,
  height: number | undefined,
): NumberArray | undefined {
  if (width === undefined && height === undefined) return resolution;
  if (resolution !== undefined) {
    rejectArguments("Pinhole", "`resolution` excludes width and height");
  }
  return [number("width", width), number("height", height)];
}

/** The matrix by rows: [fx, 0, cx], [0, fy, cy], [0, 0, 1]. */
function projection(
  focalLength: number | NumberArray | undefined,
  principalPoint: NumberArray | undefined,
  resolution: NumberArray | undefined,
): readonly number[] {
  const size = resolution && pair("resolution", resolution);
  const focal = focalLength ?? (size && Math.sqrt(size[0] * size[1]));
  if (focal === undefined) {
    rejectArguments("Pinhole", "expected imageFromCamera, focalLength, or fovY and aspectRatio");
  }
  const center =
    principalPoint === undefined
      ? size && ([size[0] / 2, size[1] / 2] as const)
      : pair("principalPoint", principalPoint);
  if (center === undefined) {
    rejectArguments("Pinhole", "expected principalPoint, resolution, or width and height");
  }
  const [fx, fy] = isArrayLike(focal)
    ? pair("focalLength", focal)
    : twice(number("focalLength", focal));
  return [fx, 0, center[0], 0, fy, center[1], 0, 0, 1];
}

function twice(value: number): readonly [number, number] {
  return [value, value];
}

function pair(name: string, value: NumberArray): readonly [number, number] {
  if (!isArrayLike(value) || value.length !== 2) {
    rejectArguments("Pinhole", `expected \`${name}\` to be two numbers, got ${quote(value)}`);
  }
  return [number(name, value[0]), number(name, value[1])];
}

function number(name: string, value: unknown): number {
  // A matrix with one number that is none shows nothing at all.
  if (typeof value !== "bigint" && !Number.isFinite(value)) {
    return rejectArguments("Pinhole", `expected \`${name}\` to be a number, got ${quote(value)}`);
  }
  return Number(value);
}
