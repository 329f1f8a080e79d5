import type { MonoTypeOperatorFunction, Subscription } from "rxjs";
import { AsyncScope } from "#async-scope";
import { batchRows } from "../operators/batch-rows.ts";
import { replayLog } from "../operators/replay-log.ts";
import { toMessages } from "../operators/to-messages.ts";
import { TextLog } from "./archetypes/text-log.ts";
import { AttachedSink, type AttachmentEvents } from "./attached-sink.ts";
import type { Attachment, AttachOptions, SinkStats } from "./attachment.ts";
import { BATCH_PRESETS, type BatchConfig, environment, withEnvironment } from "./batch-config.ts";
import type { BlueprintActivationOptions, BlueprintLike } from "./blueprint/like.ts";
import { BlueprintFollower } from "./blueprint-follower.ts";
import { blueprintMessages } from "./blueprint-store.ts";
import { nowNs, type SplitNs } from "./clock.ts";
import { ColumnsEncoder, type TimeColumns } from "./columns.ts";
import type { AsComponents, ComponentBatch, ComponentColumn } from "./component-batch.ts";
import { type DeterministicOptions, deterministicSource } from "./deterministic.ts";
import { entityPath } from "./entity-path.ts";
import { quote, RerunError } from "./errors.ts";
import type { DataEvent, LogEvent, StreamEvent } from "./event.ts";
import { forcedSave, forcedSavePath, standInFor } from "./force-save.ts";
import type { LogMsg, SetStoreInfo, StoreId } from "./log-msg.ts";
import { type LogEntry, MessageLog } from "./message-log.ts";
import {
  PROPERTIES_PATH,
  recordingInfo,
  recordingInfoChunk,
  WARNINGS_PATH,
} from "./recording-info.ts";
import { Observable, RowSubject, Subject } from "./rxjs.ts";
import { type Sink, type SinkLike, toSink, type WaitOptions } from "./sink.ts";
import { messageRetention } from "./static-data.ts";
import { joinTime, STATIC, type TimeInput, type TimePoint, TimeState } from "./time.ts";
import { TuidGenerator } from "./tuid.ts";
import { SOURCE } from "./version.ts";
import { raceSignal } from "./wait.ts";

export interface RecordingStreamOptions {
  /** Default: `rec_` and a random UUID. Streams with the same id are shown as one recording. */
  readonly recordingId?: string;
  /** Shown by the viewer in place of the start time. Default: none. */
  readonly name?: string;
  /** When the recording began. Default: now. */
  readonly startTime?: Date;
  /** Whether start time and name are logged at `/__properties`. Default true. */
  readonly sendProperties?: boolean;
  /**
   * False makes every call a no-op. Default: what the environment variable `RERUN` says (`off`, `0`, `false` or
   * `on`, `1`, `true`), else `defaultEnabled`; a value given here wins over the variable.
   */
  readonly enabled?: boolean;
  /** Whether logging is switched on when nobody says otherwise, neither `enabled` nor `RERUN`. Default true. */
  readonly defaultEnabled?: boolean;
  /**
   * Whether `log`, `sendColumns` and what is made of them throw when paths, values or times are wrong. If not,
   * nothing of that call is logged, and the error is told on `errors$` and logged as a `TextLog` of level `WARN` at
   * `/__warnings`.
   *
   * Archetypes check their own arguments and know of no stream: `Points3D("wrong")` throws in any case.
   *
   * Default: true, unless the environment variable `RERUN_STRICT` is `off`, `0`, `no` or `false`; a value given here
   * wins over the variable.
   */
  readonly strict?: boolean;
  /** Whether each temporal row gets the wall clock as `log_time`. Default true. */
  readonly logTime?: boolean;
  /** Whether each temporal row gets a counter as `log_tick`. Default true. */
  readonly logTick?: boolean;
  /**
   * When rows become chunks. Default: `BATCH_PRESETS.default`, or `BATCH_PRESETS.lowLatency` while a live sink is
   * attached, changed by the environment variables `RERUN_FLUSH_…`. What is given here is used as it is, for the
   * rest the default holds.
   */
  readonly batch?: Partial<BatchConfig>;
  /**
   * A layout of the viewer that every sink gets before all else: what is shown as long as no other one is made active,
   * and what "reset" brings back. See {@link RecordingStream.sendBlueprint}. Default: none.
   */
  readonly defaultBlueprint?: BlueprintLike;
  /**
   * Makes two runs of a program write the same bytes: ids, the recording id and `log_time` come from a seed and a given
   * clock, and rows are batched by their number and size alone: nothing waits less because time has passed. Rows
   * that should not wait for 2 MiB of their entity need `batch: { flushNumRows }` or calls of `flush`. What is lost
   * because a sink was too slow is told on `errors$` and in `stats$`, and not in the recording. Default: no.
   */
  readonly deterministic?: boolean | DeterministicOptions;
  /** Bytes of temporal data kept for late sinks once all attached sinks have it. Default 256 MiB. */
  readonly historyBytes?: number;
  /** Bytes of temporal data that wait while no sink is attached; past it the oldest is dropped and told. Default 2 GiB. */
  readonly backlogBytes?: number;
}

