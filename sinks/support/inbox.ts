import { AttachedSink } from "../../lib/attached-sink.ts";
import type { RerunError } from "../../lib/errors.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { MessageLog } from "../../lib/message-log.ts";
import type { Sink } from "../../lib/sink.ts";
import { messageRetention } from "../../lib/static-data.ts";

/** What is kept for a peer that comes back, and what may wait for one that is slow. */
const INBOX_BYTES = 256 << 20;
/** Who reads from a file goes on reading while less than this waits. */
const AHEAD_BYTES = 16 << 20;

/**
 * Messages that a sink gets as an observer, from no recording stream: a log of their own, bounded like that of one, so
 * that the sink can begin anew with them and is not flooded.
 */
export class Inbox {
  readonly #log: MessageLog<LogMsg>;
  readonly #reader: AttachedSink;
  #pending: { readonly settled: Promise<void>; readonly settle: () => void } | undefined;

  /** @param sink attached here for as long as the inbox is open */
  constructor(sink: Sink) {
    this.#log = new MessageLog<LogMsg>({
      ...messageRetention(),
      historyBytes: INBOX_BYTES,
      backlogBytes: INBOX_BYTES,
    });
    this.#reader = new AttachedSink(
      this.#log,
      sink,
      "start",
      {},
      {
        enabled: true,
        changed: () => this.#settle(),
        report: (error: RerunError) => console.warn(`rerun-rx: ${error.message}`),
        drain: () => undefined,
      },
    );
  }

  /** Settles when more may come, for sources that can wait; undefined when it may come at once. */
  get pending(): Promise<void> | undefined {
    if (this.#isReady) return undefined;
    if (this.#pending === undefined) {
      let settle: () => void = () => undefined;
      const settled = new Promise<void>((resolve) => {
        settle = resolve;
      });
      this.#pending = { settled, settle };
    }
    return this.#pending.settled;
  }

  /** Takes one message. */
  append(message: LogMsg): void {
    // It waits past this call: not on memory of the caller.
    if (message.kind === "chunk") message.chunk.own();
    this.#log.append(message);
  }

  /** Delivers the rest and closes the sink, unless someone else has it as well. Never rejects. */
  async end(): Promise<void> {
    await this.#reader.end();
    this.#settle();
  }

  get #isReady(): boolean {
    const { state, stats } = this.#reader;
    return stats.queuedBytes < AHEAD_BYTES || state === "failed" || state === "closed";
  }

  #settle(): void {
    if (this.#pending === undefined || !this.#isReady) return;
    this.#pending.settle();
    this.#pending = undefined;
  }
}
