import type { ChunkColumns, TimelineStats } from "./chunk.ts";
import { keepCells } from "./chunk-edit.ts";
import type { ComponentDescriptor } from "./component-batch.ts";
import type { ChunkMsg } from "./log-msg.ts";
import { lowestOf } from "./pipe-scope.ts";

/** The value of a component in one row of one chunk. */
interface Cell {
  readonly message: ChunkMsg;
  readonly descriptor: ComponentDescriptor;
  readonly row: number;
  /** Counts the messages. */
  readonly order: number;
  /** See `PipeScope`. */
  readonly from: number;
}

/** Cells that were chosen, by message: ascending rows of each component. */
export type Picks = Map<ChunkMsg, Map<ComponentDescriptor, number[]>>;

/**
 * The latest value of each component of one entity, of the rows that came since the last look.
 *
 * A value is superseded only by one that replaces it on all of its timelines: whichever timeline a viewer shows, it
 * sees the latest.
 */
export class LatestCells {
  /** By component: several where rows have different timelines. */
  readonly #cells = new Map<string, Cell[]>();
  #order = 0;

  get isEmpty(): boolean {
    return this.#cells.size === 0;
  }

  /** The lowest position of what it holds; undefined while that is nothing. */
  get from(): number | undefined {
    return lowestOf(this.#cells.values(), (cells) => lowestOf(cells, ({ from }) => from));
  }

  /**
   * Takes note of rows `from` to before `to` of a chunk.
   *
   * @param position of the message in the pipeline, see `PipeScope`
   */
  add(message: ChunkMsg, position = 0, from = 0, to: number = message.chunk.numRows): void {
    const { chunk } = message;
    const order = this.#order++;
    let columns: ChunkColumns | undefined;
    for (const { descriptor, numCells } of chunk.components) {
      let row = to - 1;
      if (numCells < chunk.numRows) {
        columns ??= chunk.columns();
        const { valid } = columns.component(descriptor);
        while (row >= from && valid?.[row] === 0) row--;
      }
      if (row < from) continue;
      const cell = { message, descriptor, row, order, from: position };
      const older = this.#cells.get(descriptor.component) ?? [];
      this.#cells.set(descriptor.component, [
        ...older.filter((c) => !isWithin(c.message.chunk.timelines, chunk.timelines)),
        cell,
      ]);
    }
  }

  /** Adds the values to what was picked before, in the order in which their messages came, and begins anew. */
  take(picks: Picks): void {
    this.pick(picks);
    this.clear();
  }

  /** The same without beginning anew. */
  pick(picks: Picks): void {
    const cells = [...this.#cells.values()].flat().sort((a, b) => a.order - b.order);
    for (const { message, descriptor, row } of cells) {
      let own = picks.get(message);
      if (own === undefined) {
        own = new Map();
        picks.set(message, own);
      }
      const rows = own.get(descriptor);
      if (rows === undefined) own.set(descriptor, [row]);
      else rows.push(row);
    }
  }

  clear(): void {
    this.#cells.clear();
  }
}

function isWithin(older: readonly TimelineStats[], newer: readonly TimelineStats[]): boolean {
  return older.every(({ timeline }) => newer.some((t) => t.timeline === timeline));
}

/** Messages of what was picked and of nothing else. */
export function pickedMessages(picks: Picks): ChunkMsg[] {
  const messages: ChunkMsg[] = [];
  for (const [message, cells] of picks) {
    const chunk = keepCells(message.chunk, cells);
    if (chunk === message.chunk) messages.push(message);
    else if (chunk !== undefined) messages.push({ ...message, chunk });
  }
  return messages;
}
