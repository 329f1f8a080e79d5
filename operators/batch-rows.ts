import type { OperatorFunction } from "rxjs";
import type { ArrowArray } from "../lib/arrow/array.ts";
import { strideOf } from "../lib/arrow/array.ts";
import { byteWidth, type DataType } from "../lib/arrow/data-type.ts";
import { BATCH_PRESETS, type BatchConfig } from "../lib/batch-config.ts";
import type { Chunk } from "../lib/chunk.ts";
import { ChunkBuilder } from "../lib/chunk-builder.ts";
import {
  type ComponentBatch,
  type ComponentDescriptor,
  isArrowArray,
} from "../lib/component-batch.ts";
import type { LogEvent, StreamEvent } from "../lib/event.ts";
import { Observable, realTime, type TimeSource } from "../lib/rxjs.ts";
import type { TimeShape } from "../lib/time.ts";
import { TuidGenerator } from "../lib/tuid.ts";

/** Options of {@link batchRows}; thresholds left out have the values of `BATCH_PRESETS.default`. */
export interface BatchRowsOptions {
  /** Thresholds, or a function that is asked again for each row, so that they can change. */
  readonly config?: Partial<BatchConfig> | (() => BatchConfig);
  /** Makes chunk ids. Default: a generator of its own. */
  readonly ids?: TuidGenerator;
  /** Measures the longest wait: a scheduler of RxJS. Default: real time, or virtual inside `TestScheduler.run`. */
  readonly scheduler?: TimeSource;
}

/** Rows between two looks at the clock in a loop that never lets a timer run. */
const ROWS_BETWEEN_CLOCKS = 64;

/**
 * Groups rows into chunks: one entity and one set of timelines each, closed by time, bytes or rows,
 * whichever comes first.
 *
 * Rows of one entity go into chunks by (1) their set of timelines, (2) the Arrow types of their components;
 * a chunk with an unsorted timeline is split at `chunkMaxRowsIfUnsorted` rows. Chunks keep log order; chunks
 * that were columns already pass at once. Values are copied when a row comes, except large arrays of a row
 * that closes its chunk by itself: those are borrowed until the call returns. What waits is handed on before
 * the stream completes or fails.
 *
 * Source: rerun crates/store/re_chunk/src/batcher.rs
 */
export function batchRows(options: BatchRowsOptions = {}): OperatorFunction<StreamEvent, Chunk> {
  const { config, ids = new TuidGenerator(), scheduler = realTime } = options;
  const fixed = {
    ...BATCH_PRESETS.default,
    ...(typeof config === "function" ? undefined : config),
  };
  const current = typeof config === "function" ? config : (): BatchConfig => fixed;

  return (source) =>
    new Observable<Chunk>((subscriber) => {
      const entities = new Map<string, PendingEntity>();
      /** Entities with pending rows, in the order of their first one. */
      const pending = new Set<PendingEntity>();
      let bytesInFlight = 0;
      let rowsSinceClock = 0;
      let waitingSince = 0;
      /** Entities that have waited long enough; one goes with each row, so that no call of a busy loop takes long. */
      let due: PendingEntity[] = [];
      let tick: { unsubscribe(): void } | undefined;

      const emit = (chunk: Chunk): void => subscriber.next(chunk);

      const flushEntity = (entity: PendingEntity): void => {
        pending.delete(entity);
        bytesInFlight -= entity.bytes;
        entity.flush(ids, emit);
      };

      const flushAll = (): void => {
        tick?.unsubscribe();
        tick = undefined;
        // A sink that logs adds rows while this runs; those wait for their own tick.
        for (const entity of [...pending]) flushEntity(entity);
      };

      const addRow = (row: LogEvent): void => {
        const {
          flushTickMs,
          flushNumBytes,
          flushNumRows,
          chunkMaxRowsIfUnsorted,
          maxBytesInFlight,
        } = current();
        let entity = entities.get(row.entityPath);
        if (entity === undefined) {
          entity = new PendingEntity(row.entityPath);
          entities.set(row.entityPath, entity);
        }
        const bytes = byteSizeOf(row);
        const closes = entity.bytes + bytes >= flushNumBytes;
        entity.add(row, bytes, closes, chunkMaxRowsIfUnsorted, ids, emit);
        bytesInFlight += bytes;

        if (closes || entity.rows >= flushNumRows) {
          flushEntity(entity);
          return;
        }
        if (pending.size === 0) {
          waitingSince = scheduler.now();
          rowsSinceClock = 0;
        }
        pending.add(entity);
        if (bytesInFlight >= maxBytesInFlight) {
          flushAll();
        } else if (flushTickMs !== Infinity) {
          tick ??= scheduler.schedule(flushAll, flushTickMs);
          // Timers do not run while a program logs in a tight loop; the clock does.
          if (due.length === 0 && ++rowsSinceClock >= ROWS_BETWEEN_CLOCKS) {
            rowsSinceClock = 0;
            const now = scheduler.now();
            if (now - waitingSince >= flushTickMs) {
              waitingSince = now;
              due = [...pending].reverse();
            }
          }
          const next = due.pop();
          if (next !== undefined && pending.has(next)) flushEntity(next);
        }
      };

      subscriber.add(() => tick?.unsubscribe());
      subscriber.add(
        source.subscribe({
          next: (event) => {
            try {
              if (event.kind === "row") addRow(event);
              else if (event.kind === "columns") emit(event.chunk);
              else flushAll();
            } catch (thrown) {
              subscriber.error(thrown);
            }
          },
          error: (error) => {
            flushAll();
            subscriber.error(error);
          },
          complete: () => {
            flushAll();
            subscriber.complete();
          },
        }),
      );
    });
}

