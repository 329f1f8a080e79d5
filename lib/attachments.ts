import type { MonoTypeOperatorFunction } from "rxjs";
import { AttachedSink } from "./attached-sink.ts";
import type { Attachment, AttachOptions } from "./attachment.ts";
import type { BlueprintLike } from "./blueprint/like.ts";
import { RerunError } from "./errors.ts";
import { standInFor } from "./force-save.ts";
import type { LogMsg } from "./log-msg.ts";
import type { LogEntry, MessageLog } from "./message-log.ts";
import { type FlushResult, flushResult } from "./recording-stats.ts";
import { Observable } from "./rxjs.ts";
import { type Sink, type SinkLike, toSink, type WaitOptions } from "./sink.ts";
import { raceSignal } from "./wait.ts";

/** How long `close` waits by default for sinks that do not answer, in milliseconds. */
const CLOSE_TIMEOUT_MS = 5000;

/** A recording, as its sinks see it. */
export interface AttachmentsHost {
  readonly log: MessageLog<LogMsg>;
  /** False when the recording is switched off. */
  readonly enabled: boolean;
  /** Whether one file takes the place of sinks that leave it to that. */
  readonly isForced: boolean;
  /** Makes chunks of the rows that wait. */
  flushRows(): void;
  /** Sinks came or went. */
  changedSinks(): void;
  /** A counter or a state changed. */
  changed(): void;
  /** Tells the program. */
  report(error: RerunError): void;
  /** Tells it in the recording itself. */
  lost(text: string, level: "WARN" | "ERROR"): void;
  /** The messages of a layout that a sink gets before all else. */
  defaultMessages(blueprint: BlueprintLike): readonly LogMsg[];
}

/**
 * The sinks of one recording: each reads its log from a point of its own on, and can be taken off or be replaced while
 * the others run.
 */
export class Attachments {
  readonly #host: AttachmentsHost;
  readonly #attached: AttachedSink[] = [];
  /** Sinks that come in the place of others, which they wait for. */
  readonly #replacing = new Map<Promise<Attachment>, AttachedSink>();

  constructor(host: AttachmentsHost) {
    this.#host = host;
  }

  /** In the order in which they came. */
  get all(): readonly AttachedSink[] {
    return [...this.#attached];
  }

  /** Whether someone watches. */
  get isLive(): boolean {
    return this.#attached.some(({ sink }) => sink.live === true);
  }

  /** @param from takes the place of `options.from`; a sequence number is for successors */
  attach(
    target: SinkLike,
    given: AttachOptions,
    from: AttachOptions["from"] | { readonly seq: number } = given.from ?? "start",
    inherited: readonly LogEntry<LogMsg>[] = [],
  ): AttachedSink {
    const host = this.#host;
    const { defaultBlueprint, pipe = [] } = given;
    const options =
      defaultBlueprint === undefined
        ? given
        : { ...given, pipe: [beginWith(host.defaultMessages(defaultBlueprint)), ...pipe] };
    if (from === "now") host.flushRows();
    const events = {
      enabled: host.enabled,
      changed: () => host.changed(),
      report: (error: RerunError) => host.report(error),
      drain: (last: boolean) => {
        this.tellLosses();
        host.flushRows();
        attached.drain(last);
      },
      lost: (text: string, level: "WARN" | "ERROR") => host.lost(text, level),
    };
    const sink = this.#sinkOf(target);
    const attached = new AttachedSink(host.log, sink, from, options, events, inherited);
    this.#attached.push(attached);
    host.changedSinks();
    if (host.enabled) attached.pump();
    return attached;
  }

  /** Takes a sink off; it gets what was logged so far. */
  remove(target: SinkLike | Attachment): AttachedSink {
    const attached = this.#find(target);
    this.#remove(attached);
    return attached;
  }

  /** Puts a sink in the place of another one. */
  replace(
    old: SinkLike | Attachment,
    sink: SinkLike,
    options: AttachOptions & WaitOptions,
  ): Promise<Attachment> {
    const attached = this.#find(old);
    const replacing = this.#replace(attached, toSink(sink), options).finally(() =>
      this.#replacing.delete(replacing),
    );
    this.#replacing.set(replacing, attached);
    return replacing;
  }

