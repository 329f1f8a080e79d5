import type { LogMsg } from "./log-msg.ts";

/**
 * Which static chunk takes the place of which: one with the same components of the same entity. As in Rerun's
 * store, only the latest static value of a component counts, so late sinks need no older ones.
 */
export function pinKeyOf(message: LogMsg): string | undefined {
  if (message.kind !== "chunk" || !message.chunk.isStatic || message.storeId.kind === "blueprint")
    return undefined;
  const { chunk, storeId } = message;
  // Rows in which some component is missing leave that one to earlier rows.
  if (chunk.components.some((c) => c.numCells === 0)) return undefined;
  return `${storeId.recordingId}\n${chunk.entityPath}\n${chunk.components.map((c) => c.descriptor.component).join("\n")}`;
}
