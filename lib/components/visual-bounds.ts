import type { ComponentBatch, ComponentDescriptor } from "../component-batch.ts";
import { rejectInput } from "./input-error.ts";
import { nestedBatch } from "./nested.ts";

/** What a 2D view shows at least, in scene units. */
export interface VisualBounds {
  /** Smallest and largest x. */
  readonly xRange: readonly [min: number, max: number];
  /** Smallest and largest y. */
  readonly yRange: readonly [min: number, max: number];
}

/** A batch of one pair of ranges. */
export function visualBoundsBatch(
  descriptor: ComponentDescriptor,
  value: VisualBounds,
): ComponentBatch {
  const { xRange, yRange } = (
    typeof value === "object" && value !== null ? value : {}
  ) as Partial<VisualBounds>;
  if (!isRange(xRange) || !isRange(yRange))
    rejectInput(descriptor, "{ xRange, yRange } with two numbers each", value);
  return nestedBatch(descriptor, { x_range: xRange, y_range: yRange });
}

function isRange(value: unknown): boolean {
  const [min, max] = Array.isArray(value) && value.length === 2 ? (value as unknown[]) : [];
  return typeof min === "number" && typeof max === "number";
}
