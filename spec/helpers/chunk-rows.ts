import fc from "fast-check";
import type { DataType } from "../../lib/arrow/data-type.ts";
import type { Chunk } from "../../lib/chunk.ts";
import { ChunkBuilder } from "../../lib/chunk-builder.ts";
import { ComponentBatch, type ComponentDescriptor } from "../../lib/component-batch.ts";
import type { ChunkMsg, LogMsg, StoreId } from "../../lib/log-msg.ts";
import type { TimeInput } from "../../lib/time.ts";
import { TuidGenerator } from "../../lib/tuid.ts";
import { anyType, arrayOf, valueOf } from "./arrow-arbitraries.ts";
import { plainValues, readIpc, tuidText } from "./decode-rrd.ts";
import { describeComponent, row } from "./rows.ts";

/** A row of a chunk as plain JavaScript. */
export interface PlainRow {
  readonly rowId: string;
  /** Times by timeline. */
  readonly times: Readonly<Record<string, bigint>>;
  /** Instances by component, of those that have a cell in this row. */
  readonly cells: Readonly<Record<string, unknown>>;
}

/** The rows of a chunk as our second reader, `apache-arrow`, sees them. */
export function plainRows({ ipc }: Pick<Chunk, "ipc">): PlainRow[] {
  const batch = readIpc(ipc);
  const kindOf = (i: number): string | undefined =>
    batch.schema.fields[i]?.metadata.get("rerun:kind");
  const columns = batch.schema.fields.map((field, i) => {
    const vector = batch.getChildAt(i);
    return {
      name: field.name,
      kind: kindOf(i),
      values: vector === null ? [] : plainValues(vector),
    };
  });
  const at = (kind: string, i: number): [string, unknown][] =>
    columns
      .filter((column) => column.kind === kind && column.values[i] !== null)
      .map((column) => [column.name, column.values[i]]);
  return Array.from({ length: batch.numRows }, (_, i) => ({
    rowId: tuidText(columns[0]?.values[i]),
    times: Object.fromEntries(at("index", i)) as Record<string, bigint>,
    cells: Object.fromEntries(at("data", i)),
  }));
}

/** Fields of the schema whose metadata claims that they are sorted. */
export function claimsSorted(chunk: Chunk): string[] {
  return readIpc(chunk.ipc)
    .schema.fields.filter((field) => field.metadata.get("rerun:is_sorted") === "true")
    .map((field) => field.name);
}

const ids = new TuidGenerator();

/** What is logged in one row: times of `frame`, `t`, …, and instances by component. */
export interface RowInput {
  readonly times: Readonly<Record<string, TimeInput>> | "static";
  readonly cells: readonly (readonly [ComponentDescriptor, readonly unknown[]])[];
}

/** The cells of a row, as they are logged. */
export function batchesOf({ cells }: RowInput): ComponentBatch[] {
  return cells.map(
    ([descriptor, instances]) =>
      new ComponentBatch(descriptor, instances.length, arrayOf(descriptor.type, instances)),
  );
}

/** A chunk of these rows, which have the same timelines. */
export function chunkOf(entityPath: string, inputs: readonly RowInput[]): Chunk {
  const rows = inputs.map((input) => row(entityPath, input.times, ...batchesOf(input)));
  const [first] = rows;
  if (first === undefined) throw new Error("a chunk has rows");
  const builder = new ChunkBuilder(entityPath, first.time.shape);
  for (const each of rows) builder.append(each, false);
  return builder.finish(ids.next());
}

export const STORE: StoreId = { kind: "recording", applicationId: "app", recordingId: "rec" };

/** A chunk as a message of some recording. */
export function message(chunk: Chunk, storeId: StoreId = STORE): ChunkMsg {
  return { kind: "chunk", storeId, chunk };
}

/** The chunk of a message that is one. */
export function chunkIn(msg: LogMsg | undefined): Chunk {
  if (msg?.kind !== "chunk") throw new Error(`Expected a chunk, got ${msg?.kind}`);
  return msg.chunk;
}

const time = fc.bigInt({ min: -1000n, max: 1000n });

/** Rows of up to four components of any types, on up to three timelines, with gaps. */
export const anyRows: fc.Arbitrary<{
  readonly descriptors: readonly ComponentDescriptor[];
  readonly inputs: readonly RowInput[];
}> = fc
  .tuple(
    fc.array(anyType, { minLength: 1, maxLength: 4 }),
    fc.uniqueArray(fc.constantFrom("frame", "t", "log_time"), { maxLength: 3 }),
    fc.boolean(),
  )
  .chain(([types, timelines, sorted]) => {
    const descriptors = types.map((type, i) => describeComponent(`c${i}`, type));
    const input = fc.record({
      times: fc.array(time, { minLength: timelines.length, maxLength: timelines.length }),
      cells: fc
        .tuple(...descriptors.map((d) => fc.option(instancesOf(d.type), { freq: 2, nil: null })))
        .filter((cells) => cells.some((cell) => cell !== null)),
    });
    return fc.array(input, { minLength: 1, maxLength: 24 }).map((drawn) => ({
      descriptors,
      inputs: drawn.map(({ times, cells }, i): RowInput => {
        const named = timelines.map((name, k): [string, TimeInput] => [
          name,
          { sequence: sorted ? i : (times[k] ?? 0n) },
        ]);
        return {
          times: named.length === 0 ? "static" : Object.fromEntries(named),
          cells: cells.flatMap((cell, k): RowInput["cells"] => {
            const descriptor = descriptors[k];
            return cell === null || descriptor === undefined ? [] : [[descriptor, cell]];
          }),
        };
      }),
    }));
  });

function instancesOf(type: DataType): fc.Arbitrary<unknown[]> {
  return fc.array(valueOf(type, true), { maxLength: 4 });
}
