import type { Subscription } from "../protocol.ts";
import type { HubItem } from "./hub-item.ts";

/** Everything but tables, which only `ReadTables` has a place for. */
export const wantsMessages = (item: HubItem): boolean => item.kind !== "table";

/** Tables alone. */
export const wantsTables = (item: HubItem): boolean => item.kind === "table";

/** Properties of a recording belong to it whatever entities are asked for. */
const PROPERTIES = "/__properties";

/** Decides what a viewer gets of what is there, by what it subscribed to. */
export function wantsOf({
  stores,
  recordings,
  entities,
}: Subscription = {}): (item: HubItem) => boolean {
  if (stores === undefined && recordings === undefined && entities === undefined)
    return wantsMessages;
  const ids = recordings && new Set(recordings);
  const trees = entities && [...entities, PROPERTIES].map((path) => path.replace(/\/+$/, ""));
  return ({ kind, storeId, entityPath }) => {
    if (kind === "table" || storeId === undefined) return false;
    if (stores !== undefined && !stores.includes(storeId.kind)) return false;
    if (storeId.kind === "blueprint") return true;
    if (ids !== undefined && !ids.has(storeId.recordingId)) return false;
    if (trees === undefined || entityPath === undefined) return true;
    return trees.some((tree) => entityPath === tree || entityPath.startsWith(`${tree}/`));
  };
}
