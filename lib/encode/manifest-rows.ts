import type { Chunk, TimelineStats } from "../chunk.ts";
import type { ComponentDescriptor } from "../component-batch.ts";
import type { Timeline } from "../time.ts";
import { type ComponentRanges, sparseRanges } from "./component-ranges.ts";

/** What many chunks have in common: entity, timelines and components. */
export interface ChunkShape {
  readonly index: number;
  readonly entityPath: string;
  readonly isStatic: boolean;
  readonly timelines: readonly Timeline[];
  readonly descriptors: readonly ComponentDescriptor[];
  /** Chunks of this shape so far. */
  count: number;
  /** For each component, those of them in which no row has it. */
  readonly empty: number[];
}

/** Chunks in one segment. A multiple of 8, so that the bits of a segment are whole bytes. */
export const SEGMENT_ROWS = 1024;
/** 32-bit words of a chunk. */
const WORDS = 13;
/** In the first word, beside the shape: some rows lack some component. */
const SPARSE = 0x8000_0000;

/** Up to {@link SEGMENT_ROWS} chunks of the index, packed. */
export class Segment {
  length = 0;
  #words = new Uint32Array(16 * WORDS);
  #times = new BigInt64Array(64);
  /** The same memory: reading 64-bit numbers as they are makes an object of each. */
  #halves = new Int32Array(this.#times.buffer);
  #used = 0;

  /** Bytes in use. */
  get byteLength(): number {
    return 4 * WORDS * this.length + 8 * this.#used;
  }

