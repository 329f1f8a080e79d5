import type { ComponentDescriptor } from "../component-batch.ts";
import { isMatrix } from "./matrix.ts";
import { isSingleStrip } from "./strip.ts";
import { elementTypeOf, isArrayLike } from "./typed-array.ts";

/**
 * Whether a value given for a column is an array of rows, each with a batch of its own, rather than
 * one instance for each row. Told by one more level of nesting than a batch has.
 */
export function holdsRows(
  descriptor: ComponentDescriptor,
  value: unknown,
): value is readonly unknown[] {
  if (!Array.isArray(value) || value.length === 0) return false;
  const items: readonly unknown[] = value;
  const { type, componentType } = descriptor;
  switch (componentType) {
    case "rerun.components.TensorData":
    case "rerun.components.AnnotationContext":
    case "rerun.components.KeyValuePairs":
    case "rerun.components.ChannelMessageCounts":
      // One instance is an array itself.
      return true;
    case "rerun.components.Color":
    case "rerun.components.AlbedoFactor":
      return items.some(isRowOfColors);
    case "rerun.components.GraphEdge":
      return Array.isArray(items[0]) && Array.isArray(items[0][0]);
    default:
  }
  switch (type.kind) {
    case "fixed-size-list":
      return type.size === 9
        ? !isMatrix(items) && isRowOfMatrices(items[0])
        : isRowOfVectors(items, type.size);
    case "list":
      return isRowOfLists(items[0], type.children[0]?.type.size ?? 0);
    default:
      return items.some(isArrayLike);
  }
}

function isRowOfColors(item: unknown): boolean {
  if (!isArrayLike(item)) return false;
  const isChannels = item.length === 3 || item.length === 4;
  if (!isChannels || elementTypeOf(item) === "uint32") return true;
  return Array.from(item).some((v) => typeof v !== "number" || v > 255);
}

function isRowOfVectors(items: readonly unknown[], size: number): boolean {
  return items.some(
    (item) => isArrayLike(item) && (item.length !== size || typeof item[0] === "object"),
  );
}

function isRowOfMatrices(item: unknown): boolean {
  return isArrayLike(item) && !isMatrix(item);
}

/** Lists are strips (`size` > 0) or blocks of bytes. */
function isRowOfLists(item: unknown, size: number): boolean {
  if (!Array.isArray(item) || item.length === 0) return false;
  if (size === 0) return true;
  return isArrayLike(item[0]) && !isSingleStrip(item, size);
}
