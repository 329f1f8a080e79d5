import type { RerunError } from "../../lib/errors.ts";
import { forcedSavePath } from "../../lib/force-save.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { parseMemoryLimit } from "../../lib/node/memory-limit.ts";
import type { Observable } from "../../lib/rxjs.ts";
import type { Delivery, SinkHost, SinkState, WaitOptions } from "../../lib/sink.ts";
import { type ConnectOptions, type ConnectSink, connect } from "../connect.ts";
import type { SpawnedViewer, SpawnSink } from "../spawn.ts";
import { onExit } from "./exit-hooks.ts";
import { IdleSink } from "./idle-sink.ts";
import { startViewer } from "./start-viewer.ts";
import type { StartOptions } from "./viewer-commands.ts";
import type { ViewerProcess } from "./viewer-process.ts";

/** Starts a viewer and connects to it; options are checked by `spawn`. */
export async function openSpawnSink(
  options: StartOptions,
  connectOptions: ConnectOptions,
): Promise<SpawnSink> {
  parseMemoryLimit(options.memoryLimit, "`memoryLimit`");
  parseMemoryLimit(options.serverMemoryLimit, "`serverMemoryLimit`");
  if (forcedSavePath() !== undefined) {
    const viewer = {
      kind: "none",
      port: 0,
      pid: undefined,
      version: undefined,
      pageUrl: undefined,
    };
    return new SpawnedSink(new IdleSink("spawn()", ""), viewer as SpawnedViewer, undefined);
  }
  const started = await startViewer(options);
  const { kind, port, version, pageUrl } = started;
  const viewer = { kind, port, version, pageUrl, pid: started.process?.pid };
  const stays = options.detach === true || (options.detach === "native" && kind === "native");
  const sink = connect(`rerun+http://127.0.0.1:${port}/proxy`, connectOptions);
  return new SpawnedSink(sink, viewer, stays ? undefined : started.process);
}

/** A connection, and the viewer at its other end, if that is to end with it. */
class SpawnedSink implements SpawnSink {
  readonly name: string;
  readonly forceSaved = true;
  readonly live: boolean;
  readonly replays: boolean;
  readonly closeTimeoutMs: number;
  readonly url: string;
  readonly viewer: SpawnedViewer;
  readonly state$: Observable<SinkState>;
  readonly #sink: ConnectSink;
  readonly #process: ViewerProcess | undefined;
  readonly #unhook: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  constructor(sink: ConnectSink, viewer: SpawnedViewer, process: ViewerProcess | undefined) {
    this.#sink = sink;
    this.#process = process;
    this.viewer = viewer;
    this.name = sink.name.replace(/^connect\(/, "spawn(");
    this.live = sink.live;
    this.replays = sink.replays;
    this.closeTimeoutMs = sink.closeTimeoutMs;
    this.url = sink.url;
    this.state$ = sink.state$;
    this.#unhook = process && onExit(() => process.stopNow());
  }

  get state(): SinkState {
    return this.#sink.state;
  }

  get failure(): RerunError | undefined {
    return this.#sink.failure;
  }

  get trouble(): RerunError | undefined {
    return this.#sink.trouble;
  }

  attached(host: SinkHost): () => void {
    return this.#sink.attached(host);
  }

  write(messages: readonly LogMsg[]): Delivery {
    return this.#sink.write(messages);
  }

  flush(options?: WaitOptions): Promise<void> {
    return this.#sink.flush(options);
  }

  close(options?: WaitOptions): Promise<void> {
    this.#closed ??= this.#close(options);
    return this.#closed;
  }

  async #close(options?: WaitOptions): Promise<void> {
    try {
      await this.#sink.close(options);
    } finally {
      await this.#process?.stop();
      this.#unhook?.();
    }
  }

  next(message: LogMsg): void {
    this.#sink.next(message);
  }

  error(error: unknown): void {
    this.#sink.error(error);
    this.#endViewer();
  }

  complete(): void {
    this.#sink.complete();
    this.#endViewer();
  }

  /** Once everything is delivered; what went wrong before is told by the connection. */
  #endViewer(): void {
    this.close().catch(() => undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
