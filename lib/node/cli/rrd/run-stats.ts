import { decodeChunk } from "../../../decode/chunk.ts";
import { decodeEnvelope } from "../../../decode/envelope.ts";
import { decompressLz4 } from "../../../decode/lz4.ts";
import { RerunError } from "../../../errors.ts";
import { type RrdStats, StatsCollector } from "../../../rrd/stats.ts";
import { formatBytes, formatCount } from "./format.ts";
import { readItems } from "./read-sources.ts";

/** What the command line says. */
export interface StatsArguments {
  readonly sources: readonly string[];
  readonly json: boolean;
  readonly decode: boolean;
  readonly continueOnError: boolean;
}

/** Prints the numbers that `rerun rrd stats` prints. */
export async function runStats(argv: StatsArguments): Promise<number> {
  const collector = new StatsCollector();
  let failed = false;
  const told = new Set<string>();
  const fail = (source: string, error: RerunError): void => {
    if (!argv.continueOnError) throw error;
    failed = true;
    const text = `rerun-rx: ${source}: ${error.message}`;
    if (!told.has(text)) console.error(text);
    told.add(text);
  };
  for await (const { source, item } of readItems(argv.sources)) {
    if (item.kind === "damage") fail(source, item.error);
    if (item.kind !== "frame" || item.messageKind !== 2) continue;
    try {
      const envelope = decodeEnvelope(2, item.payload);
      if (envelope.kind !== "arrow-msg") continue;
      const { compression, payload, uncompressedSize } = envelope;
      const ipc = compression === "none" ? payload : decompressLz4(payload, uncompressedSize);
      collector.add(envelope, ipc, argv.decode ? decodeChunk(ipc) : undefined);
    } catch (thrown) {
      if (!(thrown instanceof RerunError)) throw thrown;
      fail(source, thrown);
    }
  }
  const stats = collector.finish();
  process.stdout.write(argv.json ? `${JSON.stringify(stats, jsonOf)}\n` : statsText(stats));
  return failed ? 1 : 0;
}

const jsonOf = (_key: string, value: unknown): unknown =>
  value instanceof Map ? Object.fromEntries(value) : value;

function statsText(stats: RrdStats): string {
  const { content } = stats;
  const sections: string[][] = [];
  const overview = [`num_chunks = ${formatCount(stats.numChunks)}`];
  if (content !== undefined) {
    const without = content.numChunksWithoutComponents;
    const part = ((100 * without) / stats.numChunks).toFixed(3);
    overview.push(
      `num_entity_paths = ${formatCount(content.numEntityPaths)}`,
      `num_chunks_without_components = ${formatCount(without)} (${part}%)`,
      `num_rows = ${formatCount(content.numRows)}`,
    );
    for (const [name, counts] of [
      ["num_rows", content.rows],
      ["num_indexes", content.indexes],
      ["num_components", content.components],
    ] as const) {
      if (name === "num_indexes")
        overview.push(`num_static = ${formatCount(content.numStaticChunks)}`);
      overview.push(
        `${name}_min = ${formatCount(counts.min)}`,
        `${name}_max = ${formatCount(counts.max)}`,
        `${name}_avg = ${counts.avg.toFixed(3)}`,
      );
    }
  }
  sections.push(["Overview", "----------", ...overview]);
  const section = (title: string, lines: readonly string[]): void => {
    sections.push([title, "-".repeat(title.length), ...lines]);
  };
  if (content !== undefined) {
    for (const [title, counts] of [
      ["Num chunks per entity", content.chunksPerEntity],
      ["Num chunks per index", content.chunksPerIndex],
      ["Num chunks per component", content.chunksPerComponent],
    ] as const)
      section(
        title,
        [...counts].map(([name, count]) => `${name}: ${formatCount(count)}`),
      );
  }
  for (const [title, sizes] of [
    ["Size (schema + data, compressed)", stats.compressed],
    ["Size (schema + data, uncompressed)", stats.uncompressed],
    ["Size (schema only, uncompressed)", stats.schema],
    ["Size (data only, uncompressed)", stats.data],
  ] as const)
    section(
      title,
      Object.entries(sizes).map(
        ([name, bytes]) => `ipc_size_bytes_${name} = ${formatBytes(bytes as number)}`,
      ),
    );
  if (content !== undefined) section("Unsorted timelines", unsortedLines(content.unsorted));
  return `${sections.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function unsortedLines(
  unsorted: ReadonlyMap<string, ReadonlyMap<string, boolean>>,
): readonly string[] {
  if (unsorted.size === 0) return ["(none — every timeline on every chunk is sorted)"];
  const lines = [
    `${formatCount(unsorted.size)} entity(ies) had at least one chunk with an unsorted timeline. For each such entity, all of its timelines are listed below:`,
  ];
  for (const [path, timelines] of unsorted) {
    lines.push(`  ${path}`);
    for (const [name, sorted] of timelines)
      lines.push(`    ${name}: ${sorted ? "sorted" : "UNSORTED"}`);
  }
  return lines;
}
