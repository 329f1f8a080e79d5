import type { Chunk } from "../../../chunk.ts";
import { openRrd } from "../../../decode/open-rrd.ts";
import { entityPath } from "../../../entity-path.ts";
import type { LogMsg } from "../../../log-msg.ts";
import { chunkRows } from "../../../query/chunk-rows.ts";
import { plainMessage } from "../../../rrd/plain-message.ts";
import { formatBytes, formatCount, formatTable, formatTime, formatValue } from "./format.ts";
import { readSources } from "./read-sources.ts";

/** What the command line says. */
export interface PrintArguments {
  readonly sources: readonly string[];
  readonly json: boolean;
  readonly verbose: number;
  readonly entity?: string | undefined;
  readonly footers: boolean;
}

/** Prints messages as they are read: what is piped to `head` ends early. */
export async function runPrint(argv: PrintArguments): Promise<number> {
  // Who reads our output may have seen enough; the callback of `write` tells.
  process.stdout.on("error", () => undefined);
  const only = argv.entity === undefined ? undefined : entityPath(argv.entity);
  let code = 0;
  const onDamage = ({ source, error }: { source: string; error: Error }): void => {
    code = 1;
    console.error(`rerun-rx: ${source}: ${error.message}`);
  };
  for await (const { message } of readSources(argv.sources, { onDamage })) {
    if (only !== undefined && (message.kind !== "chunk" || message.chunk.entityPath !== only))
      continue;
    const text = argv.json
      ? JSON.stringify(plainMessage(message, "json"))
      : messageText(message, argv.verbose);
    if (!(await print(`${text}\n`))) return code;
  }
  if (argv.footers && !argv.json)
    for (const source of argv.sources) await print(await footerText(source));
  return code;
}

/** @returns false when nobody reads any more */
async function print(text: string): Promise<boolean> {
  const { stdout } = process;
  if (stdout.destroyed || stdout.writableEnded) return false;
  return await new Promise((resolve) => {
    stdout.write(text, (error) => resolve(error === null || error === undefined));
  });
}

function messageText(message: LogMsg, verbose: number): string {
  const { applicationId, recordingId, kind } = message.storeId;
  switch (message.kind) {
    case "set-store-info":
      return [
        `Store: ${kind} of "${applicationId}"`,
        `  id       ${recordingId}`,
        `  source   ${message.source}`,
        ...(message.version === undefined ? [] : [`  version  ${message.version}`]),
      ].join("\n");
    case "blueprint-activation":
      return `BlueprintActivationCommand("${applicationId}", ${recordingId}, make_active: ${message.makeActive}, make_default: ${message.makeDefault})`;
    case "chunk":
      return chunkText(message.chunk, verbose);
  }
}

function chunkText(chunk: Chunk, verbose: number): string {
  const { id, numRows, byteLength } = chunk;
  const head = `Chunk(chunk_${id.toString()}) with ${formatCount(numRows)} rows (${formatBytes(byteLength)}) - ${chunk.entityPath}`;
  const names = chunk.components.map(({ descriptor: { component, componentType } }) =>
    verbose === 1 && componentType !== undefined ? `${component} (${componentType})` : component,
  );
  if (verbose < 2) return `${head} - data columns: [${names.join(" ")}]`;
  return `${head}\n${verbose === 2 ? schemaTable(chunk) : rowsTable(chunk)}`;
}

function schemaTable(chunk: Chunk): string {
  return formatTable(
    ["column", "type", "values"],
    [
      ...chunk.timelines.map(({ timeline, min, max, sorted }) => [
        timeline.name,
        timeline.type,
        `${formatTime(timeline.type, min)} … ${formatTime(timeline.type, max)}${sorted ? "" : ", unsorted"}`,
      ]),
      ...chunk.components.map(({ descriptor, numCells, numInstances }) => [
        descriptor.component,
        `${descriptor.componentType ?? "(no component type)"} = ${descriptor.type.key}`,
        `${formatCount(numInstances)} in ${formatCount(numCells)} rows`,
      ]),
    ],
  );
}

function rowsTable(chunk: Chunk): string {
  const rows: string[][] = [];
  for (const row of chunkRows(chunk)) {
    const { rowId, times } = row;
    rows.push([
      `row_${rowId.toString()}`,
      ...chunk.timelines.map(({ timeline: { name, type } }) =>
        formatTime(type, times[name] as bigint),
      ),
      ...chunk.components.map(({ descriptor: { component } }) => {
        const found = row.cell(component);
        return found === undefined ? "null" : formatValue(found.values);
      }),
    ]);
  }
  const header = [
    "row id",
    ...chunk.timelines.map(({ timeline }) => timeline.name),
    ...chunk.components.map(({ descriptor }) => descriptor.component),
  ];
  return formatTable(header, rows);
}

async function footerText(source: string): Promise<string> {
  const file = await openRrd(source);
  try {
    return file.stores
      .map((store) => {
        const manifest = file.manifest(store);
        const rows = manifest.chunks.map((chunk, i) => [
          `chunk_${chunk.chunkId.toString()}`,
          chunk.entityPath,
          chunk.isStatic
            ? "static"
            : manifest.timelines.filter((t) => manifest.timeRange(i, t)).join(", "),
          formatCount(chunk.numRows),
          String(chunk.byteOffset),
          formatBytes(chunk.byteLength),
        ]);
        const title = `Index of ${store.kind} ${store.recordingId} in ${source}`;
        return `${title}\n${formatTable(["chunk", "entity", "timelines", "rows", "at byte", "size"], rows)}\n`;
      })
      .join("\n");
  } finally {
    await file.close();
  }
}
