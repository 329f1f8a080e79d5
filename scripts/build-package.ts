import { copyFile, cp, mkdir, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { bundleLibrary } from "./bundle-library.ts";

const root = join(import.meta.dirname, "..");

/**
 * Makes the package as users get it, from the sources of now, in a folder of its own. The page that a hub serves is
 * taken from `dist`, as `npm run build` made it.
 *
 * @returns the folder, in which dependencies are found as well; the caller removes it
 */
export async function buildPackage(): Promise<string> {
  const cache = join(root, "node_modules/.cache");
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, "rerun-rx-package-"));
  await copyFile(join(root, "package.json"), join(folder, "package.json"));
  await bundleLibrary(join(folder, "dist"));
  await cp(join(root, "dist/web"), join(folder, "dist/web"), { recursive: true });
  return folder;
}
