import type { Observable, Observer } from "rxjs";
import { quote, RerunError } from "./errors.ts";
import type { LogMsg } from "./log-msg.ts";
import { BehaviorSubject } from "./rxjs.ts";

/**
 * - `connecting`: made, not yet able to deliver
 * - `open`: takes and delivers
 * - `reconnecting`: was open, lost its peer, tries again
 * - `closing`: delivers the rest
 * - `closed`: done, nothing was lost here
 * - `failed`: gave up; `error$` of the attachment tells why
 */
export type SinkState = "connecting" | "open" | "reconnecting" | "closing" | "closed" | "failed";

/** What a recording stream lends to a sink while it is attached. */
export interface SinkHost {
  /** False when the recording is switched off: nothing will come. */
  readonly enabled: boolean;
  /**
   * Hands everything logged so far to this sink, synchronously: pending rows are batched, operators hand out what they
   * hold back, all of it is written. For sinks that must finish while the process ends.
   *
   * @param options.last true when nothing can follow: operators are ended, also those of others. Default false.
   */
  drain(options?: { readonly last?: boolean }): void;
  /**
   * Begins anew, for sinks whose peer was lost and may hold nothing any more: all that is pinned, then all that is
   * still held from the start of this sink on, is written again in order, and then what follows. Promises of earlier
   * calls of `write` are no longer looked at; the next call may come before this one returns.
   *
   * With operators in between, what they once handed out comes again, and they themselves notice nothing. Rows are
   * counted once in the statistics, however often they are written.
   */
  replay(): void;
  /** Tells the program of trouble that does not end the sink, on `errors$`; once per episode. */
  report(error: RerunError): void;
}

/** What `write` may return when messages are taken long before they are delivered. */
export interface Delivery {
  /** Holds the next messages back until it resolves. Default: more may come at once. */
  readonly ready?: Promise<void> | undefined;
  /**
   * Resolves when the messages are delivered, in the order of the calls; with those that the peer does not want and
   * never will, if any: they count as dropped.
   */
  readonly delivered: Promise<void | readonly LogMsg[]>;
}

/** How to wait: `signal` ends the wait, not the work. */
export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * A destination of messages. Only `write` is required of a sink of your own.
 *
 * Messages come in order, each once unless the sink asks for a {@link SinkHost.replay}. The recording stream never
 * calls `write` again before the promise of the last call resolved: that is the back-pressure. What a sink throws or
 * rejects with ends its attachment, and no other.
 */
export interface Sink {
  /** Shown in messages, such as `save(data.rrd)`. */
  readonly name?: string;
  /** Where the sink is in its life; the recording stream assumes `open` when absent. */
  readonly state$?: Observable<SinkState>;
  /** Why the sink is in state `failed`. */
  readonly failure?: RerunError | undefined;
  /**
   * True when `write` is done with the bytes of a message once it returns, and returns no promise. Large
   * arrays are then handed on without a copy.
   */
  readonly borrows?: boolean;
  /** True when someone watches: rows are then batched with low latency (8 ms instead of 200 ms). */
  readonly live?: boolean;
  /**
   * True when a file takes the place of this sink where the environment variable `_RERUN_TEST_FORCE_SAVE` names one:
   * it can be attached all the same, but gets nothing.
   */
  readonly forceSaved?: boolean;
  /** True when the sink may ask for a {@link SinkHost.replay}: what operators hand out to it is then kept. */
  readonly replays?: boolean;
  /**
   * How long the end of a recording waits for this sink while it is `connecting` or `reconnecting`, in
   * milliseconds, unless a signal was given. Default: as long as for any other sink.
   */
  readonly closeTimeoutMs?: number;
  /**
   * Takes messages; a promise holds the next ones back until it resolves, and says then that these are
   * delivered. A {@link Delivery} says both apart.
   */
  write(messages: readonly LogMsg[]): void | Promise<void> | Delivery;
  /** Resolves when everything taken so far is delivered. */
  flush?(options?: WaitOptions): void | Promise<void>;
  /** Delivers the rest and frees what is held. Idempotent. */
  close?(options?: WaitOptions): void | Promise<void>;
  /**
   * Called once for each recording stream that attaches this sink; the result is called when it is detached. A sink that
   * has it is expected to {@link SinkHost.drain} when the program ends: timers of operators before it do not keep the
   * program running.
   */
  attached?(host: SinkHost): (() => void) | void;
}

