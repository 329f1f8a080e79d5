import { execFile } from "node:child_process";
import { copyFile, cp, mkdir, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { bundleLibrary } from "../../scripts/bundle-library.ts";
import { projectRoot } from "../../spec/helpers/run-program.ts";

const run = promisify(execFile);

/**
 * Compiles the package and the benchmarks with the compiler that also makes `dist`, into a folder of their own.
 *
 * What is measured is thereby what users get: no loader and no transform of closures at run time, and nothing
 * changes under a run. Its `package.json` is ours, so that imports resolve as in the published package.
 *
 * @returns the folder; the caller removes it
 */
export async function buildBench(): Promise<string> {
  const cache = join(projectRoot, "node_modules/.cache");
  await mkdir(cache, { recursive: true });
  const out = await mkdtemp(join(cache, "rerun-rx-bench-"));
  await copyFile(join(projectRoot, "package.json"), join(out, "package.json"));
  const tsc = join(projectRoot, "node_modules/typescript/bin/tsc");
  try {
    await run(process.execPath, [
      tsc,
      "-p",
      join(projectRoot, "bench/tsconfig.json"),
      "--outDir",
      join(out, "dist"),
    ]);
  } catch (error) {
    // Files are written all the same; whether the types hold is for `npm run typecheck` to say.
    console.error((error as { stdout?: string }).stdout ?? error);
  }
  // The page that a hub serves, as `npm run build` made it.
  await cp(join(projectRoot, "dist/web"), join(out, "dist/web"), { recursive: true });
  // The published form, for what depends on the number of files: start-up.
  const published = join(out, "package");
  await mkdir(published);
  await copyFile(join(projectRoot, "package.json"), join(published, "package.json"));
  await bundleLibrary(join(published, "dist"));
  return out;
}