  async #replace(
    old: AttachedSink,
    sink: Sink,
    options: AttachOptions & WaitOptions,
  ): Promise<Attachment> {
    const { log } = this.#host;
    // What is logged meanwhile waits; the log holds it, and what the old sink has not acknowledged.
    const guard = log.cursor({ from: { seq: old.resumeFrom } });
    this.#remove(old);
    try {
      await old.end({ signal: options.signal, handOver: true });
      const seq = Math.min(log.startOf(options.from ?? "now"), old.resumeFrom);
      // Nobody keeps for a sink that has failed what is logged then.
      const missing = log.missingFrom(old.endedAt);
      if (missing > 0) {
        this.#host.report(
          new RerunError(
            "data-dropped",
            `${missing} messages that were logged after ${old.name} had failed are gone, as no one else waits for them and the history is full: ${sink.name ?? "its successor"} does not get them; replace it earlier, or raise historyBytes`,
          ),
        );
      }
      return this.attach(sink, options, { seq }, old.legacy);
    } finally {
      guard.close();
    }
  }

  /** Tells of losses that were not told so far. */
  tellLosses(): void {
    for (const attached of this.all) attached.tellLoss();
  }

  /** Waits until all below `target` is delivered. */
  async flush(target: number, options: WaitOptions): Promise<FlushResult> {
    const attached = this.all;
    const flushed = await Promise.all(
      attached.map((a) =>
        raceSignal(
          a.flush(target, options).then(() => true),
          options.signal,
        ).catch(() => false),
      ),
    );
    return flushResult(attached, target, flushed);
  }

  /** Delivers all below `target` and ends, whatever a sink does: when the signal says so, or after a while. */
  async close(target: number, { signal }: WaitOptions): Promise<FlushResult> {
    const deadline = signal === undefined ? closeDeadline() : undefined;
    try {
      // A sink on its way in gets what is owed to it, too; when time is up at once.
      const replaced = Promise.allSettled(this.#replacing.keys());
      await raceSignal(replaced, signal ?? deadline?.signal);
      for (const old of this.#replacing.values()) old.giveUp();
      await replaced;
      const attached = this.#attached.splice(0);
      const ended = await Promise.all(
        attached.map((a) => a.end({ signal, deadline: deadline?.signal })),
      );
      return flushResult(attached, target, ended);
    } finally {
      deadline?.cancel();
    }
  }

  #sinkOf(target: SinkLike): Sink {
    const sink = toSink(target);
    return this.#host.isForced ? standInFor(sink) : sink;
  }

  #find(target: SinkLike | Attachment): AttachedSink {
    const attached =
      this.#attached.find((a) => a === target) ??
      this.#attached.find((a) => a.sink === this.#sinkOf(target as SinkLike));
    if (attached === undefined) {
      throw new RerunError(
        "invalid-argument",
        "Expected a sink that is attached to this recording stream, or the result of attach()",
      );
    }
    return attached;
  }

  #remove(attached: AttachedSink): void {
    attached.tellLoss();
    this.#host.flushRows();
    this.#attached.splice(this.#attached.indexOf(attached), 1);
    this.#host.changedSinks();
  }
}

/** Puts messages before all others. */
function beginWith(messages: readonly LogMsg[]): MonoTypeOperatorFunction<LogMsg> {
  return (source) =>
    new Observable((subscriber) => {
      for (const message of messages) subscriber.next(message);
      return source.subscribe(subscriber);
    });
}

function closeDeadline(): { readonly signal: AbortSignal; cancel(): void } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), CLOSE_TIMEOUT_MS);
  return { signal: controller.signal, cancel: () => clearTimeout(timer) };
}
