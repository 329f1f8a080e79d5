import { type DataType, primitive } from "../../lib/arrow/data-type.ts";
import type { Chunk } from "../../lib/chunk.ts";
import {
  type AsComponents,
  ComponentBatch,
  type ComponentDescriptor,
  componentDescriptor,
} from "../../lib/component-batch.ts";
import type { LogEvent } from "../../lib/event.ts";
import type { ChunkMsg, LogMsg } from "../../lib/log-msg.ts";
import { STATIC, type TimeInput, TimeState } from "../../lib/time.ts";
import { TuidGenerator } from "../../lib/tuid.ts";
import type { DecodedChunk } from "./decode-rrd.ts";

/** A component of one number, for specs that do not care for archetypes. */
export const VALUE: ComponentDescriptor = describeComponent("value", primitive("float64"));

/** A component without archetype. */
export function describeComponent(name: string, type: DataType): ComponentDescriptor {
  return componentDescriptor(undefined, name, undefined, type);
}

/** What `log` takes, of one component with these numbers. */
export function values(...numbers: number[]): AsComponents {
  return { batches: [new ComponentBatch(VALUE, numbers.length, Float64Array.from(numbers))] };
}

const ids = new TuidGenerator();

/** A logged row as the batching gets it. */
export function row(
  entityPath: string,
  times: Readonly<Record<string, TimeInput>> | "static",
  ...batches: readonly ComponentBatch[]
): LogEvent {
  let time = STATIC;
  if (times !== "static") {
    const state = new TimeState({ logTime: false, logTick: false });
    for (const [name, input] of Object.entries(times)) state.set(name, input);
    time = state.stamp({ hi: 0, lo: 0 }, 0);
  }
  return { kind: "row", entityPath, rowId: ids.next(), time, batches };
}

/** A row of one number, at a frame of the same number. */
export function valueRow(entityPath: string, value: number, frame: number = value): LogEvent {
  return row(entityPath, { frame: { sequence: frame } }, new ComponentBatch(VALUE, 1, value));
}

/** The numbers of a chunk's only or given component, row after row, without those rows that lack it. */
export function numbersOf(chunk: Chunk, descriptor?: ComponentDescriptor): number[] {
  const component = descriptor ?? chunk.components[0]?.descriptor;
  if (component === undefined) throw new Error("a chunk without components");
  return Array.from(chunk.column(component).children?.[0]?.values ?? [], Number);
}

/** A chunk in short: entity path, and its numbers row after row, as in `/a 1,2`. */
export function inShort(chunk: Chunk): string {
  return `${chunk.entityPath} ${numbersOf(chunk).join(",")}`;
}

/** The chunks among messages. */
export function chunksOf(messages: Iterable<LogMsg>): Chunk[] {
  return [...messages].filter((m): m is ChunkMsg => m.kind === "chunk").map((m) => m.chunk);
}

/** The flat values of a column that our second reader decoded, without a JavaScript value for each. */
export function flatOf(chunk: DecodedChunk, component: string): ArrayLike<number | bigint> {
  let data = chunk.table.getChild(component)?.data[0];
  while (data?.children[0] !== undefined) data = data.children[0];
  if (data === undefined) throw new Error(`No column ${component} in ${chunk.entityPath}`);
  return data.values as ArrayLike<number | bigint>;
}
