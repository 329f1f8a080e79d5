/**
 * Compares what we log with what the official SDK logs, case by case: `npm run conformance -- [PATTERN] [--keep FOLDER]`.
 *
 * A pattern chooses cases by name; `--keep` leaves the files in a folder. Exit code 1 when something differs, 2 when
 * the official SDK was not found.
 *
 * Needs Python with rerun-sdk 0.33 and the `rerun` command; see CONTRIBUTING.md.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runCases, runControls, table } from "../spec/conformance/suite.ts";
import { findPeer } from "../spec/helpers/peers.ts";

const { values, positionals } = parseArgs({
  options: { keep: { type: "string" } },
  allowPositionals: true,
});
try {
  await Promise.all([findPeer("python"), findPeer("rerun-cli")]);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(2);
}
const folder = values.keep ?? mkdtempSync(join(tmpdir(), "rerun-rx-conformance-"));
try {
  for (const name of ["ours", "official", "controls"]) {
    rmSync(join(folder, name), { recursive: true, force: true });
    mkdirSync(join(folder, name), { recursive: true });
  }
  const only = positionals[0] === undefined ? undefined : new RegExp(positionals[0]);
  const cases = await runCases(folder, only);
  const unseen = (await runControls(join(folder, "controls"))).filter(
    ({ outcome }) => outcome !== "equal",
  );
  console.log(table(cases));
  for (const { name, reason } of unseen) console.log(`${name}: ${reason}`);
  if (unseen.length > 0 || cases.some(({ outcome }) => outcome === "differs")) process.exitCode = 1;
} finally {
  if (values.keep === undefined) rmSync(folder, { recursive: true, force: true });
}
