import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");

/** Every module that can be imported by name, from outside or through `imports` of package.json. */
async function entryPoints(): Promise<string[]> {
  const sinks = (await readdir(join(root, "sinks"))).filter((name) => name.endsWith(".ts"));
  return [
    "lib/index.ts",
    "lib/async-scope-sync.ts",
    "lib/blueprint/index.ts",
    "lib/catalogue/index.ts",
    "lib/decode/no-files.ts",
    "lib/encode/lz4-plain.ts",
    "lib/node/async-scope.ts",
    "lib/node/cli/main.ts",
    "lib/node/file-input.ts",
    "lib/node/index.ts",
    "lib/node/lz4.ts",
    "lib/node/rxjs-parts.ts",
    "lib/read.ts",
    "lib/rxjs-parts.ts",
    "operators/index.ts",
    ...sinks.map((name) => `sinks/${name}`),
  ].map((path) => join(root, path));
}

/**
 * Makes the JavaScript that is published: a few files instead of two hundred, because programs import this at their
 * start and each file costs.
 *
 * @param outdir gets `lib`, `operators`, `sinks` and what they share
 */
export async function bundleLibrary(outdir: string): Promise<void> {
  await build({
    entryPoints: await entryPoints(),
    outbase: root,
    outdir,
    bundle: true,
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    format: "esm",
    target: "es2022",
    platform: "neutral",
    packages: "external",
    external: ["#*", "node:*"],
    conditions: ["source"],
    // Parsing what nobody reads takes time at every start, too; the sources are in the package.
    minifyWhitespace: true,
    sourcemap: true,
    sourcesContent: false,
    absWorkingDir: root,
    logLevel: "warning",
  });
}
