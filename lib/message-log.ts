import { LatestEntries } from "./latest-entries.ts";
import { type CursorOptions, type CursorStart, LogCursor } from "./log-cursor.ts";

export { type CursorOptions, type CursorStart, LogCursor } from "./log-cursor.ts";

// The global is a getter, and not a cheap one.
const clock = performance;

/** One item of a {@link MessageLog}. */
export interface LogEntry<T> {
  /** Position in the log, counted from 0, without gaps. */
  readonly seq: number;
  readonly item: T;
  readonly bytes: number;
  /** Milliseconds since the Unix epoch when it was appended. */
  readonly at: number;
  /** The same by a clock that is never set: for how long it has been waiting. */
  readonly since: number;
  /** Pinned entries come to every cursor, whatever its start, and are never dropped. */
  pinned: boolean;
  /** Keys of which it is the latest; none is left once later ones took its place. */
  refs: number;
  /** True for what was let go out of the middle of the log; readers pass it by. */
  readonly gone: boolean;
}

export interface MessageLogOptions<T> {
  readonly sizeOf: (item: T) => number;
  readonly isPinned: (item: T) => boolean;
  /**
   * A later pinned item with the same key takes the place of an earlier one; undefined: stands for ever. With several
   * keys, it stands until later ones have come for each of them.
   */
  readonly pinKey?: (item: T) => string | readonly string[] | undefined;
  /**
   * Pinned items that say something only together, such as those of one blueprint. What is superseded of a group is let
   * go at once, and no cursor gets it any more: it may be needed by none of the others.
   */
  readonly groupOf?: (item: T) => string | undefined;
  /** Groups that are superfluous from this item on. */
  readonly endsGroups?: (item: T) => readonly string[];
  /**
   * What a temporal item holds the latest value of. Until a later item has come for each key, it is kept past the
   * history, within `latestBytes`.
   */
  readonly latestKeys?: (item: T) => readonly string[];
  /** Bytes of `historyBytes` that may be taken by latest values; default half of them. */
  readonly latestBytes?: number;
  /** Called for a temporal item that is kept although its neighbours are not. */
  readonly onRetain?: (item: T) => void;
  /** Bytes of temporal items kept for late cursors once every cursor has them. */
  readonly historyBytes: number;
  /** Bytes of temporal items kept while there is no cursor to take them. */
  readonly backlogBytes: number;
  /** Called for items that are let go before anyone had them. */
  readonly onDrop?: (entry: LogEntry<T>) => void;
  /** Called for each appended item that is still held once all cursors were told. */
  readonly onKeep?: (item: T) => void;
  /** True for an item that `onKeep` would have to copy. */
  readonly isBorrowed?: (item: T) => boolean;
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
  readonly #groups = new Map<string, Set<LogEntry<T>>>();
  /** Where the items begin that are being appended together. */
  #together = 0;
  readonly #cursors = new Set<LogCursor<T>>();
  #temporalBytes = 0;
  #pinnedBytes = 0;
  /** Everything below was acknowledged by some cursor. */
  #deliveredTo = 0;
  #dropped = 0;
  /** Too large to be kept as history, in order; let go once everyone has them. */
  #large: LogEntry<T>[] = [];
  readonly #latest: LatestEntries<T> | undefined;

