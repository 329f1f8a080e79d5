import { sha256 } from "@noble/hashes/sha2.js";
import { field, list } from "../arrow/data-type.ts";
import type { Chunk } from "../chunk.ts";
import { descriptorMetadata, indexType, rowIdField } from "../chunk-builder.ts";
import type { ComponentDescriptor } from "../component-batch.ts";
import type { StoreId } from "../log-msg.ts";
import type { Timeline } from "../time.ts";
import { END_OF_STREAM } from "./arrow-message.ts";
import { type IpcField, schemaInSteps } from "./arrow-schema.ts";
import { encodeStoreId } from "./log-msg.ts";
import { Lz4Stream } from "./lz4-stream.ts";
import { ManifestRows } from "./manifest-rows.ts";
import { manifestTable, tableRowBytes } from "./manifest-table.ts";
import { join, sizeOf } from "./pieces.ts";
import { ProtobufWriter } from "./protobuf.ts";

const ENCODER_V0 = 1;
const COMPRESSION_LZ4 = 2;
/** Bytes that are hashed before others get their turn. */
const HASH_BYTES = 1 << 18;

/** One column of the store that a manifest describes: a component of an entity. */
interface DataColumn {
  readonly entityPath: string;
  readonly descriptor: ComponentDescriptor;
  isStatic: boolean;
  hasValues: boolean;
}

/** Collects what the footer says of the chunks of one store. */
export class ManifestBuilder {
  readonly #storeId: StoreId;
  readonly #rows = new ManifestRows();
  readonly #timelines = new Map<string, Timeline>();
  readonly #columns = new Map<string, DataColumn>();
  /** Columns by the number of the shape that has them. */
  readonly #ofShape: (readonly DataColumn[])[] = [];
  readonly #descriptors = new Set<ComponentDescriptor>();

  constructor(storeId: StoreId) {
    this.#storeId = storeId;
  }

  /** Bytes of memory that it takes now, but for names. */
  get byteLength(): number {
    return this.#rows.byteLength;
  }

  /** Bytes of the table, uncompressed; a guess. */
  get tableBytes(): number {
    return this.#rows.length * tableRowBytes(this.#timelines.size, this.#descriptors.size);
  }

  add(chunk: Chunk, offset: number, size: number): void {
    const shape = this.#rows.add(chunk, offset, size);
    const columns = this.#ofShape[shape.index] ?? this.#newShape(shape.index, chunk);
    const { components } = chunk;
    for (let i = 0; i < components.length; i++) {
      if ((components[i]?.numInstances ?? 0) > 0) (columns[i] as DataColumn).hasValues = true;
    }
  }

  #newShape(
    index: number,
    { entityPath, isStatic, timelines, components }: Chunk,
  ): readonly DataColumn[] {
    for (const { timeline } of timelines) this.#timelines.set(timeline.name, timeline);
    const columns = components.map(({ descriptor }) => {
      this.#descriptors.add(descriptor);
      const key = `${entityPath}\n${descriptor.component}`;
      let column = this.#columns.get(key);
      if (column === undefined) {
        column = { entityPath, descriptor, isStatic: false, hasValues: false };
        this.#columns.set(key, column);
      }
      column.isStatic ||= isStatic;
      return column;
    });
    this.#ofShape[index] = columns;
    return columns;
  }

  /**
   * Makes the manifest, in many small steps.
   *
   * @yields after each
   * @returns `rerun.log_msg.v1alpha1.RrdManifest`, in pieces
   */
  *finish(): Generator<undefined, readonly Uint8Array[]> {
    const timelines = [...this.#timelines.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    const fields = this.#sorbetFields(timelines);
    const schema = yield* schemaInSteps(fields);
    // The hash is over the fields sorted by name; readers check its length alone.
    const sorted = yield* schemaInSteps(fields.sort((a, b) => (a.name < b.name ? -1 : 1)));
    const hash = sha256.create();
    for (let at = 0; at < sorted.length; at += HASH_BYTES) {
      yield;
      hash.update(sorted.subarray(at, at + HASH_BYTES));
    }
    const before = new ProtobufWriter()
      .bytes(1, encodeStoreId(this.#storeId))
      .bytes(2, new ProtobufWriter().bytes(1, join([schema, END_OF_STREAM])))
      .bytes(3, hash.digest());
    const { head, pages, tail } = yield* this.#table(timelines);
    const tableBytes = head.length + sizeOf(pages) + tail.length;
    return [before.prefix(4, tableBytes).finish(), head, ...pages, tail];
  }

  /** `rerun.common.v1alpha1.DataframePart`: one row per chunk. */
  *#table(timelines: readonly Timeline[]): Generator<undefined, DataframePart> {
    const lz4 = new Lz4Stream();
    const table = manifestTable(this.#rows, timelines);
    let next = table.next();
    while (next.done !== true) {
      if (next.value !== undefined) lz4.push(next.value);
      yield;
      next = table.next();
    }
    const pages = lz4.finish();
    return {
      head: new ProtobufWriter().varint(1, ENCODER_V0).prefix(2, sizeOf(pages)).finish(),
      pages,
      tail: new ProtobufWriter().varint(3, COMPRESSION_LZ4).varint(4, next.value).finish(),
    };
  }

  /** The union of all columns of the store. */
  #sorbetFields(timelines: readonly Timeline[]): IpcField[] {
    return [
      rowIdField(false),
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
}

interface DataframePart {
  readonly head: Uint8Array;
  readonly pages: readonly Uint8Array[];
  readonly tail: Uint8Array;
}

/** Properties have names of their own; see the sorbet schema of rerun. */
function columnName(entityPath: string, { component }: ComponentDescriptor): string {
  if (entityPath === "/__properties") return `property:${component}`;
  if (entityPath.startsWith("/__properties/"))
    return `property:${entityPath.slice("/__properties/".length)}:${component}`;
  return `${entityPath}:${component}`;
}
