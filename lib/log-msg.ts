import type { Chunk } from "./chunk.ts";
import type { Tuid } from "./tuid.ts";

/** Identifies a store: the data of one recording, or one blueprint of an application. */
export interface StoreId {
  readonly kind: "recording" | "blueprint";
  readonly applicationId: string;
  readonly recordingId: string;
}

/** Announces a store; comes before its data. */
export interface SetStoreInfo {
  readonly kind: "set-store-info";
  readonly storeId: StoreId;
  readonly rowId: Tuid;
  /** Free description of what writes, such as `rerun-rx 0.1.0`. */
  readonly source: string;
}

/** Data: one chunk of one store. */
export interface ChunkMsg {
  readonly kind: "chunk";
  readonly storeId: StoreId;
  readonly chunk: Chunk;
}

/** Makes a blueprint, sent completely before, the active or the default one of its application. */
export interface BlueprintActivation {
  readonly kind: "blueprint-activation";
  readonly storeId: StoreId;
  readonly makeActive: boolean;
  readonly makeDefault: boolean;
}

/** What flows to sinks, in order. */
export type LogMsg = SetStoreInfo | ChunkMsg | BlueprintActivation;

/**
 * True for what every sink gets first, whatever its start point, and what is never dropped: store info,
 * static data, properties (which are static) and everything of a blueprint.
 */
export function isPinned(message: LogMsg): boolean {
  return message.kind !== "chunk" || message.chunk.isStatic || message.storeId.kind === "blueprint";
}

/** Bytes that a message keeps in memory. */
export function byteSizeOf(message: LogMsg): number {
  return message.kind === "chunk" ? message.chunk.byteLength : 256;
}
