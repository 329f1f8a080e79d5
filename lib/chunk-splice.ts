import type { DataType } from "./arrow/data-type.ts";
import { Chunk, type ChunkColumns } from "./chunk.ts";
import type { ComponentDescriptor } from "./component-batch.ts";
import type { ArrowSchema, SchemaField } from "./decode/arrow-schema.ts";
import { type ArrowStream, openBatch } from "./decode/arrow-stream.ts";
import { type ColumnPlace, placeColumns, sizeOfColumn } from "./decode/batch-check.ts";
import { decodeChunk } from "./decode/chunk.ts";
import { type ReadSchema, SchemaCache } from "./decode/schema-cache.ts";
import { RecordBatchWriter } from "./encode/arrow-ipc.ts";
import { encodeSchema, type IpcField } from "./encode/arrow-schema.ts";
import { ipcColumns } from "./encode/ipc-columns.ts";
import { quote, RerunError } from "./errors.ts";
import type { Tuid } from "./tuid.ts";

/** Which columns of a chunk stay, and where its entity is. */
export interface Splice {
  readonly entityPath?: string;
  readonly isTimelineKept?: (name: string) => boolean;
  readonly isComponentKept?: (descriptor: ComponentDescriptor) => boolean;
}

/** What is the same for all chunks of one schema that are changed alike. */
interface Plan {
  /** Indices of the columns that stay. */
  readonly kept: readonly number[];
  readonly fields: readonly IpcField[];
  readonly places: readonly ColumnPlace[];
  /** The new schema message, and where the digits of the chunk id stand in it. */
  readonly schema: Uint8Array;
  readonly idAt: number;
  readonly writer: RecordBatchWriter;
  readonly columns: (ipc: Uint8Array) => ChunkColumns;
}

const schemas = new SchemaCache();
const plans = new WeakMap<ArrowSchema, Map<string, Plan>>();
const MAX_PLANS = 64;
const ID_PREFIX = "chunk_";
const NO_ID = "?".repeat(32);

/**
 * A chunk with all rows of some columns of another, or of another entity: values of any type are taken along as they
 * stand, without being looked at.
 *
 * @param change names the splice: the same name for the same schema means the same columns and path
 * @throws RerunError `unsupported-data` for columns that refer to what stands outside of the batch
 */
export function spliceChunk(chunk: Chunk, id: Tuid, change: string, splice: Splice): Chunk {
  const { ipc } = chunk;
  const read = schemas.read(ipc);
  const plan = planOf(read, change, splice);
  const stream = openBatch(ipc, read.end);
  for (let i = 0; i < NO_ID.length; i++) plan.schema[plan.idAt + i] = id.toString().charCodeAt(i);
  const encoded = plan.writer.encode(plan.schema, stream.rows, (visitor) => {
    for (const index of plan.kept) {
      const { nodes, buffers } = columnOf(ipc, stream, read.arrow, plan.places, index);
      for (const [length, nulls] of nodes) visitor.node(length, nulls);
      for (const bytes of buffers) visitor.buffer([bytes], "owned");
    }
  });
  const { isTimelineKept, isComponentKept } = splice;
  return new Chunk({
    id,
    entityPath: splice.entityPath ?? chunk.entityPath,
    numRows: chunk.numRows,
    timelines: chunk.timelines.filter((t) => isTimelineKept?.(t.timeline.name) ?? true),
    components: chunk.components.filter((c) => isComponentKept?.(c.descriptor) ?? true),
    encoded: { parts: encoded.parts, borrowed: undefined },
    columns: plan.columns,
  });
}

