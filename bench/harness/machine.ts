import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findPeer } from "../../spec/helpers/peers.ts";
import { projectRoot } from "../../spec/helpers/run-program.ts";

/** Where the figures come from. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly platform: string;
  readonly node: string;
  /** Mean number of busy threads in the last minute, at the start. */
  readonly load: number;
  /** Versions of what is measured. */
  readonly versions: Readonly<Record<string, string>>;
}

const PACKAGES = ["rxjs", "lz4-wasm-nodejs", "pino", "@mcap/core", "apache-arrow"];

/** @param python interpreter with the official SDK, if there is one */
export async function describeMachine(python: string | undefined): Promise<Machine> {
  const versions: Record<string, string> = { "rerun-rx": versionOf(".") };
  for (const name of PACKAGES) versions[name] = versionOf(join("node_modules", name));
  if (python !== undefined) Object.assign(versions, await pythonVersions(python));
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    load: loadavg()[0] ?? 0,
    versions,
  };
}

/** A peer that is not ours to install: its path, or why it is left out. */
export type FoundPeer =
  | { readonly path: string; readonly missing?: never }
  | { readonly path?: never; readonly missing: string };

/** Looks for the official SDK (`python`) or the official command (`rerun-cli`). */
export async function lookFor(name: "python" | "rerun-cli"): Promise<FoundPeer> {
  return await findPeer(name).then(
    ({ path }) => ({ path }),
    (error: unknown) => ({ missing: error instanceof Error ? error.message : String(error) }),
  );
}

function versionOf(folder: string): string {
  return (
    JSON.parse(readFileSync(join(projectRoot, folder, "package.json"), "utf8")) as {
      version: string;
    }
  ).version;
}

async function pythonVersions(python: string): Promise<Record<string, string>> {
  const code =
    "import json, platform, numpy, rerun; print(json.dumps({'python': platform.python_version(), 'numpy': numpy.__version__, 'rerun-sdk': rerun.__version__}))";
  const { stdout } = await promisify(execFile)(python, ["-c", code]);
  return JSON.parse(stdout) as Record<string, string>;
}
