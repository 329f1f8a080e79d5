import type { LogEntry, MessageLog } from "./message-log.ts";
import { type ShedReason, Triage, type TriageOptions } from "./triage.ts";

/** Where a cursor begins. Pinned entries before that come first in any case. */
export type CursorStart = "start" | "now" | { readonly seq: number } | { readonly sinceMs: number };

/** Why a cursor loses an entry: it is too far behind, or its destination does not want it. */
export type DropReason = ShedReason | "refused";

// The global is a getter, and not a cheap one.
const clock = performance;

/** How a cursor reads. */
export interface CursorOptions<T> {
  readonly from?: CursorStart;
  /**
   * Bytes of temporal items that may wait for this cursor; past it the oldest are dropped for it alone, or what
   * `triage` says. What was there before it came, or began anew, counts only once something is dropped.
   */
  readonly budgetBytes?: number;
  /** What to drop first. What is taken and not acknowledged then counts as well, up to half of the budget. */
  readonly triage?: TriageOptions<T>;
  /** To be taken although the log may have let go of them, in order. */
  readonly inherited?: readonly LogEntry<T>[];
  readonly onAppend?: () => void;
  /** Called for each entry that was acknowledged: once, however often it is taken anew. */
  readonly onAck?: (entry: LogEntry<T>) => void;
  /** Called for each entry that this cursor loses; never for one that was acknowledged. */
  readonly onDrop?: (entry: LogEntry<T>, why: DropReason) => void;
}

