import { type AddressInfo, createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { RerunError } from "../../lib/errors.ts";
import { hasDisplay, openBrowser } from "../../lib/node/open-browser.ts";
import { probeProxy } from "../../lib/node/probe-proxy.ts";
import { RERUN_VERSION } from "../../lib/version.ts";
import { askHealth } from "./ask-health.ts";
import {
  findNativeViewer,
  INSTALL_ADVICE,
  isCompatible,
  type NativeViewer,
  VIEWER_VARIABLE,
} from "./find-viewer.ts";
import { nativeCommand, type StartOptions, webCommand } from "./viewer-commands.ts";
import { type ViewerCommand, ViewerProcess } from "./viewer-process.ts";

/** A viewer that answers. */
export interface StartedViewer {
  readonly kind: "native" | "web" | "running";
  readonly port: number;
  /** What to open in a browser, where it is one of ours. */
  readonly pageUrl: string | undefined;
  /** Of a native viewer. */
  readonly version: string | undefined;
  /** Absent when the viewer ran before. */
  readonly process: ViewerProcess | undefined;
}

/** First wait between two looks at the port, doubled up to {@link MAX_LOOK_MS}. */
const FIRST_LOOK_MS = 20;
const MAX_LOOK_MS = 250;
/** Longest time for one look. */
const PROBE_MS = 2_000;
/** When a viewer has ended at once, another program may have started one on the same port at the same time. */
const GRACE_MS = 1_500;

/** Starts a viewer, or finds the one that runs; resolves when it answers. */
export async function startViewer(options: StartOptions): Promise<StartedViewer> {
  const { port, headless, open, signal } = options;
  signal?.throwIfAborted();
  const mayOpen = open && !headless;
  if (!options.new && port !== 0) {
    const found = await probeProxy({ port, timeoutMs: PROBE_MS });
    if (found === "viewer") return await useRunning(port, mayOpen);
    if (found === "other") throw taken(port);
  }
  const free =
    port !== 0 && (!options.new || (await probeProxy({ port, timeoutMs: PROBE_MS })) === "nothing");
  const chosen = free ? port : await freePort();

  const native = await chooseNative(options);
  if (native !== undefined) {
    warnOfVersion(native);
    try {
      const process = await startAndWait(nativeCommand(native, chosen, options), chosen, options);
      return { ...started(process, chosen, "native"), version: native.version };
    } catch (thrown) {
      // Whoever asked for this very viewer wants to know; others want to see their data.
      const isAsked = isNamed(options) || options.viewer === "native";
      if (isAsked || !(thrown instanceof RerunError) || thrown.code !== "viewer-not-ready")
        throw thrown;
      console.warn(`rerun-rx: ${thrown.message}; the viewer is served to a browser instead`);
    }
  }
  const process = await startAndWait(webCommand(chosen, options), chosen, options);
  return started(process, chosen, "web");
}

/** What runs: what was started, or what another program started on that port a moment before. */
function started(
  process: ViewerProcess,
  port: number,
  kind: "native" | "web",
): StartedViewer & { readonly process: ViewerProcess | undefined } {
  const runs = process.exit === undefined;
  return {
    kind: runs ? kind : "running",
    port,
    pageUrl: kind === "web" ? pageUrl(port) : undefined,
    version: undefined,
    process: runs ? process : undefined,
  };
}

/** A viewer of ours is shown to people who have closed it. */
async function useRunning(port: number, mayOpen: boolean): Promise<StartedViewer> {
  const health = await askHealth(port);
  if (health?.browsers === 0 && mayOpen && hasDisplay()) openBrowser(pageUrl(port));
  return {
    kind: "running",
    port,
    pageUrl: health === undefined ? undefined : pageUrl(port),
    version: undefined,
    process: undefined,
  };
}

const pageUrl = (port: number): string => `http://127.0.0.1:${port}`;

const isNamed = ({ executable, extraEnv }: StartOptions): boolean => {
  const variable = { ...process.env, ...extraEnv }[VIEWER_VARIABLE];
  return executable !== undefined || (variable !== undefined && !/^(web)?$/.test(variable));
};

/** The native viewer to start; undefined for ours. */
async function chooseNative(options: StartOptions): Promise<NativeViewer | undefined> {
  const { viewer, executable, headless, extraEnv } = options;
  const env = { ...process.env, ...extraEnv };
  if (viewer === "web" || (viewer === "auto" && env[VIEWER_VARIABLE] === "web" && !executable))
    return undefined;
  // One with a window ends at once where there is no display.
  if (viewer === "auto" && !isNamed(options) && !headless && !hasDisplay(env)) return undefined;
  const found = await findNativeViewer({ executable, env });
  if (found === undefined && viewer === "native")
    throw new RerunError(
      "viewer-not-found",
      `Expected the native Rerun viewer \`rerun\` on PATH; ${INSTALL_ADVICE}, or name it by \`executable\` or ${VIEWER_VARIABLE}`,
    );
  return found;
}

function warnOfVersion({ version, path }: NativeViewer): void {
  if (isCompatible(version)) return;
  console.warn(
    `rerun-rx: expected a viewer of version ${RERUN_VERSION}, found ${version}, which may show data wrongly or not at all; ${INSTALL_ADVICE}: ${path}`,
  );
}

/** Starts a viewer and waits until it, or another on its port, answers. What does not is ended. */
async function startAndWait(
  command: ViewerCommand,
  port: number,
  { timeoutMs, signal }: StartOptions,
): Promise<ViewerProcess> {
  const viewer = ViewerProcess.start(command);
  const deadline = Date.now() + timeoutMs;
  let endedAt: number | undefined;
  try {
    for (let wait = FIRST_LOOK_MS; ; wait = Math.min(wait * 2, MAX_LOOK_MS)) {
      signal?.throwIfAborted();
      // Looked at before the port is: so that it had its chance to answer.
      if (viewer.exit !== undefined) endedAt ??= Date.now();
      const left = deadline - Date.now();
      const found = await probeProxy({ port, timeoutMs: Math.max(1, Math.min(PROBE_MS, left)) });
      if (found === "viewer") {
        viewer.release();
        return viewer;
      }
      if (endedAt !== undefined && (viewer.exit?.error || Date.now() - endedAt > GRACE_MS))
        throw endedEarly(command, viewer);
      if (Date.now() >= deadline) {
        if (found === "other") throw taken(port);
        throw new RerunError(
          "viewer-not-ready",
          `Expected the viewer to answer on port ${port} within ${timeoutMs} ms, it did not${said(viewer)}; raise \`timeoutMs\` if this machine is slow: ${command.command}`,
        );
      }
      await Promise.race([delay(Math.min(wait, Math.max(1, left))), viewer.exited]);
      if (viewer.exit !== undefined) await delay(wait);
    }
  } catch (thrown) {
    await viewer.stop();
    throw thrown;
  }
}

function endedEarly(command: ViewerCommand, viewer: ViewerProcess): RerunError {
  const { code, signal, error } = viewer.exit ?? {};
  const how =
    error !== undefined ? error.message : signal != null ? `by ${signal}` : `with code ${code}`;
  return new RerunError(
    "viewer-not-ready",
    `Expected the viewer to run, it ended ${how}${said(viewer)}: ${command.command}`,
    { cause: error },
  );
}

/** The last lines that a viewer printed, for a message. */
function said(viewer: ViewerProcess): string {
  const lines = viewer
    .printed()
    .split("\n")
    .filter((line) => line.trim() !== "");
  // What went wrong is often followed by where in the program it was.
  const told = lines.filter((line) => /error|failed|panick/i.test(line));
  const text = (told.length > 0 ? told : lines).slice(-2).join(" ").slice(0, 600);
  return text === "" ? "" : `, after it said "${text}"`;
}

function taken(port: number): RerunError {
  return new RerunError(
    "address-in-use",
    `Expected a Rerun viewer or nothing on port ${port}, found something else; give another \`port\`, or \`new: true\` for any that is free`,
  );
}

/** A port of this machine that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
