import { execFile } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { quote, RerunError } from "../../lib/errors.ts";
import { RERUN_VERSION } from "../../lib/version.ts";

/** A native viewer that is there and says that it is one. */
export interface NativeViewer {
  /** The program to run. */
  readonly path: string;
  /** Its version, such as `0.33.0`. */
  readonly version: string;
}

/** Where to look. */
export interface FindOptions {
  /** Path, or name to look up on `PATH`; then nothing else is tried, and it must be there. */
  readonly executable?: string | undefined;
  /** Default: that of the process. */
  readonly env?: NodeJS.ProcessEnv;
  readonly platform?: NodeJS.Platform;
}

/** Names the native viewer to use, by path or name; `web` means our own in a browser. */
export const VIEWER_VARIABLE = "RERUN_RX_VIEWER";

/** What the native viewer is called. */
const VIEWER_NAME = "rerun";

/** A slow disk and a launcher in Python take a while; nobody waits for this when all is well. */
const VERSION_TIMEOUT_MS = 20_000;

/** How to get a native viewer, for messages. */
export const INSTALL_ADVICE: string =
  `install it with \`pip install rerun-sdk==${RERUN_VERSION}\`, \`cargo binstall rerun-cli@${RERUN_VERSION}\` ` +
  `or from https://github.com/rerun-io/rerun/releases/${RERUN_VERSION}`;

/**
 * Finds the native viewer: `executable`, else what the environment variable `RERUN_RX_VIEWER` names, else `rerun` on
 * `PATH`. It is asked for its version, as other programs are called `rerun` too; those on `PATH` are passed over.
 *
 * @returns undefined when none was named and none is there
 * @throws RerunError `viewer-not-found` when the one that was named is not there, or is no Rerun viewer
 */
export async function findNativeViewer(
  options: FindOptions = {},
): Promise<NativeViewer | undefined> {
  const { env = process.env, platform = process.platform } = options;
  const fromVariable = env[VIEWER_VARIABLE];
  const named =
    options.executable ??
    (fromVariable === "" || fromVariable === "web" ? undefined : fromVariable);
  if (named === undefined) {
    for (const path of candidates(VIEWER_NAME, env, platform)) {
      const version = viewerVersion(await askVersion(path, env));
      if (version !== undefined) return { path, version };
    }
    return undefined;
  }

  const from = options.executable === undefined ? VIEWER_VARIABLE : "`executable`";
  const [path] = candidates(named, env, platform);
  if (path === undefined)
    throw new RerunError(
      "viewer-not-found",
      `Expected ${from} to name the Rerun viewer, found no program ${quote(named)}; ${INSTALL_ADVICE}`,
    );
  const said = await askVersion(path, env);
  const version = viewerVersion(said);
  if (version === undefined)
    throw new RerunError(
      "viewer-not-found",
      `Expected ${from} to name the Rerun viewer, but asked for its version it said ${quote(firstLine(said))}; ${INSTALL_ADVICE}: ${path}`,
    );
  return { path, version };
}

/** The programs of a name, in the order of `PATH`; a path stands for itself. */
function candidates(name: string, env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string[] {
  const isPath = name.includes("/") || (platform === "win32" && name.includes("\\"));
  // An empty entry would mean the current folder, where anyone may have put anything.
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const names = platform === "win32" && !/\.exe$/i.test(name) ? [`${name}.exe`, name] : [name];
  const paths = isPath
    ? names
    : folders.flatMap((folder) => names.map((each) => join(folder, each)));
  return paths.filter(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

const run = promisify(execFile);

/** What a program prints of itself, or why it could not be asked. */
async function askVersion(path: string, env: NodeJS.ProcessEnv): Promise<string> {
  try {
    const options = { env, timeout: VERSION_TIMEOUT_MS, windowsHide: true };
    return (await run(path, ["--version"], options)).stdout;
  } catch (thrown) {
    return (thrown as Error).message;
  }
}

/** Reads `rerun-cli 0.33.0 (…)`; undefined when another program speaks. */
function viewerVersion(said: string): string | undefined {
  return /^rerun-cli (\d+\.\d+\.\d+[\w.+-]*)/.exec(said)?.[1];
}

const firstLine = (text: string): string => text.trim().split("\n", 1)[0] ?? "";

/** Whether a viewer of that version shows what this package writes: while it is 0.x, each minor version differs. */
export function isCompatible(version: string): boolean {
  const minor = (text: string): string => text.split(".", 2).join(".");
  return minor(version) === minor(RERUN_VERSION);
}
