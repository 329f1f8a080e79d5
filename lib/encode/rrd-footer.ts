import { sha256 } from "@noble/hashes/sha2.js";
import { compressLz4 } from "#lz4";
import type { ArrowArray } from "../arrow/array.ts";
import { arrayBuilder } from "../arrow/column-builder.ts";
import { type DataType, field, fixedSizeBinary, list, primitive } from "../arrow/data-type.ts";
import type { Chunk, ComponentStats, TimelineStats } from "../chunk.ts";
import { descriptorMetadata, indexType, rowIdField, sortedOrder } from "../chunk-builder.ts";
import type { ComponentDescriptor } from "../component-batch.ts";
import { textArray } from "../components/text.ts";
import type { StoreId } from "../log-msg.ts";
import type { Timeline } from "../time.ts";
import type { Tuid } from "../tuid.ts";
import { END_OF_STREAM, encodeSchema, type IpcField, RecordBatchWriter } from "./arrow-ipc.ts";
import { encodeStoreId } from "./log-msg.ts";
import { ProtobufWriter } from "./protobuf.ts";
import { MESSAGE_HEADER_BYTES, MESSAGE_KIND, messageHeader } from "./rrd.ts";
import { xxh32 } from "./xxh32.ts";

/** Inclusive range of times. */
interface Range {
  readonly min: bigint;
  readonly max: bigint;
}

/** What the footer says of one chunk. */
interface ChunkEntry {
  readonly id: Tuid;
  readonly entityPath: string;
  readonly isStatic: boolean;
  readonly numRows: number;
  readonly offset: number;
  readonly size: number;
  readonly uncompressedSize: number;
  readonly timelines: readonly TimelineStats[];
  readonly components: readonly ComponentStats[];
  /** For components that some row lacks: the range of the rows that have them, in the order of `timelines`. */
  readonly sparse: ReadonlyMap<ComponentDescriptor, readonly (Range | undefined)[]> | undefined;
}

interface DataColumn {
  readonly entityPath: string;
  readonly descriptor: ComponentDescriptor;
  isStatic: boolean;
  hasValues: boolean;
}

/**
 * Collects what the footer of a file says of its chunks. Grows with the number of chunks, by a few hundred bytes
 * each.
 *
 * Source: rerun crates/store/re_log_encoding (RrdFooter, RrdManifest).
 */
export class FooterBuilder {
  readonly #stores = new Map<string, ManifestBuilder>();
  /** By object as well: looking up a string for each chunk costs more. */
  readonly #byObject = new WeakMap<StoreId, ManifestBuilder>();

  /**
   * Notes a chunk.
   *
   * @param offset of the message's payload, from the start of the stream
   * @param size of the message's payload
   */
  add(storeId: StoreId, chunk: Chunk, offset: number, size: number): void {
    let manifest = this.#byObject.get(storeId);
    if (manifest === undefined) {
      // Two recording streams may log to one store; a file has at most one manifest for it.
      const key = JSON.stringify([storeId.kind, storeId.applicationId, storeId.recordingId]);
      manifest = this.#stores.get(key) ?? new ManifestBuilder(storeId);
      this.#stores.set(key, manifest);
      this.#byObject.set(storeId, manifest);
    }
    manifest.add(chunk, offset, size);
  }

