import type { ComponentDescriptor } from "../component-batch.ts";
import { ComponentBatch } from "../component-batch.ts";
import type { ColorInput } from "./color.ts";
import { packedColors } from "./color.ts";
import { fieldName, rejectElement, rejectInput } from "./input-error.ts";
import { arrowFromValues } from "./nested.ts";

/** Label and colour of a class or keypoint. */
export interface AnnotationInfo {
  /** 0 to 65535; what `classIds` and `keypointIds` refer to. */
  readonly id: number;
  /** Shown on the data. */
  readonly label?: string | undefined;
  /** One colour. */
  readonly color?: ColorInput | undefined;
}

/** An annotation: an id, `[id, label]`, `[id, label, colour]`, or an {@link AnnotationInfo}. */
export type AnnotationValue =
  | number
  | readonly [id: number, label?: string, color?: ColorInput]
  | AnnotationInfo;

/** A class: label, colour, and for keypoint classes the keypoints and the lines between them. */
export interface ClassDescription {
  readonly info: AnnotationValue;
  /** Label and colour of each keypoint. */
  readonly keypointAnnotations?: readonly AnnotationValue[] | undefined;
  /** Pairs of keypoint ids that are joined by a line. */
  readonly keypointConnections?: readonly KeypointPair[] | undefined;
}

/** Ids of two keypoints that are joined by a line. */
export type KeypointPair = readonly [number, number];

/** A class in short or in full. With `classId` the id differs from that of its info. */
export type ClassValue =
  | AnnotationValue
  | ClassDescription
  | { readonly classId: number; readonly classDescription: ClassDescription };

/** The classes of one annotation context, or a single full class description. */
export type AnnotationContextInput = readonly ClassValue[] | ClassDescription;

/** A batch of one annotation context (`list<struct>`); order is kept. */
export function annotationContextBatch(
  descriptor: ComponentDescriptor,
  value: AnnotationContextInput,
): ComponentBatch {
  const isSingle = typeof value === "object" && value !== null && "info" in value;
  if (!isSingle && !Array.isArray(value)) {
    rejectInput(descriptor, 'an array of classes such as [1, "label", [255, 0, 0]]', value);
  }
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  const classes = items.map((item, i) => classOf(descriptor, item, i));
  const array = arrowFromValues(descriptor.type, [classes], false, fieldName(descriptor));
  return new ComponentBatch(descriptor, 1, array);
}

function classOf(descriptor: ComponentDescriptor, item: unknown, index: number): unknown {
  if (isObject(item) && "classDescription" in item) {
    const { description } = described(descriptor, item["classDescription"], index);
    return { class_id: item["classId"], class_description: description };
  }
  const { id, description } = described(descriptor, item, index);
  return { class_id: id, class_description: description };
}

function described(
  descriptor: ComponentDescriptor,
  item: unknown,
  index: number,
): { readonly id: unknown; readonly description: unknown } {
  const full = isObject(item) && "info" in item ? (item as unknown as ClassDescription) : undefined;
  const info = infoOf(descriptor, full === undefined ? item : full.info, index);
  const annotations = listOf(descriptor, full?.keypointAnnotations, index);
  const connections = listOf(descriptor, full?.keypointConnections, index);
  const description = {
    info,
    keypoint_annotations: annotations.map((annotation, i) => infoOf(descriptor, annotation, i)),
    keypoint_connections: connections.map((pair, i) => {
      if (!Array.isArray(pair) || pair.length !== 2) {
        rejectElement(descriptor, "a pair of keypoint ids", pair, i);
      }
      return { keypoint0: pair[0] as unknown, keypoint1: pair[1] as unknown };
    }),
  };
  return { id: info.id, description };
}

function listOf(
  descriptor: ComponentDescriptor,
  value: unknown,
  index: number,
): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) rejectElement(descriptor, "an array", value, index);
  return value;
}

function infoOf(
  descriptor: ComponentDescriptor,
  item: unknown,
  index: number,
): { readonly id: unknown; readonly label: unknown; readonly color: unknown } {
  if (typeof item === "number") return { id: item, label: null, color: null };
  const parts = Array.isArray(item)
    ? { id: item[0] as unknown, label: item[1] as unknown, color: item[2] as unknown }
    : item;
  if (!isObject(parts) || !("id" in parts)) {
    rejectElement(descriptor, "an id, [id, label, colour], or { id, label, color }", item, index);
  }
  const { id, label, color } = parts as { id: unknown; label?: unknown; color?: unknown };
  return { id, label: label ?? null, color: colorOf(descriptor, color, index) };
}

function colorOf(descriptor: ComponentDescriptor, color: unknown, index: number): number | null {
  if (color === undefined || color === null) return null;
  const packed = packedColors(descriptor, color as ColorInput);
  return typeof packed === "number"
    ? packed
    : rejectElement(descriptor, "one colour", color, index);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
