import { readdirSync } from "node:fs";
import { dirname } from "node:path";

/** What a shell is told: commands and flags as yargs knows them, recordings, and folders on the way to them. */
export function completions(
  current: string,
  _argv: unknown,
  completionFilter: (done: (error: Error | null, found: string[] | undefined) => void) => unknown,
  done: (found: string[]) => unknown,
): void {
  completionFilter((_error, found = []) => {
    // The command without a name is none that could be typed.
    const words = found.filter((word) => word !== "$0");
    done([...words, ...(current.startsWith("-") ? [] : recordings(current))]);
  });
}

/** Whether a file is one that is opened here, by its name. */
export const isRecording = (name: string): boolean => /\.(rrd|rbl)$/i.test(name);

/** Files and folders that begin with a path. */
function recordings(path: string): string[] {
  const folder = path.endsWith("/") ? path : dirname(path);
  const prefix = path.endsWith("/") ? path : path.includes("/") ? `${folder}/` : "";
  try {
    return readdirSync(folder === "" ? "." : folder, { withFileTypes: true })
      .filter(({ name }) => !name.startsWith("."))
      .filter((entry) => entry.isDirectory() || isRecording(entry.name))
      .map((entry) => `${prefix}${entry.name}${entry.isDirectory() ? "/" : ""}`)
      .filter((name) => name.startsWith(path));
  } catch {
    return [];
  }
}
