import { fileURLToPath } from "node:url";
import { python } from "../helpers/rerun-cli.ts";

const program = fileURLToPath(new URL("compare_blueprints.py", import.meta.url));

/**
 * Compares the blueprints in files of two folders, as the official package reads them; the official command looks at
 * recordings alone.
 *
 * @returns the first difference by file name; null where there is none
 */
export async function blueprintDifferences(
  official: string,
  ours: string,
  names: readonly string[],
): Promise<Readonly<Record<string, string | null>>> {
  const { code, stdout, stderr } = await python([program, official, ours, ...names], {
    timeoutMs: 120_000,
  });
  if (code !== 0)
    throw new Error(`Expected blueprints to be compared, got exit code ${code}\n${stderr}`);
  return JSON.parse(stdout) as Record<string, string | null>;
}
