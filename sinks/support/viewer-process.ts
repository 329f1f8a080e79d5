import { type ChildProcess, execFile, spawn } from "node:child_process";
import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";

/** What to start. */
export interface ViewerCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the process. */
  readonly env: NodeJS.ProcessEnv;
  /** Whether it gets an input that ends with this process, however that ends; else it has none. */
  readonly tiedByInput: boolean;
}

/** How a process ended. */
export interface ViewerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it could not be started. */
  readonly error: Error | undefined;
}

/** How long a viewer may take to end by itself. */
const STOP_MS = 3_000;
/** How long what was killed may take to be gone. */
const KILLED_MS = 500;
/** How often to look whether the processes of a group are gone. */
const LOOK_MS = 20;
/** How much of what a viewer printed is kept for a message. */
const TAIL_BYTES = 4_096;

/**
 * A viewer that runs in processes of its own. It is the leader of a session, so that neither Ctrl-C in this terminal
 * nor the end of this program reaches it, and that whatever it starts can be ended with it: the `rerun` that pip
 * installs is a launcher, whose child is the viewer.
 *
 * It does not keep this program alive. What it prints goes to a file without a name: output of ours that it inherited
 * would stay open for as long as it runs, and hold up whoever reads that.
 */
export class ViewerProcess {
  /** Resolves when the process that was started is gone. */
  readonly exited: Promise<ViewerExit>;
  readonly #child: ChildProcess;
  #exit: ViewerExit | undefined;
  #log: number | undefined;

  private constructor(viewer: ViewerCommand) {
    const { command, args, env, tiedByInput } = viewer;
    this.#log = openLog();
    const output = this.#log ?? "ignore";
    this.#child = spawn(command, args, {
      env,
      stdio: [tiedByInput ? "pipe" : "ignore", output, output],
      detached: true,
      windowsHide: true,
    });
    this.exited = new Promise((resolve) => {
      const end = (exit: ViewerExit): void => {
        this.#exit ??= exit;
        resolve(this.#exit);
      };
      this.#child.once("error", (error) => end({ code: null, signal: null, error }));
      this.#child.once("exit", (code, signal) => end({ code, signal, error: undefined }));
    });
    this.#child.unref();
    const input = this.#child.stdin as (NodeJS.WritableStream & { unref?: () => void }) | null;
    input?.on("error", () => {});
    input?.unref?.();
  }

  static start(viewer: ViewerCommand): ViewerProcess {
    return new ViewerProcess(viewer);
  }

  /** Undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** How it ended; undefined while it runs. */
  get exit(): ViewerExit | undefined {
    return this.#exit;
  }

  /** The last of what it printed, trimmed; empty after {@link release}. */
  printed(): string {
    if (this.#log === undefined) return "";
    const { size } = fstatSync(this.#log);
    const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(this.#log, tail, 0, tail.length, size - tail.length);
    return stripVTControlCharacters(tail.toString()).trim();
  }

  /** Lets go of what was only needed to watch it start. */
  release(): void {
    if (this.#log !== undefined) closeSync(this.#log);
    this.#log = undefined;
  }

  /** Asks it to end, and all that it started; does not wait. For when the program itself ends. */
  stopNow(): void {
    this.#signal("SIGTERM");
  }

  /** Ends it and all that it started; resolves when they are gone. Those that take longer to end are killed. */
  async stop(patienceMs: number = STOP_MS): Promise<void> {
    this.release();
    if (process.platform === "win32") {
      await this.#taskkill();
      return;
    }
    // As Ctrl-C does: the launcher then waits for the viewer and takes note of its end, which it does not on SIGTERM.
    this.#signal("SIGINT");
    if (await this.#gone(patienceMs)) return;
    this.#signal("SIGKILL");
    // Nothing survives that; but where nobody takes note of orphans that end, they stay listed.
    await this.exited;
    await this.#gone(KILLED_MS);
  }

  async #gone(timeoutMs: number): Promise<boolean> {
    const deadline = Date.now() + timeoutMs;
    while (this.#signal(0)) {
      if (Date.now() > deadline) return false;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return true;
  }

  /** Sends a signal to all processes of the group; false when there are none. */
  #signal(signal: NodeJS.Signals | 0): boolean {
    const { pid } = this.#child;
    if (pid === undefined) return false;
    try {
      process.kill(process.platform === "win32" ? pid : -pid, signal);
      return true;
    } catch {
      return false;
    }
  }

  /** Windows knows no groups; this ends a process with its descendants. */
  async #taskkill(): Promise<void> {
    if (this.#child.pid === undefined || this.#exit !== undefined) return;
    const args = ["/pid", String(this.#child.pid), "/T", "/F"];
    await new Promise<void>((resolve) => {
      execFile("taskkill", args, { windowsHide: true }, () => resolve());
    });
  }
}

/** A file that nobody finds, for as long as someone writes to it; undefined where the system has none to give. */
function openLog(): number | undefined {
  try {
    const folder = mkdtempSync(join(tmpdir(), "rerun-rx-viewer-"));
    try {
      return openSync(join(folder, "log"), "ax+", 0o600);
    } finally {
      // Where a file that is open cannot be removed it stays until the system clears its temporary folder.
      try {
        rmSync(folder, { recursive: true, force: true });
      } catch {}
    }
  } catch {
    return undefined;
  }
}
