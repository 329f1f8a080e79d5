import { slice } from "../arrow/slice.ts";
import { blueprintKey } from "../blueprint-roles.ts";
import { TIMELINE } from "../blueprint-store.ts";
import type { Chunk } from "../chunk.ts";
import { ComponentBatch } from "../component-batch.ts";
import type { RrdSource } from "../decode/byte-input.ts";
import { RerunError } from "../errors.ts";
import type { BlueprintLike, BlueprintRow } from "./like.ts";

/** How {@link loadBlueprint} reads. */
export interface LoadBlueprintOptions {
  /** Ends the reading. */
  readonly signal?: AbortSignal;
}

interface StoredRow extends BlueprintRow {
  readonly time: bigint;
  readonly rowId: Uint8Array;
}

/**
 * Reads a blueprint from a file, such as one that was saved in the viewer, to be sent for any application.
 *
 * ```ts
 * rec.sendBlueprint(await loadBlueprint("layout.rbl"));
 * ```
 *
 * Of several blueprints it takes the one that was activated last. Parts keep the ids that they have in the file.
 *
 * @param source a path (Node), a URL, bytes, a `Blob`, a stream
 * @throws RerunError `invalid-data` when there is no blueprint in it; `unsupported-data`, `file-missing`,
 *   `permission-denied`, `io-failed`
 */
export async function loadBlueprint(
  source: RrdSource,
  options: LoadBlueprintOptions = {},
): Promise<BlueprintLike> {
  // Reading is a large part of its own, of which most programs need nothing.
  const { readRrd } = await import("../decode/read-rrd.ts");
  const stores = new Map<string, StoredRow[]>();
  let chosen: string | undefined;
  for await (const message of readRrd(source, options)) {
    const key = blueprintKey(message.storeId);
    if (key === undefined) continue;
    if (message.kind === "blueprint-activation") chosen = key;
    if (message.kind !== "chunk") continue;
    const rows = stores.get(key) ?? [];
    rows.push(...rowsOf(message.chunk));
    stores.set(key, rows);
  }
  const found = stores.get(chosen ?? [...stores.keys()].at(-1) ?? "");
  if (found === undefined)
    throw new RerunError(
      "invalid-data",
      "Expected a file with a blueprint, got one without; save one in the viewer or by saveBlueprint",
    );
  const rows = found
    .toSorted(inOrder)
    .map(({ entityPath, batches, isStatic }): BlueprintRow => ({ entityPath, batches, isStatic }));
  return { toRows: () => ({ rows, storeId: undefined }) };
}

function rowsOf(chunk: Chunk): readonly StoredRow[] {
  const { entityPath, isStatic, numRows, rowIds } = chunk;
  const timeline = chunk.timelines.find((t) => t.timeline.name === TIMELINE)?.timeline;
  const times = timeline === undefined ? undefined : chunk.times(timeline);
  const columns = chunk.components.map(({ descriptor }) => ({
    descriptor,
    column: chunk.column(descriptor),
  }));
  return Array.from({ length: numRows }, (_, i): StoredRow => {
    const batches = columns.flatMap(({ descriptor, column }) => {
      const { offsets, valid, children } = column;
      const [start, end, values] = [offsets?.[i], offsets?.[i + 1], children?.[0]];
      if (valid?.[i] === 0 || start === undefined || end === undefined || values === undefined)
        return [];
      if (start === end) return [ComponentBatch.empty(descriptor)];
      return [new ComponentBatch(descriptor, end - start, slice(values, start, end))];
    });
    const rowId = rowIds.subarray(16 * i, 16 * i + 16);
    return { entityPath, batches, isStatic, rowId, time: times?.[i] ?? 0n };
  });
}

/** As the viewer has it: of two values the later one holds, and at one time the one that was written later. */
function inOrder(a: StoredRow, b: StoredRow): number {
  if (a.time !== b.time) return a.time < b.time ? -1 : 1;
  for (let i = 0; i < 16; i++) {
    const difference = (a.rowId[i] ?? 0) - (b.rowId[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
