import type { ArrowArray, TypedArray } from "../arrow/array.ts";
import type { DataType } from "../arrow/data-type.ts";
import type { ComponentDescriptor } from "../component-batch.ts";
import { ComponentBatch } from "../component-batch.ts";
import { rejectElement, rejectInput } from "./input-error.ts";
import type { NumberArray } from "./numeric.ts";
import { float32Kind, float64Kind } from "./numeric.ts";
import { isArrayLike, isTypedArray } from "./typed-array.ts";
import type { VectorInput } from "./vector.ts";
import { vectorValues } from "./vector.ts";

/** One line strip: an array of points, or a typed array of their coordinates, point after point. */
export type Strip = TypedArray | readonly NumberArray[];

/** Many line strips in two flat arrays, as Arrow has them; nothing is copied that has the right type already. */
export interface FlatStrips {
  /** The points of all strips, one after the other. */
  readonly points: VectorInput;
  /** Strip `i` has the points from `offsets[i]` to below `offsets[i + 1]`: one number more than there are strips. */
  readonly offsets: ArrayLike<number>;
}

/** One line strip or many. A line segment is a strip of two points. */
export type StripInput = Strip | readonly Strip[] | FlatStrips;

/** A batch of line strips (`list<vector>`); strips may differ in length. */
export function stripBatch(descriptor: ComponentDescriptor, value: StripInput): ComponentBatch {
  if (isFlat(value)) return flatBatch(descriptor, value);
  const strips = stripsOf(descriptor, value);
  const { points, size, kind } = layoutOf(descriptor);
  const parts: (readonly number[] | TypedArray)[] = [];
  const offsets = new Int32Array(strips.length + 1);
  let elements = 0;
  for (let i = 0; i < strips.length; i++) {
    const strip = strips[i];
    if (!isTypedArray(strip) && !isListOfPoints(strip)) {
      rejectElement(
        descriptor,
        `a strip (an array of ${size}-vectors, or a typed array)`,
        strip,
        i,
      );
    }
    const values = vectorValues(descriptor, strip, size, kind);
    elements += values.length;
    offsets[i + 1] = elements / size;
    parts.push(values);
  }
  const values = parts.length === 1 ? parts[0] : joined(parts, new kind.array(elements));
  const child: ArrowArray = { type: points, length: elements / size, values };
  const array = { type: descriptor.type, length: strips.length, offsets, children: [child] };
  return new ComponentBatch(descriptor, strips.length, array);
}

function isFlat(value: StripInput): value is FlatStrips {
  return typeof value === "object" && value !== null && "offsets" in value;
}

function flatBatch(descriptor: ComponentDescriptor, strips: FlatStrips): ComponentBatch {
  const { points, size, kind } = layoutOf(descriptor);
  const values = vectorValues(descriptor, strips.points, size, kind);
  const count = values.length / size;
  const offsets = offsetsOf(descriptor, strips.offsets, count);
  const child: ArrowArray = { type: points, length: count, values };
  const length = offsets.length - 1;
  const array = { type: descriptor.type, length, offsets, children: [child] };
  return new ComponentBatch(descriptor, length, array);
}

function offsetsOf(descriptor: ComponentDescriptor, given: unknown, count: number): Int32Array {
  if (!isArrayLike(given) || given.length === 0) {
    rejectInput(descriptor, "offsets to be an array of one number or more", given);
  }
  let before = 0;
  for (let i = 0; i < given.length; i++) {
    const offset = given[i];
    if (
      typeof offset !== "number" ||
      !Number.isInteger(offset) ||
      offset < before ||
      offset > count
    ) {
      rejectElement(
        descriptor,
        `offsets that never decrease, up to the ${count} points there are`,
        offset,
        i,
      );
    }
    before = offset;
  }
  return given instanceof Int32Array ? given : Int32Array.from(given as ArrayLike<number>);
}

function layoutOf(descriptor: ComponentDescriptor): {
  readonly points: DataType;
  readonly size: number;
  readonly kind: typeof float32Kind;
} {
  const points = descriptor.type.children[0]?.type as DataType;
  const isDouble = points.children[0]?.type.kind === "float64";
  return { points, size: points.size, kind: isDouble ? float64Kind : float32Kind };
}

/** A single strip is told from a list of strips by its first element being a point. */
function stripsOf(descriptor: ComponentDescriptor, value: unknown): readonly unknown[] {
  if (isTypedArray(value)) return [value];
  if (!Array.isArray(value)) rejectInput(descriptor, "an array of line strips", value);
  return isSingleStrip(value, layoutOf(descriptor).size) ? [value] : value;
}

/** True for an array of points, as against an array of strips. */
export function isSingleStrip(items: readonly unknown[], size: number): boolean {
  const first = items[0];
  if (isTypedArray(first)) return items.every((item) => isTypedArray(item) && item.length === size);
  return Array.isArray(first) && first.length === size && first.every((v) => typeof v === "number");
}

function isListOfPoints(value: unknown): boolean {
  return Array.isArray(value) && (value.length === 0 || isArrayLike(value[0]));
}

function joined(
  parts: readonly (readonly number[] | TypedArray)[],
  target: Float32Array | Float64Array | Uint8Array | Uint16Array | Uint32Array,
): TypedArray {
  let at = 0;
  for (const part of parts) {
    target.set(part as ArrayLike<number>, at);
    at += part.length;
  }
  return target;
}
