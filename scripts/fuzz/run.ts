import { RerunError } from "../../lib/errors.ts";
import { mutate } from "./mutate.ts";
import type { FuzzTarget } from "./targets.ts";

/** An input that a decoder did not take well. */
export interface Finding {
  readonly target: string;
  readonly seed: number;
  readonly problem: string;
}

export interface FuzzOptions {
  /** The first seed; those of the other inputs follow. */
  readonly seed: number;
  readonly inputs: number;
  /** Called now and then with the number of inputs so far. */
  readonly onProgress?: (inputs: number) => void;
}

/** An LZ4 block may stand for 255 times its bytes; what else is allocated stays below a few copies. */
const PLAUSIBLE_FACTOR = 300;
const PLAUSIBLE_BYTES = 48 << 20;
/** Longest time for one input, in milliseconds, on a machine that does other things, too. */
const MAX_MS = 2000;

/** Gives a decoder changed bytes, input after input. */
export async function fuzz(target: FuzzTarget, options: FuzzOptions): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (let i = 0; i < options.inputs; i++) {
    const problem = await tryInput(target, options.seed + i);
    if (problem !== undefined)
      findings.push({ target: target.name, seed: options.seed + i, problem });
    if (i % 256 === 255) options.onProgress?.(i + 1);
  }
  options.onProgress?.(options.inputs);
  return findings;
}

/** Gives a decoder the input of one seed; says what was wrong, if anything was. */
export async function tryInput(target: FuzzTarget, seed: number): Promise<string | undefined> {
  const bytes = mutate(target.samples, seed);
  const before = process.memoryUsage().arrayBuffers;
  const start = performance.now();
  try {
    const pending = target.run(bytes);
    if (pending !== undefined) await pending;
  } catch (error) {
    if (!(error instanceof RerunError))
      return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const ms = performance.now() - start;
  if (ms > MAX_MS) return `took ${Math.round(ms)} ms for ${bytes.length} bytes`;
  const allocated = process.memoryUsage().arrayBuffers - before;
  if (allocated > PLAUSIBLE_FACTOR * bytes.length + PLAUSIBLE_BYTES)
    return `allocated ${allocated} bytes for ${bytes.length}`;
  return undefined;
}
