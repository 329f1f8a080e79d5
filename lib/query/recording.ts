import type { ArrowArray } from "../arrow/array.ts";
import type { Chunk } from "../chunk.ts";
import type { ComponentDescriptor } from "../component-batch.ts";
import type { RrdSource } from "../decode/byte-input.ts";
import { type ReadRrdOptions, readRrd } from "../decode/read-rrd.ts";
import type { TimeRange } from "../decode/rrd-manifest.ts";
import { entityPath, joinPath, splitPath } from "../entity-path.ts";
import { storeKey } from "../entity-state.ts";
import { quote, RerunError } from "../errors.ts";
import type { LogMsg, SetStoreInfo, StoreId } from "../log-msg.ts";
import { joinTime, parseTime, type TimeInput, type Timeline } from "../time.ts";
import { Tuid } from "../tuid.ts";
import { type Cell, ChunkColumn } from "./chunk-rows.ts";
import { compareBytes, type IndexedColumn, type IndexedRow, TimeIndex } from "./time-index.ts";

/** What a query found: a cell, and where it comes from. */
export interface FoundCell extends Cell {
  readonly entityPath: string;
  /** Undefined for static data. */
  readonly time: bigint | undefined;
  readonly rowId: Tuid;
}

/** A time of a query: as `log` takes it, or nanoseconds or a sequence number as a bigint. */
export type QueryTime = bigint | TimeInput;

const CLEAR = "Clear:is_recursive";

/**
 * One recording in memory, to be asked for what holds at a time.
 *
 * Answers as Rerun's own store does: static data wins over all else; of rows with the same time the one logged last
 * counts, by row id; a row in which nothing was logged for a component does not count, an empty batch does; a `Clear` takes
 * away what its entity has from before, and if it is recursive what everything below has.
 *
 * Fill it with `loadRecording`, or message by message: it can subscribe to a recording stream.
 *
 * ```ts
 * const recording = await loadRecording("run.rrd");
 * recording.latestAt("/world/points", "Points3D:positions", "frame", 7n)?.values; // Float32Array
 * ```
 *
 * Source: rerun crates/store/re_query/src/latest_at.rs, crates/store/re_chunk_store/src/query.rs
 */
export class Recording {
  readonly storeId: StoreId;
  /** What announced it; undefined when nothing did. */
  info: SetStoreInfo | undefined;
  readonly #chunks = new Map<string, Chunk>();
  readonly #entities = new Map<string, EntityStore>();
  readonly #timelines = new Map<string, Timeline>();

  constructor(storeId: StoreId) {
    this.storeId = storeId;
  }

  /** Takes a message, as an observer does; those of other stores are ignored. */
  readonly next = (message: LogMsg): void => {
    if (storeKey(message.storeId) !== storeKey(this.storeId)) return;
    if (message.kind === "chunk") this.add(message.chunk);
    else if (message.kind === "set-store-info") this.info = message;
  };

