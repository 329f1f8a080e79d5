import { allocate } from "../arrow/allocate.ts";
import type { ArrowArray } from "../arrow/array.ts";
import { END_OF_STREAM } from "../encode/arrow-message.ts";
import { encodeSchema } from "../encode/arrow-schema.ts";
import { FlatbufferWriter, i16, i64, u8 } from "../encode/flatbuffer.ts";
import type { ArrowSchema } from "./arrow-schema.ts";
import type { ArrowStream } from "./arrow-stream.ts";
import { type ColumnPlace, placeColumns, sizeOfColumn } from "./batch-check.ts";
import { readColumn } from "./batch-columns.ts";
import { isStructOfHalves, type MigratedSchema } from "./migrate.ts";

const METADATA_V5 = 4;
const HEADER_RECORD_BATCH = 3;

/**
 * Writes a chunk of an older schema in today's form: a new schema, and a batch whose columns refer to the body as it
 * is. Values are not touched; the buffers of columns that are left out stay where they are, unused.
 *
 * @param stream of `ipc`, which `checkBatch` let pass with the fields of `schema`
 */
export function rewriteChunk(
  ipc: Uint8Array,
  stream: ArrowStream,
  schema: ArrowSchema,
  migrated: MigratedSchema,
): Uint8Array {
  const places = placeColumns(schema.fields);
  const body = [ipc.subarray(stream.bodyAt, stream.bodyAt + stream.bodyBytes)];
  let bodyBytes = stream.bodyBytes;
  const append = (bytes: Uint8Array): number => {
    const padding = -bodyBytes & 7;
    const at = bodyBytes + padding;
    body.push(new Uint8Array(padding), bytes);
    bodyBytes = at + bytes.length;
    return at;
  };

  const view = new DataView(ipc.buffer, ipc.byteOffset, ipc.byteLength);
  const nodes: (readonly [length: number, nulls: number])[] = [];
  const buffers: (readonly [offset: number, length: number])[] = [];
  const pair = (at: number): readonly [number, number] => [
    Number(view.getBigUint64(at, true)),
    Number(view.getBigUint64(at + 8, true)),
  ];
  for (const { from, type } of migrated.columns) {
    const field = schema.fields[from] as ArrowSchema["fields"][number];
    const place = places[from] as ColumnPlace;
    if (isStructOfHalves(field.type) && type.kind === "fixed-size-binary") {
      const ids = joinHalves(readColumn(ipc, stream, field, place));
      nodes.push([stream.rows, 0]);
      buffers.push([0, 0], [append(ids), ids.length]);
      continue;
    }
    const size = sizeOfColumn(type);
    for (let i = 0; i < size.node; i++) nodes.push(pair(stream.nodes.at + 16 * (place.node + i)));
    for (let i = 0; i < size.buffer; i++)
      buffers.push(pair(stream.buffers.at + 16 * (place.buffer + i)));
  }
  append(new Uint8Array(0));
  return concat([
    encodeSchema(
      migrated.columns.map((column) => ({ ...column, metadata: sorted(column.metadata) })),
      sorted(migrated.metadata),
    ),
    encodeBatch(stream.rows, nodes, buffers, bodyBytes),
    ...body,
    END_OF_STREAM,
  ]);
}

/** Ids out of two columns of numbers, as 16 bytes in big-endian order each. */
function joinHalves({ length, children }: ArrowArray): Uint8Array {
  const [times, counters] = (children ?? []).map((child) => child.values as BigUint64Array);
  const ids = new Uint8Array(16 * length);
  const view = new DataView(ids.buffer);
  for (let i = 0; i < length; i++) {
    view.setBigUint64(16 * i, times?.[i] ?? 0n);
    view.setBigUint64(16 * i + 8, counters?.[i] ?? 0n);
  }
  return ids;
}

/** The message of a record batch: its nodes and buffers as they are given. */
function encodeBatch(
  rows: number,
  nodes: readonly (readonly [number, number])[],
  buffers: readonly (readonly [number, number])[],
  bodyBytes: number,
): Uint8Array {
  const w = new FlatbufferWriter();
  const message = w.table(w.root(), [
    i16(METADATA_V5),
    u8(HEADER_RECORD_BATCH),
    "ref",
    i64(bodyBytes),
  ]);
  const batch = w.table(message[2] as number, [i64(rows), "ref", "ref"]);
  const nodesAt = w.vector(batch[1] as number, nodes.length, 16);
  const buffersAt = w.vector(batch[2] as number, buffers.length, 16);
  const metadata = w.finish();
  const all = new Uint8Array(8 + metadata.length);
  all.set(metadata, 8);
  const view = new DataView(all.buffer);
  view.setUint32(0, 0xffff_ffff, true);
  view.setUint32(4, metadata.length, true);
  const write = (at: number, pairs: readonly (readonly [number, number])[]): void => {
    pairs.forEach(([first, second], i) => {
      view.setBigUint64(8 + at + 16 * i, BigInt(first), true);
      view.setBigUint64(8 + at + 16 * i + 8, BigInt(second), true);
    });
  };
  write(nodesAt, nodes);
  write(buffersAt, buffers);
  return all;
}

function sorted(metadata: ReadonlyMap<string, string>): (readonly [string, string])[] {
  return [...metadata].sort(([a], [b]) => (a < b ? -1 : 1));
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = allocate(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