  constructor(options: MessageLogOptions<T>) {
    this.#options = options;
    const { latestKeys, historyBytes, latestBytes = historyBytes / 2, onRetain } = options;
    if (latestKeys !== undefined)
      this.#latest = new LatestEntries<T>({
        keysOf: latestKeys,
        maxBytes: latestBytes,
        onRetain,
        onGone: (entry) => {
          for (const cursor of this.#cursors) cursor.gone(entry);
        },
      });
  }

  /** Bytes of temporal items kept for late cursors. */
  get historyBytes(): number {
    return this.#options.historyBytes;
  }

  /** Sequence number of the next item. */
  get nextSeq(): number {
    return this.#base + this.#entries.length - this.#head;
  }

  /** Bytes held, pinned ones included. */
  get bytes(): number {
    return this.#temporalBytes + this.#pinnedBytes + (this.#latest?.bytes ?? 0);
  }

  /** Bytes of pinned items. */
  get pinnedBytes(): number {
    return this.#pinnedBytes;
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
    this.#together = this.nextSeq;
    const entry = this.#add(item);
    for (const cursor of [...this.#cursors]) cursor.appended(entry);
    this.#added(entry);
    return entry.seq;
  }

  /**
   * Appends items that belong together: cursors are told when all of them are there, and none of them takes the place of
   * another.
   */
  appendAll(items: readonly T[]): void {
    this.#together = this.nextSeq;
    const entries = items.map((item) => this.#add(item));
    const last = entries.at(-1);
    if (last === undefined) return;
    for (const cursor of [...this.#cursors]) cursor.appended(last);
    for (const entry of entries) this.#added(entry);
  }

  #add(item: T): LogEntry<T> {
    const pinned = this.#options.isPinned(item);
    const entry: LogEntry<T> = {
      seq: this.nextSeq,
      item,
      bytes: this.#options.sizeOf(item),
      at: Date.now(),
      since: clock.now(),
      pinned,
      refs: 0,
      gone: false,
    };
    this.#entries.push(entry);
    if (pinned) {
      this.#pinnedBytes += entry.bytes;
    } else {
      this.#temporalBytes += entry.bytes;
      this.#latest?.add(entry);
    }
    // First all take note, then all are told: one that is told may append, attach or detach in turn.
    for (const cursor of this.#cursors) cursor.queue(entry);
    if (pinned) this.#supersede(entry);
    return entry;
  }

  #added(entry: LogEntry<T>): void {
    const { item, pinned, seq } = entry;
    if (!pinned && this.#isTooLarge(entry)) this.#large.push(entry);
    this.trim();
    const { onKeep } = this.#options;
    if (onKeep !== undefined && this.holds(seq)) onKeep(item);
  }

  /**
   * One item must not push out all the others: what is larger than the history is not kept in it, and what would fill
   * much of it not if keeping it costs a copy.
   */
  #isTooLarge({ bytes, item }: LogEntry<T>): boolean {
    const { historyBytes, isBorrowed } = this.#options;
    if (historyBytes === 0) return false;
    return bytes > historyBytes || (bytes * 4 > historyBytes && isBorrowed?.(item) === true);
  }

  /** True while the entry is still in the log. */
  holds(seq: number): boolean {
    const entry = this.entryFrom(seq);
    return entry !== undefined && entry.seq === seq && !entry.gone;
  }

  /** How many entries there are at or behind `seq`. */
  countFrom(seq: number): number {
    const rest = this.nextSeq - Math.max(seq, this.#base);
    if (seq >= this.#base) return rest;
    return (
      rest + this.#pinned.length - this.#pinnedIndex(seq) + (this.#latest?.countFrom(seq) ?? 0)
    );
  }

  /** How many entries at or behind `seq` are not held any more. */
  missingFrom(seq: number): number {
    return Math.max(0, this.nextSeq - seq - this.countFrom(seq));
  }

  /** Opens a reader. */
  cursor(options: CursorOptions<T> = {}): LogCursor<T> {
    const cursor = new LogCursor(this, this.startOf(options.from ?? "start"), options);
    this.#cursors.add(cursor);
    return cursor;
  }

  /** The sequence number at which a reader begins. */
  startOf(from: CursorStart): number {
    if (from === "start") return 0;
    if (from === "now") return this.nextSeq;
    if ("seq" in from) return from.seq;
    for (let i = this.#head; i < this.#entries.length; i++) {
      const entry = this.#entries[i] as LogEntry<T>;
      if (entry.at >= from.sinceMs) return entry.seq;
    }
    return this.nextSeq;
  }

  /** The entry at `seq`, or the next one held when that has left; undefined at the end. For cursors. */
  entryFrom(seq: number): LogEntry<T> | undefined {
    if (seq < this.#base) return this.#outlierFrom(seq) ?? this.#entries[this.#head];
    return this.#entries[this.#head + seq - this.#base];
  }

  /** The last entry before `seq` that is held; undefined at the beginning. */
  entryBefore(seq: number): LogEntry<T> | undefined {
    for (let at = Math.min(seq, this.nextSeq); at > this.#base; at--) {
      const entry = this.#entries[this.#head + at - this.#base - 1];
      if (entry?.gone === false) return entry;
    }
    const pinned = this.#pinned[this.#pinnedIndex(seq) - 1];
    const latest = this.#latest?.before(seq);
    return latest !== undefined && !(pinned !== undefined && pinned.seq > latest.seq)
      ? latest
      : pinned;
  }

  /** The first one at or behind `seq` of those that are held although the history has gone on. */
  #outlierFrom(seq: number): LogEntry<T> | undefined {
    const pinned = this.#pinned[this.#pinnedIndex(seq)];
    const latest = this.#latest?.from(seq);
    return latest !== undefined && !(pinned !== undefined && pinned.seq < latest.seq)
      ? latest
      : pinned;
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
  trim(): void {
    const { historyBytes, backlogBytes } = this.#options;
    const most = this.#cursors.size > 0 ? historyBytes : Math.min(historyBytes, backlogBytes);
    const fits = (): boolean => this.#temporalBytes + (this.#latest?.bytes ?? 0) <= most;
    if (this.#large.length === 0 && fits()) return;
    let owed = this.#deliveredTo;
    if (this.#cursors.size > 0) {
      owed = Number.POSITIVE_INFINITY;
      for (const cursor of this.#cursors) owed = Math.min(owed, cursor.owedFrom);
    }
    if (this.#large.length > 0) {
      this.#letGoOfLarge(owed);
      if (fits()) return;
    }
    const newest = this.nextSeq - 1;
    while (this.#head < this.#entries.length) {
      const entry = this.#entries[this.#head] as LogEntry<T>;
      const waits = entry.seq >= owed;
      if (waits && this.#cursors.size > 0) break;
      if (!entry.pinned) {
        const held = this.#temporalBytes + (this.#latest?.bytes ?? 0);
        if (held <= (waits ? backlogBytes : most)) break;
        // The newest stays while it waits, however large: a budget must not make logging impossible.
        if (waits && entry.seq === newest && backlogBytes > 0) break;
        this.#temporalBytes -= entry.bytes;
        const kept = this.#latest?.retain(entry) === true;
        if (waits && !kept && !entry.gone && entry.seq >= this.#deliveredTo) {
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

  /** Takes large entries that everyone has out of the middle of the log. */
  #letGoOfLarge(owed: number): void {
    this.#large = this.#large.filter((entry) => {
      if (entry.seq >= owed) return true;
      if (entry.seq < this.#base) return false;
      if (entry.refs > 0) {
        // The latest of something, and it could be kept: it goes when its neighbours do.
        if (entry.bytes <= this.#options.historyBytes) return false;
        this.#latest?.retain(entry);
      }
      const index = this.#head + entry.seq - this.#base;
      this.#temporalBytes -= entry.bytes;
      this.#entries[index] = { ...entry, item: undefined as T, bytes: 0, gone: true };
      return false;
    });
  }

  #supersede(entry: LogEntry<T>): void {
    const { groupOf, endsGroups, pinKey } = this.#options;
    const group = groupOf?.(entry.item);
    if (group !== undefined) {
      const members = this.#groups.get(group) ?? new Set();
      this.#groups.set(group, members.add(entry));
    }
    for (const ended of endsGroups?.(entry.item) ?? []) {
      for (const member of this.#groups.get(ended) ?? []) this.#remove(member);
      this.#groups.delete(ended);
    }
    const keys = pinKey?.(entry.item);
    if (keys === undefined) return;
    for (const key of typeof keys === "string" ? [keys] : keys) {
      const older = this.#pinKeys.get(key);
      this.#pinKeys.set(key, entry);
      entry.refs++;
      if (older !== undefined && older.seq < this.#together && --older.refs === 0)
        this.#unpin(older);
    }
  }

  /** Takes a member of a group out, wherever it is. */
  #remove(entry: LogEntry<T>): void {
    if (!entry.pinned) return;
    entry.pinned = false;
    this.#pinnedBytes -= entry.bytes;
    if (entry.seq < this.#base) {
      this.#pinned.splice(this.#pinnedIndex(entry.seq), 1);
      return;
    }
    const index = this.#head + entry.seq - this.#base;
    this.#entries[index] = { ...entry, item: undefined as T, bytes: 0, refs: 0, gone: true };
  }

  #unpin(older: LogEntry<T>): void {
    if (!older.pinned) return;
    const members = this.#groups.get(this.#options.groupOf?.(older.item) ?? "");
    if (members?.delete(older) === true) {
      this.#remove(older);
      return;
    }
    older.pinned = false;
    this.#pinnedBytes -= older.bytes;
    const held = older.seq >= this.#base;
    if (held) this.#temporalBytes += older.bytes;
    else this.#pinned.splice(this.#pinnedIndex(older.seq), 1);
    for (const cursor of [...this.#cursors]) cursor.unpinned(older, held);
  }
}
