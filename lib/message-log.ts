/** One item of a {@link MessageLog}. */
export interface LogEntry<T> {
  /** Position in the log, counted from 0, without gaps. */
  readonly seq: number;
  readonly item: T;
  readonly bytes: number;
  /** Milliseconds since the Unix epoch when it was appended. */
  readonly at: number;
  /** Pinned entries come to every cursor, whatever its start, and are never dropped. */
  pinned: boolean;
}

export interface MessageLogOptions<T> {
  readonly sizeOf: (item: T) => number;
  readonly isPinned: (item: T) => boolean;
  /** A later pinned item with the same key takes the place of an earlier one; undefined: stands for ever. */
  readonly pinKey?: (item: T) => string | undefined;
  /** Bytes of temporal items kept for late cursors once every cursor has them. */
  readonly historyBytes: number;
  /** Bytes of temporal items kept while there is no cursor to take them. */
  readonly backlogBytes: number;
  /** Called for items that are let go before anyone had them. */
  readonly onDrop?: (entry: LogEntry<T>) => void;
  /** Called for each appended item that is still held once all cursors were told. */
  readonly onKeep?: (item: T) => void;
}

/** Where a cursor begins. Pinned entries before that come first in any case. */
export type CursorStart = "start" | "now" | { readonly seq: number } | { readonly sinceMs: number };

export interface CursorOptions<T> {
  readonly from?: CursorStart;
  /** Bytes of temporal items that may wait for this cursor; past it the oldest are dropped for it alone. */
  readonly budgetBytes?: number;
  readonly onAppend?: () => void;
  readonly onDrop?: (entry: LogEntry<T>) => void;
}

/**
 * An ordered log with many readers, bounded in bytes.
 *
 * Each item is held once, however many cursors read it. A cursor moves at its own pace: it takes entries,
 * and acknowledges them when they are delivered. What all have acknowledged is history, kept up to
 * `historyBytes`. A cursor that falls behind by more than its own budget loses its oldest temporal entries;
 * the others do not notice.
 */
export class MessageLog<T> {
  readonly #options: MessageLogOptions<T>;
  /** Contiguous: `#entries[i]` has sequence number `#base + i - #head`. */
  #entries: LogEntry<T>[] = [];
  #head = 0;
  #base = 0;
  /** Pinned entries that have left the contiguous part, in order. */
  #pinned: LogEntry<T>[] = [];
  readonly #pinKeys = new Map<string, LogEntry<T>>();
  readonly #cursors = new Set<LogCursor<T>>();
  #temporalBytes = 0;
  #pinnedBytes = 0;
  /** Everything below was acknowledged by some cursor. */
  #deliveredTo = 0;
  #dropped = 0;

  constructor(options: MessageLogOptions<T>) {
    this.#options = options;
  }

  /** Sequence number of the next item. */
  get nextSeq(): number {
    return this.#base + this.#entries.length - this.#head;
  }

  /** Bytes held, pinned ones included. */
  get bytes(): number {
    return this.#temporalBytes + this.#pinnedBytes;
  }

  /** Items that were let go before any cursor had them. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Number of open cursors. */
  get cursors(): number {
    return this.#cursors.size;
  }

