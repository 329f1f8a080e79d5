import type { BatchConfig } from "./batch-config.ts";
import type { BlueprintLike } from "./blueprint/like.ts";
import type { DeterministicOptions } from "./deterministic.ts";
import type { TimeInput } from "./time.ts";

export interface RecordingStreamOptions {
  /** Default: `rec_` and a random UUID. Streams with the same id are shown as one recording. */
  readonly recordingId?: string;
  /** Shown by the viewer in place of the start time. Default: none. */
  readonly name?: string;
  /** When the recording began. Default: now. */
  readonly startTime?: Date;
  /** Whether start time and name are logged at `/__properties`. Default true. */
  readonly sendProperties?: boolean;
  /**
   * False makes every call a no-op. Default: what the environment variable `RERUN` says (`off`, `0`, `false` or
   * `on`, `1`, `true`), else `defaultEnabled`; a value given here wins over the variable.
   */
  readonly enabled?: boolean;
  /** Whether logging is switched on when nobody says otherwise, neither `enabled` nor `RERUN`. Default true. */
  readonly defaultEnabled?: boolean;
  /**
   * Whether `log`, `sendColumns` and what is made of them throw when paths, values or times are wrong. If not,
   * nothing of that call is logged, and the error is told on `errors$` and logged as a `TextLog` of level `WARN` at
   * `/__warnings`.
   *
   * Archetypes check their own arguments and know of no stream: `Points3D("wrong")` throws in any case.
   *
   * Default: true, unless the environment variable `RERUN_STRICT` is `off`, `0`, `no` or `false`; a value given here
   * wins over the variable.
   */
  readonly strict?: boolean;
  /** Whether each temporal row gets the wall clock as `log_time`. Default true. */
  readonly logTime?: boolean;
  /** Whether each temporal row gets a counter as `log_tick`. Default true. */
  readonly logTick?: boolean;
  /**
   * When rows become chunks. Default: `BATCH_PRESETS.default`, or `BATCH_PRESETS.lowLatency` while a live sink is
   * attached, changed by the environment variables `RERUN_FLUSH_…`. What is given here is used as it is, for the
   * rest the default holds.
   */
  readonly batch?: Partial<BatchConfig>;
  /**
   * A layout of the viewer that every sink gets before all else: what is shown as long as no other one is made active,
   * and what "reset" brings back. See `RecordingStream.sendBlueprint`. Default: none.
   */
  readonly defaultBlueprint?: BlueprintLike;
  /**
   * Makes two runs of a program write the same bytes: ids, the recording id and `log_time` come from a seed and a given
   * clock, and rows are batched by their number and size alone: nothing waits less because time has passed. Rows
   * that should not wait for 2 MiB of their entity need `batch: { flushNumRows }` or calls of `flush`. What is lost
   * because a sink was too slow is told on `errors$` and in `stats$`, and not in the recording. Default: no.
   */
  readonly deterministic?: boolean | DeterministicOptions;
  /** Bytes of temporal data kept for late sinks once all attached sinks have it. Default 256 MiB. */
  readonly historyBytes?: number;
  /** Bytes of temporal data that wait while no sink is attached; past it the oldest is dropped and told. Default 2 GiB. */
  readonly backlogBytes?: number;
}

/** Options of one `log` call. */
export interface LogOptions {
  /** Times of this row alone, on top of what `setTime` set. */
  readonly time?: Readonly<Record<string, TimeInput>>;
  /** True for data that holds at all times: it gets no times, and replaces what was logged before. */
  readonly static?: boolean;
}
