import type { Observable, Subscription } from "rxjs";
import type { Attachment, AttachOptions, SinkStats } from "./attachment.ts";
import { DeliveryCounts } from "./delivery-counts.ts";
import { RerunError } from "./errors.ts";
import type { DropReason } from "./log-cursor.ts";
import type { LogMsg } from "./log-msg.ts";
import { lossBudget } from "./loss-budget.ts";
import { type LossEvents, LossTeller } from "./loss-teller.ts";
import type { CursorOptions, CursorStart, LogCursor, LogEntry, MessageLog } from "./message-log.ts";
import { PipeStage } from "./pipe-stage.ts";
import { BehaviorSubject, quietTime, realTime } from "./rxjs.ts";
import type { Delivery, Sink, SinkState, WaitOptions } from "./sink.ts";
import { keepAlive, Patience, raceSignal } from "./wait.ts";
import { Waiters } from "./waiters.ts";

/** Messages are handed over in batches of about this size: large enough to be cheap, small enough to stop soon. */
const BATCH_BYTES = 4 << 20;

/** How often each sink is attached: the last recording stream that lets go of it closes it. */
const holders = new WeakMap<Sink, number>();

/** What an attachment tells its recording stream. */
export interface AttachmentEvents extends LossEvents {
  /** False when the recording is switched off. */
  readonly enabled: boolean;
  /** Delivered, dropped, changed state. */
  changed(): void;
  /** Something to tell the program, once. */
  report(error: RerunError): void;
  /** Batches pending rows and delivers, see {@link AttachedSink.drain}. */
  drain(last: boolean): void;
}

/** How an attachment ends. */
export interface EndOptions extends WaitOptions {
  /** False leaves the sink open. Default true. */
  readonly close?: boolean;
  /** Ends the wait when nobody gave a signal. */
  readonly deadline?: AbortSignal | undefined;
  /** True when a successor takes over what was not delivered: it is not lost then. Default false. */
  readonly handOver?: boolean;
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
  readonly #log: MessageLog<LogMsg>;
  /** Reads the log of the recording. */
  readonly #source: LogCursor<LogMsg>;
  readonly #pipe: PipeStage | undefined;
  /** What the sink gets: of the recording, or of the operators. */
  readonly #cursor: LogCursor<LogMsg>;
  readonly #stateSubscription: Subscription | undefined;
  readonly #letGo: (() => void) | void;
  /** Counts how often the sink began anew; what earlier calls of `write` promised is void then. */
  #turn = 0;
  /** True until the sink takes more. */
  #busy = false;
  #pumping = false;
  #ended = false;
  #failed = false;
  #released = false;
  #error: RerunError | undefined;
  readonly #counts = new DeliveryCounts();
  readonly #losses: LossTeller;
  /** What was still owed when it ended; lost, unless a successor gets it. */
  #undelivered: readonly LogEntry<LogMsg>[] = [];
  /** The same in messages of the recording: with operators, what they made is not yet all. */
  #owed: readonly LogEntry<LogMsg>[] = [];
  #endedAt = Number.POSITIVE_INFINITY;
  #closing: Promise<boolean> | undefined;
  #patience: Patience | undefined;
  /** For the next step forward: something was delivered or taken, began anew, or ended. */
  readonly #waiters = new Waiters();

