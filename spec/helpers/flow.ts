import { fixedSizeList, primitive } from "../../lib/arrow/data-type.ts";
import type { Chunk } from "../../lib/chunk.ts";
import {
  type AsComponents,
  type ComponentDescriptor,
  componentDescriptor,
} from "../../lib/component-batch.ts";
import type { LogMsg, StoreId } from "../../lib/log-msg.ts";
import type { LogOptions } from "../../lib/recording-options.ts";
import type { TimeInput } from "../../lib/time.ts";
import { Tuid } from "../../lib/tuid.ts";
import { batchesOf, chunkOf, plainRows, type RowInput } from "./chunk-rows.ts";
import { describeComponent } from "./rows.ts";

/**
 * Messages as short texts, for diagrams:
 *
 * - `/cam x1`: a chunk of `/cam` with one row, in which component `x` is 1
 * - `/cam x1 y2 x3y4`: three rows, of which the last has both components
 * - `/cam x1@5`: the row is at frame 5; without `@` it is at the frame of its first number
 * - `/cam x1@t=5` or `x1@frame=5,t=6`: on other timelines, all of them sequences
 * - `/cam! x1`: static
 * - `/cam x[] y[1,2]`: an empty batch, and one of two instances
 * - `/cam clear@3`: a `Clear`
 * - `/cam image1`, `/arm transform1`: what counts as an image, as a transform
 * - `store`: the announcement of a store; `activate`: the activation of a blueprint
 * - `b: /cam x1`: the same of recording `b`; `blueprint: /cam! x1`, `blueprint: activate`: of a blueprint
 */
export function flow(text: string): LogMsg {
  const [, prefix, rest = ""] = /^(?:([\w-]+): )?(.*)$/.exec(text) ?? [];
  const storeId = storeOf(prefix ?? (rest === "activate" ? "blueprint" : "rec"));
  if (rest === "store")
    return { kind: "set-store-info", storeId, rowId: new Tuid(1, 2, 3, 4), source: "spec" };
  if (rest === "activate")
    return { kind: "blueprint-activation", storeId, makeActive: true, makeDefault: false };
  const { entityPath, inputs } = inputsOf(rest);
  return { kind: "chunk", storeId, chunk: chunkOf(entityPath, inputs) };
}

/** What `log` is called with. */
export type LogArguments = readonly [path: string, data: AsComponents, options: LogOptions];

/** The calls of `log` that make the rows of a chunk, given as for {@link flow}. */
export function flowCalls(text: string): LogArguments[] {
  const { entityPath, inputs } = inputsOf(text);
  return inputs.map((input) => [
    entityPath,
    { batches: batchesOf(input) },
    input.times === "static" ? { static: true } : { time: input.times },
  ]);
}

function inputsOf(text: string): { readonly entityPath: string; readonly inputs: RowInput[] } {
  const [path = "", ...rows] = text.split(" ");
  const isStatic = path.endsWith("!");
  return {
    entityPath: isStatic ? path.slice(0, -1) : path,
    inputs: rows.map((row) => rowInput(row, isStatic)),
  };
}

const CLEAR = componentDescriptor(
  "rerun.archetypes.Clear",
  "Clear:is_recursive",
  "rerun.components.ClearIsRecursive",
  primitive("bool"),
);

/** Components of archetypes, of which the class of the data follows. */
const OF_ARCHETYPES: Readonly<Record<string, ComponentDescriptor>> = {
  image: componentDescriptor("rerun.archetypes.Image", "image", undefined, primitive("float64")),
  transform: componentDescriptor(
    "rerun.archetypes.Transform3D",
    "transform",
    undefined,
    primitive("float64"),
  ),
};

/** The component of a letter: numbers, those of `p` come as three each. */
export function letter(name: string): ComponentDescriptor {
  const type = name === "p" ? fixedSizeList(primitive("float32"), 3) : primitive("float64");
  return describeComponent(name, type);
}

function storeOf(name: string): StoreId {
  return {
    kind: name === "blueprint" ? "blueprint" : "recording",
    applicationId: "app",
    recordingId: name,
  };
}

function rowInput(text: string, isStatic: boolean): RowInput {
  const [cellTexts = "", timeText] = text.split("@");
  const cells: [ComponentDescriptor, unknown[]][] = [];
  const numbers: number[] = [];
  for (const [all, name = "", value = ""] of cellTexts.matchAll(
    /clear|(image|transform|[a-z])(\[[^\]]*\]|-?\d+(?:\.\d+)?)/g,
  )) {
    if (all === "clear") {
      cells.push([CLEAR, [false]]);
      continue;
    }
    const given = JSON.parse(value) as number | number[];
    const instances = typeof given === "number" ? [given] : given;
    numbers.push(...instances);
    const descriptor = OF_ARCHETYPES[name] ?? letter(name);
    cells.push([descriptor, name === "p" ? instances.map((n) => [n, n, n]) : instances]);
  }
  if (isStatic) return { times: "static", cells };
  const times: Record<string, TimeInput> = {};
  for (const part of (timeText ?? String(Math.trunc(numbers[0] ?? 0))).split(",")) {
    const [name, at] = part.includes("=") ? part.split("=") : ["frame", part];
    times[name ?? ""] = { sequence: Number(at) };
  }
  return { times, cells };
}

/** The text of a message, such that {@link flow} would make one that says the same. */
export function flowText(message: LogMsg): string {
  const { recordingId } = message.storeId;
  const prefix = recordingId === "rec" ? "" : `${recordingId}: `;
  switch (message.kind) {
    case "set-store-info":
      return `${prefix}store`;
    case "blueprint-activation":
      return recordingId === "blueprint" ? "activate" : `${prefix}activate`;
    case "chunk":
      return prefix + chunkText(message.chunk);
  }
}

/** The same of a chunk. */
export function chunkText(chunk: Pick<Chunk, "entityPath" | "isStatic" | "ipc">): string {
  const rows = plainRows(chunk).map(({ times, cells }) => {
    const numbers: number[] = [];
    const texts = Object.entries(cells).map(([name, value]) => {
      if (name === CLEAR.component) return "clear";
      const instances = (value as (number | number[])[]).map((n) =>
        Array.isArray(n) ? (n[0] ?? 0) : n,
      );
      numbers.push(...instances);
      return name + (instances.length === 1 ? String(instances[0]) : JSON.stringify(instances));
    });
    const entries = Object.entries(times);
    const [[name, at] = ["", 0n]] = entries;
    let time = "";
    if (entries.length > 1 || (entries.length === 1 && name !== "frame"))
      time = `@${entries.map(([key, t]) => `${key}=${t}`).join()}`;
    else if (entries.length === 1 && Number(at) !== Math.trunc(numbers[0] ?? 0)) time = `@${at}`;
    return texts.join("") + time;
  });
  return [`${chunk.entityPath}${chunk.isStatic ? "!" : ""}`, ...rows].join(" ");
}

/** Messages for the letters of a diagram. */
export function flows<K extends string>(texts: Readonly<Record<K, string>>): Record<K, LogMsg> {
  return Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [key, flow(text as string)]),
  ) as Record<K, LogMsg>;
}