/** The field nodes and buffers of a column and its children. */
function columnOf(
  ipc: Uint8Array,
  { nodes, buffers, bodyAt }: ArrowStream,
  { fields }: ArrowSchema,
  places: readonly ColumnPlace[],
  index: number,
): { readonly nodes: [number, number][]; readonly buffers: Uint8Array[] } {
  const view = new DataView(ipc.buffer, ipc.byteOffset, ipc.byteLength);
  const pair = (at: number): [number, number] => [
    Number(view.getBigInt64(at, true)),
    Number(view.getBigInt64(at + 8, true)),
  ];
  const place = places[index] as ColumnPlace;
  const size = sizeOfColumn((fields[index] as SchemaField).type);
  return {
    nodes: Array.from({ length: size.node }, (_, i) => pair(nodes.at + 16 * (place.node + i))),
    buffers: Array.from({ length: size.buffer }, (_, i) => {
      const [offset, length] = pair(buffers.at + 16 * (place.buffer + i));
      return ipc.subarray(bodyAt + offset, bodyAt + offset + length);
    }),
  };
}

function planOf({ arrow, chunk }: ReadSchema, change: string, splice: Splice): Plan {
  let ofSchema = plans.get(arrow);
  if (ofSchema === undefined) {
    ofSchema = new Map();
    plans.set(arrow, ofSchema);
  }
  let plan = ofSchema.get(change);
  if (plan === undefined) {
    // Chunks are of today's schema: older ones are migrated when they are read.
    if (chunk === undefined) throw new TypeError("a chunk of an older schema");
    plan = makePlan(arrow, chunk, splice);
    if (ofSchema.size >= MAX_PLANS) ofSchema.clear();
    ofSchema.set(change, plan);
  }
  return plan;
}

function makePlan(
  arrow: ArrowSchema,
  { rowIds, timelines, components }: NonNullable<ReadSchema["chunk"]>,
  { entityPath, isTimelineKept, isComponentKept }: Splice,
): Plan {
  const times = timelines.filter((t) => isTimelineKept?.(t.timeline.name) ?? true);
  const data = components.filter((c) => isComponentKept?.(c.descriptor) ?? true);
  const kept = [rowIds, ...times.map((t) => t.index), ...data.map((c) => c.index)];
  const fields = kept.map((index): IpcField => {
    const { name, type, nullable, metadata } = arrow.fields[index] as SchemaField;
    if (!isWhole(type)) {
      throw new RerunError(
        "unsupported-data",
        `Expected columns that can be written anew, got ${quote(name)} of type ${type.key}`,
      );
    }
    return { name, type, nullable, metadata: sorted(metadata) };
  });
  const metadata = new Map(arrow.metadata).set("rerun:id", ID_PREFIX + NO_ID);
  if (entityPath !== undefined) metadata.set("rerun:entity_path", entityPath);
  const schema = encodeSchema(fields, sorted(metadata));
  // As this package writes them itself: found by their names.
  const isOwn =
    times.every(({ timeline, index }) => arrow.fields[index]?.name === timeline.name) &&
    data.every(
      ({ descriptor, index, isBare }) =>
        !isBare && arrow.fields[index]?.name === descriptor.component,
    ) &&
    fields.every(({ type }) => !hasForeign(type));
  return {
    kept,
    fields,
    places: placeColumns(arrow.fields),
    schema,
    idAt: indexOf(schema, ID_PREFIX + NO_ID) + ID_PREFIX.length,
    writer: new RecordBatchWriter(fields),
    columns: isOwn ? ipcColumns(fields) : (ipc) => decodeChunk(ipc).columns(),
  };
}

/** Whether all of a column stands among the buffers of its type. */
function isWhole(type: DataType): boolean {
  const layout = type.foreign?.layout;
  return (
    layout !== "view" && layout !== "dictionary" && type.children.every((c) => isWhole(c.type))
  );
}

/** Whether a type, or one inside it, is none of Rerun's own catalogue. */
export function hasForeign(type: DataType): boolean {
  return type.kind === "foreign" || type.children.some((child) => hasForeign(child.type));
}

function sorted(metadata: ReadonlyMap<string, string>): (readonly [string, string])[] {
  return [...metadata].sort(([a], [b]) => (a < b ? -1 : 1));
}

function indexOf(bytes: Uint8Array, ascii: string): number {
  const wanted = new TextEncoder().encode(ascii);
  for (let at = 0; at + wanted.length <= bytes.length; at++)
    if (wanted.every((byte, i) => bytes[at + i] === byte)) return at;
  throw new TypeError("the chunk id is missing from its own schema");
}