  constructor(
    log: MessageLog<LogMsg>,
    sink: Sink,
    from: CursorStart,
    options: AttachOptions,
    events: AttachmentEvents,
    inherited: readonly LogEntry<LogMsg>[] = [],
  ) {
    this.sink = sink;
    this.name = sink.name ?? "sink";
    this.#log = log;
    this.#events = events;
    const { pipe = [] } = options;
    const reading: CursorOptions<LogMsg> = {
      ...lossBudget(options, (thrown) => this.#fail(thrown)),
      onAppend: () => this.pump(),
      onDrop: (entry, why) => this.#dropped(entry, why),
    };
    this.#losses = new LossTeller(this.name, this.#counts, events);
    holders.set(sink, (holders.get(sink) ?? 0) + 1);
    const onAck = (entry: LogEntry<LogMsg>): void => this.#counts.delivered(entry.item);
    if (pipe.length === 0) {
      this.#source = log.cursor({ ...reading, from, inherited, onAck });
      this.#cursor = this.#source;
    } else {
      this.#source = log.cursor({ ...reading, from, inherited });
      this.#pipe = new PipeStage(this.#source, {
        operators: pipe,
        historyBytes: sink.replays === true ? log.historyBytes : 0,
        // A sink that fetches what waits at the end of the program needs no timer that keeps it from ending.
        time: sink.attached === undefined ? realTime : quietTime,
        onError: (error) => this.#fail(error),
      });
      // Operators with timers speak up on their own.
      this.#cursor = this.#pipe.log.cursor({ ...reading, onAck });
    }
    this.#stateSubscription = sink.state$?.subscribe((state) => {
      if (this.#failed) return;
      if (state === "failed") {
        this.#fail(sink.failure ?? new RerunError("sink-failed", `${this.name} failed`));
        return;
      }
      this.#state$.next(state);
      events.changed();
    });
    this.#letGo = sink.attached?.({
      enabled: events.enabled,
      drain: ({ last = false } = {}) => events.drain(last),
      replay: () => this.#replay(),
      report: (error) => events.report(error),
    });
    // A sink that had failed before it came here.
    if (this.#failed) this.#release();
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
    return this.#source.acked;
  }

  /** Where a successor goes on: what this sink was owed and did not get, but nothing from before its own start. */
  get resumeFrom(): number {
    return Math.max(this.#source.acked, this.#source.start);
  }

  /** From here on it had no part in what was logged; for a successor, which may have missed some. */
  get endedAt(): number {
    return this.#endedAt;
  }

  /** What was still owed when it ended, for a successor: the log may have let go of it. */
  get legacy(): readonly LogEntry<LogMsg>[] {
    return this.#owed;
  }

  get stats(): SinkStats {
    return {
      name: this.name,
      state: this.state,
      ...this.#counts.stats(this.#undelivered.map(({ item }) => item)),
      queuedBytes: this.#queuedBytes,
      lossEpisodes: this.#counts.episodes,
      lastLoss: this.#counts.lastLoss,
      error: this.#error,
    };
  }

  get #queuedBytes(): number {
    // What was left then is dropped.
    if (this.#released) return 0;
    const { queuedBytes } = this.#source;
    return this.#pipe === undefined ? queuedBytes : queuedBytes + this.#cursor.queuedBytes;
  }

  /** Delivers what there is, until the sink asks for time. */
  pump(): void {
    if (this.#pumping || this.#busy || this.#ended) return;
    this.#pumping = true;
    try {
      while (!this.#ended && !this.#busy) {
        const entries = this.#cursor.take(BATCH_BYTES);
        if (entries.length > 0) this.#write(entries);
        else if (this.#pipe?.feed(BATCH_BYTES) !== true) break;
      }
      this.#pipe?.delivered(this.#cursor.acked);
    } catch (thrown) {
      this.#fail(thrown);
    } finally {
      this.#pumping = false;
    }
    if (!this.#busy) this.#losses.end();
    this.#events.changed();
  }

  /**
   * Delivers what there is, also what operators hold back.
   *
   * @param last whether nothing follows: operators that do not know how to hand out what they hold back do it at their end
   */
  drain(last: boolean): void {
    this.pump();
    if (this.#ended) return;
    if (last) this.#pipe?.complete();
    else this.#pipe?.flush();
    this.pump();
  }

  #write(entries: readonly LogEntry<LogMsg>[]): void {
    const messages = entries.map((entry) => entry.item);
    if (this.sink.borrows !== true) {
      for (const message of messages) if (message.kind === "chunk") message.chunk.own();
    }
    const last = (entries.at(-1) as LogEntry<LogMsg>).seq;
    const turn = this.#turn;
    const { ready, delivered } = receiptOf(this.sink.write(messages));
    // The sink began anew while it was called.
    if (turn !== this.#turn || this.#ended) return;
    if (delivered === undefined) {
      this.#cursor.ack(last);
      return;
    }
    const step =
      <T>(work: (value: T) => void) =>
      (value: T): void => {
        if (turn !== this.#turn || this.#ended) return;
        work(value);
        this.#waiters.wake();
      };
    const fail = (thrown: unknown): void => {
      if (turn === this.#turn) this.#fail(thrown);
    };
    delivered.then(
      step((refused: unknown) => {
        this.#cursor.ack(last, Array.isArray(refused) ? new Set(refused) : undefined);
        this.#pipe?.delivered(this.#cursor.acked);
        this.#events.changed();
      }),
      fail,
    );
    if (ready === undefined) return;
    this.#busy = true;
    ready.then(
      step(() => {
        this.#busy = false;
        this.pump();
      }),
      fail,
    );
  }

  /** The sink begins anew: see {@link SinkHost.replay}. */
  #replay(): void {
    if (this.#ended) return;
    this.#turn++;
    this.#busy = false;
    this.#cursor.rewind();
    this.#waiters.wake();
    this.pump();
  }

  #dropped({ item }: LogEntry<LogMsg>, why: DropReason): void {
    // Of what its viewer refuses, the sink itself tells.
    if (why === "refused") this.#counts.dropped(item);
    else this.#losses.lost(item, why);
  }

  /** Tells of the present episode of loss, unless that was done. */
  tellLoss(): void {
    this.#losses.tell();
  }

  #fail(thrown: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#ended = true;
    this.#error = RerunError.from(thrown);
    // An operator may be handing something out that is still to be counted.
    if (this.#pipe === undefined) this.#release();
    else this.#pipe.afterwards(() => this.#release());
    this.#losses.end();
    this.#state$.next("failed");
    this.#events.report(this.#error);
    this.#events.changed();
  }

  /**
   * Waits until everything below `target` is written, flushed and acknowledged. Rejects when the sink fails or the
   * signal ends the wait.
   */
  async flush(target: number, options: WaitOptions): Promise<void> {
    const { signal } = options;
    // Who says how long to wait wants to know how it ends: the program must not end before.
    const letGo = signal === undefined ? () => undefined : keepAlive();
    const isOver = (): boolean => signal?.aborted === true;
    let output: number | undefined;
    try {
      while (!isOver()) {
        await this.#settle(target, signal);
        this.#throwFailure();
        output ??= this.#pipe?.log.nextSeq ?? 0;
        const turn = this.#turn;
        await raceSignal(this.#flushSink(options), signal);
        this.#throwFailure();
        if (this.#isDelivered(target, output)) return;
        // Unless the sink began anew, and what was not acknowledged has been written once more.
        if (turn === this.#turn && !this.#busy) await this.#waiters.next(signal);
      }
      throw new RerunError("flush-timeout", `${this.name} does not have everything yet`);
    } finally {
      letGo();
    }
  }

  #throwFailure(): void {
    if (this.#error !== undefined) throw this.#error;
  }

  async #flushSink(options: WaitOptions): Promise<void> {
    try {
      await this.sink.flush?.(options);
    } catch (thrown) {
      if (options.signal?.aborted !== true) this.#fail(thrown);
      throw thrown;
    }
  }

  /**
   * Waits until everything below `target` is written, also what operators held back of it, or the signal ends the wait.
   */
  async #settle(target: number, signal: AbortSignal | undefined): Promise<void> {
    this.pump();
    await this.#waiters.until(() => !this.#busy || this.#isDelivered(target), signal);
    if (this.#pipe === undefined) return;
    this.drain(false);
    const output = this.#pipe.log.nextSeq;
    await this.#waiters.until(() => !this.#busy || this.#isDelivered(target, output), signal);
  }

  /** @param output how far of what operators handed out */
  #isDelivered(target: number, output = 0): boolean {
    return this.#ended || (this.#source.acked >= target && this.#cursor.acked >= output);
  }

  /**
   * Delivers the rest, flushes, and closes the sink if no one else holds it. Resolves whatever the sink does.
   *
   * @returns whether it was done before the signal
   */
  end(options: EndOptions = {}): Promise<boolean> {
    this.#closing ??= this.#end(options);
    return this.#closing;
  }

  /** Waits no longer for the end that was asked for. */
  giveUp(): void {
    this.#patience?.lose();
  }

  async #end({ signal, deadline, close = true, handOver = false }: EndOptions): Promise<boolean> {
    const patience = new Patience(
      signal ?? deadline,
      signal === undefined ? this.sink.closeTimeoutMs : undefined,
      this.#state$,
    );
    this.#patience = patience;
    let timely = true;
    const within = async (work: void | Promise<void>): Promise<void> => {
      const done = await raceSignal(
        Promise.resolve(work).then(() => true),
        patience.signal,
      );
      timely &&= done === true;
    };
    // The last one out closes; until then the sink keeps its place.
    const others = (holders.get(this.sink) ?? 1) - 1;
    holders.set(this.sink, others);
    // A program that keeps logging must not keep this sink from ending.
    this.#source.stop();
    try {
      if (!this.#failed) {
        this.pump();
        if (this.#pipe !== undefined) {
          // A busy sink: the operators have not seen everything yet.
          if (this.#busy) await within(this.#settle(Number.POSITIVE_INFINITY, patience.signal));
          this.#pipe.complete();
          if (this.#pipe.ended !== undefined) await within(this.#pipe.ended);
          this.pump();
        }
      }
      if (this.#busy) await within(this.#settle(Number.POSITIVE_INFINITY, patience.signal));
      // Until it is acknowledged it may have to be written again.
      if (!this.#ended && this.#cursor.owed().length > 0)
        await within(this.#deliver({ signal: patience.signal }));
    } catch (thrown) {
      if (!patience.signal.aborted) this.#fail(thrown);
    }
    const { state } = this;
    const waiting = this.#queuedBytes;
    this.#ended = true;
    this.#release();
    this.#losses.end();
    // A successor gets it.
    if (handOver) this.#undelivered = [];
    try {
      if (close && others === 0) await within(this.sink.close?.({ signal: patience.signal }));
      else if (!this.#failed) await within(this.sink.flush?.({ signal: patience.signal }));
    } catch (thrown) {
      this.#fail(thrown);
    }
    patience.end();
    if (!timely && !this.#failed) {
      this.#fail(
        new RerunError(
          "flush-timeout",
          state === "connecting" || state === "reconnecting"
            ? `${this.name} has no connection and was let go, with ${this.stats.droppedRows} rows that nobody got; start the viewer first, or give close() or detach() a longer signal`
            : `${this.name} did not finish in time and was let go, with ${waiting} bytes waiting for it; give close() or detach() a longer signal`,
        ),
      );
    }
    if (!this.#failed && close) this.#state$.next("closed");
    this.#state$.complete();
    return timely;
  }

  /** Flushes until everything is acknowledged that was written. */
  async #deliver(options: WaitOptions): Promise<void> {
    const isOver = (): boolean =>
      this.#ended || options.signal?.aborted === true || this.#cursor.owed().length === 0;
    while (!isOver()) {
      await this.#settle(Number.POSITIVE_INFINITY, options.signal);
      const turn = this.#turn;
      await this.sink.flush?.(options);
      if (isOver()) return;
      if (turn === this.#turn && !this.#busy) await this.#waiters.next(options.signal);
    }
  }

  #release(): void {
    if (this.#released) return;
    this.#released = true;
    // It is owed as well.
    this.#pipe?.flush();
    this.#owed = this.#source.owed();
    this.#endedAt = this.#log.nextSeq;
    this.#undelivered =
      this.#pipe === undefined ? this.#owed : [...this.#cursor.owed(), ...this.#pipe.unseen()];
    this.#source.close();
    this.#cursor.close();
    this.#pipe?.close();
    this.#stateSubscription?.unsubscribe();
    if (typeof this.#letGo === "function") this.#letGo();
    this.#waiters.wake();
  }
}

/** What a call of `write` promises; nothing when everything is done. */
export function receiptOf(result: unknown): {
  readonly ready?: Promise<void> | undefined;
  readonly delivered?: Promise<unknown>;
} {
  // Only what can be waited for: a short arrow function may return anything.
  if (isThenable(result)) {
    const done = Promise.resolve(result);
    return { ready: done, delivered: done };
  }
  const { ready, delivered } = (result ?? {}) as Partial<Delivery>;
  if (!isThenable(delivered)) return {};
  return { ready: isThenable(ready) ? ready : undefined, delivered };
}

function isThenable(value: unknown): value is Promise<void> {
  return typeof (value as PromiseLike<void> | null | undefined)?.then === "function";
}