/** A reader of a {@link MessageLog}. Take entries, deliver them, acknowledge them; or begin anew. */
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
  /** Taken and not acknowledged, in order. */
  #underWay: LogEntry<T>[] = [];
  /** To be taken although the log has let go of them: the last one first. */
  #again: LogEntry<T>[] = [];
  /** While it is too slow: all that waits, but for what is pinned. */
  #triage: Triage<T> | undefined;
  /** Entries from here on came since it began. */
  #liveFrom = 0;
  /** Bytes that wait of what was there before. */
  #replayBytes = 0;
  #underWayBytes = 0;
  /** Everything below was taken, dropped or skipped before the last {@link rewind}. */
  #reached = 0;
  /** What of that is still to be acknowledged or dropped for the first time. */
  readonly #unsettled = new Set<number>();
  #queuedBytes = 0;
  #dropped = 0;
  #closed = false;

  constructor(log: MessageLog<T>, start: number, options: CursorOptions<T>) {
    this.#log = log;
    this.#start = start;
    this.#skipBelow = start;
    this.#options = options;
    this.#again = (options.inherited ?? []).filter(({ seq }) => !log.holds(seq)).reverse();
    this.#begin();
  }

  #begin(): void {
    this.#queuedBytes = this.#waitingBytes();
    this.#replayBytes = this.#queuedBytes;
    this.#liveFrom = this.#log.nextSeq;
  }

  /** Sequence number from which on everything is owed to this cursor; before it, only pinned entries. */
  get start(): number {
    return this.#start;
  }

  /** Temporal bytes that wait. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Bytes that are taken and not acknowledged. */
  get underWayBytes(): number {
    return this.#underWayBytes;
  }

  /** Entries that the budget dropped for this cursor. */
  get dropped(): number {
    return this.#dropped;
  }

  /** All below is delivered, also when it is being taken anew. */
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
    if (this.#options.triage?.maxAgeMs !== undefined) this.#makeRoom();
    const taken: LogEntry<T>[] = [];
    let bytes = 0;
    while (bytes < maxBytes && this.#next < this.#end) {
      let entry = this.#log.entryFrom(this.#next);
      const kept = this.#triage?.first ?? this.#again.at(-1);
      if (kept !== undefined && (entry === undefined || kept.seq <= entry.seq)) {
        if (this.#triage === undefined) this.#again.pop();
        else this.#triage.shift();
        entry = kept;
      } else if (entry === undefined) {
        this.#next = this.#log.nextSeq;
        break;
      } else if (entry.seq >= this.#end) {
        this.#next = this.#end;
        break;
      } else if (entry.gone || (!entry.pinned && entry.seq < this.#skipBelow)) {
        this.#next = entry.seq + 1;
        continue;
      }
      this.#next = entry.seq + 1;
      if (!entry.pinned) this.#leave(entry);
      taken.push(entry);
      this.#underWay.push(entry);
      this.#underWayBytes += entry.bytes;
      bytes += entry.bytes;
    }
    // It has caught up.
    if (taken.length === 0) this.#triage = undefined;
    this.#passSkipped();
    return taken;
  }

  /**
   * Says that all entries up to and with `seq` are delivered.
   *
   * @param refused items that are not, and never will be: they are dropped
   */
  ack(seq: number, refused?: ReadonlySet<T>): void {
    const under = this.#underWay;
    let done = 0;
    while (done < under.length) {
      const entry = under[done] as LogEntry<T>;
      if (entry.seq > seq) break;
      done++;
      this.#underWayBytes -= entry.bytes;
      if (refused?.has(entry.item) === true) this.#drop(entry, "refused");
      else if (this.#settle(entry.seq)) this.#options.onAck?.(entry);
    }
    if (done === under.length) this.#underWay = [];
    else if (done > 0) under.splice(0, done);
    this.#acked = Math.max(this.#acked, Math.min(seq + 1, this.#next));
    this.#passSkipped();
    this.#log.delivered(this.#acked);
    this.#log.trim();
  }

  /** With nothing under way, what lies before the next entry was skipped, and is not waited for. */
  #passSkipped(): void {
    if (this.#underWay.length === 0 && this.#next > this.#acked) this.#acked = this.#next;
  }

  /**
   * Begins anew: pinned entries and everything that the log holds from the start of this cursor on come again, also
   * what was under way. What was acknowledged before is not counted a second time.
   */
  rewind(): void {
    if (this.#closed) return;
    const reached = Math.max(this.#next, this.#skipBelow, this.#reached);
    for (const entry of this.#underWay) this.#unsettle(entry);
    for (let seq = this.#next; seq < this.#skipBelow; seq++) {
      const entry = this.#log.entryFrom(seq);
      if (entry === undefined || entry.seq >= this.#skipBelow) break;
      if (entry.pinned) this.#unsettle(entry);
      seq = entry.seq;
    }
    const kept = this.#triage?.entries ?? [];
    for (const entry of kept) this.#unsettle(entry);
    this.#reached = reached;
    const lost = [...this.#underWay, ...kept].filter(({ seq }) => !this.#log.holds(seq));
    this.#again = [...this.#again, ...lost.reverse()];
    this.#triage = undefined;
    this.#underWay = [];
    this.#underWayBytes = 0;
    this.#next = 0;
    this.#skipBelow = this.#start;
    this.#begin();
  }

  /** Takes what is in the log now, and nothing that is appended later. */
  stop(): void {
    this.#end = Math.min(this.#end, this.#log.nextSeq);
  }

  /** What is owed, and neither acknowledged nor dropped; each entry once. */
  owed(): LogEntry<T>[] {
    return [...this.#underWay.filter((entry) => this.#isOpen(entry)), ...this.waiting()];
  }

  /** The part of {@link owed} that was not taken. */
  waiting(): LogEntry<T>[] {
    if (this.#closed) return [];
    const waiting = [...this.#again];
    const kept = this.#triage?.entries ?? [];
    for (let at = this.#next; at < this.#end; ) {
      const entry = this.#log.entryFrom(at);
      if (entry === undefined || entry.seq >= this.#end) break;
      at = entry.seq + 1;
      if (!entry.gone && (entry.pinned || entry.seq >= this.#skipBelow)) waiting.push(entry);
    }
    return [...waiting, ...kept]
      .filter((entry) => this.#isOpen(entry))
      .sort((a, b) => a.seq - b.seq);
  }

  #isOpen({ seq }: LogEntry<T>): boolean {
    return seq >= this.#reached || this.#unsettled.has(seq);
  }

  /** Frees what waits for this cursor. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#underWay = [];
    this.#again = [];
    this.#triage = undefined;
    this.#unsettled.clear();
    this.#log.release(this);
  }

  /** For the log: an entry was appended; it waits from now on. */
  queue(entry: LogEntry<T>): void {
    if (!entry.pinned && entry.seq < this.#end) this.#queuedBytes += entry.bytes;
  }

  /**
   * For the log: a later entry took the place of a pinned one, which is an ordinary one from now on, or gone.
   *
   * @param held whether the log still has it
   */
  unpinned(entry: LogEntry<T>, held: boolean): void {
    if (entry.seq < this.#next || entry.seq < this.#start || entry.seq >= this.#end) return;
    if (!held || entry.seq < this.#skipBelow) {
      this.#drop(entry);
      return;
    }
    this.#queuedBytes += entry.bytes;
    if (entry.seq < this.#liveFrom) this.#replayBytes += entry.bytes;
  }

  /** For the log: an entry is not held any longer, because a later one took its place. */
  gone(entry: LogEntry<T>): void {
    if (entry.seq >= Math.max(this.#next, this.#skipBelow) && entry.seq < this.#end)
      this.#leave(entry);
  }

  /** For the log: all cursors know of the entry; now read it, or make room. */
  appended(entry: LogEntry<T>): void {
    if (this.#closed) return;
    this.#options.onAppend?.();
    if (this.#options.triage !== undefined) {
      // Most of the time it has been taken at once.
      if (this.#next <= entry.seq && !this.#closed) this.#makeRoom();
      return;
    }
    const budget = this.#options.budgetBytes ?? Number.POSITIVE_INFINITY;
    if (this.#queuedBytes > budget) this.#dropOldest(budget, entry.seq);
  }

  /** An entry waits no longer. */
  #leave({ seq, bytes }: LogEntry<T>): void {
    this.#queuedBytes = Math.max(0, this.#queuedBytes - bytes);
    if (seq < this.#liveFrom) this.#replayBytes = Math.max(0, this.#replayBytes - bytes);
  }

  /** If too much waits, or for too long, sorts what may go; does so as long as it has not caught up. */
  #makeRoom(): void {
    const { budgetBytes = Number.POSITIVE_INFINITY, triage } = this.#options;
    if (triage === undefined) return;
    const room = Math.max(budgetBytes - this.#underWayBytes, budgetBytes / 2);
    const now = clock.now();
    const isOver = this.#queuedBytes - this.#replayBytes > room;
    if (this.#triage === undefined) {
      if (!isOver && !this.#isOverdue(now)) return;
      this.#triage = new Triage(triage, (entry, why) => {
        this.#leave(entry);
        this.#drop(entry, why);
      });
    }
    this.#sort(this.#triage);
    this.#triage.shed(room, this.#log.nextSeq - 1, now);
  }

  /** Hands over all that waits, but for what is pinned. */
  #sort(triage: Triage<T>): void {
    const end = Math.min(this.#end, this.#log.nextSeq);
    const waiting = this.#again;
    this.#again = [];
    for (let at = Math.max(this.#next, this.#skipBelow); at < end; ) {
      const entry = this.#log.entryFrom(at);
      if (entry === undefined || entry.seq >= end) break;
      at = entry.seq + 1;
      if (!entry.pinned && !entry.gone) waiting.push(entry);
    }
    this.#skipBelow = Math.max(this.#skipBelow, end);
    for (const entry of waiting.sort((a, b) => a.seq - b.seq)) triage.add(entry);
  }

  /** Whether the first one that came since it began has waited for too long. */
  #isOverdue(now: number): boolean {
    const { maxAgeMs } = this.#options.triage ?? {};
    if (maxAgeMs === undefined) return false;
    const first = this.#log.entryFrom(Math.max(this.#next, this.#skipBelow, this.#liveFrom));
    return first !== undefined && first.seq < this.#end && first.since + maxAgeMs < now;
  }

  #dropOldest(budget: number, newest: number): void {
    while (this.#queuedBytes > budget) {
      const oldest = this.#again.pop();
      if (oldest === undefined) break;
      if (!oldest.pinned) this.#queuedBytes -= oldest.bytes;
      this.#drop(oldest);
    }
    let seq = Math.max(this.#next, this.#skipBelow);
    while (this.#queuedBytes > budget && seq < newest) {
      const entry = this.#log.entryFrom(seq);
      if (entry === undefined || entry.seq >= newest) break;
      seq = entry.seq + 1;
      if (entry.pinned || entry.gone) continue;
      this.#queuedBytes -= entry.bytes;
      this.#drop(entry);
      this.#skipBelow = seq;
    }
  }

  #drop(entry: LogEntry<T>, why: DropReason = "budget"): void {
    if (!this.#settle(entry.seq)) return;
    this.#dropped++;
    this.#options.onDrop?.(entry, why);
  }

  /** An entry is done with; tells whether that happens for the first time. */
  #settle(seq: number): boolean {
    return seq >= this.#reached || this.#unsettled.delete(seq);
  }

  #unsettle({ seq }: LogEntry<T>): void {
    if (seq >= this.#reached) this.#unsettled.add(seq);
  }

  #waitingBytes(): number {
    let bytes = 0;
    for (const entry of this.#again) if (!entry.pinned) bytes += entry.bytes;
    for (let entry = this.#log.entryFrom(0); entry !== undefined; ) {
      if (!entry.pinned && entry.seq >= this.#start && entry.seq < this.#end) bytes += entry.bytes;
      entry = this.#log.entryFrom(entry.seq + 1);
    }
    return bytes;
  }
}
