#!/usr/bin/env node
// The command `rerun-rx`. What most calls do not need is loaded by those that do.
import { RERUN_VERSION, VERSION } from "../../version.ts";

const args = process.argv.slice(2);
if (args.length === 1 && (args[0] === "--version" || args[0] === "-V")) {
  console.log(`rerun-rx ${VERSION} (Rerun ${RERUN_VERSION})`);
} else {
  const { runCli } = await import("./run-cli.ts");
  process.exitCode = await runCli(args);
}
