import { openRrd } from "../../../decode/open-rrd.ts";
import { RerunError } from "../../../errors.ts";
import { chunkProblems } from "../../../rrd/verify.ts";
import { readSources } from "./read-sources.ts";

/** What the command line says. */
export interface VerifyArguments {
  readonly sources: readonly string[];
  readonly json: boolean;
  readonly checkFooters: boolean;
}

/** Reads everything, and tells what is wrong. */
export async function runVerify({ sources, json, checkFooters }: VerifyArguments): Promise<number> {
  const problems = new Set<string>();
  const read = new Set<string>();
  const add = (source: string, error: RerunError): void => {
    problems.add(`${source}: ${error.message}`);
  };
  for (const name of sources.length === 0 ? ["-"] : sources) {
    try {
      const onDamage = ({ error }: { readonly error: RerunError }): void => add(name, error);
      for await (const { message } of readSources([name], { onDamage })) {
        if (message.kind !== "chunk") continue;
        // Reads every column, too: what cannot be read shows here.
        const columns = message.chunk.columns();
        for (const { descriptor } of message.chunk.components) columns.component(descriptor);
        for (const problem of chunkProblems(message.chunk)) problems.add(`${name}: ${problem}`);
      }
      read.add(name);
      if (checkFooters && name !== "-") await checkFooter(name);
    } catch (thrown) {
      if (!(thrown instanceof RerunError)) throw thrown;
      add(name, thrown);
    }
  }
  const found = [...problems].sort();
  if (json) {
    process.stdout.write(`${JSON.stringify({ files: read.size, problems: found })}\n`);
  } else {
    for (const problem of found) console.error(problem);
    const files = read.size === 1 ? "1 file" : `${read.size} files`;
    console.error(
      found.length === 0
        ? `${files} verified without error.`
        : `Verification failed with ${found.length} errors`,
    );
  }
  return found.length === 0 ? 0 : 1;
}

/** Follows the index to each chunk. */
async function checkFooter(name: string): Promise<void> {
  const file = await openRrd(name);
  try {
    for (const store of file.stores) {
      const expected = file.manifest(store).chunks.length;
      let chunks = 0;
      for await (const _ of file.chunks({ store })) chunks++;
      if (chunks !== expected)
        throw new RerunError(
          "invalid-data",
          `Expected ${expected} chunks where the footer says they are, found ${chunks}`,
        );
    }
  } finally {
    await file.close();
  }
}
