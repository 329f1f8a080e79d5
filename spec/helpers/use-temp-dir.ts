import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The temporary directory of the running test. */
export interface TempDir {
  /** Absolute path; throws outside of a test. */
  readonly path: string;
  /** Absolute path of a file in it; creates nothing. */
  file(name: string): string;
}

/**
 * Gives each test of the surrounding suite an empty directory of its own, removed afterwards.
 *
 * Call it in the body of `describe`.
 */
export function useTempDir(): TempDir {
  let current: string | undefined;

  beforeEach("make a temporary directory", async () => {
    current = await mkdtemp(join(tmpdir(), "rerun-rx-"));
  });

  afterEach("remove the temporary directory", async () => {
    const path = current;
    current = undefined;
    if (path !== undefined) await rm(path, { recursive: true, force: true, maxRetries: 3 });
  });

  const dir = {
    get path(): string {
      if (current === undefined)
        throw new Error("A temporary directory exists only while a test runs");
      return current;
    },
    file: (name: string): string => join(dir.path, name),
  };
  return dir;
}