  /**
   * | words | content |
   * | --- | --- |
   * | 0 | number of the shape, and whether rows lack components |
   * | 1 | rows |
   * | 2–5 | chunk id |
   * | 6–7, 8–9, 10–11 | offset, size, size before compression; lower half first |
   * | 12 | where its times begin |
   *
   * Times are start and end for each timeline; where rows lack components, then for each component the number of its
   * cells, and start and end for each timeline.
   */
  add(
    shape: number,
    chunk: Chunk,
    offset: number,
    size: number,
    sparse: ComponentRanges | undefined,
  ): void {
    const at = WORDS * this.length;
    if (at === this.#words.length) this.#growWords();
    const words = this.#words;
    words[at] = sparse === undefined ? shape : shape | SPARSE;
    words[at + 1] = chunk.numRows;
    words[at + 2] = chunk.id.timeHi;
    words[at + 3] = chunk.id.timeLo;
    words[at + 4] = chunk.id.incHi;
    words[at + 5] = chunk.id.incLo;
    store(words, at + 6, offset);
    store(words, at + 8, size);
    store(words, at + 10, chunk.byteLength);
    words[at + 12] = this.#used;
    for (const range of chunk.timelines) this.#range(range);
    for (const { numCells, ranges } of sparse ?? []) {
      this.#reserve(1);
      this.#times[this.#used++] = BigInt(numCells);
      for (const range of ranges) this.#range(range);
    }
    this.length++;
  }

  shape(row: number): number {
    return ((this.#words[WORDS * row] as number) & ~SPARSE) >>> 0;
  }

  numRows(row: number): number {
    return this.#words[WORDS * row + 1] as number;
  }

  /** One of the four words of the chunk id, the upper ones first. */
  id(row: number, word: number): number {
    return this.#words[WORDS * row + 2 + word] as number;
  }

  /** One of the two halves of offset, size and size before compression, in this order, the lower halves first. */
  place(row: number, half: number): number {
    return this.#words[WORDS * row + 6 + half] as number;
  }

  /**
   * Where the range of a component on a timeline is, for {@link half}; -1 when it has none.
   *
   * @param component undefined: of the chunk
   */
  range(row: number, timeline: number, timelines: number, component: number | undefined): number {
    const at = WORDS * row;
    const start = this.#words[at + 12] as number;
    if (component === undefined || (this.#words[at] as number) < SPARSE)
      return start + 2 * timeline;
    const cells = start + 2 * timelines + component * (1 + 2 * timelines);
    return this.#halves[2 * cells] === 0 ? -1 : cells + 1 + 2 * timeline;
  }

  /** In how many rows of a chunk a component is. */
  numCells(row: number, timelines: number, component: number): number {
    const at = WORDS * row;
    if ((this.#words[at] as number) < SPARSE) return this.#words[at + 1] as number;
    const cells =
      (this.#words[at + 12] as number) + 2 * timelines + component * (1 + 2 * timelines);
    return this.#halves[2 * cells] as number;
  }

  /** A half of a time: `at` counts halves, the lower first. */
  half(at: number): number {
    return this.#halves[at] as number;
  }

  #range(range: Pick<TimelineStats, "min" | "max"> | undefined): void {
    this.#reserve(2);
    this.#times[this.#used++] = range?.min ?? 0n;
    this.#times[this.#used++] = range?.max ?? 0n;
  }

  #reserve(more: number): void {
    if (this.#used + more <= this.#times.length) return;
    const grown = new BigInt64Array(2 * this.#times.length);
    grown.set(this.#times);
    this.#times = grown;
    this.#halves = new Int32Array(grown.buffer);
  }

  #growWords(): void {
    const grown = new Uint32Array(Math.min(2 * this.#words.length, SEGMENT_ROWS * WORDS));
    grown.set(this.#words);
    this.#words = grown;
  }
}

function store(words: Uint32Array, at: number, value: number): void {
  words[at] = value;
  words[at + 1] = Math.floor(value / 0x1_0000_0000);
}

/** What the index of a file says of its chunks, in about a hundred bytes each. */
export class ManifestRows {
  readonly shapes: ChunkShape[] = [];
  readonly segments: Segment[] = [];
  length = 0;
  readonly #byEntity = new Map<string, ChunkShape[]>();
  #full = 0;

  /** Bytes in use, but for names. */
  get byteLength(): number {
    return this.#full + (this.segments.at(-1)?.byteLength ?? 0);
  }

  /** Notes a chunk; returns its shape, which is new when its `count` is 1. */
  add(chunk: Chunk, offset: number, size: number): ChunkShape {
    const shape = this.#shapeOf(chunk);
    let segment = this.segments.at(-1);
    if (segment === undefined || segment.length === SEGMENT_ROWS) {
      this.#full += segment?.byteLength ?? 0;
      segment = new Segment();
      this.segments.push(segment);
    }
    const { components, numRows, isStatic } = chunk;
    let sparse: ComponentRanges | undefined;
    for (let i = 0; i < components.length; i++) {
      const cells = components[i]?.numCells ?? 0;
      if (cells === 0) shape.empty[i] = (shape.empty[i] as number) + 1;
      if (cells < numRows && !isStatic) sparse ??= sparseRanges(chunk);
    }
    segment.add(shape.index, chunk, offset, size, sparse);
    shape.count++;
    this.length++;
    return shape;
  }

  #shapeOf(chunk: Chunk): ChunkShape {
    const { entityPath } = chunk;
    let shapes = this.#byEntity.get(entityPath);
    if (shapes === undefined) {
      shapes = [];
      this.#byEntity.set(entityPath, shapes);
    }
    // The latest is the likeliest.
    for (let i = shapes.length - 1; i >= 0; i--) {
      const shape = shapes[i] as ChunkShape;
      if (isOf(chunk, shape)) return shape;
    }
    const shape: ChunkShape = {
      index: this.shapes.length,
      entityPath,
      isStatic: chunk.isStatic,
      timelines: chunk.timelines.map((t) => t.timeline),
      descriptors: chunk.components.map((c) => c.descriptor),
      count: 0,
      empty: chunk.components.map(() => 0),
    };
    shapes.push(shape);
    this.shapes.push(shape);
    return shape;
  }
}

function isOf(chunk: Chunk, { timelines, descriptors }: ChunkShape): boolean {
  if (timelines.length !== chunk.timelines.length) return false;
  if (descriptors.length !== chunk.components.length) return false;
  for (let i = 0; i < descriptors.length; i++) {
    if (descriptors[i] !== chunk.components[i]?.descriptor) return false;
  }
  for (let i = 0; i < timelines.length; i++) {
    const timeline = chunk.timelines[i]?.timeline;
    if (timelines[i]?.name !== timeline?.name || timelines[i]?.type !== timeline?.type)
      return false;
  }
  return true;
}
