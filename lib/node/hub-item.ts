import { encodeFrameParts, MESSAGE_HEADER_BYTES } from "../encode/rrd.ts";
import { type BlueprintActivation, isPinned, type LogMsg, type StoreId } from "../log-msg.ts";
import { keptMemory } from "./kept-memory.ts";

/** A message as a hub keeps it: encoded, with what is needed to keep, drop and filter it. */
export interface HubItem {
  /** One RRD message, its header of 16 bytes included, in pieces; of a table, the message of gRPC. */
  parts: readonly Uint8Array[];
  /** Bytes of memory, counted generously. */
  readonly bytes: number;
  /** Never dropped. */
  readonly pinned: boolean;
  /** What it is the latest of; it is superfluous once later items have come for all of them. */
  readonly keys: readonly string[];
  /** True when the next message should reach viewers together with this one. */
  readonly joinsNext: boolean;
  readonly kind: "store-info" | "chunk" | "activation" | "table";
  /** Absent for tables. */
  readonly storeId: StoreId | undefined;
  /** Of chunks alone. */
  readonly entityPath?: string | undefined;
  /** Of activations alone. */
  readonly activation?: BlueprintActivation | undefined;
}

/** Objects around the bytes of a message, measured: the item, its entry in the log, views; and its id among those known. */
const ITEM_OVERHEAD = 512;

/** Pieces of messages below this size are joined: each view of a few bytes takes a hundred more. */
const JOIN_BYTES = 4096;

/** Encodes a message for a hub. Chunks are not copied unless they are small or compressed. */
export function hubItem(message: LogMsg, compression: "lz4" | "none"): HubItem {
  // Kept for late viewers, so it must not hang on memory that is the caller's.
  if (message.kind === "chunk") message.chunk.own();
  return itemOf(message, encodeFrameParts(message, compression));
}

/** The item of a message that is encoded already. */
export function itemOf(message: LogMsg, frame: readonly Uint8Array[]): HubItem {
  const size = sizeOf(frame);
  const keys = keysOf(message);
  return {
    parts: size < JOIN_BYTES && frame.length > 1 ? [join(frame, size)] : frame,
    bytes: size + ITEM_OVERHEAD + lengthOf(keys),
    pinned: isPinned(message),
    keys,
    joinsNext: message.kind === "chunk" && message.storeId.kind === "blueprint",
    kind: kinds[message.kind],
    storeId: message.storeId,
    entityPath: message.kind === "chunk" ? message.chunk.entityPath : undefined,
    activation: message.kind === "blueprint-activation" ? message : undefined,
  };
}

/** The item of a table: `bytes` is the request of `WriteTable`, which has the form of an answer of `ReadTables`. */
export function tableItem(id: string, bytes: Uint8Array): HubItem {
  return {
    parts: [bytes],
    bytes: bytes.length + ITEM_OVERHEAD,
    pinned: false,
    keys: [`table\n${id}`],
    joinsNext: false,
    kind: "table",
    storeId: undefined,
  };
}

/** Copies a small message that is to stay long: it must not keep the memory that it shares with its neighbours. */
export function ownMemory(item: HubItem): void {
  const [only] = item.parts;
  if (only !== undefined && item.parts.length === 1 && only.length * 2 < only.buffer.byteLength)
    // Not `slice`: that of a `Buffer` copies nothing.
    item.parts = [new Uint8Array(only)];
}

/** The message itself, without the header of the RRD format. */
export function bareParts(item: HubItem): readonly Uint8Array[] {
  if (item.kind === "table") return item.parts;
  const [first, ...rest] = item.parts as [Uint8Array];
  return first.length === MESSAGE_HEADER_BYTES
    ? rest
    : [first.subarray(MESSAGE_HEADER_BYTES), ...rest];
}

/** Bytes of all pieces together. */
export function sizeOf(parts: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const part of parts) bytes += part.length;
  return bytes;
}

/** Of each store the same object, as a rule. */
const storeKeys = new WeakMap<StoreId, string>();

/** Tells stores apart. */
export function storeKey(storeId: StoreId): string {
  let key = storeKeys.get(storeId);
  if (key === undefined) {
    key = `${storeId.kind}\n${storeId.applicationId}\n${storeId.recordingId}`;
    storeKeys.set(storeId, key);
  }
  return key;
}

/** What long keys take, which nobody shares. */
function lengthOf(keys: readonly string[]): number {
  let length = 0;
  for (const key of keys) length += key.length > MAX_SHARED_LENGTH ? key.length : 0;
  return length;
}

const kinds = {
  "set-store-info": "store-info",
  chunk: "chunk",
  "blueprint-activation": "activation",
} as const;

function join(parts: readonly Uint8Array[], size: number): Uint8Array {
  const all = keptMemory(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Chunks of one form share their keys: they would take more memory than small chunks. */
let shared = new Map<string, readonly string[]>();
const MAX_SHARED = 10_000;
const MAX_SHARED_LENGTH = 4096;

/**
 * What a later message makes superfluous: an activation that is repeated, and of each component of an entity all but
 * the latest value. Static values replace static ones; others those on the same timelines, because a value on one
 * timeline says nothing on another. Of blueprints only what is latest counts.
 */
function keysOf(message: LogMsg): readonly string[] {
  const store = storeKey(message.storeId);
  if (message.kind === "blueprint-activation")
    return [`activation\n${store}\n${message.makeActive}\n${message.makeDefault}`];
  // Of store infos the log itself keeps the first and the latest.
  if (message.kind !== "chunk") return [];
  const { entityPath, timelines, components } = message.chunk;
  let base = "";
  for (const { timeline } of timelines) base += `${timeline.name}\n`;
  base += `\n${store}\n${entityPath}\n\n`;
  const names: string[] = [];
  let form = base;
  for (const { descriptor, numCells } of components) {
    // Where all cells are empty, earlier values still hold.
    if (numCells === 0) continue;
    names.push(descriptor.component);
    form += `${descriptor.component}\n`;
  }
  const known = shared.get(form);
  if (known !== undefined) return known;
  const keys = names.map((name) => base + name);
  if (form.length <= MAX_SHARED_LENGTH) {
    if (shared.size >= MAX_SHARED) shared = new Map();
    shared.set(form, keys);
  }
  return keys;
}