/** Options of one `log` call. */
export interface LogOptions {
  /** Times of this row alone, on top of what `setTime` set. */
  readonly time?: Readonly<Record<string, TimeInput>>;
  /** True for data that holds at all times: it gets no times, and replaces what was logged before. */
  readonly static?: boolean;
}

/** What `flush` and `close` achieved. */
export interface FlushResult {
  /** True when every sink delivered everything. */
  readonly complete: boolean;
  /** Each sink by itself; rows, messages, waiting bytes, errors. */
  readonly sinks: readonly SinkStats[];
}

/** Counters of a recording stream. */
export interface RecordingStats {
  /**
   * Rows so far, those of `sendColumns`, properties and blueprints included. Of a sink that began at the start:
   * delivered + dropped + what is on its way.
   */
  readonly loggedRows: number;
  /** Messages in order so far: store info, chunks, blueprint activations. */
  readonly messages: number;
  /** Bytes that the log holds, for sinks that are behind and for late ones. */
  readonly heldBytes: number;
  /** Messages dropped because no sink came in time. */
  readonly droppedMessages: number;
  readonly sinks: readonly SinkStats[];
}

const MIB = 1 << 20;
/** Statistics change with every chunk; subscribers hear of it this often at most, in milliseconds. */
const STATS_INTERVAL_MS = 100;
/** How long `close` waits by default for sinks that do not answer, in milliseconds. */
const CLOSE_TIMEOUT_MS = 5000;
/** Entity paths are parsed once each; past this number of different ones the cache starts anew. */
const MAX_CACHED_PATHS = 100_000;

/**
 * Logs data of one recording, and hands it to sinks that come and go.
 *
 * Data flows from top to bottom through this class:
 * a call of {@link log} becomes a {@link LogEvent} on {@link events$}; rows are batched into chunks; chunks become
 * messages in one ordered log, {@link messages$}; each attached sink reads that log at its own pace. With no sink
 * attached, data waits in the log.
 *
 * ```ts
 * const rec = new RecordingStream("my_app");
 * rec.attach(save("out.rrd"));
 * rec.setTime("frame", { sequence: 1 });
 * rec.log("world/points", Points3D([[0, 0, 0], [1, 1, 1]]));
 * await rec.close();
 * ```
 */
export class RecordingStream {
  readonly storeId: StoreId;
  readonly enabled: boolean;
  /** Whether wrong data is thrown; see {@link RecordingStreamOptions}. */
  readonly strict: boolean;

  /** Every logged item, as it is logged. Values are borrowed: copy what you keep after the call. */
  readonly events$: Observable<DataEvent>;
  /** Every message: first those that are held, then those that follow. Without back-pressure; see {@link attach}. */
  readonly messages$: Observable<LogMsg>;
  /** Counters; the current ones at once, then changes, at most every 100 ms. */
  readonly stats$: Observable<RecordingStats>;
  /**
   * Failures of sinks and losses of data, one for each episode; wrong calls if not {@link strict}. Printed as
   * warnings while nobody listens.
   */
  readonly errors$: Observable<RerunError>;

  readonly #events = new RowSubject<StreamEvent>();
  readonly #log: MessageLog<LogMsg>;
  readonly #attached: AttachedSink[] = [];
  readonly #errors = new Subject<RerunError>();
  readonly #changed = new Subject<void>();
  /** Sinks that come in the place of others, which they wait for. */
  readonly #replacing = new Map<Promise<Attachment>, AttachedSink>();
  readonly #followers = new Map<BlueprintFollower, Subscription>();
  readonly #now: () => SplitNs;
  readonly #ids: TuidGenerator;
  readonly #time: TimeState;
  readonly #scope = new AsyncScope<TimeState>();
  #scoped = false;
  readonly #paths = new Map<string, string>();
  readonly #columns = new ColumnsEncoder();
  readonly #batch: Partial<BatchConfig> | undefined;
  #batchConfig: BatchConfig;
  #tick = 0;
  #loggedRows = 0;
  #warning = false;
  #closed: Promise<FlushResult> | undefined;
  /** The one file that everything goes to, in tests of the SDK. */
  readonly #forced: string | undefined;
  readonly #isDeterministic: boolean;