  /** Appends an item and tells the cursors; those that read at once have it when this returns. */
  append(item: T): number {
    const seq = this.nextSeq;
    const pinned = this.#options.isPinned(item);
    const entry: LogEntry<T> = {
      seq,
      item,
      bytes: this.#options.sizeOf(item),
      at: Date.now(),
      pinned,
    };
    this.#entries.push(entry);
    if (pinned) {
      this.#pinnedBytes += entry.bytes;
      this.#supersede(entry);
    } else {
      this.#temporalBytes += entry.bytes;
    }
    // First all take note, then all are told: one that is told may append, attach or detach in turn.
    for (const cursor of this.#cursors) cursor.queue(entry);
    for (const cursor of [...this.#cursors]) cursor.appended(entry);
    // An item that would push out most of the history is not worth the copy that keeping it costs.
    this.trim(entry.bytes * 4 > this.#options.historyBytes ? 0 : this.#options.historyBytes);
    if (this.holds(seq)) this.#options.onKeep?.(item);
    return seq;
  }

  /** True while the entry is still in the log. */
  holds(seq: number): boolean {
    return seq >= this.#base || this.#pinnedFrom(seq)?.seq === seq;
  }

  /** Opens a reader. */
  cursor(options: CursorOptions<T> = {}): LogCursor<T> {
    const cursor = new LogCursor(this, this.#startOf(options.from ?? "start"), options);
    this.#cursors.add(cursor);
    return cursor;
  }

  #startOf(from: CursorStart): number {
    if (from === "start") return 0;
    if (from === "now") return this.nextSeq;
    if ("seq" in from) return from.seq;
    for (let i = this.#head; i < this.#entries.length; i++) {
      const entry = this.#entries[i] as LogEntry<T>;
      if (entry.at >= from.sinceMs) return entry.seq;
    }
    return this.nextSeq;
  }

  /** The entry at `seq`, or the next pinned one when that has left; undefined at the end. For cursors. */
  entryFrom(seq: number): LogEntry<T> | undefined {
    if (seq < this.#base) {
      const pinned = this.#pinnedFrom(seq);
      if (pinned !== undefined) return pinned;
      return this.#entries[this.#head];
    }
    return this.#entries[this.#head + seq - this.#base];
  }

  #pinnedFrom(seq: number): LogEntry<T> | undefined {
    return this.#pinned[this.#pinnedIndex(seq)];
  }

  /** Index of the first one at or behind `seq`. */
  #pinnedIndex(seq: number): number {
    let low = 0;
    let high = this.#pinned.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#pinned[middle] as LogEntry<T>).seq < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** For cursors: forgets a reader. */
  release(cursor: LogCursor<T>): void {
    this.#cursors.delete(cursor);
    this.trim();
  }

  /** For cursors: all below `seq` reached a destination. */
  delivered(seq: number): void {
    if (seq > this.#deliveredTo) this.#deliveredTo = seq;
  }

  /** Lets go of what the budgets do not cover. */
  trim(historyBytes: number = this.#options.historyBytes): void {
    const { backlogBytes } = this.#options;
    const limit = this.#cursors.size > 0 ? historyBytes : Math.min(historyBytes, backlogBytes);
    if (this.#temporalBytes <= limit) return;
    let owed = this.#deliveredTo;
    if (this.#cursors.size > 0) {
      owed = Number.POSITIVE_INFINITY;
      for (const cursor of this.#cursors) owed = Math.min(owed, cursor.owedFrom);
    }
    const newest = this.nextSeq - 1;
    while (this.#head < this.#entries.length) {
      const entry = this.#entries[this.#head] as LogEntry<T>;
      const waits = entry.seq >= owed;
      if (waits && this.#cursors.size > 0) break;
      if (!entry.pinned) {
        if (this.#temporalBytes <= (waits ? backlogBytes : limit)) break;
        // The newest stays while it waits, however large: a budget must not make logging impossible.
        if (waits && entry.seq === newest) break;
        this.#temporalBytes -= entry.bytes;
        if (waits && entry.seq >= this.#deliveredTo) {
          this.#dropped++;
          this.#options.onDrop?.(entry);
        }
      } else {
        this.#pinned.push(entry);
      }
      this.#entries[this.#head] = undefined as unknown as LogEntry<T>;
      this.#head++;
      this.#base++;
    }
    if (this.#head > 1024 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
  }

  #supersede(entry: LogEntry<T>): void {
    const key = this.#options.pinKey?.(entry.item);
    if (key === undefined) return;
    const older = this.#pinKeys.get(key);
    this.#pinKeys.set(key, entry);
    if (older === undefined) return;
    older.pinned = false;
    this.#pinnedBytes -= older.bytes;
    if (older.seq < this.#base) {
      this.#pinned.splice(this.#pinnedIndex(older.seq), 1);
      return;
    }
    this.#temporalBytes += older.bytes;
    for (const cursor of this.#cursors) cursor.unpinned(older);
  }
}

/** A reader of a {@link MessageLog}. Take entries, deliver them, acknowledge them. */
export class LogCursor<T> {
  readonly #log: MessageLog<T>;
  readonly #options: CursorOptions<T>;
  readonly #start: number;
  /** Next entry to take. */
  #next = 0;
  /** All below is delivered. */
  #acked = 0;
  /** Temporal entries below this are skipped: before the start, or dropped by the budget. */
  #skipBelow: number;
  /** Nothing from here on is taken any more. */
  #end = Number.POSITIVE_INFINITY;
  #queuedBytes = 0;
  #dropped = 0;
  #closed = false;

  constructor(log: MessageLog<T>, start: number, options: CursorOptions<T>) {
    this.#log = log;
    this.#start = start;
    this.#skipBelow = start;
    this.#options = options;
    for (let entry = log.entryFrom(0); entry !== undefined; entry = log.entryFrom(entry.seq + 1)) {
      if (!entry.pinned && entry.seq >= start) this.#queuedBytes += entry.bytes;
    }
  }

  /** Sequence number from which on everything is owed to this cursor; before it, only pinned entries. */
  get start(): number {
    return this.#start;
  }

  /** Temporal bytes that wait. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Entries that the budget dropped for this cursor. */
  get dropped(): number {
    return this.#dropped;
  }

  /** All below is delivered. */
  get acked(): number {
    return this.#acked;
  }

  /**
   * Entries from here on must stay in the log for this cursor: also those that it took and did not acknowledge, for
   * a successor, unless it is so slow that entries behind them were dropped. Otherwise one that never
   * acknowledges would keep the log from ever letting go of anything.
   */
  get owedFrom(): number {
    const wanted = Math.max(this.#next, this.#skipBelow);
    return this.#acked < this.#next && this.#skipBelow <= this.#next ? this.#acked : wanted;
  }

  /** True when there is nothing to take. */
  get atEnd(): boolean {
    return this.#next >= this.#log.nextSeq;
  }

  /** Takes entries in order: at least one if there is one, and no more once `maxBytes` are reached. */
  take(maxBytes: number): LogEntry<T>[] {
    const taken: LogEntry<T>[] = [];
    let bytes = 0;
    while (bytes < maxBytes && this.#next < this.#end) {
      const entry = this.#log.entryFrom(this.#next);
      if (entry === undefined) {
        this.#next = this.#log.nextSeq;
        break;
      }
      if (entry.seq >= this.#end) {
        this.#next = this.#end;
        break;
      }
      this.#next = entry.seq + 1;
      if (!entry.pinned) {
        if (entry.seq < this.#skipBelow) continue;
        this.#queuedBytes = Math.max(0, this.#queuedBytes - entry.bytes);
      }
      taken.push(entry);
      bytes += entry.bytes;
    }
    // Only skipped entries: nothing to wait for.
    if (taken.length === 0) this.#acked = this.#next;
    return taken;
  }

  /** Says that all entries up to and with `seq` are delivered. */
  ack(seq: number): void {
    if (seq + 1 <= this.#acked) return;
    this.#acked = seq + 1;
    this.#log.delivered(this.#acked);
    this.#log.trim();
  }

  /** Takes what is in the log now, and nothing that is appended later. */
  stop(): void {
    this.#end = Math.min(this.#end, this.#log.nextSeq);
  }

  /** Frees what waits for this cursor. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#log.release(this);
  }

  /** For the log: an entry was appended; it waits from now on. */
  queue(entry: LogEntry<T>): void {
    if (!entry.pinned && entry.seq < this.#end) this.#queuedBytes += entry.bytes;
  }

  /** For the log: a pinned entry has become an ordinary one, because a later one took its place. */
  unpinned(entry: LogEntry<T>): void {
    if (entry.seq >= Math.max(this.#next, this.#skipBelow) && entry.seq < this.#end)
      this.#queuedBytes += entry.bytes;
  }

  /** For the log: all cursors know of the entry; now read it, or make room. */
  appended(entry: LogEntry<T>): void {
    if (this.#closed) return;
    this.#options.onAppend?.();
    const budget = this.#options.budgetBytes ?? Number.POSITIVE_INFINITY;
    if (this.#queuedBytes > budget) this.#dropOldest(budget, entry.seq);
  }

  #dropOldest(budget: number, newest: number): void {
    let seq = Math.max(this.#next, this.#skipBelow);
    while (this.#queuedBytes > budget && seq < newest) {
      const entry = this.#log.entryFrom(seq);
      if (entry === undefined || entry.seq >= newest) break;
      seq = entry.seq + 1;
      if (entry.pinned) continue;
      this.#queuedBytes -= entry.bytes;
      this.#dropped++;
      this.#options.onDrop?.(entry);
      this.#skipBelow = seq;
    }
  }
}
