import { EntityStates } from "./entity-state.ts";
import { LatestCells, type Picks, pickedMessages } from "./latest-cells.ts";
import type { ChunkMsg } from "./log-msg.ts";
import { lowestOf } from "./pipe-scope.ts";

/** Temporal data that must wait, and what of it is dropped. */
export interface WaitingMessages {
  /** The position of the first that came of what waits; see `PipeScope`. */
  readonly heldFrom: number | undefined;
  readonly isEmpty: boolean;
  readonly droppedRows: number;
  readonly droppedBytes: number;
  add(message: ChunkMsg, position: number): void;
  /**
   * The next of what waits: the messages of one entity, or one message; none when nothing waits. `from` is the position of
   * the first that came of it.
   */
  next(): { readonly messages: readonly ChunkMsg[]; readonly from: number | undefined };
  /** Removes what {@link next} showed. */
  shift(): void;
}

/** All that waits, in order; past a number of bytes the oldest is dropped. */
export class DelayedMessages implements WaitingMessages {
  droppedRows = 0;
  droppedBytes = 0;
  readonly #limit: number;
  #queue: ({ readonly message: ChunkMsg; readonly from: number } | undefined)[] = [];
  #head = 0;
  #bytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get isEmpty(): boolean {
    return this.#head === this.#queue.length;
  }

  get heldFrom(): number | undefined {
    return lowestOf(this.#waiting(), ({ from }) => from);
  }

  add(message: ChunkMsg, position: number): void {
    this.#queue.push({ message, from: position });
    this.#bytes += message.chunk.byteLength;
    // The newest may always wait, or a large message would never pass.
    while (this.#bytes > this.#limit && this.#head < this.#queue.length - 1) {
      const { chunk } = this.#remove();
      this.droppedRows += chunk.numRows;
      this.droppedBytes += chunk.byteLength;
    }
  }

  next(): { messages: readonly ChunkMsg[]; from: number | undefined } {
    const first = this.#queue[this.#head];
    return first === undefined
      ? { messages: [], from: undefined }
      : { messages: [first.message], from: first.from };
  }

  shift(): void {
    if (!this.isEmpty) this.#remove();
  }

  *#waiting(): Generator<{ readonly from: number }> {
    for (let i = this.#head; i < this.#queue.length; i++) {
      const waiting = this.#queue[i];
      if (waiting !== undefined) yield waiting;
    }
  }

  #remove(): ChunkMsg {
    const { message } = this.#queue[this.#head] as { message: ChunkMsg };
    this.#queue[this.#head++] = undefined;
    this.#bytes -= message.chunk.byteLength;
    if (this.#head > 1024 && 2 * this.#head > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return message;
  }
}

interface WaitingEntity {
  readonly latest: LatestCells;
  rows: number;
  bytes: number;
  /** What would pass now; made when it is asked for. */
  messages: readonly ChunkMsg[] | undefined;
}

/** Of each entity the latest values; entities take turns. */
export class LatestMessages implements WaitingMessages {
  droppedRows = 0;
  droppedBytes = 0;
  readonly #entities = new EntityStates<WaitingEntity>(() => ({
    latest: new LatestCells(),
    rows: 0,
    bytes: 0,
    messages: undefined,
  }));
  /** In the order in which they began to wait. */
  readonly #waiting = new Set<WaitingEntity>();

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  get heldFrom(): number | undefined {
    return lowestOf(this.#waiting, ({ latest }) => latest.from);
  }

  add(message: ChunkMsg, position: number): void {
    const entity = this.#entities.of(message);
    entity.latest.add(message, position);
    entity.rows += message.chunk.numRows;
    entity.bytes += message.chunk.byteLength;
    entity.messages = undefined;
    this.#waiting.add(entity);
  }

  next(): { messages: readonly ChunkMsg[]; from: number | undefined } {
    const [entity] = this.#waiting;
    if (entity === undefined) return { messages: [], from: undefined };
    if (entity.messages === undefined) {
      const picks: Picks = new Map();
      entity.latest.pick(picks);
      entity.messages = pickedMessages(picks);
    }
    return { messages: entity.messages, from: entity.latest.from };
  }

  shift(): void {
    const { messages } = this.next();
    const [entity] = this.#waiting;
    if (entity === undefined) return;
    this.#waiting.delete(entity);
    let { rows, bytes } = entity;
    for (const { chunk } of messages) {
      rows -= chunk.numRows;
      bytes -= chunk.byteLength;
    }
    if (rows > 0) {
      this.droppedRows += rows;
      this.droppedBytes += Math.max(0, bytes);
    }
    entity.latest.clear();
    entity.rows = 0;
    entity.bytes = 0;
    entity.messages = undefined;
  }
}
