import type { Chunk } from "../../../chunk.ts";
import { RerunError } from "../../../errors.ts";
import { ComparedRecording, chunkDifference } from "../../../rrd/compare.ts";
import { readSources } from "./read-sources.ts";

/** What the command line says. */
export interface CompareArguments {
  readonly first: string;
  readonly second: string;
  readonly json: boolean;
  readonly unordered: boolean;
  readonly ignoreChunksWithoutComponents: boolean;
}

interface Loaded {
  readonly applicationId: string;
  readonly chunks: readonly Chunk[];
}

/** Differences that are told one by one. */
const MAX_TOLD = 20;

/** Compares two recordings by the rules of `rerun rrd compare`. */
export async function runCompare(argv: CompareArguments): Promise<number> {
  const [a, b] = [await load(argv.first, argv), await load(argv.second, argv)];
  const differences: string[] = [];
  if (a.applicationId !== b.applicationId)
    differences.push(`application id ${a.applicationId} against ${b.applicationId}`);
  if (argv.unordered) differences.push(...unmatched(a.chunks, b.chunks, argv));
  else differences.push(...inOrder(a.chunks, b.chunks));
  const isSame = differences.length === 0;
  if (argv.json) {
    process.stdout.write(`${JSON.stringify({ similar: isSame, differences })}\n`);
  } else {
    for (const difference of differences.slice(0, MAX_TOLD)) console.error(difference);
    if (differences.length > MAX_TOLD)
      console.error(`… and ${differences.length - MAX_TOLD} more differences`);
  }
  return isSame ? 0 : 1;
}

async function load(source: string, argv: CompareArguments): Promise<Loaded> {
  const recordings = new Map<string, { applicationId: string; chunks: ComparedRecording }>();
  const onDamage = ({ error }: { readonly error: RerunError }): never => {
    throw error;
  };
  for await (const { message } of readSources([source], { onDamage })) {
    const { kind, applicationId, recordingId } = message.storeId;
    if (kind !== "recording") continue;
    const key = `${applicationId}\n${recordingId}`;
    let recording = recordings.get(key);
    if (recording === undefined) {
      recording = { applicationId, chunks: new ComparedRecording() };
      recordings.set(key, recording);
    }
    if (message.kind === "chunk") recording.chunks.add(message.chunk);
  }
  const [only, ...more] = recordings.values();
  if (only === undefined || more.length > 0)
    throw new RerunError(
      "invalid-data",
      `Expected one recording to compare, found ${recordings.size}: ${source}`,
    );
  const chunks = only.chunks
    .chunks()
    .filter((chunk) => !argv.ignoreChunksWithoutComponents || chunk.components.length > 0);
  return { applicationId: only.applicationId, chunks };
}

function inOrder(a: readonly Chunk[], b: readonly Chunk[]): string[] {
  const differences: string[] = [];
  if (a.length !== b.length) differences.push(`${a.length} chunks against ${b.length}`);
  for (const [i, chunk] of a.entries()) {
    const other = b[i];
    if (other === undefined) break;
    const difference = chunkDifference(chunk, other);
    if (difference !== undefined)
      differences.push(`chunk ${i} (${chunk.entityPath}): ${difference}`);
  }
  return differences;
}

function unmatched(a: readonly Chunk[], b: readonly Chunk[], argv: CompareArguments): string[] {
  const keyOf = (chunk: Chunk): string => `${chunk.entityPath}\n${chunk.numRows}`;
  const left = new Map<string, Chunk[]>();
  for (const chunk of b) {
    const same = left.get(keyOf(chunk));
    if (same === undefined) left.set(keyOf(chunk), [chunk]);
    else same.push(chunk);
  }
  const differences: string[] = [];
  for (const chunk of a) {
    const candidates = left.get(keyOf(chunk)) ?? [];
    const reasons = new Set<string>();
    const found = candidates.findIndex((candidate) => {
      const difference = chunkDifference(chunk, candidate);
      if (difference !== undefined) reasons.add(difference);
      return difference === undefined;
    });
    if (found >= 0) candidates.splice(found, 1);
    else differences.push(`only in ${argv.first}: ${describe(chunk)}${nearest([...reasons])}`);
  }
  for (const chunk of [...left.values()].flat())
    differences.push(`only in ${argv.second}: ${describe(chunk)}`);
  return differences;
}

function describe(chunk: Chunk): string {
  const components = chunk.components.map((c) => c.descriptor.component).join(", ");
  return `${chunk.entityPath}, ${chunk.numRows} rows of ${components}`;
}

const nearest = (reasons: readonly string[]): string =>
  reasons.length === 0 ? "" : `; beside another: ${reasons.slice(0, 3).join("; ")}`;
