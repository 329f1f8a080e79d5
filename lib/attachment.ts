import type { Observable, OperatorFunction, Subscription } from "rxjs";
import { RerunError } from "./errors.ts";
import type { LogMsg } from "./log-msg.ts";
import type { CursorStart, LogCursor, LogEntry, MessageLog } from "./message-log.ts";
import { BehaviorSubject, Subject } from "./rxjs.ts";
import type { Sink, SinkState, WaitOptions } from "./sink.ts";

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
   * dropped for this sink, counted and told; static data, properties and blueprints never are.
   */
  readonly budgetBytes?: number;
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

/** Messages are handed over in batches of about this size: large enough to be cheap, small enough to stop soon. */
const BATCH_BYTES = 4 << 20;
export const DEFAULT_BUDGET_BYTES: number = 256 << 20;

const rowsOf = (message: LogMsg): number => (message.kind === "chunk" ? message.chunk.numRows : 0);

/** How often each sink is attached: the last recording stream that lets go of it closes it. */
const holders = new WeakMap<Sink, number>();

/** What an attachment tells its recording stream. */
export interface AttachmentEvents {
  /** Delivered, dropped, changed state. */
  changed(): void;
  /** Something to tell the program, once. */
  report(error: RerunError): void;
  /** Batches pending rows and delivers. */
  drain(): void;
}

/**
 * Moves messages from the log through the user's operators into one sink, as fast as that sink takes them.
 *
 * A sink that throws or rejects ends this attachment and touches no other.
 */
export class AttachedSink implements Attachment {
  readonly sink: Sink;
  readonly name: string;
  readonly #state$ = new BehaviorSubject<SinkState>("open");
  readonly #events: AttachmentEvents;
  readonly #cursor: LogCursor<LogMsg>;
  readonly #input: Subject<LogMsg> | undefined;
  readonly #subscriptions: Subscription[] = [];
  readonly #letGo: (() => void) | void;
  /** Resolves when the operators have handed out everything; undefined without operators or once they have. */
  #piping: Promise<void> | undefined;
  #endPiping: () => void = () => undefined;
  /** Came out of the operators, not yet written. */
  #output: LogMsg[] = [];
  #writing: Promise<void> | undefined;
  #pumping = false;
  #ended = false;
  #failed = false;
  #error: RerunError | undefined;
  #deliveredMessages = 0;
  #deliveredRows = 0;
  #droppedRows = 0;
  #episode = false;
  #closing: Promise<boolean> | undefined;

