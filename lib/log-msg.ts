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
  /** What wrote it, in the words of the file it was read from; so it is written again. */
  readonly origin?: StoreOrigin | undefined;
  /** Version of Rerun that wrote it, such as `0.33.0`, if it was read from somewhere. */
  readonly version?: string | undefined;
}

/** `rerun.log_msg.v1alpha1.StoreSource`. */
export interface StoreOrigin {
  /** 1 C SDK, 2 Python SDK, 3 Rust SDK, 4 file, 5 viewer, 6 other. */
  readonly kind: number;
  /** Details; what they mean depends on the kind. */
  readonly extra: Uint8Array;
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
