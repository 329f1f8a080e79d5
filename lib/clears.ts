import type { Chunk } from "./chunk.ts";

/**
 * One byte for each row, 1 where it is a `Clear`; undefined when the chunk has none. A clear takes things out of the
 * viewer: what thins data out must not lose it.
 */
export function clearedRows(chunk: Chunk): Uint8Array | undefined {
  const clear = chunk.components.find((c) => c.descriptor.component === "Clear:is_recursive");
  if (clear === undefined || clear.numCells === 0) return undefined;
  const { valid } = chunk.column(clear.descriptor);
  return valid ?? new Uint8Array(chunk.numRows).fill(1);
}
