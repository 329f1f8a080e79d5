import type { ArrowArray } from "../arrow/array.ts";
import { RerunError } from "../errors.ts";
import type { StoreId } from "../log-msg.ts";
import { Tuid } from "../tuid.ts";
import type { SchemaField } from "./arrow-schema.ts";
import { ArrowTable } from "./arrow-table.ts";
import type { PackedManifest } from "./rrd-footer.ts";

/** Inclusive range of times: nanoseconds, or sequence numbers. */
export interface TimeRange {
  readonly min: bigint;
  readonly max: bigint;
}

/** A component as a manifest names it. */
export interface ManifestComponent {
  readonly component: string;
  readonly archetype: string | undefined;
  readonly componentType: string | undefined;
}

/** What a manifest says of one chunk. */
export interface ChunkInfo {
  readonly chunkId: Tuid;
  readonly entityPath: string;
  readonly isStatic: boolean;
  readonly numRows: number;
  /** Of its message's payload, from the start of the file. */
  readonly byteOffset: number;
  /** Of its message's payload. */
  readonly byteLength: number;
  /** Of the Arrow IPC stream. */
  readonly uncompressedBytes: number;
}

interface ComponentColumns {
  readonly names: ManifestComponent;
  /** Columns that say whether a chunk has this component, by timeline. */
  readonly numRows: Map<string, number>;
  readonly starts: Map<string, number>;
  readonly ends: Map<string, number>;
  hasStatic: number | undefined;
}

const GLOBAL = [
  "chunk_entity_path",
  "chunk_id",
  "chunk_is_static",
  "chunk_num_rows",
  "chunk_byte_offset",
  "chunk_byte_size",
  "chunk_byte_size_uncompressed",
] as const;

type GlobalName = (typeof GLOBAL)[number];

/** Columns of future and of other writers, which say nothing here. */
const IGNORED = /^(chunk_key$|chunk_partition_|rerun_partition_|chunk_segment_|rerun_segment_)/;

/**
 * What the footer of a file says of the chunks of one store: where they are, and what is in them.
 *
 * Source: rerun crates/store/re_log_encoding/src/rrd/footer/raw_rrd_manifest.rs
 */
export class RrdManifest {
  readonly storeId: StoreId;
  readonly chunks: readonly ChunkInfo[];
  readonly #table: ArrowTable;
  readonly #columns = new Map<number, ArrowArray>();
  /** Start and end columns of whole chunks, by timeline. */
  readonly #starts = new Map<string, number>();
  readonly #ends = new Map<string, number>();
  readonly #components = new Map<string, ComponentColumns>();

