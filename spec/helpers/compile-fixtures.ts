import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "../..");
const fixtures = join(root, "spec/fixtures");

let compiled: Promise<string> | undefined;

/**
 * Compiles the programs in `spec/fixtures`, with the sources that they import as those are now: so they start several
 * times as fast as with a loader, and run as programs of users do, with no loader in the same process.
 *
 * Done once for all suites of a process; what is made is removed when that ends.
 *
 * @returns the folder with one `.js` for each of them
 */
export function compileFixtures(): Promise<string> {
  compiled ??= compile();
  return compiled;
}

async function compile(): Promise<string> {
  // Within the project, as Node looks for packages from there; several runs at a time have a folder each.
  mkdirSync(join(root, "artifacts"), { recursive: true });
  const folder = mkdtempSync(join(root, "artifacts/fixtures-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  await build({
    entryPoints: readdirSync(fixtures)
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join(fixtures, name)),
    outdir: folder,
    bundle: true,
    // What is loaded later is so here, too.
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    packages: "external",
    conditions: ["source"],
    format: "esm",
    platform: "node",
    target: "node20",
    logLevel: "warning",
  });
  return folder;
}