  constructor(
    log: MessageLog<LogMsg>,
    sink: Sink,
    from: CursorStart,
    options: AttachOptions,
    events: AttachmentEvents,
  ) {
    this.sink = sink;
    this.name = sink.name ?? "sink";
    this.#events = events;
    holders.set(sink, (holders.get(sink) ?? 0) + 1);
    this.#cursor = log.cursor({
      from,
      budgetBytes: options.budgetBytes ?? DEFAULT_BUDGET_BYTES,
      onAppend: () => this.pump(),
      onDrop: (entry) => this.#dropped(entry),
    });
    if (sink.state$ !== undefined) {
      this.#subscriptions.push(
        sink.state$.subscribe((state) => {
          if (this.#failed) return;
          if (state === "failed") {
            this.#fail(sink.failure ?? new RerunError("sink-failed", `${this.name} failed`));
            return;
          }
          this.#state$.next(state);
          events.changed();
        }),
      );
    }
    if (options.pipe !== undefined && options.pipe.length > 0) {
      this.#input = new Subject<LogMsg>();
      let piped: Observable<LogMsg> = this.#input;
      for (const operator of options.pipe) piped = piped.pipe(operator);
      this.#piping = new Promise((resolve) => {
        this.#endPiping = () => {
          this.#piping = undefined;
          resolve();
        };
      });
      this.#subscriptions.push(
        piped.subscribe({
          next: (message) => {
            this.#output.push(message);
            // Operators with timers speak up on their own.
            if (!this.#pumping) this.pump();
          },
          error: (error) => this.#fail(error),
          complete: () => this.#endPiping(),
        }),
      );
    }
    this.#letGo = sink.attached?.({ drain: () => events.drain() });
    // A sink that had failed before it came here.
    if (this.#failed && typeof this.#letGo === "function") this.#letGo();
  }

  get state$(): Observable<SinkState> {
    return this.#state$;
  }

  get state(): SinkState {
    return this.#state$.value;
  }

  get error(): RerunError | undefined {
    return this.#error;
  }

  /** First sequence number that did not reach the sink. */
  get undeliveredFrom(): number {
    return this.#cursor.acked;
  }

  /** Where a successor goes on: what this sink was owed and did not get, but nothing from before its own start. */
  get resumeFrom(): number {
    return Math.max(this.#cursor.acked, this.#cursor.start);
  }

  get stats(): SinkStats {
    return {
      name: this.name,
      state: this.state,
      deliveredMessages: this.#deliveredMessages,
      deliveredRows: this.#deliveredRows,
      droppedMessages: this.#cursor.dropped,
      droppedRows: this.#droppedRows,
      queuedBytes: this.#cursor.queuedBytes,
      error: this.#error,
    };
  }

  /** Delivers what there is, until the sink asks for time. */
  pump(): void {
    if (this.#pumping || this.#writing !== undefined || this.#ended) return;
    this.#pumping = true;
    try {
      while (!this.#ended && this.#writing === undefined) {
        if (this.#input !== undefined && this.#output.length > 0) {
          this.#write(this.#takeOutput(), undefined);
          continue;
        }
        const entries = this.#cursor.take(BATCH_BYTES);
        if (entries.length === 0) break;
        const messages = entries.map((entry) => entry.item);
        if (this.#input === undefined) {
          this.#write(messages, entries);
        } else {
          for (const message of messages) {
            if (message.kind === "chunk") message.chunk.own();
            this.#input.next(message);
          }
          this.#write(this.#takeOutput(), entries);
        }
      }
    } catch (thrown) {
      this.#fail(thrown);
    } finally {
      this.#pumping = false;
    }
    if (this.#writing === undefined) this.#episode = false;
    this.#events.changed();
  }

  #takeOutput(): LogMsg[] {
    const output = this.#output;
    this.#output = [];
    return output;
  }

  #write(messages: readonly LogMsg[], entries: readonly LogEntry<LogMsg>[] | undefined): void {
    if (this.sink.borrows !== true) {
      for (const message of messages) if (message.kind === "chunk") message.chunk.own();
    }
    const delivered = (): void => {
      for (const message of messages) this.#deliveredRows += rowsOf(message);
      this.#deliveredMessages += messages.length;
      const last = entries?.at(-1);
      if (last !== undefined) this.#cursor.ack(last.seq);
    };
    const result: unknown = messages.length > 0 ? this.sink.write(messages) : undefined;
    // Only what can be waited for: a short arrow function may return anything.
    if (typeof (result as PromiseLike<void> | undefined)?.then !== "function") {
      delivered();
      return;
    }
    this.#writing = Promise.resolve(result as PromiseLike<void>).then(
      () => {
        this.#writing = undefined;
        delivered();
        this.pump();
      },
      (thrown: unknown) => {
        this.#writing = undefined;
        this.#fail(thrown);
      },
    );
  }

  #dropped(entry: LogEntry<LogMsg>): void {
    this.#droppedRows += rowsOf(entry.item);
    if (this.#episode) return;
    this.#episode = true;
    this.#events.report(
      new RerunError(
        "data-dropped",
        `${this.name} is slower than the data: its oldest temporal data is being dropped to stay within its budget; the count is in stats$`,
      ),
    );
  }

  #fail(thrown: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#ended = true;
    this.#error = RerunError.from(thrown);
    this.#release();
    this.#state$.next("failed");
    this.#events.report(this.#error);
    this.#events.changed();
  }

  /** Waits until everything below `target` is written and flushed. Rejects when the sink fails. */
  async flush(target: number, options: WaitOptions): Promise<void> {
    await this.#settle(target);
    if (this.#error !== undefined) throw this.#error;
    try {
      await this.sink.flush?.(options);
    } catch (thrown) {
      if (options.signal?.aborted === true) throw thrown;
      this.#fail(thrown);
      throw this.#error ?? thrown;
    }
  }

  async #settle(target: number): Promise<void> {
    this.pump();
    while (this.#writing !== undefined && this.#cursor.acked < target) await this.#writing;
  }

  /**
   * Delivers the rest, flushes, and closes the sink if no one else holds it. Resolves whatever the sink does.
   *
   * @param options.close false leaves the sink open
   * @returns whether it was done before the signal
   */
  end(options: WaitOptions & { readonly close?: boolean } = {}): Promise<boolean> {
    this.#closing ??= this.#end(options);
    return this.#closing;
  }

  async #end({
    signal,
    close = true,
  }: WaitOptions & { readonly close?: boolean }): Promise<boolean> {
    let timely = true;
    const within = async (work: void | Promise<void>): Promise<void> => {
      const done = await raceSignal(
        Promise.resolve(work).then(() => true),
        signal,
      );
      timely &&= done === true;
    };
    // The last one out closes; until then the sink keeps its place.
    const others = (holders.get(this.sink) ?? 1) - 1;
    holders.set(this.sink, others);
    // A program that keeps logging must not keep this sink from ending.
    this.#cursor.stop();
    if (!this.#failed) {
      this.pump();
      if (this.#input !== undefined) {
        // A busy sink: the operators have not seen everything yet.
        if (this.#writing !== undefined) await within(this.#settle(Number.POSITIVE_INFINITY));
        // Completing lets operators hand out what they hold back; those with timers take a while.
        this.#input.complete();
        if (this.#piping !== undefined) await within(this.#piping);
        this.pump();
      }
    }
    if (this.#writing !== undefined) await within(this.#settle(Number.POSITIVE_INFINITY));
    this.#ended = true;
    this.#release();
    try {
      if (close && others === 0) await within(this.sink.close?.({ signal }));
      else if (!this.#failed) await within(this.sink.flush?.({ signal }));
    } catch (thrown) {
      this.#fail(thrown);
    }
    if (!timely && !this.#failed) {
      const waiting = this.#cursor.queuedBytes;
      this.#fail(
        new RerunError(
          "flush-timeout",
          `${this.name} did not finish in time and was let go, with ${waiting} bytes waiting for it; give close() or detach() a longer signal`,
        ),
      );
    }
    if (!this.#failed && close) this.#state$.next("closed");
    this.#state$.complete();
    return timely;
  }

  #release(): void {
    this.#cursor.close();
    this.#endPiping();
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    if (typeof this.#letGo === "function") this.#letGo();
  }
}

/** Waits for a promise, but no longer than the signal allows. */
export async function raceSignal<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T | undefined> {
  if (signal === undefined) return work;
  work.catch(() => undefined);
  let stop: () => void = () => undefined;
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