  /**
   * The end of the stream: End message, footer, and the 32 bytes by which readers find it.
   *
   * | offset | size | content |
   * | --- | --- | --- |
   * | 0 | 8 | start of the footer payload in the stream |
   * | 8 | 8 | its length |
   * | 16 | 4 | its xxh32 |
   * | 20 | 4 | `RRF2` |
   * | 24 | 4 | `FOOT` |
   * | 28 | 4 | number of entries: 1 |
   *
   * @param position bytes of the stream so far
   */
  finish(position: number): Uint8Array {
    const footer = new ProtobufWriter();
    for (const manifest of this.#stores.values()) footer.bytes(1, manifest.finish());
    const payload = footer.finish();
    const all = new Uint8Array(MESSAGE_HEADER_BYTES + payload.length + 32);
    all.set(messageHeader(MESSAGE_KIND.end, payload.length), 0);
    all.set(payload, MESSAGE_HEADER_BYTES);
    const view = new DataView(all.buffer, MESSAGE_HEADER_BYTES + payload.length);
    view.setBigUint64(0, BigInt(position + MESSAGE_HEADER_BYTES), true);
    view.setBigUint64(8, BigInt(payload.length), true);
    view.setUint32(16, xxh32(payload, CRC_SEED), true);
    all.set(new TextEncoder().encode("RRF2FOOT"), all.length - 12);
    view.setUint32(28, 1, true);
    return all;
  }
}

const CRC_SEED = 7850921;
const ENCODER_V0 = 1;
const COMPRESSION_NONE = 1;
const COMPRESSION_LZ4 = 2;
const STATIC_INDEX = "rerun:static";

class ManifestBuilder {
  readonly #storeId: StoreId;
  readonly #chunks: ChunkEntry[] = [];
  readonly #timelines = new Map<string, Timeline>();
  readonly #columns = new Map<string, DataColumn>();

  constructor(storeId: StoreId) {
    this.#storeId = storeId;
  }

