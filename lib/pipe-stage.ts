import type { Observable, OperatorFunction, Subscription } from "rxjs";
import type { LogMsg } from "./log-msg.ts";
import { type LogCursor, type LogEntry, MessageLog } from "./message-log.ts";
import { type HoldingOperator, type PipeScope, withScope } from "./pipe-scope.ts";
import { realTime, Subject, type TimeSource } from "./rxjs.ts";
import { messageRetention } from "./static-data.ts";

/**
 * Bytes of messages that are not acknowledged because operators hold something back of them. Past it the recording need
 * not keep them any longer: what is held back then is the operators' alone.
 */
const MAX_HELD_BYTES = 64 << 20;

/** How messages pass through operators. */
export interface PipeStageOptions {
  readonly operators: readonly OperatorFunction<LogMsg, LogMsg>[];
  /** Bytes of what the operators handed out that are kept once it is delivered. */
  readonly historyBytes: number;
  /** By which operators wait that have no clock of their own. Default: real time, which keeps a program running. */
  readonly time?: TimeSource;
  readonly onError: (error: unknown) => void;
}

/**
 * The operators between a recording and one sink, and an ordered log of what they handed out.
 *
 * The sink reads that log. So it can begin anew without the operators having to: one that counts, or waits for a
 * timer, could not do it all once more. The recording's own log is acknowledged as far as all that came of it is
 * delivered and nothing of it is held back. Only operators of this package tell what they hold back; what others keep,
 * such as `bufferTime` and `delay`, is not seen.
 */
export class PipeStage implements PipeScope {
  /** What the operators handed out. */
  readonly log: MessageLog<LogMsg>;
  readonly time: TimeSource;
  position = -1;
  readonly #source: LogCursor<LogMsg>;
  readonly #input = new Subject<LogMsg>();
  readonly #subscription: Subscription;
  /** Those that may hold something back; the last one of the pipeline first. */
  readonly #holding = new Set<HoldingOperator>();
  /** The last message that the operators have seen. */
  #seen = -1;
  /** How far the output went when all up to `seq` had been handed out, in order. */
  #marks: { readonly seq: number; readonly output: number }[] = [];
  /** The `seq` of the last mark. */
  #marked = -1;
  /** All handed out below is delivered. */
  #delivered = 0;
  /** How deep in calls of operators. */
  #depth = 0;
  #later: (() => void)[] = [];
  #ended: Promise<void> | undefined;
  #end: () => void = () => undefined;

  /** @param source where messages come from; acknowledged here */
  constructor(source: LogCursor<LogMsg>, options: PipeStageOptions) {
    this.#source = source;
    this.time = options.time ?? realTime;
    this.log = new MessageLog<LogMsg>({
      ...messageRetention(),
      historyBytes: options.historyBytes,
      backlogBytes: Number.POSITIVE_INFINITY,
    });
    let piped: Observable<LogMsg> = this.#input;
    for (const operator of options.operators) piped = piped.pipe(operator);
    this.#ended = new Promise((resolve) => {
      this.#end = () => {
        this.#ended = undefined;
        resolve();
      };
    });
    this.#subscription = withScope(this, () =>
      piped.subscribe({
        next: (message) => {
          this.log.append(message);
        },
        error: (error) => options.onError(error),
        complete: () => this.#end(),
      }),
    );
  }

  /** Resolves when the operators have handed out everything; undefined once they have. */
  get ended(): Promise<void> | undefined {
    return this.#ended;
  }

  /** Lets the operators see more; tells whether there was any. */
  feed(maxBytes: number): boolean {
    const entries = this.#source.take(maxBytes);
    const last = entries.at(-1);
    if (last === undefined) return false;
    this.#run(() => {
      for (const { item, seq } of entries) {
        // Operators may keep it as long as they like.
        if (item.kind === "chunk") item.chunk.own();
        this.position = seq;
        this.#input.next(item);
        this.#seen = seq;
      }
    });
    return true;
  }

  /** Takes note that everything handed out below `output` is delivered. */
  delivered(output: number): void {
    this.#delivered = output;
    let seq: number | undefined;
    while (this.#marks[0] !== undefined && this.#marks[0].output <= output)
      seq = this.#marks.shift()?.seq;
    if (seq !== undefined) this.#source.ack(seq);
  }

  /** What waits to be seen by the operators. */
  unseen(): LogEntry<LogMsg>[] {
    return this.#source.waiting();
  }

  /** Has the operators hand out what they hold back; those of others do not know how. */
  flush(): void {
    this.#run(() => {
      // What one hands out the next one may hold back.
      for (const operator of [...this.#holding].reverse()) operator.flush();
    });
  }

  /** Says that nothing follows: operators hand out what they hold back; those with timers take a while. */
  complete(): void {
    this.#run(() => this.#input.complete());
  }

  /** Runs something once no operator is at work: at once, or when they have handed out what they are handing out. */
  afterwards(work: () => void): void {
    if (this.#depth === 0) work();
    else this.#later.push(work);
  }

  /** Stops the operators. */
  close(): void {
    this.#end();
    this.#subscription.unsubscribe();
  }

  // ---- For operators: see `PipeScope` -------------------------------------------------------------------------

  at(position: number | undefined, work: () => void): void {
    const outer = this.position;
    this.position = position ?? outer;
    try {
      this.#run(work);
    } finally {
      this.position = outer;
    }
  }

  join(operator: HoldingOperator): () => void {
    this.#holding.add(operator);
    return () => this.#holding.delete(operator);
  }

  // ---- Inside -------------------------------------------------------------------------------------------------

  /** Calls operators; also those that are made meanwhile belong here. */
  #run(work: () => void): void {
    this.#depth++;
    try {
      withScope(this, work);
    } finally {
      this.#depth--;
      if (this.#depth === 0) {
        this.#mark();
        this.delivered(this.#delivered);
        for (const postponed of this.#later.splice(0)) postponed();
      }
    }
  }

  #mark(): void {
    let seq = this.#seen;
    if (this.#source.underWayBytes <= MAX_HELD_BYTES) {
      for (const operator of this.#holding)
        seq = Math.min(seq, (operator.heldFrom() ?? Number.POSITIVE_INFINITY) - 1);
    }
    if (seq <= this.#marked) return;
    this.#marked = seq;
    this.#marks.push({ seq, output: this.log.nextSeq });
  }
}
