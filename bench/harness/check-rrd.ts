import { rerun } from "../../spec/helpers/rerun-cli.ts";

/** Files of some gigabytes take their time. */
const TIMEOUT_MS = 600_000;

/**
 * Lets the official command verify a file and count its rows, so that speed never comes from a broken file.
 *
 * @param rows that were logged; the recording's own properties are one more
 */
export async function checkRrd(file: string, rows: number): Promise<void> {
  const verified = await rerun(["rrd", "verify", file], { timeoutMs: TIMEOUT_MS });
  if (verified.code !== 0) {
    throw new Error(
      `rerun rrd verify refuses ${file} (code ${verified.code}): ${verified.stderr}${verified.stdout}`,
    );
  }
  const counted = await rerun(["rrd", "stats", file], { timeoutMs: TIMEOUT_MS });
  const match = /^num_rows = (.+)$/m.exec(counted.stdout);
  const got = Number((match?.[1] ?? "").replace(/[^\d]/g, ""));
  if (match === null || got !== rows + 1) {
    throw new Error(
      `Expected ${file} to have ${rows} rows and one of properties, got ${got || counted.stderr}`,
    );
  }
}
