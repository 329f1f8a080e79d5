import { rmSync } from "node:fs";
import { join } from "node:path";
import { buildPackage } from "../../scripts/build-package.ts";
import { type Program, type ProgramOptions, usePrograms } from "./run-program.ts";

/** Runs `rerun-rx` with some arguments. */
export type RunCli = (args: readonly string[], options?: Omit<ProgramOptions, "args">) => Program;

/** Made once for all suites: what is compiled starts several times faster than sources. */
let built: Promise<string> | undefined;

async function build(): Promise<string> {
  const folder = await buildPackage();
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The file that `rerun-rx` runs. Call it once a suite with {@link useCli} has begun. */
export const cliMain = async (): Promise<string> =>
  join(await (built ??= build()), "dist/lib/node/cli/main.js");

/** Lets the tests of the surrounding suite run our command line as a real process: call it in the body of `describe`. */
export function useCli(): RunCli {
  const run = usePrograms();
  let main = "";
  before("build the command", async function () {
    this.timeout(60_000);
    main = await cliMain();
  });
  return (args, options = {}) =>
    run(main, {
      ...options,
      args,
      // No browser, and nothing of the environment meddles.
      env: { CI: "true", RERUN: undefined, RERUN_RX_TOKEN: undefined, ...options.env },
    });
}

/** The port that a hub of ours has printed. */
export async function portOf(program: Program): Promise<number> {
  const line = await program.line(/^Viewer: /);
  return Number(new URL(line.replace(/^Viewer: /, "")).port);
}