  /**
   * @param base where the stream begins in its file: offsets count from there
   * @throws RerunError `invalid-data`, `unsupported-data`
   */
  constructor({ storeId, data }: PackedManifest, base = 0) {
    this.storeId = storeId;
    this.#table = new ArrowTable(data);
    const named = new Map<string, number>();
    this.#table.fields.forEach((field, index) => {
      if ((GLOBAL as readonly string[]).includes(field.name)) named.set(field.name, index);
      else if (!IGNORED.test(field.name)) this.#note(field, index);
    });
    this.chunks = this.#readChunks(named, base);
  }

  /** Names of the timelines, sorted. */
  get timelines(): readonly string[] {
    return [...this.#starts.keys()].sort();
  }

  /** Components of all entities together. */
  get components(): readonly ManifestComponent[] {
    return [...this.#components.values()].map(({ names }) => names);
  }

  /** Times of a chunk on a timeline; undefined when it has none there. */
  timeRange(chunk: number, timeline: string): TimeRange | undefined {
    return this.#range(chunk, this.#starts.get(timeline), this.#ends.get(timeline));
  }

  /** Times of the rows of a chunk that have a component; undefined when there are none. */
  componentRange(
    chunk: number,
    component: ManifestComponent,
    timeline: string,
  ): TimeRange | undefined {
    const columns = this.#components.get(keyOf(component));
    return this.#range(chunk, columns?.starts.get(timeline), columns?.ends.get(timeline));
  }

  /** Whether a chunk has values of a component, or an empty batch of it. */
  hasComponent(chunk: number, component: ManifestComponent): boolean {
    const columns = this.#components.get(keyOf(component));
    if (columns === undefined) return false;
    if (columns.hasStatic !== undefined && this.#number(columns.hasStatic, chunk) === 1)
      return true;
    for (const column of columns.numRows.values()) if (this.#number(column, chunk) > 0) return true;
    return false;
  }

  #note(field: SchemaField, index: number): void {
    const { name, metadata } = field;
    const suffix = name.slice(name.lastIndexOf(":") + 1);
    const timeline = metadata.get("rerun:index");
    if (timeline === undefined || !["start", "end", "num_rows", "has_static_data"].includes(suffix))
      throw invalid(`columns whose meaning is known, not "${name}"`);
    const component = metadata.get("rerun:component");
    if (component === undefined) {
      (suffix === "start" ? this.#starts : this.#ends).set(timeline, index);
      this.#checkTimes(field);
      return;
    }
    const names = {
      component,
      archetype: metadata.get("rerun:archetype"),
      componentType: metadata.get("rerun:component_type"),
    };
    let columns = this.#components.get(keyOf(names));
    if (columns === undefined) {
      columns = {
        names,
        numRows: new Map(),
        starts: new Map(),
        ends: new Map(),
        hasStatic: undefined,
      };
      this.#components.set(keyOf(names), columns);
    }
    if (suffix === "has_static_data") columns.hasStatic = index;
    else if (suffix === "num_rows") columns.numRows.set(timeline, index);
    else {
      (suffix === "start" ? columns.starts : columns.ends).set(timeline, index);
      this.#checkTimes(field);
    }
  }

  #checkTimes({ name, type }: SchemaField): void {
    if (type.kind === "int64" || type.kind === "timestamp" || type.kind === "duration") return;
    if (type.key.startsWith("foreign Timestamp[ns, ")) return;
    throw invalid(`times in the column "${name}"`);
  }

  #readChunks(named: ReadonlyMap<string, number>, base: number): ChunkInfo[] {
    const column = (name: GlobalName, kind: string): ArrowArray => {
      const index = named.get(name);
      const field = index === undefined ? undefined : this.#table.fields[index];
      if (index === undefined || field?.type.kind !== kind) throw invalid(`a column "${name}"`);
      const array = this.#table.column(index);
      if (array.valid?.includes(0) === true) throw invalid(`no nulls in "${name}"`);
      return array;
    };
    const paths = column("chunk_entity_path", "utf8");
    const ids = column("chunk_id", "fixed-size-binary");
    if (ids.type.size !== 16) throw invalid("chunk ids of 16 bytes");
    const isStatic = column("chunk_is_static", "bool").values as Uint8Array;
    const numRows = numbers(column("chunk_num_rows", "uint64"));
    const offsets = numbers(column("chunk_byte_offset", "uint64"));
    const sizes = numbers(column("chunk_byte_size", "uint64"));
    const uncompressed = numbers(column("chunk_byte_size_uncompressed", "uint64"));
    const decoder = new TextDecoder();
    // Many chunks are of few entities: each path is decoded once.
    let lastBytes = new Uint8Array(0);
    let lastPath = "";
    return Array.from({ length: this.#table.numRows }, (_, i) => {
      const [start, end] = [paths.offsets?.[i] ?? 0, paths.offsets?.[i + 1] ?? 0];
      const bytes = (paths.values as Uint8Array).subarray(start, end);
      if (!isEqual(bytes, lastBytes)) {
        lastBytes = bytes as Uint8Array<ArrayBuffer>;
        lastPath = decoder.decode(bytes);
      }
      return {
        chunkId: Tuid.read(ids.values as Uint8Array, 16 * i),
        entityPath: lastPath,
        isStatic: isStatic[i] === 1,
        numRows: numRows(i),
        byteOffset: base + offsets(i),
        byteLength: sizes(i),
        uncompressedBytes: uncompressed(i),
      };
    });
  }

  #range(chunk: number, start: number | undefined, end: number | undefined): TimeRange | undefined {
    if (start === undefined || end === undefined) return undefined;
    const from = this.#column(start);
    if (from.valid?.[chunk] === 0) return undefined;
    const [min, max] = [from.values?.[chunk], this.#column(end).values?.[chunk]];
    return typeof min === "bigint" && typeof max === "bigint" ? { min, max } : undefined;
  }

  #number(column: number, chunk: number): number {
    const { values, valid } = this.#column(column);
    return valid?.[chunk] === 0 ? 0 : Number(values?.[chunk] ?? 0);
  }

  #column(index: number): ArrowArray {
    let array = this.#columns.get(index);
    if (array === undefined) {
      array = this.#table.column(index);
      this.#columns.set(index, array);
    }
    return array;
  }
}

const keyOf = ({ archetype, component }: ManifestComponent): string =>
  `${archetype ?? ""}\n${component}`;

/** Reads numbers of 64 bits that must be exact. */
function numbers({ values }: ArrowArray): (index: number) => number {
  return (index) => {
    const value = Number((values as BigUint64Array)[index]);
    if (!Number.isSafeInteger(value)) throw invalid("sizes and offsets below 2^53");
    return value;
  };
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

const invalid = (expected: string): RerunError =>
  new RerunError(
    "invalid-data",
    `Expected ${expected} in the manifest of a footer, got something else; the data is damaged`,
  );
