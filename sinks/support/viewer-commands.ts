import { join } from "node:path";
import { packageRoot } from "../../lib/node/page-assets.ts";
import type { NativeViewer } from "./find-viewer.ts";
import type { ViewerCommand } from "./viewer-process.ts";

/** What `spawn` was asked for, with defaults filled in and checked. */
export interface StartOptions {
  readonly port: number;
  readonly viewer: "auto" | "native" | "web";
  readonly executable: string | undefined;
  readonly memoryLimit: string;
  readonly serverMemoryLimit: string;
  readonly new: boolean;
  readonly detach: boolean | "native";
  readonly hideWelcomeScreen: boolean;
  readonly headless: boolean;
  readonly open: boolean;
  readonly extraArgs: readonly string[];
  readonly extraEnv: Readonly<Record<string, string | undefined>>;
  readonly lingerMs: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** The native viewer. */
export function nativeCommand(
  { path }: NativeViewer,
  port: number,
  options: StartOptions,
): ViewerCommand {
  const { memoryLimit, serverMemoryLimit, hideWelcomeScreen, headless, extraArgs } = options;
  return {
    command: path,
    args: [
      `--port=${port}`,
      `--memory-limit=${memoryLimit}`,
      `--server-memory-limit=${serverMemoryLimit}`,
      "--expect-data-soon",
      // It would let in everybody on the network.
      ...(extraArgs.some((arg) => /^--bind(=|$)/.test(arg)) ? [] : ["--bind=127.0.0.1"]),
      ...(hideWelcomeScreen ? ["--hide-welcome-screen"] : []),
      ...(headless ? ["--headless"] : []),
      ...extraArgs,
    ],
    env: environmentOf(options),
    tiedByInput: false,
  };
}

/** Our own command line, run by this very Node. */
export function webCommand(port: number, options: StartOptions): ViewerCommand {
  const { serverMemoryLimit, detach, open, headless, lingerMs } = options;
  // From sources, the loader that understands them has to come along.
  const fromSource = import.meta.url.endsWith(".ts");
  const main = fromSource ? "lib/node/cli/main.ts" : "dist/lib/node/cli/main.js";
  return {
    command: process.execPath,
    args: [
      ...(fromSource ? loaderFlags(process.execArgv) : []),
      join(packageRoot(), main),
      "viewer",
      `--port=${port}`,
      `--memory-limit=${serverMemoryLimit}`,
      open && !headless ? "--open" : "--no-open",
      ...(detach === true ? [`--idle-timeout=${lingerMs / 1000}`] : ["--until-input-ends"]),
    ],
    env: { ...environmentOf(options), ...withoutDebugger(options) },
    tiedByInput: detach !== true,
  };
}

function environmentOf({ extraEnv }: StartOptions): NodeJS.ProcessEnv {
  return { ...process.env, ...extraEnv };
}

/** A debugger of this program is none of the viewer, which would wait for it. */
function withoutDebugger(options: StartOptions): NodeJS.ProcessEnv {
  const { NODE_OPTIONS } = environmentOf(options);
  return {
    VSCODE_INSPECTOR_OPTIONS: undefined,
    NODE_OPTIONS: NODE_OPTIONS?.replace(/--inspect(-[a-z-]+)?(=\S+)?/g, ""),
  };
}

/** Of the flags of Node those that say how files are loaded. */
export function loaderFlags(flags: readonly string[]): string[] {
  const found: string[] = [];
  for (let i = 0; i < flags.length; i++) {
    const flag = flags[i] as string;
    if (/^(--import|--conditions|--loader|--experimental-loader)=/.test(flag)) found.push(flag);
    else if (/^(--import|--conditions|-C|--loader|--experimental-loader)$/.test(flag))
      found.push(flag, flags[++i] ?? "");
  }
  return found;
}
