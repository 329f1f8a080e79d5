import type { SpawnOptions } from "../../../sinks/spawn.ts";
import { RerunError } from "../../errors.ts";
import type { FlushResult } from "../../recording-stats.ts";
import type { RecordingStream } from "../../recording-stream.ts";
import type { Sink } from "../../sink.ts";
import type { RerunArguments } from "./flags.ts";
import { Interrupt } from "./interrupt.ts";

/** What {@link setupRecording} made. */
export interface RecordingSetup {
  /** What to open in a browser; undefined where nothing is served. */
  readonly viewerUrl: string | undefined;
  /**
   * Aborted by the first Ctrl-C or SIGTERM. A program that asks for it ends by itself then, best by {@link end}; in
   * one that does not, they end it once what was logged is delivered, within 2 s. A second Ctrl-C ends it at once.
   */
  readonly interrupted: AbortSignal;
  /**
   * Ends the recording: with `--serve` waits for Ctrl-C, then delivers the rest, within 5 s, and closes. What could
   * not be delivered is told on standard error, and the process will end with code 1. Never rejects. Idempotent.
   */
  readonly end: () => Promise<void>;
}

/** What the flags do not say. */
export interface SetupOptions {
  /** How `--spawn` starts a viewer, as far as no flag says. Default: as `spawn` does by itself. */
  readonly spawn?: SpawnOptions;
}

/** How long what was logged may take on its way out when a signal ends the program. */
const LAST_WORK_MS = 2_000;

/**
 * Attaches to a recording stream what the standard flags ask for, see {@link addRerunOptions}. Resolves when all of
 * it is ready. What users have to know, such as the URL of the viewer, goes to standard error.
 *
 * With the environment variable `_RERUN_TEST_FORCE_SAVE=FILE` everything goes to that file, whatever the flags say.
 *
 * @throws RerunError what `save`, `stdout`, `serve`, `connect` and `spawn` throw; the recording stream is closed then
 */
export async function setupRecording(
  rec: RecordingStream,
  argv: RerunArguments,
  options: SetupOptions = {},
): Promise<RecordingSetup> {
  const setup = new Setup(rec);
  try {
    if (rec.enabled) await attachAll(rec, argv, options, setup);
    return setup;
  } catch (error) {
    setup.interrupt.stop();
    await rec.close();
    throw error;
  }
}

async function attachAll(
  rec: RecordingStream,
  argv: RerunArguments,
  options: SetupOptions,
  setup: Setup,
): Promise<void> {
  const forced = process.env["_RERUN_TEST_FORCE_SAVE"];
  if (forced !== undefined && forced !== "") {
    const { save } = await import("../../../sinks/save.ts");
    rec.attach(save(forced, { overwrite: true }));
    return;
  }
  // Loaded here: whoever imports `rerun-rx/node` for something else does not pay for it.
  const [{ targetsOf }, { hasDisplay, openBrowser }] = await Promise.all([
    import("./targets.ts"),
    import("../open-browser.ts"),
  ]);
  const targets = targetsOf(argv);
  // What can be refused at once comes first, and last what starts processes.
  if (targets.stdout) rec.attach((await import("../../../sinks/stdout.ts")).stdout());
  for (const file of targets.files) rec.attach(await saveTo(file, argv.overwrite === true));
  const open = argv.open !== false && argv.headless !== true;
  for (const url of targets.urls) {
    const { connect } = await import("../../../sinks/connect.ts");
    // One that is served has the token for itself.
    const token = targets.servePort === undefined ? argv.token : undefined;
    const own = token === undefined ? {} : { token };
    rec.attach(connect(url === "" ? undefined : url, own));
  }
  if (targets.servePort !== undefined) {
    const { serve } = await import("../../../sinks/serve.ts");
    const server = await serve({
      port: targets.servePort,
      ...(argv.bind === undefined ? {} : { host: argv.bind }),
      ...(argv.token === undefined ? {} : { token: argv.token }),
    });
    rec.attach(server);
    setup.waits = true;
    setup.show(server.url);
    if (open && hasDisplay()) openBrowser(server.url);
  }
  if (targets.spawnPort !== undefined) {
    const { spawn } = await import("../../../sinks/spawn.ts");
    const headless = argv.headless === true;
    const viewer = await spawn({
      ...options.spawn,
      port: targets.spawnPort,
      open: open && options.spawn?.open !== false,
      headless: headless || options.spawn?.headless === true,
    });
    rec.attach(viewer);
    if (viewer.viewer.pageUrl !== undefined) setup.show(viewer.viewer.pageUrl);
  }
  if (rec.attachments.length === 0) rec.attach(nowhere);
}

/** Says of a file that exists what to do on the command line. */
async function saveTo(file: string, overwrite: boolean): Promise<Sink> {
  const { save } = await import("../../../sinks/save.ts");
  try {
    return save(file, { overwrite });
  } catch (thrown) {
    if (!(thrown instanceof RerunError && thrown.code === "file-exists")) throw thrown;
    throw new RerunError(
      "file-exists",
      `Expected --save to name a new file; add --overwrite to replace the one that exists, or take another: ${file}`,
      { cause: thrown },
    );
  }
}

/** Takes what nobody wants to see, so that it does not pile up. */
const nowhere: Sink = { name: "nowhere", write: () => undefined };

class Setup implements RecordingSetup {
  readonly interrupt: Interrupt;
  readonly #rec: RecordingStream;
  /** Whether `end` waits for Ctrl-C. */
  waits = false;
  #viewerUrl: string | undefined;
  #ended: Promise<void> | undefined;

  constructor(rec: RecordingStream) {
    this.#rec = rec;
    this.interrupt = new Interrupt(() => rec.flush({ signal: AbortSignal.timeout(LAST_WORK_MS) }));
  }

  get viewerUrl(): string | undefined {
    return this.#viewerUrl;
  }

  get interrupted(): AbortSignal {
    return this.interrupt.signal;
  }

  /** Tells where the viewer is. */
  show(url: string): void {
    this.#viewerUrl ??= url;
    tell(`Viewer: ${url}`);
  }

  // A property: programs take it out of the object.
  readonly end = (): Promise<void> => {
    this.#ended ??= this.#end();
    return this.#ended;
  };

  async #end(): Promise<void> {
    // From here on Ctrl-C means to end the waiting.
    const { signal } = this.interrupt;
    if (this.waits && !signal.aborted) {
      tell("All is logged; the viewer is served until you press Ctrl-C.");
      void this.#rec.flush();
      await this.interrupt.come();
    }
    try {
      const result = await this.#rec.close();
      if (this.#rec.enabled && !result.complete) {
        process.exitCode = 1;
        tell(lossOf(result, this.#rec.stats.loggedRows));
      }
    } catch (thrown) {
      process.exitCode = 1;
      tell(RerunError.from(thrown).message);
    } finally {
      this.interrupt.stop();
    }
  }
}

/** For people; standard output may be data. */
function tell(text: string): void {
  console.error(text);
}

/** Says which sinks did not get everything. */
function lossOf({ sinks }: FlushResult, loggedRows: number): string {
  const lines = sinks
    .filter(({ state, queuedBytes, droppedRows, error }) => {
      return state === "failed" || queuedBytes > 0 || droppedRows > 0 || error !== undefined;
    })
    .map(({ name, deliveredRows, queuedBytes }) => {
      const waiting = queuedBytes > 0 ? `, ${queuedBytes} bytes were still waiting` : "";
      return `  ${name}: ${deliveredRows} of ${loggedRows} rows delivered${waiting}`;
    });
  return ["Not everything that was logged has been delivered:", ...lines].join("\n");
}
