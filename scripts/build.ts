// Builds everything that is published into dist/: the library and the page for browsers by esbuild,
// declarations by tsc.
import { execFile } from "node:child_process";
import { copyFile, mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { findViewer } from "../lib/node/page-assets.ts";
import { bundleLibrary } from "./bundle-library.ts";

const root = join(import.meta.dirname, "..");
const run = promisify(execFile);

/** Declarations, one for each source file. */
async function declareLibrary(): Promise<void> {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  try {
    await run(process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: root });
  } catch (error) {
    console.error((error as { stdout?: string }).stdout ?? error);
    throw new Error("tsc found errors", { cause: error });
  }
}

/** The page that `serve` hosts. The wasm is not copied: it is served from the installed package. */
async function buildPage(): Promise<void> {
  const out = join(root, "dist/web");
  const from = join(root, "lib/web");
  await mkdir(out, { recursive: true });
  await Promise.all([
    build({
      entryPoints: [join(from, "page.ts"), join(from, "page.css")],
      outdir: out,
      bundle: true,
      format: "esm",
      // The viewer's own 200 KB become a file of their own, which browsers may keep for ever.
      splitting: true,
      chunkNames: "chunks/[name]-[hash]",
      target: "es2022",
      platform: "browser",
      conditions: ["source"],
      minify: true,
      legalComments: "linked",
      define: { VIEWER_VERSION: JSON.stringify(findViewer().version) },
      // The usual build of cbor-x tries `new Function` first, which our content security policy reports.
      alias: { "cbor-x": "cbor-x/index-no-eval" },
      absWorkingDir: root,
      logLevel: "warning",
    }),
    ...["index.html", "favicon.svg"].map((name) => copyFile(join(from, name), join(out, name))),
  ]);
}

const started = performance.now();
// `--page` leaves the library as it is.
const pageOnly = process.argv.includes("--page");
await rm(join(root, pageOnly ? "dist/web" : "dist"), { recursive: true, force: true });
await Promise.all([
  ...(pageOnly ? [] : [bundleLibrary(join(root, "dist")), declareLibrary()]),
  buildPage(),
]);
const page = await stat(join(root, "dist/web/page.js"));
console.log(
  `Built dist/ in ${((performance.now() - started) / 1000).toFixed(1)} s (page.js: ${Math.ceil(page.size / 1024)} KiB)`,
);