/** Rows that may share a chunk: same timelines, and no component that is two things. */
interface Group {
  readonly shape: TimeShape;
  readonly typeKey: string;
  readonly builder: ChunkBuilder;
  /** What each component in it is; a column has one. */
  readonly known: Map<string, ComponentDescriptor>;
  /** Components of its last row, to recognise the next one without building a key. */
  descriptors: readonly ComponentDescriptor[];
}

/** The pending rows of one entity. */
class PendingEntity {
  rows = 0;
  bytes = 0;
  readonly #path: string;
  #groups: Group[] = [];
  /** Groups with rows, in the order of their first one. */
  #open: Group[] = [];
  #last: Group | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  add(
    row: LogEvent,
    bytes: number,
    borrow: boolean,
    maxRowsIfUnsorted: number,
    ids: TuidGenerator,
    emit: (chunk: Chunk) => void,
  ): void {
    let group = this.#last;
    if (
      group === undefined ||
      group.shape !== row.time.shape ||
      !sameDescriptors(group.descriptors, row.batches)
    ) {
      group = this.#groupOf(row);
      this.#last = group;
    }
    const { builder } = group;
    if (builder.numRows === 0) this.#open.push(group);
    else if (builder.numRows >= maxRowsIfUnsorted && builder.unsorted)
      emit(builder.finish(ids.next()));
    builder.append(row, borrow);
    this.rows++;
    this.bytes += bytes;
  }

  flush(ids: TuidGenerator, emit: (chunk: Chunk) => void): void {
    const open = this.#open;
    this.#open = [];
    this.rows = 0;
    this.bytes = 0;
    // All chunks first: what a subscriber logs in response must not get into them.
    const chunks = open
      .filter((g) => g.builder.numRows > 0)
      .map((g) => g.builder.finish(ids.next()));
    // An entity has few kinds of rows; one that makes ever new ones must not collect them.
    if (this.#groups.length > 32) {
      this.#groups = [];
      this.#last = undefined;
    }
    for (const chunk of chunks) emit(chunk);
  }

  #groupOf(row: LogEvent): Group {
    const { batches, time } = row;
    const descriptors = batches.map((batch) => batch.descriptor);
    const typeKey = [...descriptors]
      .sort((a, b) => (a.component < b.component ? -1 : 1))
      .map((d) => d.type.key)
      .join("\n");
    let group = this.#groups.find(
      (g) =>
        g.shape === time.shape &&
        g.typeKey === typeKey &&
        descriptors.every((d) => (g.known.get(d.component) ?? d) === d),
    );
    if (group === undefined) {
      group = {
        shape: time.shape,
        typeKey,
        builder: new ChunkBuilder(this.#path, time.shape),
        known: new Map(),
        descriptors,
      };
      this.#groups.push(group);
    }
    group.descriptors = descriptors;
    for (const d of descriptors) group.known.set(d.component, d);
    return group;
  }
}

function sameDescriptors(
  descriptors: readonly ComponentDescriptor[],
  batches: readonly ComponentBatch[],
): boolean {
  if (descriptors.length !== batches.length) return false;
  for (let i = 0; i < batches.length; i++) {
    if (descriptors[i] !== (batches[i] as ComponentBatch).descriptor) return false;
  }
  return true;
}

/** Bytes that a row takes in its columns: row id, times, list offsets and values. */
function byteSizeOf(row: LogEvent): number {
  const { batches } = row;
  let bytes = 16 + 4 * row.time.halves.length;
  for (let i = 0; i < batches.length; i++) {
    const { data, length, descriptor } = batches[i] as ComponentBatch;
    if (typeof data === "number") bytes += 4 + widthOf(descriptor.type);
    else if (isArrowArray(data)) bytes += 4 + byteSizeOfArray(data);
    else bytes += 4 + length * widthOf(descriptor.type);
  }
  return bytes;
}

function widthOf(type: DataType): number {
  const item = type.kind === "fixed-size-list" ? type.children[0]?.type : undefined;
  return (byteWidth((item ?? type).kind) || 1) * strideOf(type);
}

function byteSizeOfArray(array: ArrowArray): number {
  const { values, offsets, type } = array;
  let bytes = offsets === undefined ? 0 : offsets.byteLength;
  if (values !== undefined)
    bytes += ArrayBuffer.isView(values) ? values.byteLength : array.length * widthOf(type);
  for (const child of array.children ?? []) bytes += byteSizeOfArray(child);
  return bytes;
}