/** What can be attached: a sink, or anything with a `next`, as RxJS has it. */
export type SinkLike = Sink | Partial<Observer<LogMsg>> | ((message: LogMsg) => void);

/**
 * Base of the sinks of this package: keeps the state, and makes a sink an RxJS observer as well, so that
 * `messages$.pipe(…).subscribe(sink)` works.
 */
export abstract class ObserverSink implements Sink, Observer<LogMsg> {
  abstract readonly name: string;
  readonly #state$: BehaviorSubject<SinkState>;
  #tail: Promise<void> | undefined;
  #failure: RerunError | undefined;

  constructor(state: SinkState = "open") {
    this.#state$ = new BehaviorSubject<SinkState>(state);
  }

  get state$(): Observable<SinkState> {
    return this.#state$;
  }

  get state(): SinkState {
    return this.#state$.value;
  }

  protected setState(state: SinkState): void {
    if (this.#state$.value !== state) this.#state$.next(state);
  }

  /** Why it failed, if it did. */
  get failure(): RerunError | undefined {
    return this.#failure;
  }

  /** Gives up for good; the first reason stays. */
  protected fail(error: RerunError): void {
    this.#failure ??= error;
    this.setState("failed");
  }

  abstract write(messages: readonly LogMsg[]): void | Promise<void> | Delivery;
  abstract close(options?: WaitOptions): void | Promise<void>;

  /**
   * Settles when all that {@link next} was given is written; undefined when it is. What reads recordings waits for
   * it, so that a slow sink makes for slow reading.
   */
  get pending(): Promise<void> | undefined {
    return this.#tail;
  }

  /** Takes one message; those that come while the last is on its way wait, without bound. */
  next(message: LogMsg): void {
    if (this.#failure !== undefined) return;
    if (message.kind === "chunk") message.chunk.own();
    let tail: Promise<void>;
    if (this.#tail !== undefined) {
      tail = this.#tail.then(() =>
        this.#failure === undefined ? readyAfter(this.write([message])) : undefined,
      );
    } else {
      // An observer that throws would take the process down.
      try {
        const ready = readyAfter(this.write([message]));
        if (ready === undefined) return;
        tail = ready;
      } catch (thrown) {
        this.#failAsObserver(thrown);
        return;
      }
    }
    const settled = tail
      .catch((thrown: unknown) => this.#failAsObserver(thrown))
      .then(() => {
        if (this.#tail === settled) this.#tail = undefined;
      });
    this.#tail = settled;
  }

  /** No recording stream is there to tell of it. */
  #failAsObserver(thrown: unknown): void {
    const error = RerunError.from(thrown);
    this.fail(error);
    console.warn(`rerun-rx: ${error.message}`);
  }

  /** Ends the sink: the source failed, what came before is kept. */
  error(): void {
    this.complete();
  }

  /** Ends the sink. */
  complete(): void {
    const closing = Promise.resolve(this.#tail).then(() => this.close());
    closing.catch((thrown: unknown) => {
      if (this.#failure === undefined) this.#failAsObserver(thrown);
    });
  }
}

/** What to wait for before the next call of `write`. */
function readyAfter(result: void | Promise<void> | Delivery): Promise<void> | undefined {
  if (typeof result !== "object" || result === null) return undefined;
  return "delivered" in result ? result.ready : result;
}

/** Observers and functions are the same sink each time, so that what was attached can be found again. */
const wrapped = new WeakMap<object, Sink>();

/** Makes a sink of whatever was given; the same one for the same thing. */
export function toSink(target: SinkLike): Sink {
  if (
    typeof target === "object" &&
    target !== null &&
    "write" in target &&
    typeof target.write === "function"
  )
    return target;
  const observer = typeof target === "function" ? { next: target } : target;
  if (
    typeof observer === "object" &&
    observer !== null &&
    "next" in observer &&
    typeof observer.next === "function"
  ) {
    let sink = wrapped.get(target);
    if (sink === undefined) {
      sink = fromObserver(observer, typeof target === "function" ? target.name : "");
      wrapped.set(target, sink);
    }
    return sink;
  }
  throw new RerunError(
    "invalid-argument",
    `Expected a sink (an object with \`write\`), an observer (with \`next\`) or a function, got ${quote(target)}`,
  );
}

function fromObserver(observer: Partial<Observer<LogMsg>>, name: string): Sink {
  return {
    name: name === "" ? "observer" : name,
    write: (messages) => {
      for (const message of messages) observer.next?.(message);
    },
    close: () => observer.complete?.(),
  };
}
