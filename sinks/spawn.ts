import { quote, RerunError } from "../lib/errors.ts";
import type { ConnectOptions, ConnectSink } from "./connect.ts";

/** How to start a viewer. All of it may be left out. */
export interface SpawnOptions {
  /** Port that the viewer listens on; default 9876, 0 takes any free one. */
  readonly port?: number;
  /**
   * Which viewer to start:
   *
   * - `auto` (default): `native` if there is one and a display to show it on, else `web`
   * - `native`: the program `rerun`
   * - `web`: ours, which runs as a process of its own and opens a browser where there is a display
   *
   * The environment variable `RERUN_RX_VIEWER` changes what `auto` means: `web`, or the path or name of a native viewer.
   */
  readonly viewer?: "auto" | "native" | "web";
  /** Path of the native viewer, or its name on `PATH`; default what `RERUN_RX_VIEWER` says, else `rerun`. */
  readonly executable?: string;
  /** Memory of the native viewer, such as `16GB` or `50%`; past it, it drops the oldest data. Default `75%`. */
  readonly memoryLimit?: string;
  /** Memory for what viewers that come late will get, such as `4GB` or `50%`; default `1GiB`. */
  readonly serverMemoryLimit?: string;
  /** True starts another viewer even if one runs, on any free port if this one is taken. Default false. */
  readonly new?: boolean;
  /**
   * Whether the viewer outlives this program; default true, but with `headless`. If not, it ends when the sink is
   * closed or the program ends, `kill -9` excepted (ours ends then, too). `"native"`: only one with a window of its own
   * outlives it.
   */
  readonly detach?: boolean | "native";
  /** Whether a native viewer begins without its welcome screen; default false. */
  readonly hideWelcomeScreen?: boolean;
  /** Without a window: a native viewer draws off screen, ours opens no browser. Default false. */
  readonly headless?: boolean;
  /** Whether ours opens a browser where there is a display; default true. */
  readonly open?: boolean;
  /** More arguments for a native viewer. */
  readonly extraArgs?: readonly string[];
  /** More variables for the environment of the viewer; `undefined` takes one away. */
  readonly extraEnv?: Readonly<Record<string, string | undefined>>;
  /**
   * How long ours stays when nobody watches and nobody logs, in milliseconds; default 600,000, ten minutes. A viewer
   * that does not outlive the program stays as long as that.
   */
  readonly lingerMs?: number;
  /** How long the viewer may take until it answers, in milliseconds; default 15,000. */
  readonly timeoutMs?: number;
  /** Ends the waiting for the viewer, and what was started. */
  readonly signal?: AbortSignal;
  /** Of the connection to the viewer. */
  readonly connect?: ConnectOptions;
}

/** The viewer that a {@link SpawnSink} streams to. */
export interface SpawnedViewer {
  /** `running`: it ran before, and was used. `none`: `_RERUN_TEST_FORCE_SAVE` makes a file of everything. */
  readonly kind: "native" | "web" | "running" | "none";
  readonly port: number;
  /** Of the process that was started; undefined where none was. */
  readonly pid: number | undefined;
  /** Version of Rerun that a native viewer says to be. */
  readonly version: string | undefined;
  /** What to open in a browser, where the viewer is one of ours. */
  readonly pageUrl: string | undefined;
}

/** A sink that streams to a viewer in another process; as that of `connect`. */
export interface SpawnSink extends ConnectSink {
  readonly viewer: SpawnedViewer;
}

/**
 * Starts a viewer in another process and streams to it; resolves when it answers. If a Rerun viewer listens on the port
 * already, it is used instead: that it is one is found out by a real handshake.
 *
 * What the viewer prints is not shown, and nothing of it keeps this program running. A viewer that was lost and comes
 * back gets everything anew, as with `connect`.
 *
 * ```ts
 * const rec = new RecordingStream("my_app");
 * rec.attach(await spawn());
 * ```
 *
 * With the environment variable `_RERUN_TEST_FORCE_SAVE=FILE` nothing is started: recordings go to that file.
 *
 * @throws RerunError
 * - `viewer-not-found`: there is none where it was looked for; the message says how to install one
 * - `viewer-not-ready`: it ended, or did not answer in time; the message has what it printed last
 * - `address-in-use`: something that is no viewer listens on the port
 * - `invalid-argument`
 */
export async function spawn(options: SpawnOptions = {}): Promise<SpawnSink> {
  const {
    port = 9876,
    viewer = "auto",
    executable,
    memoryLimit = "75%",
    serverMemoryLimit = "1GiB",
    headless = false,
    detach = !headless,
    hideWelcomeScreen = false,
    open = true,
    extraArgs = [],
    extraEnv = {},
    lingerMs = 600_000,
    timeoutMs = 15_000,
    signal,
  } = options;
  const isPort = Number.isInteger(port) && port >= 0 && port <= 65_535;
  if (!isPort) throw refused("port", "a whole number from 0 to 65535", port);
  if (!["auto", "native", "web"].includes(viewer))
    throw refused("viewer", '"auto", "native" or "web"', viewer);
  if (executable === "") throw refused("executable", "a path or a name", executable);
  for (const [name, value] of Object.entries({ lingerMs, timeoutMs })) {
    if (!(value >= 0 && value < 2 ** 31))
      throw refused(name, "a number of milliseconds below 2^31", value);
  }
  if (!extraArgs.every((arg) => typeof arg === "string"))
    throw refused("extraArgs", "strings", extraArgs);
  // Processes and gRPC: loaded by those who spawn, not by everyone who imports a sink.
  const { openSpawnSink } = await import("./support/spawn-sink.ts");
  return await openSpawnSink(
    {
      port,
      viewer,
      executable,
      memoryLimit,
      serverMemoryLimit,
      new: options.new === true,
      detach,
      hideWelcomeScreen,
      headless,
      open,
      extraArgs,
      extraEnv,
      lingerMs,
      timeoutMs,
      signal,
    },
    options.connect ?? {},
  );
}

function refused(option: string, expected: string, got: unknown): RerunError {
  return new RerunError(
    "invalid-argument",
    `Expected \`${option}\` to be ${expected}, got ${quote(got)}`,
  );
}
