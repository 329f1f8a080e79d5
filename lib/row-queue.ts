import { keepRows } from "./chunk-edit.ts";
import type { ChunkMsg } from "./log-msg.ts";
import type { Timeline } from "./time.ts";

/** A chunk of which some rows wait. */
interface WaitingChunk {
  readonly message: ChunkMsg;
  /** Times of its rows as units since the origin, ascending. */
  readonly times: Float64Array;
  /** The row of each of these; undefined when they are in order. */
  readonly rows: Uint32Array | undefined;
  /** Counts the chunks, so that of equal times the first comes first. */
  readonly order: number;
  /** The first that waits. */
  next: number;
}

/**
 * Rows of chunks by their times on one timeline. What is taken together of one chunk stays one chunk; rows that are taken
 * apart become chunks of their own.
 */
export class RowQueue {
  readonly #origin: bigint;
  /** A heap: each is not later than the two at twice its index. */
  readonly #heap: WaitingChunk[] = [];
  #order = 0;
  #bytes = 0;

  /** @param origin from which times are counted */
  constructor(origin: bigint) {
    this.#origin = origin;
  }

  /** Bytes of the chunks of which something waits. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Earliest time that waits, as units since the origin; undefined when nothing does. */
  get first(): number | undefined {
    const [top] = this.#heap;
    return top && timeOf(top);
  }

  /** Adds the rows of a chunk; `timeline` is one of its own. */
  add(message: ChunkMsg, timeline: Timeline): void {
    const all = message.chunk.times(timeline);
    let times = Float64Array.from(all, (time) => Number(time - this.#origin));
    let rows: Uint32Array | undefined;
    if (times.some((time, i) => i > 0 && time < (times[i - 1] as number))) {
      const unsorted = times;
      rows = Uint32Array.from(times, (_, i) => i).sort(
        (a, b) => (unsorted[a] as number) - (unsorted[b] as number) || a - b,
      );
      times = Float64Array.from(rows, (row) => unsorted[row] as number);
    }
    if (times.length === 0) return;
    this.#bytes += message.chunk.byteLength;
    this.#push({ message, times, rows, order: this.#order++, next: 0 });
  }

  /** Takes the rows up to a time, that time included, in the order of their times. */
  takeUntil(time: number): ChunkMsg[] {
    const taken: ChunkMsg[] = [];
    for (let top = this.#heap[0]; top !== undefined && timeOf(top) <= time; top = this.#heap[0]) {
      const from = top.next;
      while (top.next < top.times.length && timeOf(top) <= time) top.next++;
      const message = part(top, from);
      if (message !== undefined) taken.push(message);
      this.#pop();
      if (top.next < top.times.length) this.#push(top);
      else this.#bytes -= top.message.chunk.byteLength;
    }
    return taken;
  }

  #push(item: WaitingChunk): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(item, heap[parent] as WaitingChunk)) break;
      heap[at] = heap[parent] as WaitingChunk;
      at = parent;
    }
    heap[at] = item;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as WaitingChunk;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      const other = child + 1;
      if (other < heap.length && isBefore(heap[other] as WaitingChunk, heap[child] as WaitingChunk))
        child = other;
      if (!isBefore(heap[child] as WaitingChunk, last)) break;
      heap[at] = heap[child] as WaitingChunk;
      at = child;
    }
    heap[at] = last;
  }
}

const timeOf = ({ times, next }: WaitingChunk): number => times[next] as number;

function isBefore(a: WaitingChunk, b: WaitingChunk): boolean {
  const [timeA, timeB] = [timeOf(a), timeOf(b)];
  return timeA === timeB ? a.order < b.order : timeA < timeB;
}

/** The rows from `from` to those that wait, as they stand in the chunk. */
function part({ message, rows, next }: WaitingChunk, from: number): ChunkMsg | undefined {
  const { chunk } = message;
  const kept =
    rows === undefined ? { from, to: next } : rows.slice(from, next).sort((a, b) => a - b);
  const some = keepRows(chunk, kept);
  // One that cannot be parted comes as a whole, with the first of its rows.
  if (some === chunk) return from === 0 ? message : undefined;
  return some && { ...message, chunk: some };
}
