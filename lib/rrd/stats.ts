import type { Chunk } from "../chunk.ts";
import type { ArrowMsgEnvelope } from "../decode/envelope.ts";

/** How large something is, over all chunks; in bytes. Percentiles are those of single chunks. */
export interface SizeStats {
  readonly total: number;
  readonly min: number;
  readonly max: number;
  readonly avg: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
}

/** How many there are of something in each chunk. */
export interface CountStats {
  readonly min: number;
  readonly max: number;
  readonly avg: number;
}

/** What can be told of chunks without reading their columns. */
export interface TransportStats {
  readonly numChunks: number;
  /** Arrow IPC streams as they are stored. */
  readonly compressed: SizeStats;
  /** Arrow IPC streams. */
  readonly uncompressed: SizeStats;
  /** The schema messages in them. */
  readonly schema: SizeStats;
  /** All that is not schema. */
  readonly data: SizeStats;
}

/** What the columns of chunks tell. */
export interface ContentStats {
  readonly numEntityPaths: number;
  readonly numChunksWithoutComponents: number;
  readonly numStaticChunks: number;
  readonly numRows: number;
  readonly rows: CountStats;
  readonly indexes: CountStats;
  readonly components: CountStats;
  /** Chunks by name, sorted by name. */
  readonly chunksPerEntity: ReadonlyMap<string, number>;
  readonly chunksPerIndex: ReadonlyMap<string, number>;
  readonly chunksPerComponent: ReadonlyMap<string, number>;
  /** Entities of which a chunk has a timeline whose times decrease; for each of its timelines, whether they never do. */
  readonly unsorted: ReadonlyMap<string, ReadonlyMap<string, boolean>>;
}

/** Numbers about the chunks of files, the same as those of `rerun rrd stats`. */
export interface RrdStats extends TransportStats {
  /** Undefined when no chunk was decoded. */
  readonly content: ContentStats | undefined;
}

/** Sizes of one chunk. */
interface ChunkSizes {
  readonly compressed: number;
  readonly uncompressed: number;
  readonly schema: number;
}

/** Collects {@link RrdStats}: a few numbers for each chunk, whatever its size. */
export class StatsCollector {
  readonly #sizes: ChunkSizes[] = [];
  readonly #rows: number[] = [];
  readonly #indexes: number[] = [];
  readonly #components: number[] = [];
  readonly #perEntity = new Map<string, number>();
  readonly #perIndex = new Map<string, number>();
  readonly #perComponent = new Map<string, number>();
  readonly #sorted = new Map<string, Map<string, boolean>>();

  /**
   * Notes a chunk.
   *
   * @param ipc the Arrow IPC stream of the message, unpacked
   * @param chunk what it holds, if that is to be told
   */
  add(envelope: ArrowMsgEnvelope, ipc: Uint8Array, chunk: Chunk | undefined): void {
    const schema = new DataView(ipc.buffer, ipc.byteOffset, ipc.byteLength).getUint32(4, true);
    this.#sizes.push({
      compressed: envelope.payload.length,
      uncompressed: ipc.length,
      schema,
    });
    if (chunk === undefined) return;
    this.#rows.push(chunk.numRows);
    this.#indexes.push(chunk.timelines.length);
    this.#components.push(chunk.components.length);
    count(this.#perEntity, chunk.entityPath);
    for (const { descriptor } of chunk.components) count(this.#perComponent, descriptor.component);
    let sorted = this.#sorted.get(chunk.entityPath);
    if (sorted === undefined) this.#sorted.set(chunk.entityPath, (sorted = new Map()));
    for (const stats of chunk.timelines) {
      const { name } = stats.timeline;
      count(this.#perIndex, name);
      sorted.set(name, (sorted.get(name) ?? true) && stats.sorted);
    }
  }

  /** What was found. */
  finish(): RrdStats {
    return {
      numChunks: this.#sizes.length,
      compressed: sizeStats(this.#sizes.map((sizes) => sizes.compressed)),
      uncompressed: sizeStats(this.#sizes.map((sizes) => sizes.uncompressed)),
      schema: sizeStats(this.#sizes.map((sizes) => sizes.schema)),
      data: sizeStats(this.#sizes.map((sizes) => sizes.uncompressed - sizes.schema)),
      content: this.#rows.length > 0 ? this.#content() : undefined,
    };
  }

  #content(): ContentStats {
    const unsorted = [...this.#sorted].filter(([, timelines]) =>
      [...timelines.values()].includes(false),
    );
    return {
      numEntityPaths: this.#perEntity.size,
      numChunksWithoutComponents: this.#components.filter((components) => components === 0).length,
      numStaticChunks: this.#indexes.filter((indexes) => indexes === 0).length,
      numRows: sum(this.#rows),
      rows: countStats(this.#rows),
      indexes: countStats(this.#indexes),
      components: countStats(this.#components),
      chunksPerEntity: byName(this.#perEntity),
      chunksPerIndex: byName(this.#perIndex),
      chunksPerComponent: byName(this.#perComponent),
      unsorted: byName(new Map(unsorted.map(([path, timelines]) => [path, byName(timelines)]))),
    };
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** In the order of their bytes, as Rerun sorts them. */
function byName<T>(map: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  const encoder = new TextEncoder();
  const keyed = [...map].map((entry) => ({ entry, key: encoder.encode(entry[0]) }));
  keyed.sort((a, b) => compareBytes(a.key, b.key));
  return new Map(keyed.map(({ entry }) => entry));
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

function countStats(numbers: readonly number[]): CountStats {
  // Not `Math.min(...numbers)`: there may be millions.
  const [min, max] = numbers.reduce(
    ([least, most], number) => [Math.min(least, number), Math.max(most, number)],
    [numbers[0] ?? 0, numbers[0] ?? 0],
  );
  return { min, max, avg: numbers.length === 0 ? 0 : sum(numbers) / numbers.length };
}

function sizeStats(sizes: readonly number[]): SizeStats {
  const sorted = Float64Array.from(sizes).sort();
  const at = (part: number): number => sorted[Math.floor(sorted.length * part)] ?? 0;
  const total = sum(sizes);
  return {
    total,
    min: sorted[0] ?? 0,
    max: sorted.at(-1) ?? 0,
    avg: sizes.length === 0 ? 0 : total / sizes.length,
    p50: at(0.5),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    p999: at(0.999),
  };
}
