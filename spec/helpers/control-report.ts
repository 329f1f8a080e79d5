import type { SinkStats } from "../../lib/attachment.ts";

/** How late the turns of a loop were, in milliseconds, not counting what other programs took. */
export interface Lateness {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** The 99th percentile of each second by itself; of these the median. */
  readonly typicalP99: number;
  /** How long the loop waited for a processor, in all. */
  readonly takenMs: number;
}

/** What `fixtures/control-loop.ts` prints. */
export interface ControlReport {
  /** Of a loop that does nothing. */
  readonly idle: Lateness;
  /** Of the loop that logs. */
  readonly late: Lateness;
  /** Most memory of the process, beyond what it had once it was warm. */
  readonly grownBytes: number;
  /** Rows, those included in which the recording tells of losses. */
  readonly logged: number;
  /** Of the sink, before and after `close`. */
  readonly during: SinkStats;
  readonly after: SinkStats;
  readonly closeMs: number;
  /** What a sink got that kept up. */
  readonly witness: { readonly rows: number; readonly warnings: number };
  /** Codes of `errors$`. */
  readonly told: readonly string[];
}
