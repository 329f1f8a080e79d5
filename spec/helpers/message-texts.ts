import { Spatial3DView } from "../../lib/blueprint/index.ts";
import type { BlueprintLike } from "../../lib/blueprint/like.ts";
import { blueprintMessages } from "../../lib/blueprint-store.ts";
import type { Chunk } from "../../lib/chunk.ts";
import type { LogMsg, StoreId } from "../../lib/log-msg.ts";
import { WARNINGS_PATH } from "../../lib/recording-info.ts";
import { TuidGenerator } from "../../lib/tuid.ts";
import { plainRows } from "./chunk-rows.ts";
import type { DecodedMessage } from "./decode-rrd.ts";
import { chunkText } from "./flow.ts";

/** A message, however it came: handed over, or read from a file. */
export interface SeenMessage {
  readonly kind: LogMsg["kind"];
  readonly storeId: StoreId;
  readonly chunk?: Pick<Chunk, "entityPath" | "isStatic" | "ipc">;
}

/** A message that our second reader found in a file. */
export function seenIn(message: DecodedMessage): SeenMessage {
  const { kind, storeId } = message;
  if (kind !== "chunk") return { kind, storeId };
  const { entityPath, ipc, timelines } = message;
  return { kind, storeId, chunk: { entityPath, ipc, isStatic: timelines.length === 0 } };
}

/** What `blueprint /robot` stands for: one view of that entity. */
export const blueprintOf = (origin: string): BlueprintLike => Spatial3DView({ origin });

/** How many messages a blueprint is that is sent whole. */
const BLUEPRINT_SIZE = blueprintMessages("app", blueprintOf("/"), new TuidGenerator(), {}).length;

/** The messages that one receiver gets, as the short texts of diagrams. */
export class MessageTexts {
  /** Of each blueprint that is on its way here: what was said of its view, and how much of it came. */
  readonly #blueprints = new Map<string, { origin: string; size: number }>();

  /** The text of the next message; undefined for one of a blueprint that is not complete yet. */
  next(message: SeenMessage): string | undefined {
    const { kind, storeId, chunk } = message;
    if (storeId.kind === "blueprint") return this.#ofBlueprint(message);
    if (kind === "set-store-info") return "store";
    if (chunk === undefined) throw new Error("A recording is not activated");
    return chunk.entityPath === WARNINGS_PATH ? "warning" : chunkText(chunk);
  }

  #ofBlueprint({ kind, storeId, chunk }: SeenMessage): string | undefined {
    const known = this.#blueprints.get(storeId.recordingId) ?? { origin: "?", size: 0 };
    known.size++;
    this.#blueprints.set(storeId.recordingId, known);
    for (const { cells } of chunk === undefined ? [] : plainRows(chunk)) {
      const origin = cells["ViewBlueprint:space_origin"];
      if (Array.isArray(origin)) known.origin = String(origin[0]);
    }
    if (kind !== "blueprint-activation") return undefined;
    this.#blueprints.delete(storeId.recordingId);
    const all = known.size === BLUEPRINT_SIZE ? "" : `${known.size} messages of `;
    return `${all}blueprint ${known.origin}`;
  }
}
