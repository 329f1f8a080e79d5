import type { Observable, OperatorFunction } from "rxjs";
import type { BlueprintLike } from "./blueprint/like.ts";
import type { RerunError } from "./errors.ts";
import type { LogMsg } from "./log-msg.ts";
import type { Sink, SinkState } from "./sink.ts";

/** Where a sink begins: with everything that is held, with what comes next, or at a time. */
export type From = "start" | "now" | { readonly sinceMs: number };

/**
 * A start point for `attach`: what was logged since then.
 *
 * @param time a `Date`, or a number of seconds before now
 */
export function since(time: Date | number): From {
  return { sinceMs: time instanceof Date ? time.getTime() : Date.now() - time * 1000 };
}

export interface AttachOptions {
  /**
   * Where to begin, by default `"start"`. Store info, static data, properties and blueprints come first in any
   * case.
   */
  readonly from?: From;
  /** Operators between the log and this sink, ours and anyone's; applied in order. Default: none. */
  readonly pipe?: readonly OperatorFunction<LogMsg, LogMsg>[];
  /**
   * Bytes that may wait for this sink while it is busy, by default 256 MiB. Past it the oldest temporal data is
   * dropped for this sink, counted and told; static data, properties and blueprints never are. (A static value whose
   * place a later one has taken counts as temporal.)
   */
  readonly budgetBytes?: number;
  /**
   * A layout of the viewer that this sink gets before all else, as by `defaultBlueprint` of the recording stream. Default:
   * none of its own.
   */
  readonly defaultBlueprint?: BlueprintLike;
}

/** What became of the data for one sink. Rows count what was logged; messages also store info and the like. */
export interface SinkStats {
  readonly name: string;
  readonly state: SinkState;
  readonly deliveredMessages: number;
  readonly deliveredRows: number;
  readonly droppedMessages: number;
  readonly droppedRows: number;
  /** Bytes that wait. */
  readonly queuedBytes: number;
  readonly error: RerunError | undefined;
}

/** A sink on a recording stream. */
export interface Attachment {
  readonly name: string;
  readonly sink: Sink;
  /** The state of the sink; `failed` also when it threw. */
  readonly state$: Observable<SinkState>;
  readonly state: SinkState;
  readonly stats: SinkStats;
  /** Why it failed, if it did. */
  readonly error: RerunError | undefined;
}
