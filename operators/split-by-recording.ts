import type { OperatorFunction } from "rxjs";
import { storeKey } from "../lib/entity-state.ts";
import { quote, RerunError } from "../lib/errors.ts";
import type { LogMsg, StoreId } from "../lib/log-msg.ts";
import { PinnedMessages } from "../lib/pinned-messages.ts";
import { Observable, Subject } from "../lib/rxjs.ts";

/** The messages of one recording, as {@link splitByRecording} hands them out. */
export class RecordingObservable extends Observable<LogMsg> {
  readonly storeId: StoreId;

  constructor(storeId: StoreId, source: Observable<LogMsg>) {
    super((subscriber) => source.subscribe(subscriber));
    this.storeId = storeId;
  }
}

export interface SplitByRecordingOptions {
  /**
   * Where blueprints go:
   *
   * - `"each"` (default): to every recording of their application, also to those that begin later: each is complete
   * - `"own"`: to Observables of their own, one for each blueprint
   */
  readonly blueprints?: "each" | "own";
}

/**
 * Splits messages of many recordings into one Observable for each.
 *
 * ```ts
 * messages$.pipe(splitByRecording()).subscribe((recording) => {
 *   recording.subscribe(save(`${recording.storeId.recordingId}.rrd`));
 * });
 * ```
 *
 * An inner Observable comes with the first message of its recording, and hands that out at once: subscribe to it
 * before the call returns, as with `groupBy`; what nobody is subscribed to is lost. Order stays within
 * each. All complete or fail with the source. An inner one goes on when the outer is unsubscribed; when nobody is
 * left, the source is unsubscribed.
 *
 * @throws RerunError `invalid-argument`
 */
export function splitByRecording(
  options: SplitByRecordingOptions = {},
): OperatorFunction<LogMsg, RecordingObservable> {
  const { blueprints = "each" } = options;
  if (blueprints !== "each" && blueprints !== "own") {
    throw new RerunError(
      "invalid-argument",
      `Expected \`blueprints\` to be "each" or "own", got ${quote(blueprints)}`,
    );
  }
  return (source) =>
    new Observable<RecordingObservable>((subscriber) => {
      const groups = new Map<
        string,
        { readonly storeId: StoreId; readonly input: Subject<LogMsg> }
      >();
      /** The blueprints that a recording still needs, by application. */
      const shared = new Map<string, PinnedMessages>();
      // Subscribers of what comes out, the outer one among them.
      let subscribers = 1;
      let stop: () => void = () => undefined;
      const leave = (): void => {
        if (--subscribers === 0) stop();
      };

      const open = (storeId: StoreId): Subject<LogMsg> => {
        const input = new Subject<LogMsg>();
        groups.set(storeKey(storeId), { storeId, input });
        const output = new Observable<LogMsg>((inner) => {
          subscribers++;
          inner.add(leave);
          inner.add(input.subscribe(inner));
        });
        subscriber.next(new RecordingObservable(storeId, output));
        return input;
      };

      const next = (message: LogMsg): void => {
        const { storeId } = message;
        if (storeId.kind === "blueprint" && blueprints === "each") {
          const { applicationId } = storeId;
          const kept = shared.get(applicationId) ?? new PinnedMessages();
          shared.set(applicationId, kept);
          kept.add(message);
          for (const group of [...groups.values()]) {
            if (group.storeId.applicationId === applicationId) group.input.next(message);
          }
          return;
        }
        const group = groups.get(storeKey(storeId));
        if (group !== undefined) {
          group.input.next(message);
          return;
        }
        const input = open(storeId);
        input.next(message);
        if (blueprints === "each")
          for (const earlier of shared.get(storeId.applicationId) ?? []) input.next(earlier);
      };

      subscriber.add(leave);
      const linked = new Observable<LogMsg>((inner) => {
        stop = () => inner.unsubscribe();
        return source.subscribe(inner);
      });
      linked.subscribe({
        next,
        error: (error) => {
          for (const { input } of [...groups.values()]) input.error(error);
          subscriber.error(error);
        },
        complete: () => {
          for (const { input } of [...groups.values()]) input.complete();
          subscriber.complete();
        },
      });
    });
}
