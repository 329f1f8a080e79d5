import { mkdirSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { save } from "../../../../sinks/save.ts";
import type { Chunk } from "../../../chunk.ts";
import { withoutTimelines } from "../../../chunk-edit.ts";
import { quote, RerunError } from "../../../errors.ts";
import type { LogMsg, StoreId } from "../../../log-msg.ts";
import { splitChunks } from "../../../rrd/split.ts";
import type { TimeType } from "../../../time.ts";
import { formatTime } from "./format.ts";
import { readSources } from "./read-sources.ts";

/** What the command line says. */
export interface SplitArguments {
  readonly source: string;
  readonly outputDir: string;
  readonly timeline: string;
  readonly time: readonly string[];
  readonly numParts?: number | undefined;
  readonly recordingId?: string | undefined;
  readonly dropUnusedTimelines: boolean;
}

interface Store {
  readonly storeId: StoreId;
  /** Announcement and activations. */
  readonly others: LogMsg[];
  readonly chunks: Chunk[];
}

/** Cuts a recording into parts; each is a file of its own with all static data and blueprints. */
export async function runSplit(argv: SplitArguments): Promise<number> {
  const stores = await readStores(argv.source);
  const { type, min, max } = rangeOf(stores, argv);
  const cuts = cutsOf(argv, type, min, max);
  mkdirSync(argv.outputDir, { recursive: true });
  const split = new Map<Store, Chunk[][]>();
  for (const store of stores) {
    if (store.storeId.kind === "recording")
      split.set(store, splitChunks(store.chunks, argv.timeline, cuts));
  }
  const stem = basename(argv.source, extname(argv.source));
  const bounds = [min, ...cuts, max + 1n].map((time) => fileTime(type, time));
  for (let i = 0; i <= cuts.length; i++) {
    const path = join(argv.outputDir, `${stem}_${bounds[i]}__${bounds[i + 1]}.rrd`);
    const sink = save(path, { overwrite: true });
    try {
      for (const store of stores) sink.write(messagesOf(store, split.get(store), i, argv));
    } finally {
      await sink.close();
    }
    console.error(path);
  }
  return 0;
}

async function readStores(source: string): Promise<Store[]> {
  const stores = new Map<string, Store>();
  const onDamage = ({ error }: { readonly error: RerunError }): void => {
    console.error(`rerun-rx: ${source}: ${error.message}`);
  };
  for await (const { message } of readSources([source], { onDamage })) {
    const { storeId } = message;
    const key = JSON.stringify([storeId.kind, storeId.applicationId, storeId.recordingId]);
    let store = stores.get(key);
    if (store === undefined) stores.set(key, (store = { storeId, others: [], chunks: [] }));
    if (message.kind === "chunk") store.chunks.push(message.chunk);
    else store.others.push(message);
  }
  return [...stores.values()];
}

function rangeOf(
  stores: readonly Store[],
  { timeline }: SplitArguments,
): { readonly type: TimeType; readonly min: bigint; readonly max: bigint } {
  const names = new Set<string>();
  let range: { type: TimeType; min: bigint; max: bigint } | undefined;
  for (const { chunks } of stores)
    for (const chunk of chunks)
      for (const stats of chunk.timelines) {
        names.add(stats.timeline.name);
        if (stats.timeline.name !== timeline) continue;
        const { type } = stats.timeline;
        if (range !== undefined && range.type !== type)
          throw new RerunError(
            "invalid-data",
            `Expected the timeline ${quote(timeline)} to be of one type, found ${range.type} and ${type}`,
          );
        range = {
          type,
          min: range === undefined || stats.min < range.min ? stats.min : range.min,
          max: range === undefined || stats.max > range.max ? stats.max : range.max,
        };
      }
  if (range === undefined)
    throw new RerunError(
      "invalid-argument",
      `Expected --timeline to be one of ${[...names].join(", ")}, got ${quote(timeline)}`,
    );
  return range;
}

function cutsOf(
  { time, numParts }: SplitArguments,
  type: TimeType,
  min: bigint,
  max: bigint,
): bigint[] {
  if (time.length > 0 === (numParts !== undefined))
    throw new RerunError("invalid-argument", "Expected either --time or --num-parts");
  if (numParts !== undefined) {
    if (!Number.isInteger(numParts) || numParts < 2)
      throw new RerunError(
        "invalid-argument",
        `Expected --num-parts to be a whole number from 2 on, got ${numParts}`,
      );
    const span = (max + 1n - min) / BigInt(numParts);
    return Array.from({ length: numParts - 1 }, (_, i) => min + span * BigInt(i + 1));
  }
  return time.map((text) => parseTimeText(text, type)).sort((a, b) => (a < b ? -1 : 1));
}

const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 6e10,
  h: 3.6e12,
};

function parseTimeText(text: string, type: TimeType): bigint {
  if (/^-?\d+$/.test(text)) return BigInt(text);
  if (type === "duration") {
    const [, number, unit] = /^(-?\d+(?:\.\d+)?)\s*(ns|us|ms|s|m|h)$/.exec(text) ?? [];
    if (number !== undefined && unit !== undefined)
      return BigInt(Math.round(Number(number) * (UNITS[unit] as number)));
  }
  const date = type === "timestamp" ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(date)) return BigInt(date) * 1_000_000n;
  throw new RerunError(
    "invalid-argument",
    `Expected --time to be a time of a ${type} timeline, got ${quote(text)}`,
  );
}

/** A time as part of a file name. */
const fileTime = (type: TimeType, time: bigint): string =>
  formatTime(type, time).replaceAll(/[.: ]/g, "_");

function messagesOf(
  { storeId, others, chunks }: Store,
  split: readonly Chunk[][] | undefined,
  part: number,
  { recordingId, timeline, dropUnusedTimelines }: SplitArguments,
): LogMsg[] {
  // A blueprint is needed as a whole, wherever it is used.
  if (split === undefined) {
    const [first, ...rest] = others;
    const all = chunks.map((chunk): LogMsg => ({ kind: "chunk", storeId, chunk }));
    return [...(first === undefined ? [] : [first]), ...all, ...rest];
  }
  const own: StoreId = {
    ...storeId,
    recordingId: `${recordingId ?? `${storeId.recordingId}-`}${part}`,
  };
  const edited = (split[part] ?? []).flatMap((chunk) => {
    if (!dropUnusedTimelines || chunk.isStatic) return [chunk];
    return withoutTimelines(chunk, (name) => name !== timeline, "drop") ?? [];
  });
  return [
    ...others.map((message): LogMsg => ({ ...message, storeId: own })),
    ...edited.map((chunk): LogMsg => ({ kind: "chunk", storeId: own, chunk })),
  ];
}