  /** Adds a chunk; one that is there is ignored. */
  add(chunk: Chunk): void {
    const id = chunk.id.toString();
    if (this.#chunks.has(id) || chunk.numRows === 0) return;
    chunk.own();
    this.#chunks.set(id, chunk);
    for (const { timeline } of chunk.timelines) this.#timelines.set(timeline.name, timeline);
    let entity = this.#entities.get(chunk.entityPath);
    if (entity === undefined) {
      entity = new EntityStore();
      this.#entities.set(chunk.entityPath, entity);
    }
    entity.add(chunk);
  }

  /** All chunks, in the order in which they came. */
  get chunks(): readonly Chunk[] {
    return [...this.#chunks.values()];
  }

  /** Entities that have data, sorted. */
  get entities(): readonly string[] {
    return [...this.#entities.keys()].sort();
  }

  /** Timelines that some data has, sorted by name. */
  get timelines(): readonly Timeline[] {
    return [...this.#timelines.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** First and last time of any data on a timeline; undefined if there is none. */
  timeRange(timeline: string): TimeRange | undefined {
    let range: TimeRange | undefined;
    for (const chunk of this.#chunks.values()) {
      const own = chunk.timelines.find((each) => each.timeline.name === timeline);
      if (own === undefined) continue;
      const { min, max } = own;
      range =
        range === undefined
          ? { min, max }
          : { min: min < range.min ? min : range.min, max: max > range.max ? max : range.max };
    }
    return range;
  }

  /** Components that an entity has at any time. */
  components(path: string | readonly string[]): readonly ComponentDescriptor[] {
    return this.#entities.get(entityPath(path))?.descriptors ?? [];
  }

  /**
   * What holds for a component at a time: the latest that was logged until then.
   *
   * @param component its identifier, such as `Points3D:positions`
   * @param time on the timeline; the time itself is included
   * @returns undefined when nothing was logged, or it was cleared; a cell of length 0 when the latest is an empty batch
   */
  latestAt(
    path: string | readonly string[],
    component: string,
    timeline: string,
    time: QueryTime,
  ): FoundCell | undefined {
    const escaped = entityPath(path);
    const at = timeOf(timeline, time);
    const found = this.#latest(escaped, component, timeline, at);
    if (found === undefined) return undefined;
    // A clear does not clear itself.
    if (component !== CLEAR && this.#isCleared(escaped, found, timeline, at)) return undefined;
    return foundCell(escaped, found);
  }

  /** The same for all components of an entity; those that nothing holds for are left out. */
  latestAtAll(
    path: string | readonly string[],
    timeline: string,
    time: QueryTime,
  ): readonly FoundCell[] {
    const escaped = entityPath(path);
    return this.components(escaped).flatMap(
      ({ component }) => this.latestAt(escaped, component, timeline, time) ?? [],
    );
  }

  /**
   * What was logged for a component in a range of times, in their order; clears do not matter here. If there is static
   * data, it is that alone.
   *
   * @param range both ends included; an end that is left out does not restrict
   */
  range(
    path: string | readonly string[],
    component: string,
    timeline: string,
    range: { readonly min?: QueryTime; readonly max?: QueryTime } = {},
  ): readonly FoundCell[] {
    const escaped = entityPath(path);
    const store = this.#entities.get(escaped)?.components.get(component);
    if (store === undefined) return [];
    if (store.latestStatic !== undefined) return [foundCell(escaped, store.latestStatic)];
    const index = store.indexOf(timeline);
    const min = range.min === undefined ? -(2n ** 63n) : timeOf(timeline, range.min);
    const max = range.max === undefined ? 2n ** 63n - 1n : timeOf(timeline, range.max);
    if (index === undefined || min > max) return [];
    const [from, to] = [index.behind(min - 1n), index.behind(max)];
    return Array.from({ length: to - from }, (_, i) => foundCell(escaped, index.at(from + i)));
  }

  #latest(path: string, component: string, timeline: string, at: bigint): Found | undefined {
    const store = this.#entities.get(path)?.components.get(component);
    if (store === undefined) return undefined;
    if (store.latestStatic !== undefined) return store.latestStatic;
    const index = store.indexOf(timeline);
    const behind = index?.behind(at) ?? 0;
    return behind === 0 ? undefined : index?.at(behind - 1);
  }

  #isCleared(path: string, found: Found, timeline: string, at: bigint): boolean {
    const parts = splitPath(path);
    for (let depth = parts.length; depth >= 0; depth--) {
      const ancestor = joinPath(parts.slice(0, depth));
      const clear = this.#latest(ancestor, CLEAR, timeline, at);
      if (clear === undefined || compareFound(clear, found) < 0) continue;
      const [isRecursive] = (foundCell(ancestor, clear).values ?? []) as readonly unknown[];
      if (depth === parts.length || isRecursive === true) return true;
    }
    return false;
  }
}

export interface LoadOptions extends ReadRrdOptions {
  /** A store, or its recording id. Default: the only recording. */
  readonly store?: StoreId | string;
}

/**
 * Reads a recording into memory.
 *
 * @throws RerunError `invalid-argument` when there is no such recording, or there are several to choose from; and what
 *   `readRrd` throws
 */
export async function loadRecording(
  source: RrdSource,
  options: LoadOptions = {},
): Promise<Recording> {
  const { store } = options;
  const recordings = await loadRecordings(source, options);
  const found = recordings.filter(({ storeId: { kind, recordingId, applicationId } }) => {
    if (store === undefined) return kind === "recording";
    if (typeof store === "string") return recordingId === store;
    return (
      kind === store.kind &&
      recordingId === store.recordingId &&
      applicationId === store.applicationId
    );
  });
  const [recording] = found;
  if (recording !== undefined && found.length === 1) return recording;
  const names = recordings.map(({ storeId }) => `${storeId.kind} ${quote(storeId.recordingId)}`);
  throw new RerunError(
    "invalid-argument",
    `Expected ${store === undefined ? "one recording, or `store` to say which" : "`store` to be there"}; there are: ${names.join(", ") || "none"}`,
  );
}

/** Reads all recordings and blueprints of a source into memory, in the order in which they begin. */
export async function loadRecordings(
  source: RrdSource,
  options: ReadRrdOptions = {},
): Promise<readonly Recording[]> {
  const recordings = new Map<string, Recording>();
  for await (const message of readRrd(source, options)) {
    const key = storeKey(message.storeId);
    let recording = recordings.get(key);
    if (recording === undefined) {
      recording = new Recording(message.storeId);
      recordings.set(key, recording);
    }
    recording.next(message);
  }
  return [...recordings.values()];
}

/** A row, with its time unless it is static. */
type Found = Omit<IndexedRow, "time"> & { readonly time: bigint | undefined };

function foundCell(path: string, { column, row, time }: Found): FoundCell {
  const { descriptor, lists, rowIds } = column;
  const cell = new ChunkColumn(descriptor, lists).cell(row) as Cell;
  return {
    entityPath: path,
    time,
    rowId: Tuid.read(rowIds, 16 * row),
    descriptor,
    length: cell.length,
    instances: cell.instances,
    from: cell.from,
    to: cell.to,
    get values() {
      return cell.values;
    },
  };
}

/** By time, then by row id; static data comes last. */
function compareFound(a: Found, b: Found): number {
  if (a.time !== b.time) {
    if (a.time === undefined) return 1;
    if (b.time === undefined) return -1;
    return a.time < b.time ? -1 : 1;
  }
  return compareBytes(a.column.rowIds, a.row, b.column.rowIds, b.row);
}

function timeOf(timeline: string, time: QueryTime): bigint {
  if (typeof time === "bigint") return time;
  const { lo, hi } = parseTime(timeline, time);
  return joinTime(lo, hi);
}

class EntityStore {
  readonly components = new Map<string, ComponentStore>();

  get descriptors(): readonly ComponentDescriptor[] {
    return [...this.components.values()].map((store) => store.descriptor);
  }

  add(chunk: Chunk): void {
    for (const { descriptor } of chunk.components) {
      let store = this.components.get(descriptor.component);
      if (store === undefined) {
        store = new ComponentStore(descriptor);
        this.components.set(descriptor.component, store);
      }
      store.add(chunk, descriptor);
    }
  }
}

/** One component of one entity. Columns are unpacked, and indices made, when they are first asked for. */
class ComponentStore {
  readonly descriptor: ComponentDescriptor;
  #temporal: { readonly chunk: Chunk; readonly descriptor: ComponentDescriptor }[] = [];
  #static: { readonly chunk: Chunk; readonly descriptor: ComponentDescriptor }[] = [];
  #latestStatic: Found | undefined;
  readonly #indices = new Map<string, TimeIndex>();

  constructor(descriptor: ComponentDescriptor) {
    this.descriptor = descriptor;
  }

  add(chunk: Chunk, descriptor: ComponentDescriptor): void {
    (chunk.isStatic ? this.#static : this.#temporal).push({ chunk, descriptor });
    for (const { timeline } of chunk.timelines) this.#indices.delete(timeline.name);
  }

  /** The static row with the greatest row id. */
  get latestStatic(): Found | undefined {
    for (const each of this.#static) {
      const column = columnOf(each.chunk, each.descriptor);
      const { valid, length } = column.lists;
      for (let row = 0; row < length; row++) {
        if (valid?.[row] === 0) continue;
        const found: Found = { column, row, time: undefined };
        if (this.#latestStatic === undefined || compareFound(found, this.#latestStatic) > 0)
          this.#latestStatic = found;
      }
    }
    this.#static = [];
    return this.#latestStatic;
  }

  indexOf(timeline: string): TimeIndex | undefined {
    let index = this.#indices.get(timeline);
    if (index === undefined) {
      const columns: IndexedColumn[] = [];
      let found: Timeline | undefined;
      for (const { chunk, descriptor } of this.#temporal) {
        const own = chunk.timelines.find((each) => each.timeline.name === timeline);
        if (own === undefined) continue;
        found = own.timeline;
        columns.push(columnOf(chunk, descriptor));
      }
      if (found === undefined) return undefined;
      index = new TimeIndex(columns, found);
      this.#indices.set(timeline, index);
    }
    return index;
  }
}

function columnOf(chunk: Chunk, descriptor: ComponentDescriptor): IndexedColumn {
  const columns = chunk.columns();
  const lists: ArrowArray = columns.component(descriptor);
  return { chunk, descriptor, lists, rowIds: columns.rowIds() };
}
