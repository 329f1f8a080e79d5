import { execFile } from "node:child_process";
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { projectRoot } from "./run-program.ts";

/** Programs that we did not write, against which specs check what we did. */
export type PeerName = "rerun-cli" | "python" | "chromium";

/** A peer that was found and that answers. */
export interface Peer {
  /** The program to run. */
  readonly path: string;
  /** What it says of itself. */
  readonly version: string;
}

interface PeerSpec {
  /** Environment variable that names the program; then nothing else is tried. */
  readonly variable: string;
  /** Programs to try in order: paths, or names to look up on `PATH`. */
  readonly candidates: () => readonly string[];
  /** Asks a program for its version; must print something that `accepts` accepts. */
  readonly args: readonly string[];
  readonly accepts: RegExp;
  readonly expected: string;
  readonly install: string;
}

const inVenv = (program: string): string => join(projectRoot, ".venv/bin", program);
const wheel = "python3 -m venv .venv && .venv/bin/pip install rerun-sdk==0.33.0 numpy pillow";

const specs: Readonly<Record<PeerName, PeerSpec>> = {
  "rerun-cli": {
    variable: "RERUN_CLI",
    candidates: () => [inVenv("rerun"), "rerun"],
    args: ["--version"],
    accepts: /^rerun-cli 0\.33\.\d+/,
    expected: "the rerun command, version 0.33",
    install: wheel,
  },
  python: {
    variable: "RERUN_PYTHON",
    candidates: () => {
      // The interpreter of the environment that the chosen command belongs to.
      const cli = process.env["RERUN_CLI"];
      return [
        ...(cli ? [join(dirname(cli), "python")] : []),
        inVenv("python"),
        "python3",
        "python",
      ];
    },
    args: ["-c", "import rerun; print('rerun-sdk', rerun.__version__)"],
    accepts: /^rerun-sdk 0\.33\.\d+/,
    expected: "Python with rerun-sdk 0.33",
    install: wheel,
  },
  chromium: {
    variable: "CHROMIUM",
    candidates: () => ["/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome"],
    args: ["--version"],
    accepts: /(Chromium|Chrome)\D* \d+/,
    expected: "Chromium or Chrome",
    install: "apt-get install chromium",
  },
};

const found = new Map<PeerName, Promise<Peer>>();

/** Finds a peer; rejects with a message that says what was tried and how to install it. Looks once per run. */
export function findPeer(name: PeerName): Promise<Peer> {
  const peer = found.get(name) ?? search(specs[name]);
  found.set(name, peer);
  return peer;
}

/**
 * Finds a peer for a test or a suite: call it first in an `it` or in a `before`, with its `this`.
 *
 * Without the peer what follows is skipped and the reason printed, once per run. With `RERUN_RX_REQUIRE_PEERS=1`
 * it fails instead, so that the project's own check cannot pass by leaving things out.
 *
 * ```ts
 * before(async function () {
 *   await requirePeer(this, "rerun-cli");
 * });
 * ```
 */
export async function requirePeer(context: Mocha.Context, name: PeerName): Promise<Peer> {
  context.timeout(Math.max(context.timeout(), 30_000));
  try {
    return await findPeer(name);
  } catch (error) {
    if (process.env["RERUN_RX_REQUIRE_PEERS"] === "1") throw error;
    tellOnce(`Skipped: ${error instanceof Error ? error.message : String(error)}`);
    return context.skip();
  }
}

/** {@link requirePeer} for all tests of the surrounding suite: call it in the body of `describe`. */
export function usePeer(name: PeerName): void {
  before(`find ${name}`, async function () {
    await requirePeer(this, name);
  });
}

/**
 * The environment for official tools: plain output, warnings that end the tool with an error, and a
 * configuration of their own that keeps them from collecting usage data.
 */
export function peerEnv(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    NO_COLOR: "1",
    PYTHONIOENCODING: "utf-8",
    RERUN_PANIC_ON_WARN: "1",
    XDG_CONFIG_HOME: configHome(),
  };
}

/** Searches a name on `PATH`; a path is only checked to be executable. */
export function which(program: string): string | undefined {
  const folders = program.includes("/") ? [""] : (process.env["PATH"] ?? "").split(delimiter);
  return folders
    .map((folder) => (folder === "" ? program : join(folder, program)))
    .find(isExecutable);
}

async function search(spec: PeerSpec): Promise<Peer> {
  const chosen = process.env[spec.variable];
  const candidates = chosen ? [chosen] : spec.candidates();
  const tried: string[] = [];
  for (const candidate of candidates) {
    const path = which(candidate);
    if (path === undefined) {
      tried.push(`${candidate} (not there)`);
      continue;
    }
    const said = await ask(path, spec.args);
    if (spec.accepts.test(said)) return { path, version: said };
    tried.push(`${path} (said ${JSON.stringify(said.slice(0, 200))})`);
  }
  throw new Error(
    `Expected ${spec.expected}, tried ${tried.join(", ")}; install it with \`${spec.install}\` or set ${spec.variable}`,
  );
}

const execute = promisify(execFile);

async function ask(path: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await execute(path, [...args], { env: peerEnv(), timeout: 20_000 });
    return stdout.split("\n", 1)[0]?.trim() ?? "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const told = new Set<string>();

function tellOnce(message: string): void {
  if (told.has(message)) return;
  told.add(message);
  console.warn(message);
}

let home: string | undefined;

function configHome(): string {
  if (home !== undefined) return home;
  const path = mkdtempSync(join(tmpdir(), "rerun-rx-config-"));
  mkdirSync(join(path, "rerun"));
  writeFileSync(
    join(path, "rerun/analytics.json"),
    JSON.stringify({
      analytics_enabled: false,
      analytics_id: "",
      metadata: {},
      config_file_path: join(path, "rerun/analytics.json"),
      data_dir_path: join(path, "data"),
    }),
  );
  process.once("exit", () => rmSync(path, { recursive: true, force: true }));
  home = path;
  return path;
}
