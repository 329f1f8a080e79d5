import type { Observable, OperatorFunction, Subscription } from "rxjs";
import type { LogMsg } from "./log-msg.ts";
import { type LogCursor, type LogEntry, MessageLog } from "./message-log.ts";
import { Subject } from "./rxjs.ts";
import { messageRetention } from "./static-data.ts";

/** How messages pass through operators. */
export interface PipeStageOptions {
  readonly operators: readonly OperatorFunction<LogMsg, LogMsg>[];
  /** Bytes of what the operators handed out that are kept once it is delivered. */
  readonly historyBytes: number;
  readonly onError: (error: unknown) => void;
}

/**
 * The operators between a recording and one sink, and an ordered log of what they handed out.
 *
 * The sink reads that log. So it can begin anew without the operators having to: one that counts, or waits for a
 * timer, could not do it all once more. The recording's own log is acknowledged as far as what came of it is.
 */
export class PipeStage {
  /** What the operators handed out. */
  readonly log: MessageLog<LogMsg>;
  readonly #source: LogCursor<LogMsg>;
  readonly #input = new Subject<LogMsg>();
  readonly #subscription: Subscription;
  /** How far the output went when the operators had seen all up to `seq`, in order. */
  #marks: { readonly seq: number; readonly output: number }[] = [];
  #ended: Promise<void> | undefined;
  #end: () => void = () => undefined;

  /** @param source where messages come from; acknowledged here */
  constructor(source: LogCursor<LogMsg>, options: PipeStageOptions) {
    this.#source = source;
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
    this.#subscription = piped.subscribe({
      next: (message) => {
        this.log.append(message);
      },
      error: (error) => options.onError(error),
      complete: () => this.#end(),
    });
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
    for (const { item } of entries) {
      // Operators may keep it as long as they like.
      if (item.kind === "chunk") item.chunk.own();
      this.#input.next(item);
    }
    this.#marks.push({ seq: last.seq, output: this.log.nextSeq });
    return true;
  }

  /** Takes note that everything handed out below `output` is delivered. */
  delivered(output: number): void {
    let seq: number | undefined;
    while (this.#marks[0] !== undefined && this.#marks[0].output <= output)
      seq = this.#marks.shift()?.seq;
    if (seq !== undefined) this.#source.ack(seq);
  }

  /** What waits to be seen by the operators. */
  unseen(): LogEntry<LogMsg>[] {
    return this.#source.waiting();
  }

  /** Says that nothing follows: operators hand out what they hold back; those with timers take a while. */
  complete(): void {
    this.#input.complete();
  }

  /** Stops the operators. */
  close(): void {
    this.#end();
    this.#subscription.unsubscribe();
  }
}
