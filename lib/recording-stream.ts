import type { Subscription } from "rxjs";
import { AsyncScope } from "#async-scope";
import { batchRows } from "../operators/batch-rows.ts";
import { replayLog } from "../operators/replay-log.ts";
import { toMessages } from "../operators/to-messages.ts";
import { TextLog } from "./archetypes/text-log.ts";
import type { Attachment, AttachOptions, SinkStats } from "./attachment.ts";
import { Attachments } from "./attachments.ts";
import { BATCH_PRESETS, type BatchConfig, environment, withEnvironment } from "./batch-config.ts";
import type { BlueprintActivationOptions, BlueprintLike } from "./blueprint/like.ts";
import { BlueprintFollower } from "./blueprint-follower.ts";
import { blueprintMessages } from "./blueprint-store.ts";
import { nowNs, type SplitNs } from "./clock.ts";
import { ColumnsEncoder, type TimeColumns } from "./columns.ts";
import type { AsComponents, ComponentBatch, ComponentColumn } from "./component-batch.ts";
import { deterministicSource } from "./deterministic.ts";
import { entityPath } from "./entity-path.ts";
import { quote, RerunError } from "./errors.ts";
import type { DataEvent, LogEvent, StreamEvent } from "./event.ts";
import { forcedSave, forcedSavePath } from "./force-save.ts";
import { logArguments } from "./log-arguments.ts";
import type { LogMsg, SetStoreInfo, StoreId } from "./log-msg.ts";
import { MessageLog } from "./message-log.ts";
import {
  PROPERTIES_PATH,
  recordingInfo,
  recordingInfoChunk,
  WARNINGS_PATH,
} from "./recording-info.ts";
import type { LogOptions, RecordingStreamOptions } from "./recording-options.ts";
import { type FlushResult, type RecordingStats, statsOf } from "./recording-stats.ts";
import { Observable, RowSubject, Subject } from "./rxjs.ts";
import type { SinkLike, WaitOptions } from "./sink.ts";
import { messageRetention } from "./static-data.ts";
import { joinTime, STATIC, type TimeInput, type TimePoint, TimeState } from "./time.ts";
import { TuidGenerator } from "./tuid.ts";
import { SOURCE } from "./version.ts";

const MIB = 1 << 20;
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
  readonly #sinks: Attachments;
  readonly #errors = new Subject<RerunError>();
  readonly #changed = new Subject<void>();
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
    const forced = this.enabled ? forcedSavePath() : undefined;
    this.strict = options.strict ?? !isOff(env["RERUN_STRICT"]);
    this.storeId = { kind: "recording", applicationId, recordingId };
    this.#time = new TimeState({ logTime, logTick });
    this.#batch = fixed === undefined ? options.batch : { flushTickMs: Infinity, ...options.batch };
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

    this.#sinks = new Attachments({
      log: this.#log,
      enabled: this.enabled,
      isForced: forced !== undefined,
      flushRows: () => this.#flushRows(),
      changedSinks: () => {
        this.#batchConfig = this.#chooseBatchConfig();
      },
      changed: () => this.#changed.next(),
      report: (error) => this.#report(error),
      lost: (text, level) => {
        // When it is told depends on when things happen.
        if (fixed === undefined) this.#warn(text, level);
      },
      defaultMessages: (blueprint) => this.#defaultMessages(blueprint),
    });
    this.#batchConfig = this.#chooseBatchConfig();

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
    this.stats$ = statsOf(() => this.stats, this.#changed);

    if (this.enabled && options.sendProperties !== false) {
      const { startTime = fixed === undefined ? new Date() : dateOf(fixed.now()), name } = options;
      const facts = name === undefined ? { startTime } : { startTime, name };
      const chunk = recordingInfoChunk(this.#ids, facts);
      this.#loggedRows += chunk.numRows;
      this.#events.next({ kind: "columns", chunk });
    }
    const file = forced === undefined ? undefined : forcedSave(forced);
    if (file !== undefined) this.#sinks.attach(file, {});
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
      ({ batches, options } = logArguments(escaped, data, more));
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
    return this.#sinks.attach(sink, options);
  }

  /**
   * Takes a sink off: what was logged so far is delivered first. The sink is closed, unless another recording
   * stream still has it or `close` is false.
   */
  async detach(
    sink: SinkLike | Attachment,
    options: WaitOptions & { readonly close?: boolean } = {},
  ): Promise<SinkStats> {
    const attached = this.#sinks.remove(sink);
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
    return this.#sinks.replace(old, sink, options);
  }

  /** The sinks of now. */
  get attachments(): readonly Attachment[] {
    return this.#sinks.all;
  }

  /** Counters of now. */
  get stats(): RecordingStats {
    return {
      loggedRows: this.#loggedRows,
      messages: this.#log.nextSeq,
      heldBytes: this.#log.bytes,
      droppedMessages: this.#log.dropped,
      sinks: this.#sinks.all.map((attached) => attached.stats),
    };
  }

  // ---- 4. Ending -------------------------------------------------------------------------------------------

  /**
   * Resolves when everything logged so far has been delivered by every sink, or failed, or the signal ended the
   * wait. Never rejects: the result tells.
   */
  async flush(options: WaitOptions = {}): Promise<FlushResult> {
    this.#flushRows();
    return await this.#sinks.flush(this.#log.nextSeq, options);
  }

  /**
   * Flushes, and closes every sink that no other recording stream holds. Further calls of `log` throw
   * `recording-closed`. Idempotent. Bounded in time whatever a sink does: 5 seconds unless a signal is given.
   */
  close(options: WaitOptions = {}): Promise<FlushResult> {
    if (this.#closed === undefined) {
      this.#sinks.tellLosses();
      this.#closed = this.#close(options);
    }
    return this.#closed;
  }

  async #close(options: WaitOptions): Promise<FlushResult> {
    this.#flushRows();
    const target = this.#log.nextSeq;
    // Completing flushes whatever the batching still holds and lets `messages$` complete.
    this.#events.complete();
    for (const subscription of [...this.#followers.values()]) subscription.unsubscribe();
    try {
      return await this.#sinks.close(target, options);
    } finally {
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

  #chooseBatchConfig(): BatchConfig {
    const preset = this.#sinks.isLive ? BATCH_PRESETS.lowLatency : BATCH_PRESETS.default;
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
