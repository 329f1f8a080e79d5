import type { ComponentDescriptor } from "../component-batch.ts";
import { ComponentBatch } from "../component-batch.ts";
import { fieldName, rejectElement, rejectInput } from "./input-error.ts";
import { arrowFromValues } from "./nested.ts";
import { textOf } from "./text.ts";

/** Source and target of a graph edge, by node id. */
export type EdgeValue = readonly [source: string, target: string];

/** One graph edge or many. */
export type EdgeInput = EdgeValue | readonly EdgeValue[];

/** Texts by name: an object, a `Map`, or an array of pairs. One such is one component instance. */
export type KeyValueInput =
  | Readonly<Record<string, string>>
  | ReadonlyMap<string, string>
  | readonly (readonly [key: string, value: string])[];

/** Number of messages by channel id: an object, a `Map`, or an array of pairs. */
export type ChannelCountInput =
  | Readonly<Record<number, number | bigint>>
  | ReadonlyMap<number, number | bigint>
  | readonly (readonly [channelId: number, count: number | bigint])[];

/** A batch of graph edges: struct of two texts. */
export function edgeBatch(descriptor: ComponentDescriptor, value: EdgeInput): ComponentBatch {
  if (!Array.isArray(value)) rejectInput(descriptor, "an array of [source, target] pairs", value);
  const isSingle = value.length === 2 && textOf(value[0]) !== undefined;
  const items: readonly unknown[] = isSingle ? [value] : value;
  const edges = items.map((item, i) => {
    if (!Array.isArray(item) || item.length !== 2) {
      rejectElement(descriptor, "a pair [source, target]", item, i);
    }
    return { first: item[0] as unknown, second: item[1] as unknown };
  });
  if (edges.length === 0) return ComponentBatch.empty(descriptor);
  const array = arrowFromValues(descriptor.type, edges, false, fieldName(descriptor));
  return new ComponentBatch(descriptor, edges.length, array);
}

/** A batch of one set of key-value pairs (`list<struct>`). */
export function keyValueBatch(
  descriptor: ComponentDescriptor,
  value: KeyValueInput,
): ComponentBatch {
  const pairs = entriesOf(descriptor, value).map(([first, second]) => ({ first, second }));
  return oneList(descriptor, pairs);
}

/** A batch of one set of message counts (`list<struct>`). */
export function channelCountBatch(
  descriptor: ComponentDescriptor,
  value: ChannelCountInput,
): ComponentBatch {
  const pairs = entriesOf(descriptor, value).map(([channel, count]) => ({
    channel_id: typeof channel === "string" ? Number(channel) : channel,
    message_count: count,
  }));
  return oneList(descriptor, pairs);
}

function oneList(descriptor: ComponentDescriptor, items: readonly unknown[]): ComponentBatch {
  const array = arrowFromValues(descriptor.type, [items], false, fieldName(descriptor));
  return new ComponentBatch(descriptor, 1, array);
}

function entriesOf(
  descriptor: ComponentDescriptor,
  value: unknown,
): (readonly [unknown, unknown])[] {
  if (value instanceof Map) return [...(value as ReadonlyMap<unknown, unknown>)];
  if (Array.isArray(value)) {
    return value.map((item: unknown, i) => {
      if (!Array.isArray(item) || item.length !== 2) {
        rejectElement(descriptor, "a pair [key, value]", item, i);
      }
      return [item[0], item[1]] as const;
    });
  }
  if (typeof value !== "object" || value === null) {
    rejectInput(descriptor, "an object, a Map, or an array of pairs", value);
  }
  return Object.entries(value);
}
