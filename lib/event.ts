import type { Chunk } from "./chunk.ts";
import type { ComponentBatch } from "./component-batch.ts";
import type { TimePoint } from "./time.ts";
import type { Tuid } from "./tuid.ts";

/** One logged row: what a call of `log` became. */
export interface LogEvent {
  readonly kind: "row";
  /** Escaped, with a leading slash. */
  readonly entityPath: string;
  readonly rowId: Tuid;
  /** Empty for static rows. */
  readonly time: TimePoint;
  /** At least one; each component once. Values are borrowed: copy what you keep. */
  readonly batches: readonly ComponentBatch[];
}

/** Rows that are columns already: `sendColumns`, and recording properties. They pass the batching untouched. */
export interface ColumnsEvent {
  readonly kind: "columns";
  readonly chunk: Chunk;
}

/** Asks the batching to hand on all pending rows, before the call returns. */
export interface FlushEvent {
  readonly kind: "flush";
}

/** What a program logs. */
export type DataEvent = LogEvent | ColumnsEvent;

/** What flows from the calls of a program to the batching. */
export type StreamEvent = DataEvent | FlushEvent;
