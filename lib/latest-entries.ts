import type { LogEntry } from "./message-log.ts";

/** What of a log is worth keeping past its history. */
export interface LatestOptions<T> {
  /** What an item holds the latest value of; a later one with the same key takes its place. */
  readonly keysOf: (item: T) => readonly string[];
  /** Most bytes to keep; past it those that came first are let go. */
  readonly maxBytes: number;
  /** Called when an item is kept although its neighbours are not. */
  readonly onRetain?: ((item: T) => void) | undefined;
  /** Called when an entry that was kept is let go. */
  readonly onGone: (entry: LogEntry<T>) => void;
}

/**
 * The entries of a log that hold the latest value of something: they stay when their neighbours leave the history,
 * until a later one takes their place, so that who comes late finds a value for everything.
 */
export class LatestEntries<T> {
  readonly #options: LatestOptions<T>;
  readonly #latest = new Map<string, LogEntry<T>>();
  /** Those that have left the history, in order, from `#head` on. */
  #kept: LogEntry<T>[] = [];
  #head = 0;
  #bytes = 0;

  constructor(options: LatestOptions<T>) {
    this.#options = options;
  }

  /** Bytes of what has left the history. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many have left the history. */
  get size(): number {
    return this.#kept.length - this.#head;
  }

  /** Takes note of a new entry, which takes the place of others. */
  add(entry: LogEntry<T>): void {
    for (const key of this.#options.keysOf(entry.item)) {
      const older = this.#latest.get(key);
      this.#latest.set(key, entry);
      entry.refs++;
      if (older === undefined || --older.refs > 0) continue;
      const index = this.#indexFrom(older.seq);
      if (this.#kept[index] === older) this.#release(index);
    }
  }

  /** Keeps an entry that leaves the history if it is the latest of something; tells whether it did. */
  retain(entry: LogEntry<T>): boolean {
    if (entry.refs === 0) return false;
    const { maxBytes, onRetain, onGone } = this.#options;
    if (entry.bytes > maxBytes) {
      this.#forget(entry);
      return false;
    }
    onRetain?.(entry.item);
    this.#kept.push(entry);
    this.#bytes += entry.bytes;
    while (this.#bytes > maxBytes) {
      const oldest = this.#kept[this.#head] as LogEntry<T>;
      this.#kept[this.#head++] = undefined as unknown as LogEntry<T>;
      this.#bytes -= oldest.bytes;
      this.#forget(oldest);
      onGone(oldest);
    }
    if (this.#head > 1024 && this.#head * 2 > this.#kept.length) {
      this.#kept = this.#kept.slice(this.#head);
      this.#head = 0;
    }
    return true;
  }

  /** The first one kept at or behind `seq`. */
  from(seq: number): LogEntry<T> | undefined {
    return this.#kept[this.#indexFrom(seq)];
  }

  /** The last one kept before `seq`. */
  before(seq: number): LogEntry<T> | undefined {
    const index = this.#indexFrom(seq) - 1;
    return index < this.#head ? undefined : this.#kept[index];
  }

  /** How many are kept at or behind `seq`. */
  countFrom(seq: number): number {
    return this.#kept.length - this.#indexFrom(seq);
  }

  #release(index: number): void {
    const [entry] = this.#kept.splice(index, 1) as [LogEntry<T>];
    this.#bytes -= entry.bytes;
    this.#options.onGone(entry);
  }

  /** It is the latest of nothing any more, although nothing later came. */
  #forget(entry: LogEntry<T>): void {
    for (const key of this.#options.keysOf(entry.item)) {
      if (this.#latest.get(key) === entry) this.#latest.delete(key);
    }
    entry.refs = 0;
  }

  #indexFrom(seq: number): number {
    let low = this.#head;
    let high = this.#kept.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#kept[middle] as LogEntry<T>).seq < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
