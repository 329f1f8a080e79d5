import type { CursorStart, LogCursor, LogEntry, MessageLog } from "../message-log.ts";
import type { HubItem } from "./hub-item.ts";

/** In which order who comes late gets what was; what is pinned comes first in any case, in its own order. */
export type ReplayOrder = "oldest-first" | "newest-first";

/** What one reader of a hub wants, and how. */
export interface FeedOptions {
  readonly from: CursorStart;
  /** Bytes that may wait for this reader; past it the oldest are dropped for it alone. */
  readonly budgetBytes: number;
  readonly replay: ReplayOrder;
  /** Newest first: history below this number is still to come; default where the reader begins. */
  readonly back?: number;
  readonly wants: (item: HubItem) => boolean;
}

/** Most bytes of messages that are kept together because they belong together. */
const GROUP_BYTES = 64 * 1024 * 1024;

/**
 * What one reader of a hub has yet to get, in the order in which it gets it.
 *
 * Newest first, everything that comes in goes before history, and history is walked backwards; what has left it by
 * then is not sent. Whatever the order, a reader that falls behind loses its oldest temporal data, and no one else
 * notices.
 */
export class HubFeed {
  readonly #log: MessageLog<HubItem>;
  readonly #options: FeedOptions;
  readonly #cursor: LogCursor<HubItem>;
  /** Entries below were delivered on a former connection. */
  readonly #resumeAt: number;
  /** Oldest first: 0. */
  #back: number;
  #next: number;

  constructor(log: MessageLog<HubItem>, options: FeedOptions) {
    const { from, budgetBytes, replay } = options;
    this.#log = log;
    this.#options = options;
    this.#resumeAt = typeof from === "object" && "seq" in from ? from.seq : 0;
    const backwards = replay === "newest-first" && from === "start";
    this.#back = options.back ?? (backwards ? log.nextSeq : 0);
    this.#next = this.#resumeAt;
    this.#cursor = log.cursor({ from: backwards ? "now" : from, budgetBytes });
  }

  /** True when there is nothing to take. */
  get atEnd(): boolean {
    return this.#cursor.atEnd && this.#back === 0;
  }

  /** Number to go on from: everything below was taken, or will not come, but for history below {@link back}. */
  get next(): number {
    return this.#next;
  }

  /** True when history comes last, newest first. */
  get backwards(): boolean {
    return this.#options.replay === "newest-first";
  }

  /** Newest first: history below this number is still to come. */
  get back(): number {
    return this.#back;
  }

  /** Bytes that wait, without history that is still to come. */
  get queuedBytes(): number {
    return this.#cursor.queuedBytes;
  }

  /** Messages that this reader was too slow for. */
  get dropped(): number {
    return this.#cursor.dropped;
  }

  /** Takes what comes next, about `maxBytes` of it, and lets the log forget it; empty when nothing of it is wanted. */
  take(maxBytes: number): LogEntry<HubItem>[] {
    if (this.#cursor.atEnd) return this.#takeBackwards(maxBytes);
    const entries = this.#cursor.take(maxBytes);
    let bytes = sum(entries);
    while (entries.at(-1)?.item.joinsNext === true && bytes < GROUP_BYTES) {
      const more = this.#cursor.take(1);
      if (more.length === 0) break;
      bytes += sum(more);
      entries.push(...more);
    }
    const last = entries.at(-1);
    if (last !== undefined) this.#cursor.ack(last.seq);
    this.#next = this.#cursor.atEnd ? this.#log.nextSeq : (last?.seq ?? this.#next) + 1;
    const { wants } = this.#options;
    return entries.filter((entry) => entry.seq >= this.#resumeAt && wants(entry.item));
  }

  #takeBackwards(maxBytes: number): LogEntry<HubItem>[] {
    const taken: LogEntry<HubItem>[] = [];
    let bytes = 0;
    while (bytes < maxBytes && this.#back > 0) {
      const entry = this.#log.entryBefore(this.#back);
      this.#back = entry?.seq ?? 0;
      // What is pinned came first.
      if (entry === undefined || entry.pinned || !this.#options.wants(entry.item)) continue;
      taken.push(entry);
      bytes += entry.bytes;
    }
    return taken;
  }

  close(): void {
    this.#cursor.close();
  }
}

const sum = (entries: readonly LogEntry<HubItem>[]): number =>
  entries.reduce((bytes, entry) => bytes + entry.bytes, 0);
