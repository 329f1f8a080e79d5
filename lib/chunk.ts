import { allocate } from "./arrow/allocate.ts";
import type { ArrowArray } from "./arrow/array.ts";
import type { ComponentDescriptor } from "./component-batch.ts";
import type { Timeline } from "./time.ts";
import type { Tuid } from "./tuid.ts";

/** One index column of a chunk, in short. */
export interface TimelineStats {
  readonly timeline: Timeline;
  /** Smallest and largest time; nanoseconds, or sequence numbers. */
  readonly min: bigint;
  readonly max: bigint;
  /** True when times never decrease from row to row. */
  readonly sorted: boolean;
}

/** One data column of a chunk, in short. */
export interface ComponentStats {
  readonly descriptor: ComponentDescriptor;
  /** Rows in which something was logged for this component, an empty batch included. */
  readonly numCells: number;
  /** Instances of all rows together. */
  readonly numInstances: number;
}

/** The parts of an encoded chunk; see {@link Chunk.parts}. */
export interface EncodedChunk {
  readonly parts: readonly Uint8Array[];
  /** The parts that are memory of the caller's, valid only until the current call returns. */
  readonly borrowed: ReadonlySet<Uint8Array> | undefined;
}

/** The parts of a chunk that was read: unpacked when they are asked for. */
export interface StoredChunk {
  readonly byteLength: number;
  /** The Arrow IPC stream. */
  readonly bytes: Uint8Array;
  /** The LZ4 block that it came in, if it did. */
  readonly lz4: Uint8Array | undefined;
}

/** How a chunk finds its columns again; implemented where chunks are built and where they are read. */
export interface ChunkColumns {
  rowIds(): Uint8Array;
  times(timeline: Timeline): BigInt64Array;
  component(descriptor: ComponentDescriptor): ArrowArray;
}

/**
 * Rows of one entity as columns: row ids, times, components. Immutable.
 *
 * It is kept in the form in which it is written, an Arrow IPC stream of one record batch; columns are
 * views of those bytes, made when asked for.
 */
export class Chunk {
  readonly id: Tuid;
  /** Escaped, with a leading slash. */
  readonly entityPath: string;
  readonly numRows: number;
  /** Sorted by name; empty for static data. */
  readonly timelines: readonly TimelineStats[];
  /** Sorted by archetype, then component. */
  readonly components: readonly ComponentStats[];
  /** Bytes of the Arrow IPC stream. */
  readonly byteLength: number;
  readonly #columns: (ipc: Uint8Array) => ChunkColumns;
  readonly #stored: StoredChunk | undefined;
  #parts: readonly Uint8Array[] | undefined;
  #borrowed: ReadonlySet<Uint8Array> | undefined;

  constructor(init: {
    readonly id: Tuid;
    readonly entityPath: string;
    readonly numRows: number;
    readonly timelines: readonly TimelineStats[];
    readonly components: readonly ComponentStats[];
    readonly encoded: EncodedChunk | StoredChunk;
    readonly columns: (ipc: Uint8Array) => ChunkColumns;
  }) {
    this.id = init.id;
    this.entityPath = init.entityPath;
    this.numRows = init.numRows;
    this.timelines = init.timelines;
    this.components = init.components;
    this.#columns = init.columns;
    const { encoded } = init;
    if ("parts" in encoded) {
      this.#parts = encoded.parts;
      this.#borrowed = encoded.borrowed;
      let bytes = 0;
      for (const part of encoded.parts) bytes += part.byteLength;
      this.byteLength = bytes;
    } else {
      this.#stored = encoded;
      this.byteLength = encoded.byteLength;
    }
  }

  /** True when the chunk has no index column: its data holds at all times. */
  get isStatic(): boolean {
    return this.timelines.length === 0;
  }

  /**
   * The Arrow IPC stream in pieces, in order; large user arrays are pieces of their own, not copied.
   * A sink with `borrows` may write them while its `write` runs; everyone else takes {@link ipc}.
   */
  get parts(): readonly Uint8Array[] {
    return this.#parts ?? [this.ipc];
  }

  /** The LZ4 block of the Arrow IPC stream, for a chunk that was read in this form; so it is written again. */
  get lz4(): Uint8Array | undefined {
    return this.#stored?.lz4;
  }

  /** The Arrow IPC stream: schema message, one record batch, end of stream. */
  get ipc(): Uint8Array {
    if (this.#stored !== undefined) return this.#stored.bytes;
    let parts = this.#parts as readonly Uint8Array[];
    if (this.#borrowed !== undefined || parts.length !== 1) {
      parts = [concat(parts, this.byteLength)];
      this.#parts = parts;
      this.#borrowed = undefined;
    }
    return parts[0] as Uint8Array;
  }

  /** True while some of its bytes are memory of the caller's; see {@link own}. */
  get isBorrowed(): boolean {
    return this.#borrowed !== undefined;
  }

  /** Copies what is borrowed, so that the chunk can be kept. Done by the message log before `log()` returns. */
  own(): void {
    const borrowed = this.#borrowed;
    if (borrowed === undefined) return;
    this.#parts = this.#parts?.map((part) =>
      borrowed.has(part) ? concat([part], part.length) : part,
    );
    this.#borrowed = undefined;
  }

  /** All columns, found at once: cheaper than one after the other for those who want several. */
  columns(): ChunkColumns {
    return this.#columns(this.ipc);
  }

  /** Row ids, 16 big-endian bytes each. */
  get rowIds(): Uint8Array {
    return this.#columns(this.ipc).rowIds();
  }

  /** Times of one timeline, one per row. */
  times(timeline: Timeline): BigInt64Array {
    return this.#columns(this.ipc).times(timeline);
  }

  /** One component as a list array: slot `i` holds the batch of row `i`, null where nothing was logged. */
  column(descriptor: ComponentDescriptor): ArrowArray {
    return this.#columns(this.ipc).component(descriptor);
  }
}

function concat(parts: readonly Uint8Array[], byteLength: number): Uint8Array {
  const all = allocate(byteLength);
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.byteLength;
  }
  return all;
}
