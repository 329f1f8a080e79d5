import type { Observable, OperatorFunction } from "rxjs";
import type { BlueprintLike } from "./blueprint/like.ts";
import type { DataClass, LossPolicies } from "./data-class.ts";
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
  /**
   * Operators between the log and this sink, ours and anyone's; applied in order. Default: none.
   *
   * They see each message once. For a sink that begins anew after it lost its peer, what they handed out is kept up to
   * `historyBytes` of the recording stream, and comes again.
   */
  readonly pipe?: readonly OperatorFunction<LogMsg, LogMsg>[];
  /**
   * Bytes that may wait for this sink while it is busy, by default 256 MiB; of what it has taken and not acknowledged
   * as many count as leave half of them. Past it data is dropped for this sink as {@link policy} says, until it has
   * caught up: of `latest` data all but the latest of each entity, then the oldest of `oldest` data. Each such episode is
   * counted and told. What is static, properties and blueprints never are dropped. (A static value whose place a later
   * one has taken counts as temporal.)
   *
   * What was logged before the sink came, or came back, does not count as long as nothing has to be dropped.
   */
  readonly budgetBytes?: number;
  /**
   * Bytes of reliable temporal data that may wait, by default four times `budgetBytes`. Past it the oldest of that is
   * dropped, too, and told as an error.
   */
  readonly reliableBytes?: number;
  /**
   * How long data may wait for this sink, in milliseconds; what waits longer is dropped as by a full budget: of `latest`
   * data all but the latest, of `oldest` data what is older than that. Default: no limit.
   */
  readonly maxAgeMs?: number;
  /**
   * What is dropped first when the budget is full. Default: transforms and state are reliable, of images and clouds the
   * latest wins, of all other temporal data the oldest goes; see {@link TemporalClass}.
   *
   * ```ts
   * rec.attach(connect(), { budgetBytes: 64 << 20, maxAgeMs: 500, policy: { images: "oldest", other: "reliable" } });
   * rec.attach(connect(), { policy: ({ chunk }) => (chunk.entityPath.startsWith("/cmd/") ? "reliable" : undefined) });
   * ```
   */
  readonly policy?: LossPolicies;
  /**
   * A layout of the viewer that this sink gets before all else, as by `defaultBlueprint` of the recording stream. Default:
   * none of its own.
   */
  readonly defaultBlueprint?: BlueprintLike;
}

/** What became of some data. Rows count what was logged; messages also store info and the like. */
export interface DeliveryStats {
  readonly deliveredMessages: number;
  readonly deliveredRows: number;
  readonly droppedMessages: number;
  readonly droppedRows: number;
}

/** A time in which data was dropped for a sink, until it had caught up. */
export interface LossEpisode {
  readonly began: Date;
  /** Undefined while it lasts. */
  readonly ended: Date | undefined;
  readonly droppedMessages: number;
  readonly droppedRows: number;
  readonly droppedBytes: number;
  /** Rows by class of data. */
  readonly classes: Readonly<Partial<Record<DataClass, number>>>;
}

/** What became of the data for one sink: of all that was logged for it, delivered + dropped + what is on its way. */
export interface SinkStats extends DeliveryStats {
  readonly name: string;
  readonly state: SinkState;
  /** Bytes that wait. */
  readonly queuedBytes: number;
  /** The same by class of data; classes of which nothing came are left out. */
  readonly classes: Readonly<Partial<Record<DataClass, DeliveryStats>>>;
  /** How often it was too slow, so that data was dropped. */
  readonly lossEpisodes: number;
  /** The last of these times, or that of now. */
  readonly lastLoss: LossEpisode | undefined;
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