  /**
   * @param applicationId names the program; recordings of one application share their blueprint. Letters, digits,
   *   space and `_-[]:` of ASCII are safe with all viewers.
   */
  constructor(applicationId: string, options: RecordingStreamOptions = {}) {
    if (typeof applicationId !== "string" || applicationId.length === 0) {
      throw new RerunError(
        "invalid-argument",
        `Expected the application id to be a non-empty string, got ${quote(applicationId)}`,
      );
    }
    const { deterministic = false } = options;
    const fixed =
      deterministic === false
        ? undefined
        : deterministicSource(deterministic, `${applicationId}\n${options.recordingId ?? ""}`);
    this.#isDeterministic = fixed !== undefined;
    this.#now = fixed?.now ?? nowNs;
    this.#ids = new TuidGenerator(fixed?.idTime, fixed?.start, fixed?.hex);
    const {
      recordingId = `rec_${this.#ids.uuid()}`,
      logTime = true,
      logTick = true,
      historyBytes = 256 * MIB,
      backlogBytes = 2048 * MIB,
    } = options;
    const env = environment();
    const { defaultEnabled = true } = options;
    this.enabled = options.enabled ?? (defaultEnabled ? !isOff(env["RERUN"]) : isOn(env["RERUN"]));
    this.#forced = this.enabled ? forcedSavePath() : undefined;
    this.strict = options.strict ?? !isOff(env["RERUN_STRICT"]);
    this.storeId = { kind: "recording", applicationId, recordingId };
    this.#time = new TimeState({ logTime, logTick });
    this.#batch = fixed === undefined ? options.batch : { flushTickMs: Infinity, ...options.batch };
    this.#batchConfig = this.#chooseBatchConfig();
    let dropping = false;
    this.#log = new MessageLog<LogMsg>({
      ...messageRetention(),
      historyBytes,
      backlogBytes,
      // What the log keeps past this call must not depend on arrays of the caller.
      onKeep: (message) => {
        if (message.kind === "chunk") message.chunk.own();
      },
      isBorrowed: (message) => message.kind === "chunk" && message.chunk.isBorrowed,
      onDrop: () => {
        if (!dropping)
          this.#report(
            new RerunError(
              "data-dropped",
              `More than ${backlogBytes} bytes wait for a sink: the oldest temporal data is being dropped; attach a sink earlier or raise backlogBytes`,
            ),
          );
        dropping = true;
      },
    });

    // The pipeline, once for all sinks.
    const info: SetStoreInfo = {
      kind: "set-store-info",
      storeId: this.storeId,
      rowId: this.#ids.next(),
      source: SOURCE,
    };
    const replayed$ = this.#events.pipe(
      batchRows({ config: () => this.#batchConfig, ids: this.#ids }),
      toMessages(info),
      replayLog(this.#log),
    );
    this.messages$ = new Observable((subscriber) =>
      // Switched off, not even the store is announced.
      (this.enabled ? replayed$ : new Observable<LogMsg>()).subscribe({
        next: (message) => {
          if (message.kind === "chunk") message.chunk.own();
          subscriber.next(message);
        },
        error: (error) => subscriber.error(error),
        complete: () => subscriber.complete(),
      }),
    );
    // Before the recording, as the viewer would else make up a layout first.
    if (this.enabled && options.defaultBlueprint !== undefined)
      this.#append(this.#defaultMessages(options.defaultBlueprint));
    // Starts the flow; sinks read the log through cursors.
    if (this.enabled) replayed$.subscribe().unsubscribe();

    this.events$ = new Observable((subscriber) =>
      this.#events.subscribe({
        next: (event) => {
          if (event.kind !== "flush") subscriber.next(event);
        },
        complete: () => subscriber.complete(),
      }),
    );
    this.errors$ = this.#errors.asObservable();
    this.stats$ = new Observable((subscriber) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const emit = (): void => {
        timer = undefined;
        subscriber.next(this.stats);
      };
      emit();
      subscriber.add(() => clearTimeout(timer));
      return this.#changed.subscribe({
        next: () => {
          timer ??= unref(setTimeout(emit, STATS_INTERVAL_MS));
        },
        complete: () => {
          subscriber.next(this.stats);
          subscriber.complete();
        },
      });
    });

    if (this.enabled && options.sendProperties !== false) {
      const { startTime = fixed === undefined ? new Date() : dateOf(fixed.now()), name } = options;
      const facts = name === undefined ? { startTime } : { startTime, name };
      const chunk = recordingInfoChunk(this.#ids, facts);
      this.#loggedRows += chunk.numRows;
      this.#events.next({ kind: "columns", chunk });
    }
    const file = this.#forced === undefined ? undefined : forcedSave(this.#forced);
    if (file !== undefined) this.#attach(file, "start", {});
  }

  // ---- 1. What a program logs ------------------------------------------------------------------------------

  /**
   * Logs one row at an entity path: one or several archetypes, optionally followed by {@link LogOptions}.
   *
   * Returns at once, and never throws for trouble of a sink. Arrays may be reused when it returns.
   *
   * @param path such as `"world/points"`, or an array of raw parts
   * @throws RerunError `invalid-entity-path`, `invalid-component`, `invalid-time` if {@link strict}; nothing was
   *   logged then
   */
  log(
    path: string | readonly string[],
    data: AsComponents | readonly AsComponents[],
    ...more: readonly (AsComponents | LogOptions)[]
  ): void {
    if (!this.enabled) return;
    try {
      this.#logRow(path, data, more);
    } catch (error) {
      this.#refuse(error, "log");
    }
  }

  #logRow(
    path: string | readonly string[],
    data: AsComponents | readonly AsComponents[],
    more: readonly (AsComponents | LogOptions)[],
  ): void {
    const escaped = this.#path(path);
    let options: LogOptions | undefined;
    let batches: readonly ComponentBatch[];
    const direct = (data as AsComponents | undefined | null)?.batches;
    if (more.length === 0 && direct !== undefined) {
      batches = direct;
    } else {
      const last = more.at(-1);
      if (isLogOptions(last)) options = last;
      const first = Array.isArray(data)
        ? (data as readonly AsComponents[])
        : [data as AsComponents];
      const rest = more.slice(0, options === undefined ? undefined : -1) as readonly AsComponents[];
      batches = mergeBatches(escaped, rest.length === 0 ? first : [...first, ...rest]);
    }
    if (!Array.isArray(batches)) {
      throw new RerunError(
        "invalid-component",
        `Expected an archetype or component batches to log at ${escaped}, got ${quote(data)}`,
      );
    }
    this.#open("log");
    const tick = this.#tick;
    const now = this.#now();
    const time =
      options === undefined
        ? this.#currentTime().stamp(now, tick)
        : this.#timeOf(options, now, tick);
    // Counted even if nothing is in the row, as in the official SDKs.
    this.#tick = tick + 1;
    if (batches.length === 0) return;
    this.#loggedRows++;
    const event: LogEvent = {
      kind: "row",
      entityPath: escaped,
      rowId: this.#ids.next(now),
      time,
      batches,
    };
    this.#events.next(event);
  }

  /**
   * Logs many rows of one entity at once, as columns. No `log_time` and `log_tick` are added, and times set with
   * {@link setTime} do not apply: rows have exactly the given times. Without times the data is static.
   *
   * @param times columns of times by timeline name; all of one length
   * @param columns such as `Scalars.columns({ scalars })`; all of that length
   * @throws RerunError `invalid-time`, `invalid-component` when lengths do not match, if {@link strict}; nothing was
   *   logged then
   */
  sendColumns(
    path: string | readonly string[],
    times: TimeColumns,
    ...columns: readonly (ComponentColumn | readonly ComponentColumn[])[]
  ): void {
    if (!this.enabled) return;
    try {
      this.#sendColumns(path, times, columns);
    } catch (error) {
      this.#refuse(error, "sendColumns");
    }
  }

  #sendColumns(
    path: string | readonly string[],
    times: TimeColumns,
    columns: readonly (ComponentColumn | readonly ComponentColumn[])[],
  ): void {
    const escaped = this.#path(path);
    this.#open("sendColumns");
    const chunk = this.#columns.encode(this.#ids, escaped, times, columns.flat());
    if (chunk === undefined) return;
    this.#loggedRows += chunk.numRows;
    this.#events.next({ kind: "columns", chunk });
  }

  /**
   * Logs a property of the whole recording, static, at `/__properties/NAME`: `AnyValues` or any archetype.
   *
   * ```ts
   * rec.sendProperty("situation", AnyValues({ weather: "rain", operator: "Kim" }));
   * ```
   *
   * @throws RerunError `invalid-entity-path`, `invalid-component` if {@link strict}; nothing was logged then
   */
  sendProperty(name: string, values: AsComponents | readonly AsComponents[]): void {
    if (typeof name !== "string" || name === "") {
      throw new RerunError(
        "invalid-argument",
        `Expected the name of a property to be a non-empty string, got ${quote(name)}`,
      );
    }
    this.log([PROPERTIES_PATH.slice(1), name], values, { static: true });
  }

  /** Gives the recording a name, which the viewer shows; replaces the one it had. */
  sendRecordingName(name: string): void {
    if (typeof name !== "string") {
      throw new RerunError(
        "invalid-argument",
        `Expected the name of the recording to be a string, got ${quote(name)}`,
      );
    }
    this.log(PROPERTIES_PATH, { batches: recordingInfo({ name }) }, { static: true });
  }

  /**
   * Says when the recording began; replaces the time at which this stream was made.
   *
   * @param startTime a date, or nanoseconds since the Unix epoch
   * @throws RerunError `invalid-time`
   */
  sendRecordingStartTime(startTime: Date | bigint): void {
    if (
      typeof startTime !== "bigint" &&
      !(startTime instanceof Date && !Number.isNaN(+startTime))
    ) {
      throw new RerunError(
        "invalid-time",
        `Expected the start time of the recording to be a valid date or nanoseconds as a bigint, got ${quote(startTime)}`,
      );
    }
    this.log(PROPERTIES_PATH, { batches: recordingInfo({ startTime }) }, { static: true });
  }

  /**
   * Lays out the viewer: every sink gets the blueprint whole, then its activation. A sink that comes later gets the
   * current one; one that no viewer would show any more is let go.
   *
   * ```ts
   * import { Blueprint, Horizontal, Spatial3DView, TimeSeriesView } from "rerun-rx/blueprint";
   *
   * rec.sendBlueprint(Blueprint(Horizontal(Spatial3DView({ origin: "world" }), TimeSeriesView())));
   * ```
   *
   * @param blueprint a blueprint, a container or a view of `rerun-rx/blueprint`
   * @throws RerunError `invalid-argument` for what is no blueprint, or has one id twice; nothing was sent then
   */
  sendBlueprint(blueprint: BlueprintLike, options: BlueprintActivationOptions = {}): void {
    if (!this.enabled) return;
    this.#open("sendBlueprint");
    const messages = blueprintMessages(this.storeId.applicationId, blueprint, this.#ids, options);
    // What they sent may be let go now.
    for (const follower of this.#followers.keys()) follower.restart();
    this.#sendBlueprint(messages);
    // The official SDK announces a blueprint twice, and counts every message.
    this.#tick++;
  }

  /**
   * Lets the layout of the viewer follow an Observable of blueprints. The first one is sent whole, of each later one what
   * differs; parts keep their ids, and so what the viewer knows of them, as long as kind, origin and name stay.
   *
   * What a user has changed in the viewer is overwritten with each change that is sent. An error of the Observable, and a
   * blueprint that is none, are told on `errors$`.
   *
   * ```ts
   * const mode$ = new BehaviorSubject("drive");
   * rec.followBlueprint(mode$.pipe(map((mode) => (mode === "drive" ? driving : parking))));
   * ```
   *
   * @returns ends it; the layout stays as it is
   */
  followBlueprint(
    blueprint$: Observable<BlueprintLike>,
    options: BlueprintActivationOptions = {},
  ): Subscription {
    this.#open("followBlueprint");
    const follower = new BlueprintFollower(this.storeId.applicationId, this.#ids, options);
    const told = (error: unknown): void => this.#report(RerunError.from(error));
    const subscription = blueprint$.subscribe({
      next: (blueprint) => {
        if (!this.enabled || this.#closed !== undefined) return;
        try {
          const messages = follower.next(blueprint);
          if (messages.length === 0) return;
          for (const other of this.#followers.keys()) if (other !== follower) other.restart();
          this.#sendBlueprint(messages);
        } catch (error) {
          told(error);
        }
      },
      error: told,
    });
    this.#followers.set(follower, subscription);
    subscription.add(() => this.#followers.delete(follower));
    return subscription;
  }

  // ---- 2. Time ---------------------------------------------------------------------------------------------

  /**
   * Sets the time of the rows that follow, on one timeline; stays until it is changed.
   * Inside {@link withTime} it holds for that scope alone.
   */
  setTime(name: string, time: TimeInput): void {
    this.#currentTime().set(name, time);
  }

  /** Takes one timeline off the rows that follow. */
  disableTimeline(name: string): void {
    this.#currentTime().disable(name);
  }

  /** Takes all timelines but `log_time` and `log_tick` off the rows that follow. */
  resetTime(): void {
    this.#currentTime().reset();
  }

  /**
   * Runs `body` with times of its own: they hold for what it logs, also after each `await` in it (in Node; in
   * browsers until it returns), and for nobody else.
   */
  withTime<R>(times: Readonly<Record<string, TimeInput>>, body: () => R): R {
    const state = this.#currentTime().fork();
    for (const [name, time] of Object.entries(times)) state.set(name, time);
    this.#scoped = true;
    return this.#scope.run(state, body);
  }

  // ---- 3. Sinks --------------------------------------------------------------------------------------------

  /**
   * Adds a sink. It gets what the log holds from its start point on, then everything that follows, in order and
   * once; other sinks do not notice.
   *
   * @param sink one of `rerun-rx/sinks`, an object with `write`, an RxJS observer, or a function
   */
  attach(sink: SinkLike, options: AttachOptions = {}): Attachment {
    this.#open("attach");
    return this.#attach(sink, options.from ?? "start", options);
  }

  /**
   * Takes a sink off: what was logged so far is delivered first. The sink is closed, unless another recording
   * stream still has it or `close` is false.
   */
  async detach(
    sink: SinkLike | Attachment,
    options: WaitOptions & { readonly close?: boolean } = {},
  ): Promise<SinkStats> {
    const attached = this.#find(sink);
    attached.tellLoss();
    this.#flushRows();
    this.#remove(attached);
    await attached.end(options);
    return attached.stats;
  }

  /**
   * Puts a new sink in the place of an old one while both run: the old one is flushed and closed, what it could
   * not deliver goes to the new one. Every row logged after this call reaches the new one.
   *
   * Static data, properties and blueprints come to the new sink first. `options.from` may give it more: `"start"` all that
   * is held.
   */
  replace(
    old: SinkLike | Attachment,
    sink: SinkLike,
    options: AttachOptions & WaitOptions = {},
  ): Promise<Attachment> {
    this.#open("replace");
    const attached = this.#find(old);
    const replacing = this.#replace(attached, toSink(sink), options).finally(() =>
      this.#replacing.delete(replacing),
    );
    this.#replacing.set(replacing, attached);
    return replacing;
  }

  async #replace(
    old: AttachedSink,
    sink: Sink,
    options: AttachOptions & WaitOptions,
  ): Promise<Attachment> {
    // What is logged meanwhile waits; the log holds it, and what the old sink has not acknowledged.
    const guard = this.#log.cursor({ from: { seq: old.resumeFrom } });
    old.tellLoss();
    this.#flushRows();
    this.#remove(old);
    try {
      await old.end({ signal: options.signal, handOver: true });
      const from = this.#log.startOf(options.from ?? "now");
      const seq = Math.min(from, old.resumeFrom);
      // Nobody keeps for a sink that has failed what is logged then.
      const missing = this.#log.missingFrom(old.endedAt);
      if (missing > 0)
        this.#report(
          new RerunError(
            "data-dropped",
            `${missing} messages that were logged after ${old.name} had failed are gone, as no one else waits for them and the history is full: ${sink.name ?? "its successor"} does not get them; replace it earlier, or raise historyBytes`,
          ),
        );
      return this.#attach(sink, { seq }, options, old.legacy);
    } finally {
      guard.close();
    }
  }

  /** The sinks of now. */
  get attachments(): readonly Attachment[] {
    return [...this.#attached];
  }

  /** Counters of now. */
  get stats(): RecordingStats {
    return {
      loggedRows: this.#loggedRows,
      messages: this.#log.nextSeq,
      heldBytes: this.#log.bytes,
      droppedMessages: this.#log.dropped,
      sinks: this.#attached.map((attached) => attached.stats),
    };
  }

  // ---- 4. Ending -------------------------------------------------------------------------------------------

  /**
   * Resolves when everything logged so far has been delivered by every sink, or failed, or the signal ended the
   * wait. Never rejects: the result tells.
   */
  async flush(options: WaitOptions = {}): Promise<FlushResult> {
    this.#flushRows();
    const target = this.#log.nextSeq;
    const attached = [...this.#attached];
    const flushed = await Promise.all(
      attached.map((a) =>
        raceSignal(
          a.flush(target, options).then(() => true),
          options.signal,
        ).catch(() => false),
      ),
    );
    return result(attached, target, flushed);
  }

  /**
   * Flushes, and closes every sink that no other recording stream holds. Further calls of `log` throw
   * `recording-closed`. Idempotent. Bounded in time whatever a sink does: 5 seconds unless a signal is given.
   */
  close(options: WaitOptions = {}): Promise<FlushResult> {
    if (this.#closed === undefined) {
      for (const attached of [...this.#attached]) attached.tellLoss();
      this.#closed = this.#close(options);
    }
    return this.#closed;
  }

  async #close(options: WaitOptions): Promise<FlushResult> {
    this.#flushRows();
    const target = this.#log.nextSeq;
    // Completing flushes whatever the batching still holds and lets `messages$` complete.
    this.#events.complete();
    const deadline = options.signal === undefined ? closeDeadline() : undefined;
    const signal = options.signal ?? deadline?.signal;
    try {
      for (const subscription of [...this.#followers.values()]) subscription.unsubscribe();
      // A sink on its way in gets what is owed to it, too; when time is up at once.
      const replaced = Promise.allSettled(this.#replacing.keys());
      await raceSignal(replaced, signal);
      for (const old of this.#replacing.values()) old.giveUp();
      await replaced;
      const attached = this.#attached.splice(0);
      const ended = await Promise.all(
        attached.map((a) => a.end({ signal: options.signal, deadline: deadline?.signal })),
      );
      return result(attached, target, ended);
    } finally {
      deadline?.cancel();
      this.#changed.complete();
      this.#errors.complete();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  // ---- Inside ----------------------------------------------------------------------------------------------

  #sendBlueprint(messages: readonly LogMsg[]): void {
    this.#append(messages);
    this.#tick += messages.length;
  }

  /** Puts messages that were no rows before into the log. */
  #append(messages: readonly LogMsg[]): void {
    for (const message of messages)
      if (message.kind === "chunk") this.#loggedRows += message.chunk.numRows;
    this.#log.appendAll(messages);
  }

  #defaultMessages(blueprint: BlueprintLike): readonly LogMsg[] {
    const options = { makeActive: false, makeDefault: true };
    return blueprintMessages(this.storeId.applicationId, blueprint, this.#ids, options);
  }

  #open(call: string): void {
    if (this.#closed !== undefined) {
      throw new RerunError(
        "recording-closed",
        `Expected ${call}() before close(): this recording of ${quote(this.storeId.applicationId)} is closed`,
      );
    }
  }

  #path(path: string | readonly string[]): string {
    if (typeof path !== "string") return entityPath(path);
    let escaped = this.#paths.get(path);
    if (escaped === undefined) {
      escaped = entityPath(path);
      if (this.#paths.size >= MAX_CACHED_PATHS) this.#paths.clear();
      this.#paths.set(path, escaped);
    }
    return escaped;
  }

  #currentTime(): TimeState {
    // Looking for a scope costs; programs without scopes do not pay.
    return this.#scoped ? (this.#scope.get() ?? this.#time) : this.#time;
  }

  #timeOf(
    options: LogOptions,
    now: { readonly hi: number; readonly lo: number },
    tick: number,
  ): TimePoint {
    if (options.static === true) return STATIC;
    if (options.time === undefined) return this.#currentTime().stamp(now, tick);
    const state = this.#currentTime().fork();
    for (const [name, time] of Object.entries(options.time)) state.set(name, time);
    return state.stamp(now, tick);
  }

  #attach(
    target: SinkLike,
    from: AttachOptions["from"] | { readonly seq: number },
    given: AttachOptions,
    inherited: readonly LogEntry<LogMsg>[] = [],
  ): AttachedSink {
    const sink = this.#sinkOf(target);
    const { defaultBlueprint, pipe = [] } = given;
    const options =
      defaultBlueprint === undefined
        ? given
        : { ...given, pipe: [beginWith(this.#defaultMessages(defaultBlueprint)), ...pipe] };
    if (from === "now") this.#flushRows();
    const events: AttachmentEvents = {
      enabled: this.enabled,
      changed: () => this.#changed.next(),
      report: (error) => this.#report(error),
      drain: (last) => {
        for (const each of this.#attached) each.tellLoss();
        this.#flushRows();
        attached.drain(last);
      },
      lost: (text, level) => {
        if (!this.#isDeterministic) this.#warn(text, level);
      },
    };
    const attached = new AttachedSink(this.#log, sink, from ?? "start", options, events, inherited);
    this.#attached.push(attached);
    this.#batchConfig = this.#chooseBatchConfig();
    if (this.enabled) attached.pump();
    return attached;
  }

  #sinkOf(target: SinkLike): Sink {
    const sink = toSink(target);
    return this.#forced === undefined ? sink : standInFor(sink);
  }

  #find(sink: SinkLike | Attachment): AttachedSink {
    const attached =
      this.#attached.find((a) => a === sink) ??
      this.#attached.find((a) => a.sink === this.#sinkOf(sink as SinkLike));
    if (attached === undefined) {
      throw new RerunError(
        "invalid-argument",
        "Expected a sink that is attached to this recording stream, or the result of attach()",
      );
    }
    return attached;
  }

  #remove(attached: AttachedSink): void {
    this.#attached.splice(this.#attached.indexOf(attached), 1);
    this.#batchConfig = this.#chooseBatchConfig();
  }

  #chooseBatchConfig(): BatchConfig {
    const live = this.#attached.some((attached) => attached.sink.live === true);
    const preset = live ? BATCH_PRESETS.lowLatency : BATCH_PRESETS.default;
    return { ...withEnvironment(preset, environment()), ...this.#batch };
  }

  #flushRows(): void {
    this.#events.next({ kind: "flush" });
  }

  /** What becomes of an error in a call that logs: thrown, or told where wrong data is tolerated. */
  #refuse(error: unknown, call: string): void {
    if (this.strict || !isDataError(error)) throw error;
    this.#open(call);
    // Whoever listens may log as well, and do it wrong: that ends here.
    if (this.#warning) {
      console.warn(`rerun-rx: ${error.message}`);
      return;
    }
    this.#warning = true;
    try {
      this.#warn(error.message, "WARN");
      this.#report(error);
    } finally {
      this.#warning = false;
    }
  }

  /** Tells of trouble in the recording itself. */
  #warn(text: string, level: "WARN" | "ERROR"): void {
    if (this.enabled && this.#closed === undefined)
      this.#logRow(WARNINGS_PATH, TextLog(text, { level }), []);
  }

  #report(error: RerunError): void {
    if (this.#errors.observed) this.#errors.next(error);
    else console.warn(`rerun-rx: ${error.message}`);
  }
}

/** To the millisecond. */
function dateOf({ hi, lo }: SplitNs): Date {
  return new Date(Number(joinTime(lo, hi) / 1_000_000n));
}

/** Whether a variable of the environment switches something off. */
function isOff(variable: string | undefined): boolean {
  return /^(0|off|false|no)$/i.test(variable ?? "");
}

/** Whether a variable of the environment switches something on. */
function isOn(variable: string | undefined): boolean {
  return /^(1|on|true|yes)$/i.test(variable ?? "");
}

/** Whether what was logged is wrong, and not the call or the stream. */
function isDataError(error: unknown): error is RerunError {
  return (
    error instanceof RerunError &&
    (error.code === "invalid-component" ||
      error.code === "invalid-entity-path" ||
      error.code === "invalid-time")
  );
}

/** Several archetypes in one row: their batches side by side, each component once. */
function mergeBatches(path: string, all: readonly AsComponents[]): readonly ComponentBatch[] {
  const batches: ComponentBatch[] = [];
  const seen = new Set<string>();
  for (const item of all) {
    if (typeof item !== "object" || item === null || !Array.isArray(item.batches)) {
      throw new RerunError(
        "invalid-component",
        `Expected archetypes or component batches to log at ${path}, got ${quote(item)}`,
      );
    }
    for (const batch of item.batches as readonly ComponentBatch[]) {
      const { component } = batch.descriptor;
      if (seen.has(component)) {
        throw new RerunError(
          "invalid-component",
          `Expected each component once in a row at ${path}, got ${component} twice; log them one after the other`,
        );
      }
      seen.add(component);
      batches.push(batch);
    }
  }
  return batches;
}

/** Puts messages before all others. */
function beginWith(messages: readonly LogMsg[]): MonoTypeOperatorFunction<LogMsg> {
  return (source) =>
    new Observable((subscriber) => {
      for (const message of messages) subscriber.next(message);
      return source.subscribe(subscriber);
    });
}

/** Tells options from one more archetype; both are objects. */
function isLogOptions(value: AsComponents | LogOptions | undefined): value is LogOptions {
  return typeof value === "object" && value !== null && !("batches" in value);
}

/** @param finished of each sink, whether it had finished in time */
function result(
  attached: readonly AttachedSink[],
  target: number,
  finished: readonly (boolean | undefined)[],
): FlushResult {
  return {
    complete: attached.every(
      (a, i) => finished[i] === true && a.error === undefined && a.undeliveredFrom >= target,
    ),
    sinks: attached.map((a) => a.stats),
  };
}

function unref<T>(timer: T): T {
  (timer as { unref?: () => void }).unref?.();
  return timer;
}

function closeDeadline(): { readonly signal: AbortSignal; cancel(): void } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), CLOSE_TIMEOUT_MS);
  return { signal: controller.signal, cancel: () => clearTimeout(timer) };
}
