import type { Observable as RxObservable, Subscriber, Subscription } from "rxjs";
import { EntityStates, storeKey } from "../lib/entity-state.ts";
import { LatestCells, type Picks, pickedMessages } from "../lib/latest-cells.ts";
import type { ChunkMsg, LogMsg } from "../lib/log-msg.ts";
import { currentPace, withPace } from "../lib/paced-observable.ts";
import { ReplayClock } from "../lib/replay-clock.ts";
import { RowQueue } from "../lib/row-queue.ts";
import { Observable, type TimeSource } from "../lib/rxjs.ts";
import type { Timeline } from "../lib/time.ts";
import { guarded } from "./operate.ts";

const NS_PER_MS = 1e6;
/** Timers take no more, in milliseconds. */
const MAX_DELAY_MS = 0x7fff_ffff;

/** How to replay; see `AtSpeedOptions`. */
export interface ReplaySettings {
  readonly timeline: string;
  readonly stepsPerSecond: number;
  readonly backfill: "latest" | "all" | "none";
  readonly lookaheadMs: number;
  readonly bufferBytes: number;
  readonly scheduler: TimeSource;
}

/** One replay of a source to one subscriber: what `atSpeed` does for each subscription. */
export class Replay {
  readonly #source: RxObservable<LogMsg>;
  readonly #subscriber: Subscriber<LogMsg>;
  readonly #settings: ReplaySettings;
  readonly #scheduler: TimeSource;
  readonly #clock: ReplayClock;
  /** How fast the subscriber takes what comes. */
  readonly #pace = currentPace();
  /** What came at once, and does not come again. */
  readonly #seen = new Set<string>();
  #queue: RowQueue | undefined;
  #origin = 0n;
  /** Units of the timeline in a millisecond at speed 1. */
  #unitsPerMs = NS_PER_MS;
  #speed = 1;
  #paused = false;
  /** True until enough was read ahead to begin. */
  #filling = true;
  /** First time of the chunk that was read last, in units since the origin. */
  #frontier = Number.NEGATIVE_INFINITY;
  /** Where to go, while what lies before it is passed over. */
  #target: bigint | undefined;
  /** What lies before this cannot come any more, unless the source is read again. */
  #gone: bigint | undefined;
  #readings = 0;
  #before: EntityStates<LatestCells> | undefined;
  readonly #entitiesBefore = new Set<LatestCells>();
  #reading: Subscription | undefined;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  #timer: { unsubscribe(): void } | undefined;
  #waiting = false;
  #gate: { readonly opened: Promise<void>; readonly open: () => void } | undefined;

  constructor(
    source: RxObservable<LogMsg>,
    subscriber: Subscriber<LogMsg>,
    settings: ReplaySettings,
  ) {
    this.#source = source;
    this.#subscriber = subscriber;
    this.#settings = settings;
    this.#scheduler = settings.scheduler;
    this.#clock = new ReplayClock(this.#scheduler, 1);
  }

  start(): void {
    this.#read();
  }

  end(): void {
    this.#reading?.unsubscribe();
    this.#timer?.unsubscribe();
    this.#openGate();
  }

  setSpeed(speed: number): void {
    this.#speed = speed;
    this.#clock.setRate(speed * this.#unitsPerMs);
    this.#turn();
  }

  pause(paused: boolean): void {
    this.#paused = paused;
    if (paused) this.#clock.stop();
    this.#turn();
  }

  seek(time: bigint): void {
    const isBack = this.#gone !== undefined && time <= this.#gone;
    this.#clock.stop();
    this.#target = time;
    this.#before = undefined;
    this.#entitiesBefore.clear();
    this.#filling = true;
    const waiting = this.#queue?.takeUntil(Number.POSITIVE_INFINITY) ?? [];
    this.#queue = undefined;
    this.#frontier = Number.NEGATIVE_INFINITY;
    if (isBack) {
      this.#reading?.unsubscribe();
      this.#read();
    } else {
      for (const message of waiting) this.#take(message);
      this.#turn();
    }
  }

