import { receiptOf } from "../attached-sink.ts";
import { decodeEnvelope, type EnvelopeKind } from "../decode/envelope.ts";
import { decodeLogMsg } from "../decode/log-msg.ts";
import { RerunError } from "../errors.ts";
import type { LogMsg } from "../log-msg.ts";
import type { LogCursor, LogEntry, MessageLog } from "../message-log.ts";
import type { Sink, SinkHost, WaitOptions } from "../sink.ts";
import { raceSignal } from "../wait.ts";
import { bareParts, type HubItem } from "./hub-item.ts";

/** What a local sink tells its hub. */
export interface LocalEvents {
  /** Lets those who log in this process hand over what they hold back. */
  readonly drain: SinkHost["drain"];
  /** It took something. */
  changed(): void;
  /** Something to tell the program. */
  report(error: RerunError): void;
  /** It failed, and is not given anything any more. */
  failed(error: RerunError): void;
}

/** Messages are decoded and handed over in batches of about this size. */
const BATCH_BYTES = 4 * 1024 * 1024;

/** A sink of this process at a hub: gets every message once, in order, as fast as it takes them, and loses none. */
export class LocalReader {
  readonly #sink: Sink;
  readonly #cursor: LogCursor<HubItem>;
  readonly #events: LocalEvents;
  readonly #letGo: (() => void) | void;
  /** Resolves when the sink takes more. */
  #busy: Promise<void> | undefined;
  /** Counts how often the sink began anew; what earlier calls of `write` promised is void then. */
  #turn = 0;
  #pumping = false;
  #failure: RerunError | undefined;
  #ending: Promise<void> | undefined;

  constructor(log: MessageLog<HubItem>, sink: Sink, events: LocalEvents) {
    this.#sink = sink;
    this.#events = events;
    this.#cursor = log.cursor();
    this.#letGo = sink.attached?.({
      enabled: true,
      drain: (options) => {
        events.drain(options);
        this.pump();
      },
      replay: () => this.#replay(),
      report: (error) => events.report(error),
    });
  }

  /** Bytes that wait for it. */
  get queuedBytes(): number {
    return this.#failure === undefined ? this.#cursor.queuedBytes : 0;
  }

  /** True once everything below `seq` is delivered. */
  has(seq: number): boolean {
    return this.#failure !== undefined || this.#cursor.acked >= seq;
  }

  /** Writes what there is, until the sink asks for time. */
  pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (this.#busy === undefined && this.#failure === undefined) {
        const entries = this.#cursor.take(BATCH_BYTES);
        if (entries.length === 0) break;
        this.#write(entries);
      }
    } catch (thrown) {
      this.#fail(thrown);
    } finally {
      this.#pumping = false;
    }
  }

  /** Writes the rest and closes the sink. Idempotent; rejects when the sink failed. */
  end(options: WaitOptions = {}): Promise<void> {
    this.#ending ??= this.#end(options);
    return this.#ending;
  }

  async #end(options: WaitOptions): Promise<void> {
    const { signal } = options;
    this.#cursor.stop();
    this.pump();
    const isAborted = (): boolean => signal?.aborted === true;
    while (this.#busy !== undefined && !isAborted()) await raceSignal(this.#busy, signal);
    if (typeof this.#letGo === "function") this.#letGo();
    try {
      await this.#sink.close?.(options);
    } catch (thrown) {
      this.#fail(thrown);
    }
    this.#cursor.close();
    if (this.#failure !== undefined) throw this.#failure;
  }

  #write(entries: readonly LogEntry<HubItem>[]): void {
    const messages = entries.flatMap(({ item }) => this.#decode(item));
    const { seq } = entries.at(-1) as LogEntry<HubItem>;
    const turn = this.#turn;
    const { ready, delivered } = messages.length > 0 ? receiptOf(this.#sink.write(messages)) : {};
    if (turn !== this.#turn) return;
    if (delivered === undefined) return this.#delivered(seq);
    const step = (work: () => void) => (): void => {
      if (turn === this.#turn && this.#failure === undefined) work();
    };
    const fail = (thrown: unknown): void => {
      if (turn === this.#turn) this.#fail(thrown);
    };
    delivered.then(
      step(() => this.#delivered(seq)),
      fail,
    );
    this.#busy = ready?.then(
      step(() => {
        this.#busy = undefined;
        this.pump();
      }),
      fail,
    );
  }

  /** The sink begins anew: its peer may hold nothing any more. */
  #replay(): void {
    this.#turn++;
    this.#busy = undefined;
    this.#cursor.rewind();
    this.pump();
  }

  #delivered(seq: number): void {
    this.#cursor.ack(seq);
    this.#events.changed();
  }

  #decode(item: HubItem): LogMsg[] {
    if (item.kind === "table") return [];
    try {
      const parts = bareParts(item);
      const bytes = parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
      return [decodeLogMsg(decodeEnvelope(KIND_OF[item.kind], bytes))];
    } catch (thrown) {
      // Viewers may know how to read it; the sink does not get it.
      this.#events.report(RerunError.from(thrown, "invalid-data"));
      return [];
    }
  }

  #fail(thrown: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = RerunError.from(thrown);
    this.#busy = undefined;
    this.#cursor.close();
    this.#events.failed(this.#failure);
  }
}

const KIND_OF: Readonly<Record<Exclude<HubItem["kind"], "table">, EnvelopeKind>> = {
  "store-info": 1,
  chunk: 2,
  activation: 3,
};
