import type { ArrowArray } from "../arrow/array.ts";
import type { ComponentDescriptor } from "../component-batch.ts";
import { ComponentBatch } from "../component-batch.ts";
import { rejectElement, rejectInput } from "./input-error.ts";
import type { NumberArray } from "./numeric.ts";
import { isArrayLike } from "./typed-array.ts";

/** A rotation about an axis, by the right-hand rule. Exactly one of the three angles is given. */
export interface AxisAngle {
  /** The axis, x y z; any length but zero. */
  readonly axis: NumberArray;
  /** In radians. */
  readonly angle?: number | undefined;
  /** In radians. */
  readonly radians?: number | undefined;
  /** In degrees. */
  readonly degrees?: number | undefined;
}

/** One rotation about an axis or many. */
export type AxisAngleInput = AxisAngle | readonly AxisAngle[];

/** A batch of axis-angle rotations: struct of axis (3 × `float32`) and angle (`float32`, radians). */
export function axisAngleBatch(
  descriptor: ComponentDescriptor,
  value: AxisAngleInput,
): ComponentBatch {
  const isList = Array.isArray(value);
  const items: readonly unknown[] = isList ? value : [value];
  const axes: number[] = [];
  const angles: number[] = [];
  for (let i = 0; i < items.length; i++) {
    if (!isAxisAngle(items[i])) {
      const expected = "{ axis, angle } (or radians, degrees)";
      if (isList) rejectElement(descriptor, expected, items[i], i);
      rejectInput(descriptor, expected, value);
    }
    const { axis, angle, radians, degrees } = items[i] as AxisAngle;
    if (!isArrayLike(axis) || axis.length !== 3) {
      rejectElement(descriptor, "an axis of 3 numbers", axis, i);
    }
    for (let k = 0; k < 3; k++) axes.push(numberAt(descriptor, axis[k], i));
    const given = [angle, radians, degrees].filter((v) => v !== undefined);
    if (given.length !== 1) {
      rejectElement(descriptor, "exactly one of angle, radians, degrees", items[i], i);
    }
    const number = numberAt(descriptor, given[0], i);
    angles.push(degrees === undefined ? number : (number * Math.PI) / 180);
  }
  const [axisField, angleField] = descriptor.type.children;
  if (axisField === undefined || angleField === undefined) return ComponentBatch.empty(descriptor);
  const length = items.length;
  const children: ArrowArray[] = [
    { type: axisField.type, length, values: axes },
    { type: angleField.type, length, values: angles },
  ];
  return new ComponentBatch(descriptor, length, { type: descriptor.type, length, children });
}

/** True for an object with an axis. */
export function isAxisAngle(value: unknown): value is AxisAngle {
  return typeof value === "object" && value !== null && "axis" in value;
}

function numberAt(descriptor: ComponentDescriptor, value: unknown, index: number): number {
  if (typeof value !== "number") return rejectElement(descriptor, "a number", value, index);
  return value;
}
