import type { MonoTypeOperatorFunction } from "rxjs";
import { checkNumber } from "../lib/check-number.ts";
import type { Chunk } from "../lib/chunk.ts";
import { keepRows } from "../lib/chunk-edit.ts";
import { clearedRows } from "../lib/clears.ts";
import { EntityStates } from "../lib/entity-state.ts";
import { isPinned, type LogMsg } from "../lib/log-msg.ts";
import { mapMessages, withChunk } from "./map-messages.ts";

/**
 * Lets every n-th row of each entity pass: the first one, then one of each `n`, counted through all chunks of the
 * entity in the order in which they come.
 *
 * ```ts
 * pipe: [sampleEntities(10)]; // a tenth of the data
 * ```
 *
 * Rows pass whole or not at all: of components that are logged in turns some may never pass, for them
 * `throttleEntities` is better. A `Clear` passes always and is not counted: what it clears would stay in the viewer.
 * Static data and properties pass. Order stays. Chunks of which only some rows pass get ids of their own.
 *
 * @param n whole number from 1 on
 * @throws RerunError `invalid-argument`
 */
export function sampleEntities(n: number): MonoTypeOperatorFunction<LogMsg> {
  checkNumber("n", n, { min: 1, whole: true, finite: true });
  return mapMessages(() => {
    const entities = new EntityStates(() => ({ count: 0 }));
    return (message) => {
      if (isPinned(message)) return message;
      const { chunk } = message;
      const state = entities.of(message);
      const rows = sampled(chunk, n, state.count);
      state.count = (state.count + countedRows(chunk)) % n;
      return withChunk(message, keepRows(chunk, rows));
    };
  });
}

function countedRows(chunk: Chunk): number {
  const clears = clearedRows(chunk);
  return clears === undefined ? chunk.numRows : clears.filter((isClear) => isClear === 0).length;
}

/** @param count rows of the entity since the last one that passed, 0 = the next one passes */
function sampled(chunk: Chunk, n: number, count: number): Uint32Array {
  const clears = clearedRows(chunk);
  const rows: number[] = [];
  if (clears === undefined) {
    for (let row = (n - count) % n; row < chunk.numRows; row += n) rows.push(row);
  } else {
    let at = count;
    for (let row = 0; row < chunk.numRows; row++) {
      if (clears[row] !== 0) rows.push(row);
      else if (at++ % n === 0) rows.push(row);
    }
  }
  return Uint32Array.from(rows);
}
