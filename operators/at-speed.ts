import type { MonoTypeOperatorFunction, Observable as RxObservable } from "rxjs";
import { checkNumber } from "../lib/check-number.ts";
import { quote, RerunError } from "../lib/errors.ts";
import type { LogMsg } from "../lib/log-msg.ts";
import { Observable, realTime, type TimeSource } from "../lib/rxjs.ts";
import { joinTime, parseTime, type TimeInput } from "../lib/time.ts";
import { guarded } from "./operate.ts";
import { Replay } from "./replay.ts";

export interface AtSpeedOptions {
  /** The timeline that passes. Data without it, static data, blueprints come at once. */
  readonly timeline: string;
  /** For timelines of sequence numbers: how many steps make a second. Default 30. */
  readonly stepsPerSecond?: number;
  /** True holds the replay, false lets it go on. */
  readonly pause$?: RxObservable<boolean>;
  /** Goes to a time, forth or back: nanoseconds or a sequence number, or as `log` takes it. */
  readonly seek$?: RxObservable<bigint | TimeInput>;
  /**
   * What comes, at once, of what lies before the place that was sought: `latest` is the last value of each component of
   * each entity, so that the state there is known; `all` is all that did not come before; `none`. Default `latest`.
   */
  readonly backfill?: "latest" | "all" | "none";
  /** How far to read ahead at most, in milliseconds of the timeline. Default 2000. */
  readonly lookaheadMs?: number;
  /** How much of what was read ahead may wait at most, in bytes. Default 64 MiB. */
  readonly bufferBytes?: number;
  /** Default: real time. */
  readonly scheduler?: TimeSource;
}

/**
 * Replays messages as fast as their times say: at speed 1 rows come as far apart as they were logged, at 2 twice as fast.
 *
 * ```ts
 * fromRrd("run.rrd").pipe(atSpeed(1, { timeline: "log_time", pause$, seek$ })).subscribe(await serve());
 * ```
 *
 * Rows come in the order of their times. A chunk whose rows are due one after the other is parted: such chunks have ids
 * of their own. Rows that turn up too late, because data further ahead than `lookaheadMs` or `bufferBytes` stands before
 * them, come at once.
 *
 * A recording that is read (`fromRrd`) is read as far ahead as is needed, and no further; what comes by itself waits here.
 * To go back, the source is subscribed again; static data does not come again then.
 *
 * Ends when the source has ended and the last row came; fails when the source, `pause$` or `seek$` fails.
 *
 * @param speed above 0; an Observable changes it
 * @throws RerunError `invalid-argument`
 */
export function atSpeed(
  speed: number | RxObservable<number>,
  options: AtSpeedOptions,
): MonoTypeOperatorFunction<LogMsg> {
  const {
    timeline,
    stepsPerSecond = 30,
    backfill = "latest",
    lookaheadMs = 2000,
    bufferBytes = 64 << 20,
    scheduler = realTime,
  } = options;
  if (typeof timeline !== "string" || timeline === "") {
    throw new RerunError(
      "invalid-argument",
      `Expected \`timeline\` to be the name of a timeline, got ${quote(timeline)}`,
    );
  }
  if (typeof speed === "number") checkNumber("speed", speed, { above: true, finite: true });
  checkNumber("stepsPerSecond", stepsPerSecond, { above: true, finite: true });
  checkNumber("lookaheadMs", lookaheadMs);
  checkNumber("bufferBytes", bufferBytes);
  return (source) =>
    new Observable<LogMsg>((subscriber) => {
      const replay = new Replay(source, subscriber, {
        timeline,
        stepsPerSecond,
        backfill,
        lookaheadMs,
        bufferBytes,
        scheduler,
      });
      const watch = <T>(
        changes$: RxObservable<T> | undefined,
        change: (value: T) => void,
      ): void => {
        subscriber.add(
          changes$?.subscribe({
            next: (value) => guarded(subscriber, () => change(value)),
            error: (error) => subscriber.error(error),
          }),
        );
      };
      subscriber.add(() => replay.end());
      if (typeof speed === "number") replay.setSpeed(speed);
      else
        watch(speed, (value) =>
          replay.setSpeed(checkNumber("speed", value, { above: true, finite: true })),
        );
      watch(options.pause$, (paused) => replay.pause(paused));
      // A place that is known from the beginning is gone to before anything is read.
      watch(options.seek$, (time) => replay.seek(timeOf(timeline, time)));
      replay.start();
    });
}

function timeOf(timeline: string, time: bigint | TimeInput): bigint {
  if (typeof time === "bigint") return time;
  const { lo, hi } = parseTime(timeline, time);
  return joinTime(lo, hi);
}
