import { spawn } from "node:child_process";
import { findPeer, peerEnv } from "./peers.ts";

/** How an official tool ended, and what it said. */
export interface PeerResult {
  /** Exit code; `null` when a signal ended it, such as the one at the deadline. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How an official tool is run. */
export interface PeerRunOptions {
  readonly cwd?: string;
  /** Added to {@link peerEnv}; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Longest run, in milliseconds; default 60 000. */
  readonly timeoutMs?: number;
}

/**
 * `rerun rrd verify`: every message decodes, every component has its type and field, the footer's manifests hold.
 * Code 0 = in order. It does not check the footer's CRC ({@link decodeRrd} does).
 */
export function verify(...files: readonly string[]): Promise<PeerResult> {
  return rerun(["rrd", "verify", ...files]);
}

/** `rerun rrd stats`: counts of chunks, rows, entities, timelines and components, as text. */
export function stats(file: string): Promise<PeerResult> {
  return rerun(["rrd", "stats", file]);
}

/** `rerun rrd print`: store infos and chunks as text; with `-v` to `-vvv` also tables, with `--footers` manifests. */
export function print(file: string, ...flags: readonly string[]): Promise<PeerResult> {
  return rerun(["rrd", "print", ...flags, file]);
}

/** `rerun rrd compare`: code 0 = both files say the same, whatever the order of their chunks. */
export function compare(a: string, b: string): Promise<PeerResult> {
  return rerun(["rrd", "compare", "--unordered", "--ignore-chunks-without-components", a, b]);
}

/** Runs the official command with any arguments. */
export async function rerun(
  args: readonly string[],
  options?: PeerRunOptions,
): Promise<PeerResult> {
  return await runPeer((await findPeer("rerun-cli")).path, args, options);
}

/** Runs Python with the official SDK: `python(["-c", code])`, `python([file])`. */
export async function python(
  args: readonly string[],
  options?: PeerRunOptions,
): Promise<PeerResult> {
  return await runPeer((await findPeer("python")).path, args, options);
}

/** Runs a program to its end or to the deadline; then it is killed, with its children. */
function runPeer(
  path: string,
  args: readonly string[],
  options: PeerRunOptions = {},
): Promise<PeerResult> {
  const { cwd, env, timeoutMs = 60_000 } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(path, args, {
      cwd,
      env: { ...peerEnv(), ...env },
      stdio: ["ignore", "pipe", "pipe"],
      // A process group of its own: the installed `rerun` may be a launcher that starts the real one.
      detached: true,
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (data: Buffer) => stdout.push(data));
    child.stderr.on("data", (data: Buffer) => stderr.push(data));
    const deadline = setTimeout(() => {
      stderr.push(Buffer.from(`\nKilled after ${timeoutMs} ms`));
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    }, timeoutMs);
    child.once("error", (error) => {
      clearTimeout(deadline);
      reject(error);
    });
    child.once("close", (code) => {
      clearTimeout(deadline);
      resolve({
        code,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      });
    });
  });
}
