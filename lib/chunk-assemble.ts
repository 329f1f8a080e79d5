import type { ListBuilder } from "./arrow/builders/list-builder.ts";
import { Chunk } from "./chunk.ts";
import { ChunkTemplate, sortedOrder } from "./chunk-builder.ts";
import { rangeOf } from "./columns.ts";
import type { ComponentDescriptor } from "./component-batch.ts";
import { xxh32 } from "./encode/xxh32.ts";
import type { Timeline } from "./time.ts";
import { Tuid } from "./tuid.ts";

/** What a chunk is made of: columns of one length, with their names. */
export interface ChunkParts {
  readonly id: Tuid;
  readonly entityPath: string;
  readonly numRows: number;
  /** 16 big-endian bytes each. */
  readonly rowIds: Uint8Array;
  /** Sorted by name. */
  readonly times: readonly { readonly timeline: Timeline; readonly times: BigInt64Array }[];
  /** In any order. */
  readonly columns: readonly {
    readonly descriptor: ComponentDescriptor;
    readonly builder: ListBuilder;
  }[];
}

/** The schemas made so far, of all chunks that are edited. */
const templates = new Map<string, ChunkTemplate>();
const MAX_TEMPLATES = 512;

/**
 * Makes a chunk of columns that lie ready, at least one row of them.
 *
 * What the builders refer to must stay as it is for good: the chunk refers to it, too.
 */
export function assembleChunk(parts: ChunkParts): Chunk {
  const { id, entityPath, numRows, rowIds } = parts;
  const columns = sortedOrder(parts.columns.map((column) => column.descriptor)).map(
    (i) => parts.columns[i] as ChunkParts["columns"][number],
  );
  const timelines = parts.times.map(({ timeline, times }) => ({ timeline, ...rangeOf(times) }));
  const template = templateOf(
    entityPath,
    timelines,
    columns.map((column) => column.descriptor),
    isAscending(rowIds),
  );
  const { parts: encoded } = template.encode(id, numRows, (visitor) => {
    const plain = (bytes: Uint8Array): void => {
      visitor.node(numRows, 0);
      visitor.buffer([], "scratch");
      visitor.buffer([bytes], "owned");
    };
    plain(rowIds);
    for (const { times } of parts.times)
      plain(new Uint8Array(times.buffer, times.byteOffset, times.byteLength));
    for (const { builder } of columns) builder.visit(visitor);
  });
  return new Chunk({
    id,
    entityPath,
    numRows,
    timelines,
    components: columns.map(({ descriptor, builder }) => ({
      descriptor,
      numCells: builder.numCells,
      numInstances: builder.numInstances,
    })),
    encoded: { parts: encoded, borrowed: undefined },
    columns: template.columns,
  });
}

function templateOf(
  entityPath: string,
  timelines: readonly { readonly timeline: Timeline; readonly sorted: boolean }[],
  descriptors: readonly ComponentDescriptor[],
  rowIdsSorted: boolean,
): ChunkTemplate {
  const key = [
    `${rowIdsSorted} ${entityPath}`,
    ...timelines.map(({ timeline: t, sorted }) => `${t.type} ${sorted} ${t.name}`),
    ...descriptors.map((d) => `${d.archetype} ${d.component} ${d.componentType} ${d.type.key}`),
  ].join("\n");
  let template = templates.get(key);
  if (template === undefined) {
    template = new ChunkTemplate(entityPath, timelines, descriptors, rowIdsSorted);
    if (templates.size >= MAX_TEMPLATES) templates.clear();
    templates.set(key, template);
  }
  return template;
}

/** Whether row ids, 16 big-endian bytes each, never decrease. */
function isAscending(rowIds: Uint8Array): boolean {
  for (let at = 16; at < rowIds.length; at += 16) {
    for (let i = at; i < at + 16; i++) {
      const difference = (rowIds[i] as number) - (rowIds[i - 16] as number);
      if (difference > 0) break;
      if (difference < 0) return false;
    }
  }
  return true;
}

/**
 * The id of a chunk that was made from another one: the same for the same chunk and the same change, so that what is
 * sent once more after a break is known to whom has it; different for different changes, so that two sinks with
 * different operators can feed one viewer. Ids of chunks that were changed alike order as the originals do.
 *
 * @param change says what was done, completely
 */
export function derivedId(from: Tuid, change: string | Uint8Array): Tuid {
  const bytes = typeof change === "string" ? new TextEncoder().encode(change) : change;
  // 62 bits: the counter of an id has its top bit clear in the beginning, and must not run over.
  const hi = xxh32(bytes, 0x1d) >>> 2;
  const lo = (from.incLo >>> 0) + xxh32(bytes, 0x2e);
  const carry = lo > 0xffff_ffff ? 1 : 0;
  return new Tuid(from.timeHi, from.timeLo, from.incHi + hi + carry, lo);
}
