import type { BlueprintRow } from "./blueprint/like.ts";
import type { Chunk } from "./chunk.ts";
import { ChunkBuilder } from "./chunk-builder.ts";
import type { TimePoint } from "./time.ts";
import type { Tuid } from "./tuid.ts";

/** A row of a blueprint as a chunk of its own. */
export function rowChunk(row: BlueprintRow, id: Tuid, rowId: Tuid, time: TimePoint): Chunk {
  const builder = new ChunkBuilder(row.entityPath, time.shape);
  const { entityPath, batches } = row;
  builder.append({ kind: "row", entityPath, rowId, time, batches }, false);
  return builder.finish(id);
}
