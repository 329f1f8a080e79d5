import type { LossPolicy } from "./data-class.ts";
import type { LogEntry } from "./message-log.ts";

/** What may be lost of what waits for a reader that is too slow. */
export interface TriageOptions<T> {
  readonly policyOf: (item: T) => LossPolicy;
  /** For items of policy `latest`: a later one with the same key takes the place of an earlier one. */
  readonly keyOf: (item: T) => string;
  /** Most bytes of reliable items; past it the oldest of them go, too. */
  readonly reliableBytes: number;
  /** Longest wait of an item of policy `oldest`, in milliseconds. Default: no limit. */
  readonly maxAgeMs?: number | undefined;
  /** Called for what waits here, where the log may let go of it. */
  readonly onHold?: ((item: T) => void) | undefined;
}

/** Why an entry goes: there is no room for it, or not even for what is reliable. */
export type ShedReason = "budget" | "bound";

interface Waiting<T> {
  /** Undefined once it is gone: its place in a queue may stay for a while, and must not hold it. */
  entry: LogEntry<T> | undefined;
  readonly policy: LossPolicy;
  /** What it is the latest of, if that is its policy. */
  readonly key: string | undefined;
}

/**
 * The entries that wait for a reader that is too slow, in order, sorted by what may be lost of them.
 *
 * They are held here and not only in the log: it can then let go of those around them.
 */
export class Triage<T> {
  readonly #options: TriageOptions<T>;
  readonly #onDrop: (entry: LogEntry<T>, why: ShedReason) => void;
  readonly #all = new Queue<T>();
  readonly #oldest = new Queue<T>();
  readonly #reliable = new Queue<T>();
  /** The latest of each key, in the order in which they came. */
  readonly #latest = new Map<string, Waiting<T>>();
  #bytes = 0;
  #latestBytes = 0;
  #reliableBytes = 0;

  constructor(options: TriageOptions<T>, onDrop: (entry: LogEntry<T>, why: ShedReason) => void) {
    this.#options = options;
    this.#onDrop = onDrop;
  }

  /** The first of what waits. */
  get first(): LogEntry<T> | undefined {
    return this.#all.first?.entry;
  }

  /** All that waits, in order. */
  get entries(): LogEntry<T>[] {
    return this.#all.live().flatMap(({ entry }) => entry ?? []);
  }

  /** Takes an entry in; of its kind it may be the latest. */
  add(entry: LogEntry<T>): void {
    const { policyOf, keyOf, onHold } = this.#options;
    const policy = policyOf(entry.item);
    onHold?.(entry.item);
    const key = policy === "latest" ? keyOf(entry.item) : undefined;
    const waiting: Waiting<T> = { entry, policy, key };
    this.#all.push(waiting);
    this.#bytes += entry.bytes;
    if (key !== undefined) {
      const older = this.#latest.get(key);
      if (older !== undefined) this.#drop(older, "budget");
      this.#latest.set(key, waiting);
      this.#latestBytes += entry.bytes;
    } else if (policy === "oldest") {
      this.#oldest.push(waiting);
    } else {
      this.#reliable.push(waiting);
      this.#reliableBytes += entry.bytes;
    }
  }

  /** Takes the first one out: it is on its way. */
  shift(): void {
    const { first } = this.#all;
    if (first !== undefined) this.#remove(first);
  }

  /**
   * Makes room: of policy `oldest` what is too old goes, then the oldest until all that waits is within the bytes. Of what
   * is the latest of something the oldest goes when these alone take more, and of what is reliable only what is past its
   * own bound.
   *
   * @param newest this entry stays, however large: a budget must not make logging impossible
   * @param now in milliseconds, as entries have it
   */
  shed(maxBytes: number, newest: number, now: number): void {
    const { maxAgeMs = Number.POSITIVE_INFINITY, reliableBytes } = this.#options;
    const canGo = (waiting: Waiting<T> | undefined): waiting is Waiting<T> =>
      waiting !== undefined && waiting.entry?.seq !== newest;
    for (;;) {
      const { first } = this.#oldest;
      if (!canGo(first)) break;
      if (this.#bytes <= maxBytes && (first.entry?.since ?? 0) + maxAgeMs >= now) break;
      this.#drop(first, "budget");
    }
    for (const waiting of this.#latest.values()) {
      if (this.#latestBytes <= maxBytes || !canGo(waiting)) break;
      this.#drop(waiting, "budget");
    }
    while (this.#reliableBytes > reliableBytes) {
      const { first } = this.#reliable;
      if (!canGo(first)) break;
      this.#drop(first, "bound");
    }
  }

  #drop(waiting: Waiting<T>, why: ShedReason): void {
    const { entry } = waiting;
    this.#remove(waiting);
    if (entry !== undefined) this.#onDrop(entry, why);
  }

  #remove(waiting: Waiting<T>): void {
    const { entry, policy, key } = waiting;
    if (entry === undefined) return;
    waiting.entry = undefined;
    this.#bytes -= entry.bytes;
    this.#all.removed();
    if (key !== undefined) {
      this.#latest.delete(key);
      this.#latestBytes -= entry.bytes;
    } else if (policy === "oldest") {
      this.#oldest.removed();
    } else {
      this.#reliable.removed();
      this.#reliableBytes -= entry.bytes;
    }
  }
}

/** Entries in order, of which any may go. */
class Queue<T> {
  #items: Waiting<T>[] = [];
  #head = 0;
  /** How many from the head on are gone. */
  #gone = 0;

  /** The first one that is not gone. */
  get first(): Waiting<T> | undefined {
    while (this.#head < this.#items.length && this.#items[this.#head]?.entry === undefined) {
      this.#head++;
      this.#gone--;
    }
    return this.#items[this.#head];
  }

  push(item: Waiting<T>): void {
    this.#items.push(item);
  }

  /** One of them is gone now. */
  removed(): void {
    this.#gone++;
    const dead = this.#gone + this.#head;
    if (dead <= 64 || 2 * dead <= this.#items.length) return;
    this.#items = this.live();
    this.#head = 0;
    this.#gone = 0;
  }

  /** Those that are not gone. */
  live(): Waiting<T>[] {
    return this.#items.slice(this.#head).filter(({ entry }) => entry !== undefined);
  }
}