  #read(): void {
    this.#ended = false;
    this.#failure = undefined;
    this.#gone = undefined;
    this.#readings++;
    const reading = new Observable<LogMsg>((inner) => {
      this.#reading = inner;
      return withPace(
        () => this.#mayRead(),
        () => this.#source.subscribe(inner),
      );
    });
    reading.subscribe({
      next: (message) =>
        guarded(this.#subscriber, () => {
          this.#take(message);
          this.#turn();
        }),
      error: (error: unknown) => {
        this.#failure = { error };
        this.#sourceEnded();
      },
      complete: () => this.#sourceEnded(),
    });
  }

  #sourceEnded(): void {
    this.#ended = true;
    guarded(this.#subscriber, () => this.#turn());
  }

  /** Undefined as long as the source may go on. */
  #mayRead(): Promise<unknown> | undefined {
    // Much may come at once, and go on to a subscriber that is slow.
    const pending = this.#pace?.();
    if (pending !== undefined) return pending;
    if (!this.#isAhead()) return undefined;
    if (this.#gate === undefined) {
      let open = (): void => undefined;
      const opened = new Promise<void>((resolve) => {
        open = resolve;
      });
      this.#gate = { opened, open };
    }
    return this.#gate.opened;
  }

  #openGate(): void {
    const gate = this.#gate;
    this.#gate = undefined;
    gate?.open();
  }

  /** Whether enough was read. */
  #isAhead(): boolean {
    const queue = this.#queue;
    if (queue?.first === undefined || this.#target !== undefined) return false;
    const { lookaheadMs, bufferBytes } = this.#settings;
    // Until it begins, what was read first is where it will begin.
    const now = this.#filling ? queue.first : this.#clock.now;
    return queue.bytes >= bufferBytes || this.#frontier >= now + lookaheadMs * this.#unitsPerMs;
  }

  #take(message: LogMsg): void {
    if (
      message.kind !== "chunk" ||
      message.chunk.isStatic ||
      message.storeId.kind === "blueprint"
    ) {
      const key = keyOf(message);
      if (this.#readings > 1 && this.#seen.has(key)) return;
      this.#seen.add(key);
      this.#subscriber.next(message);
      return;
    }
    const name = this.#settings.timeline;
    const stats = message.chunk.timelines.find((each) => each.timeline.name === name);
    if (stats === undefined) {
      this.#subscriber.next(message);
      return;
    }
    if (this.#target !== undefined) this.#passOver(message, stats.timeline);
    else this.#add(message, stats.timeline, stats.min);
  }

  #add(message: ChunkMsg, timeline: Timeline, min: bigint): void {
    if (this.#queue === undefined) this.#begin(timeline, min);
    this.#queue?.add(message, timeline);
    this.#frontier = Number(min - this.#origin);
  }

  #begin(timeline: Timeline, origin: bigint): void {
    const { stepsPerSecond } = this.#settings;
    this.#origin = origin;
    this.#queue = new RowQueue(origin);
    this.#unitsPerMs = timeline.type === "sequence" ? stepsPerSecond / 1000 : NS_PER_MS;
    this.#clock.setRate(this.#speed * this.#unitsPerMs);
    this.#clock.set(0);
  }

  /** While a place is sought: keeps what lies before it for later, and reads on until it is reached. */
  #passOver(message: ChunkMsg, timeline: Timeline): void {
    const target = this.#target as bigint;
    const { backfill, lookaheadMs } = this.#settings;
    if (this.#queue === undefined) this.#begin(timeline, target);
    const queue = this.#queue as RowQueue;
    this.#gone = target;
    const own = new RowQueue(target);
    own.add(message, timeline);
    for (const before of own.takeUntil(-1)) {
      if (backfill === "all") this.#subscriber.next(before);
      else if (backfill === "latest") this.#latestOf(before).add(before);
    }
    for (const rest of own.takeUntil(Number.POSITIVE_INFINITY)) queue.add(rest, timeline);
    const stats = message.chunk.timelines.find((each) => each.timeline === timeline);
    this.#frontier = Number((stats?.min ?? target) - target);
    const isThere =
      queue.first !== undefined &&
      (this.#frontier >= lookaheadMs * this.#unitsPerMs ||
        queue.bytes >= this.#settings.bufferBytes);
    if (isThere) this.#arrive();
  }

  #latestOf(message: ChunkMsg): LatestCells {
    this.#before ??= new EntityStates(() => new LatestCells());
    const latest = this.#before.of(message);
    this.#entitiesBefore.add(latest);
    return latest;
  }

  /** The place that was sought is reached: tells what holds there. */
  #arrive(): void {
    this.#target = undefined;
    const picks: Picks = new Map();
    for (const latest of this.#entitiesBefore) latest.take(picks);
    this.#entitiesBefore.clear();
    this.#before = undefined;
    for (const message of pickedMessages(picks)) this.#subscriber.next(message);
    this.#filling = false;
    this.#clock.set(0);
    if (!this.#paused) this.#clock.start();
  }

  /** Does what is due, and comes back when there is more. */
  #turn(): void {
    this.#timer?.unsubscribe();
    this.#timer = undefined;
    if (this.#ended && this.#target !== undefined) this.#arrive();
    if (this.#filling && (this.#ended || this.#isAhead())) {
      this.#filling = false;
      this.#clock.set(this.#queue?.first ?? 0);
    }
    if (!this.#filling && !this.#paused && this.#target === undefined) this.#clock.start();
    this.#emitDue();
    if (!this.#isAhead()) this.#openGate();
    const first = this.#queue?.first;
    if (first === undefined && this.#ended && !this.#waiting) {
      if (this.#failure !== undefined) this.#subscriber.error(this.#failure.error);
      else this.#subscriber.complete();
      return;
    }
    if (!this.#clock.isRunning || this.#waiting || first === undefined) return;
    // Back when a row is due, or reading has to go on.
    const { lookaheadMs } = this.#settings;
    const readAt = this.#frontier - lookaheadMs * this.#unitsPerMs;
    const next =
      this.#gate !== undefined && readAt > this.#clock.now ? Math.min(first, readAt) : first;
    this.#timer = this.#scheduler.schedule(
      () => guarded(this.#subscriber, () => this.#turn()),
      Math.min(MAX_DELAY_MS, this.#clock.until(next)),
    );
  }

  #emitDue(): void {
    if (this.#waiting || !this.#clock.isRunning) return;
    const queue = this.#queue;
    if (queue !== undefined) {
      const { now } = this.#clock;
      this.#gone = this.#origin + BigInt(Math.trunc(now));
      for (const message of queue.takeUntil(now)) {
        this.#subscriber.next(message);
        // The subscriber may have sought another place.
        if (this.#queue !== queue) return;
      }
    }
    // A subscriber that is slow gets the rest when it is ready, at once.
    const pending = this.#pace?.();
    if (pending === undefined) return;
    this.#waiting = true;
    const goOn = (): void => {
      this.#waiting = false;
      if (!this.#subscriber.closed) guarded(this.#subscriber, () => this.#turn());
    };
    pending.then(goOn, goOn);
  }
}

function keyOf(message: LogMsg): string {
  const store = storeKey(message.storeId);
  if (message.kind === "chunk") return `${store} ${message.chunk.id.toString()}`;
  if (message.kind === "set-store-info") return `${store} ${message.rowId.toString()}`;
  return `${store} ${message.makeActive} ${message.makeDefault}`;
}