  add(chunk: Chunk, offset: number, size: number): void {
    const { id, entityPath, isStatic, numRows, timelines, components } = chunk;
    this.#chunks.push({
      id,
      entityPath,
      isStatic,
      numRows,
      offset,
      size,
      uncompressedSize: chunk.byteLength,
      timelines,
      components,
      sparse: sparseRanges(chunk),
    });
    for (const { timeline } of timelines) this.#timelines.set(timeline.name, timeline);
    for (const { descriptor, numInstances } of components) {
      const key = `${entityPath}\n${descriptor.component}`;
      let column = this.#columns.get(key);
      if (column === undefined) {
        column = { entityPath, descriptor, isStatic: false, hasValues: false };
        this.#columns.set(key, column);
      }
      column.isStatic ||= isStatic;
      column.hasValues ||= numInstances > 0;
    }
  }

  /** `rerun.log_msg.v1alpha1.RrdManifest` */
  finish(): Uint8Array {
    const timelines = [...this.#timelines.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    const schema = this.#sorbetFields(timelines);
    // The hash is over the fields sorted by name; readers check its length alone.
    const sorted = [...schema].sort((a, b) => (a.name < b.name ? -1 : 1));
    return new ProtobufWriter()
      .bytes(1, encodeStoreId(this.#storeId))
      .bytes(2, new ProtobufWriter().bytes(1, join(encodeSchema(schema), END_OF_STREAM)))
      .bytes(3, sha256(encodeSchema(sorted)))
      .bytes(4, dataframePart(this.#table(timelines)))
      .finish();
  }

  /** The union of all columns of the store. */
  #sorbetFields(timelines: readonly Timeline[]): IpcField[] {
    const { metadata, ...rowId } = rowIdField(false);
    return [
      { ...rowId, metadata },
      ...timelines.map((t) => ({
        ...field(t.name, indexType(t), true),
        metadata: [
          ["rerun:index_name", t.name],
          ["rerun:kind", "index"],
        ] as const,
      })),
      ...[...this.#columns.values()].map(({ entityPath, descriptor, isStatic, hasValues }) => {
        const more: [string, string][] = [
          ["rerun:kind", "data"],
          ["rerun:entity_path", entityPath],
        ];
        if (isStatic) more.push(["rerun:is_static", "true"]);
        if (descriptor.component === "Clear:is_recursive")
          more.push(["rerun:is_tombstone", "true"]);
        if (!hasValues) more.push(["rerun:is_semantically_empty", "true"]);
        return {
          ...field(columnName(entityPath, descriptor), list(descriptor.type, true), true),
          metadata: descriptorMetadata(descriptor, more),
        };
      }),
    ];
  }

  /** One row per chunk, in the order in which chunks were written. */
  #table(timelines: readonly Timeline[]): Uint8Array {
    const chunks = this.#chunks;
    const fields: IpcField[] = [];
    const arrays: ArrowArray[] = [];
    const add = (
      name: string,
      nullable: boolean,
      array: ArrowArray,
      metadata: IpcField["metadata"] = [],
    ): void => {
      fields.push({ ...field(name, array.type, nullable), metadata });
      arrays.push(array);
    };
    const numbers = (of: (chunk: ChunkEntry) => number): ArrowArray => ({
      type: UINT64,
      length: chunks.length,
      values: chunks.map(of),
    });
    const flags = (of: (chunk: ChunkEntry) => boolean): ArrowArray => ({
      type: BOOL,
      length: chunks.length,
      values: chunks.map((c) => (of(c) ? 1 : 0)),
    });

    add("chunk_entity_path", false, textArray(chunks.map((c) => c.entityPath)));
    const ids = new Uint8Array(16 * chunks.length);
    chunks.forEach((c, i) => c.id.writeTo(ids, 16 * i));
    add("chunk_id", false, { type: fixedSizeBinary(16), length: chunks.length, values: ids });
    add(
      "chunk_is_static",
      false,
      flags((c) => c.isStatic),
    );
    add(
      "chunk_num_rows",
      false,
      numbers((c) => c.numRows),
    );
    add(
      "chunk_byte_offset",
      false,
      numbers((c) => c.offset),
    );
    add(
      "chunk_byte_size",
      false,
      numbers((c) => c.size),
    );
    add(
      "chunk_byte_size_uncompressed",
      false,
      numbers((c) => c.uncompressedSize),
    );

    const descriptors = sortedDescriptors([...this.#columns.values()].map((c) => c.descriptor));
    const statsOf = (c: ChunkEntry, d: ComponentDescriptor): ComponentStats | undefined =>
      c.components.find(
        (s) => s.descriptor.component === d.component && s.descriptor.archetype === d.archetype,
      );
    for (const d of descriptors) {
      add(
        manifestName([...descriptorParts(d), "has_static_data"]),
        false,
        flags((c) => c.isStatic && statsOf(c, d) !== undefined),
        descriptorMetadata(d, [["rerun:index", STATIC_INDEX]]),
      );
    }
    for (const t of timelines) {
      const metadata = [["rerun:index", t.name]] as const;
      const [start, end] = ranges(
        t,
        chunks.map((c) => c.timelines.find((s) => s.timeline.name === t.name)),
      );
      add(manifestName([t.name, "start"]), true, start, metadata);
      add(manifestName([t.name, "end"]), true, end, metadata);
    }
    for (const t of timelines) {
      for (const d of descriptors) {
        const metadata = descriptorMetadata(d, [["rerun:index", t.name]]);
        const parts = [t.name, ...descriptorParts(d)];
        const [start, end] = ranges(
          t,
          chunks.map((c) => rangeIn(c, t, statsOf(c, d))),
        );
        add(manifestName([...parts, "start"]), true, start, metadata);
        add(manifestName([...parts, "end"]), true, end, metadata);
        const cells = chunks.map((c) =>
          c.timelines.some((s) => s.timeline.name === t.name) ? (statsOf(c, d)?.numCells ?? 0) : 0,
        );
        add(
          manifestName([...parts, "num_rows"]),
          true,
          { type: UINT64, length: chunks.length, values: cells },
          metadata,
        );
      }
    }

    const builders = arrays.map((array) => {
      const builder = arrayBuilder(array.type);
      builder.append(array, array.length, false);
      return builder;
    });
    const { parts } = new RecordBatchWriter(fields).encode(
      encodeSchema(fields),
      chunks.length,
      (visitor) => {
        for (const builder of builders) builder.visit(visitor);
      },
    );
    return join(...parts);
  }
}

const UINT64: DataType = primitive("uint64");
const BOOL: DataType = primitive("bool");

/** Time ranges of components that not every row has. */
function sparseRanges(chunk: Chunk): ChunkEntry["sparse"] {
  const sparse = chunk.components.filter((c) => c.numCells < chunk.numRows);
  if (sparse.length === 0 || chunk.isStatic) return undefined;
  return new Map(
    sparse.map(({ descriptor }) => {
      const { valid } = chunk.column(descriptor);
      return [
        descriptor,
        chunk.timelines.map(({ timeline }) => {
          const times = chunk.times(timeline);
          let range: Range | undefined;
          for (let row = 0; row < times.length; row++) {
            if (valid !== undefined && valid[row] === 0) continue;
            const time = times[row] as bigint;
            range =
              range === undefined
                ? { min: time, max: time }
                : {
                    min: time < range.min ? time : range.min,
                    max: time > range.max ? time : range.max,
                  };
          }
          return range;
        }),
      ] as const;
    }),
  );
}

function rangeIn(
  chunk: ChunkEntry,
  timeline: Timeline,
  stats: ComponentStats | undefined,
): Range | undefined {
  const index = chunk.timelines.findIndex((t) => t.timeline.name === timeline.name);
  if (index < 0 || stats === undefined || stats.numCells === 0) return undefined;
  const sparse = chunk.sparse?.get(stats.descriptor);
  return sparse === undefined ? chunk.timelines[index] : sparse[index];
}

/** Start and end columns; null where a chunk has no range. */
function ranges(
  timeline: Timeline,
  of: readonly (Range | undefined)[],
): readonly [ArrowArray, ArrowArray] {
  const type = indexType(timeline);
  const valid = Uint8Array.from(of, (range) => (range === undefined ? 0 : 1));
  const column = (time: (range: Range) => bigint): ArrowArray => ({
    type,
    length: of.length,
    valid,
    values: BigInt64Array.from(of, (range) => (range === undefined ? 0n : time(range))),
  });
  return [column((r) => r.min), column((r) => r.max)];
}

/** Properties have names of their own; see the sorbet schema of rerun. */
function columnName(entityPath: string, { component }: ComponentDescriptor): string {
  if (entityPath === "/__properties") return `property:${component}`;
  if (entityPath.startsWith("/__properties/"))
    return `property:${entityPath.slice("/__properties/".length)}:${component}`;
  return `${entityPath}:${component}`;
}

function sortedDescriptors(all: readonly ComponentDescriptor[]): ComponentDescriptor[] {
  const unique = new Map(all.map((d) => [`${d.archetype}\n${d.component}`, d]));
  const descriptors = [...unique.values()];
  return sortedOrder(descriptors).map((i) => descriptors[i] as ComponentDescriptor);
}

/** Short archetype name and field, or the component alone. */
function descriptorParts({ archetype, component }: ComponentDescriptor): string[] {
  if (archetype === undefined) return [component];
  const short = archetype.replace(/^rerun\.(blueprint\.)?archetypes\./, "").replace(/^rerun\./, "");
  return [short, component.startsWith(`${short}:`) ? component.slice(short.length + 1) : component];
}

const manifestName = (parts: readonly string[]): string =>
  parts
    .join(":")
    .replace(/[, \-.\\]/g, "_")
    .replace(/^_+/, "");

/** `rerun.common.v1alpha1.DataframePart` */
function dataframePart(ipc: Uint8Array): Uint8Array {
  const small = compressLz4(ipc);
  return new ProtobufWriter()
    .varint(1, ENCODER_V0)
    .bytes(2, small ?? ipc)
    .varint(3, small === undefined ? COMPRESSION_NONE : COMPRESSION_LZ4)
    .varint(4, ipc.length)
    .finish();
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
