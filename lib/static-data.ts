import { BlueprintRoles, blueprintKey } from "./blueprint-roles.ts";
import { byteSizeOf, isPinned, type LogMsg } from "./log-msg.ts";
import type { MessageLogOptions } from "./message-log.ts";

/** How a log keeps what every sink gets, whenever it comes; for each log anew, as it remembers blueprints. */
export function messageRetention(): Pick<
  MessageLogOptions<LogMsg>,
  "sizeOf" | "isPinned" | "pinKey" | "groupOf" | "endsGroups"
> {
  const roles = new BlueprintRoles();
  return {
    sizeOf: byteSizeOf,
    isPinned,
    pinKey: pinKeyOf,
    groupOf: ({ storeId }) => blueprintKey(storeId),
    endsGroups: (message) => roles.endedBy(message),
  };
}

/**
 * Which static chunk takes the place of which: one with the same components of the same entity. As in Rerun's
 * store, only the latest static value of a component counts, so late sinks need no older ones. Of blueprints only what
 * is latest counts at all, and the last activation.
 */
export function pinKeyOf(message: LogMsg): string | readonly string[] | undefined {
  const blueprint = blueprintKey(message.storeId);
  if (blueprint !== undefined) return blueprintKeys(message, blueprint);
  if (message.kind !== "chunk" || !message.chunk.isStatic) return undefined;
  const { chunk, storeId } = message;
  // Rows in which some component is missing leave that one to earlier rows.
  if (chunk.components.some((c) => c.numCells === 0)) return undefined;
  return `${storeId.recordingId}\n${chunk.entityPath}\n${chunk.components.map((c) => c.descriptor.component).join("\n")}`;
}

function blueprintKeys(message: LogMsg, blueprint: string): string | readonly string[] | undefined {
  if (message.kind === "set-store-info") return undefined;
  if (message.kind === "blueprint-activation") return `activation\n${blueprint}`;
  const { entityPath, isStatic, components } = message.chunk;
  const entity = `${blueprint}\n${isStatic}\n${entityPath}`;
  return components.map(({ descriptor }) => `${entity}\n${descriptor.component}`);
}
