import { DataType, MessageReader, type RecordBatch } from "apache-arrow";
import { expect } from "chai";
import fc from "fast-check";
import { Subject } from "rxjs";
import type { ArrowArray } from "../../../lib/arrow/array.ts";
import { isFixedWidth, strideOf } from "../../../lib/arrow/array.ts";
import {
  type DataType as ArrowType,
  byteWidth,
  fixedSizeBinary,
  fixedSizeList,
  list,
  type PrimitiveKind,
  primitive,
} from "../../../lib/arrow/data-type.ts";
import { BATCH_PRESETS } from "../../../lib/batch-config.ts";
import type { Chunk } from "../../../lib/chunk.ts";
import { ComponentBatch, type ComponentDescriptor } from "../../../lib/component-batch.ts";
import type { StreamEvent } from "../../../lib/event.ts";
import { batchRows } from "../../../operators/batch-rows.ts";
import { anyType, arrayOf, asRead, valueOf, valuesIn } from "../../helpers/arrow-arbitraries.ts";
import { plainValues, readIpc } from "../../helpers/decode-rrd.ts";
import { describeComponent, row } from "../../helpers/rows.ts";

/** Rows of one entity as chunks; each row holds a batch, or nothing, for each descriptor. */
function chunksOf(
  rows: readonly (readonly (ComponentBatch | undefined)[])[],
  borrow = false,
): Chunk[] {
  const source = new Subject<StreamEvent>();
  const chunks: Chunk[] = [];
  const config = borrow ? { ...BATCH_PRESETS.never, flushNumBytes: 1 } : BATCH_PRESETS.never;
  source.pipe(batchRows({ config })).subscribe((chunk) => {
    chunk.own();
    chunks.push(chunk);
  });
  rows.forEach((batches, i) => {
    source.next(row("/a", { frame: { sequence: i } }, ...batches.filter((b) => b !== undefined)));
  });
  source.complete();
  return chunks;
}

/** Lengths of the buffers of an array, depth first, as Arrow's specification has them. */
function bufferLengths(array: ArrowArray): number[] {
  const { type, length, valid, offsets, children = [] } = array;
  const validity = valid?.some((v) => v === 0) ? (length + 7) >> 3 : 0;
  const below = children.flatMap(bufferLengths);
  const last = offsets?.[length] ?? 0;
  switch (type.kind) {
    case "null":
      return [];
    case "dense-union":
      return [length, 4 * length, ...below];
    case "struct":
      return [validity, ...below];
    case "list":
      return [validity, 4 * (length + 1), ...below];
    case "utf8":
    case "binary":
      return [validity, 4 * (length + 1), last];
    case "bool":
      return [validity, (length + 7) >> 3];
    case "fixed-size-binary":
      return [validity, length * type.size];
    case "fixed-size-list": {
      const item = type.children[0]?.type as ArrowType;
      if (!isFixedWidth(type)) return [validity, ...below];
      const items = length * strideOf(type);
      return [validity, ...bufferLengths({ type: item, length: items })];
    }
    default:
      return [validity, length * byteWidth(type.kind)];
  }
}

/** Checks what a reader does not look at: exact lengths, alignment, zero padding. */
function checkLayout(chunk: Chunk, columns: readonly ArrowArray[]): void {
  const { ipc } = chunk;
  const reader = new MessageReader(new Uint8Array(ipc));
  const schema = reader.readMessage();
  expect(schema?.isSchema()).to.equal(true);
  const message = reader.readMessage();
  if (!message?.isRecordBatch()) throw new Error("no record batch");
  const { length, buffers } = message.header() as unknown as {
    length: number;
    buffers: { offset: number; length: number }[];
  };
  expect(length).to.equal(chunk.numRows);
  const view = new DataView(ipc.buffer, ipc.byteOffset, ipc.byteLength);
  const schemaEnd = 8 + view.getUint32(4, true);
  const body = schemaEnd + 8 + view.getUint32(schemaEnd + 4, true);
  for (const at of [schemaEnd, body, message.bodyLength, ipc.length]) expect(at % 8).to.equal(0);
  expect(body + message.bodyLength + 8).to.equal(ipc.length);

  const expected = [0, 16 * length, 0, 8 * length, ...columns.flatMap(bufferLengths)];
  expect(buffers.map((buffer) => buffer.length)).to.deep.equal(expected);
  let end = 0;
  for (const { offset, length: bytes } of buffers) {
    expect(offset).to.equal(end);
    expect(offset % 8).to.equal(0);
    end = (offset + bytes + 7) & ~7;
    for (let i = offset + bytes; i < end; i++) expect(ipc[body + i], "padding").to.equal(0);
  }
  expect(end).to.equal(message.bodyLength);
}

/** Checks that the unused bits of bitmaps are zero. */
function checkBits(batch: RecordBatch): void {
  const walk = (data: RecordBatch["data"]["children"][number]): void => {
    const used = data.length & 7;
    const { nullBitmap } = data;
    if (used > 0 && nullBitmap?.length > 0)
      expect((nullBitmap[data.length >> 3] ?? 0) >> used).to.equal(0);
    if (used > 0 && DataType.isBool(data.type))
      expect(((data.values as Uint8Array)[data.length >> 3] ?? 0) >> used).to.equal(0);
    for (const child of data.children) walk(child);
  };
  for (const child of batch.data.children) walk(child);
}

const columnOf = (batch: RecordBatch, name: string): unknown[] => {
  const vector = batch.getChild(name);
  if (vector === null) throw new Error(`no column ${name}`);
  return plainValues(vector);
};

/** Logs cells of one or two components, and compares all readers with what went in. */
function check(
  columns: readonly {
    readonly descriptor: ComponentDescriptor;
    readonly cells: readonly (readonly unknown[] | null)[];
  }[],
  borrow = false,
): void {
  const count = Math.max(...columns.map(({ cells }) => cells.length));
  const rows = Array.from({ length: count }, (_, i) =>
    columns.map(({ descriptor, cells }) => {
      const cell = cells[i] ?? null;
      return cell === null
        ? undefined
        : new ComponentBatch(descriptor, cell.length, arrayOf(descriptor.type, cell));
    }),
  );
  const seen = new Map<number, Map<string, unknown>>();
  for (const chunk of chunksOf(rows, borrow)) {
    const batch = readIpc(chunk.ipc);
    checkLayout(
      chunk,
      chunk.components.map(({ descriptor }) => chunk.column(descriptor)),
    );
    checkBits(batch);
    const [timeline] = chunk.timelines;
    if (timeline === undefined) throw new Error("no timeline");
    const frames = columnOf(batch, "frame");
    expect([...chunk.times(timeline.timeline)]).to.deep.equal(frames);
    const rowIds = columnOf(batch, "rerun.controls.RowId") as Uint8Array[];
    expect(Buffer.concat(rowIds).equals(Buffer.from(chunk.rowIds))).to.equal(true);
    for (const { descriptor, numCells, numInstances } of chunk.components) {
      const read = columnOf(batch, descriptor.component);
      expect(valuesIn(chunk.column(descriptor)), "our own reader").to.deep.equal(read);
      expect(numCells).to.equal(read.filter((cell) => cell !== null).length);
      expect(numInstances).to.equal(
        read.reduce<number>((sum, cell) => sum + ((cell as unknown[] | null)?.length ?? 0), 0),
      );
      read.forEach((cell, i) => {
        if (cell === null) return;
        const frame = Number(frames[i]);
        const rowOf = seen.get(frame) ?? new Map<string, unknown>();
        expect(rowOf.has(descriptor.component)).to.equal(false);
        seen.set(frame, rowOf.set(descriptor.component, cell));
      });
    }
  }
  columns.forEach(({ descriptor, cells }) => {
    for (let i = 0; i < count; i++) {
      const cell = cells[i] ?? null;
      const expected =
        cell === null ? undefined : cell.map((value) => asRead(descriptor.type, value));
      expect(seen.get(i)?.get(descriptor.component), descriptor.type.key).to.deep.equal(expected);
    }
  });
}

describe("Arrow IPC", () => {
  const primitives: PrimitiveKind[] = [
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float16",
    "float32",
    "float64",
    "timestamp",
    "duration",
    "utf8",
    "binary",
    "null",
  ];

  for (const kind of primitives) {
    it(`of ${kind}, plain, in lists and in fixed-size lists, reads back in apache-arrow`, () => {
      const type = primitive(kind);
      for (const each of [type, list(type, true), fixedSizeList(type, 3, !isFixedWidth(type))]) {
        const descriptor = describeComponent("c", each);
        const cell = fc.option(fc.array(valueOf(each, true), { maxLength: 5 }), { nil: null });
        fc.assert(
          fc.property(
            fc.array(cell, { maxLength: 12 }).filter((cells) => cells.some((c) => c !== null)),
            (cells) => check([{ descriptor, cells }]),
          ),
          { numRuns: 15 },
        );
      }
    });
  }

  it("of any nested types, with rows that lack a component, reads back in apache-arrow", () => {
    const columns = fc.tuple(anyType, anyType).chain((types) =>
      fc.tuple(
        ...types.map((type, i) =>
          fc.record({
            descriptor: fc.constant(describeComponent(`c${i}`, type)),
            cells: fc.array(
              fc.option(fc.array(valueOf(type, true), { maxLength: 4 }), { nil: null }),
              { minLength: 1, maxLength: 10 },
            ),
          }),
        ),
      ),
    );
    fc.assert(
      fc.property(
        columns.filter((all) => all.some(({ cells }) => cells.some((c) => c !== null))),
        fc.boolean(),
        (all, borrow) => check(all, borrow),
      ),
      { numRuns: 100 },
    );
  }).timeout(20_000);

  it("of fixed-size lists of fixed-size binaries reads back", () => {
    const type = fixedSizeList(fixedSizeBinary(2), 2, true);
    check([
      {
        descriptor: describeComponent("c", type),
        cells: [
          [[Uint8Array.of(1, 2), Uint8Array.of(3, 4)]],
          [[Uint8Array.of(5, 6), Uint8Array.of(7, 8)]],
        ],
      },
    ]);
  });

  it("of many rows has offsets and bitmaps that grow with them", () => {
    const descriptor = describeComponent("c", primitive("bool"));
    const cells = Array.from({ length: 3000 }, (_, i) =>
      i % 7 === 0
        ? null
        : Array.from({ length: i % 5 }, (__, k) => (k % 3 === 2 ? null : (i + k) % 2 === 0)),
    );
    check([{ descriptor, cells }]);
  });

  it("of large arrays reads back, borrowed or not, with small columns between large ones", () => {
    const columns = (["float32", "bool", "utf8", "uint8"] as const).map((kind, k) => {
      const type = kind === "uint8" ? list(primitive(kind), true) : primitive(kind);
      const value = (i: number): unknown =>
        ({ float32: i, bool: i % 3 === 0, utf8: `${i}`, uint8: [i & 255, 1] })[kind];
      return {
        descriptor: describeComponent(`c${k}`, type),
        cells: [Array.from({ length: 20_000 }, (_, i) => value(i))],
      };
    });
    for (const borrow of [false, true]) {
      const rows = [
        columns.map(
          ({ descriptor, cells }) =>
            new ComponentBatch(descriptor, 20_000, arrayOf(descriptor.type, cells[0] ?? [])),
        ),
      ];
      const [chunk] = chunksOf(rows, borrow);
      if (chunk === undefined) throw new Error("no chunk");
      checkLayout(
        chunk,
        columns.map(({ descriptor }) => chunk.column(descriptor)),
      );
      const batch = readIpc(chunk.ipc);
      for (const { descriptor, cells } of columns)
        expect(valuesIn(chunk.column(descriptor))[0]).to.deep.equal(cells[0]);
      expect(columnOf(batch, "c0")[0]).to.deep.equal(columns[0]?.cells[0]);
    }
  });

  it("names and describes columns as Rerun wants them", () => {
    const [chunk] = chunksOf([
      [new ComponentBatch(describeComponent("c", primitive("float64")), 1, 1)],
    ]);
    const { schema } = readIpc(chunk?.ipc ?? new Uint8Array());
    expect(Object.fromEntries(schema.metadata)).to.deep.equal({
      "rerun:entity_path": "/a",
      "rerun:id": `chunk_${chunk?.id.toString()}`,
      "sorbet:version": "0.1.3",
    });
    expect(
      schema.fields.map((f) => [
        f.name,
        String(f.type),
        f.nullable,
        Object.fromEntries(f.metadata),
      ]),
    ).to.deep.equal([
      [
        "rerun.controls.RowId",
        "FixedSizeBinary[16]",
        false,
        {
          "ARROW:extension:metadata": '{"namespace":"row"}',
          "ARROW:extension:name": "rerun.datatypes.TUID",
          "rerun:is_sorted": "true",
          "rerun:kind": "control",
        },
      ],
      [
        "frame",
        "Int64",
        true,
        { "rerun:index_name": "frame", "rerun:is_sorted": "true", "rerun:kind": "index" },
      ],
      ["c", "List<Float64>", true, { "rerun:component": "c", "rerun:kind": "data" }],
    ]);
  });

  it("claims that times are sorted only when they are", () => {
    const source = new Subject<StreamEvent>();
    const chunks: Chunk[] = [];
    source
      .pipe(batchRows({ config: BATCH_PRESETS.never }))
      .subscribe((chunk) => chunks.push(chunk));
    const batch = new ComponentBatch(describeComponent("c", primitive("float64")), 1, 1);
    for (const [x, y] of [
      [1, 5],
      [2, 5],
      [3, 4],
    ] as const)
      source.next(row("/a", { x: { sequence: x }, y: { duration: y } }, batch));
    source.complete();
    const { schema } = readIpc(chunks[0]?.ipc ?? new Uint8Array());
    expect(schema.fields.map((f) => f.metadata.get("rerun:is_sorted"))).to.deep.equal([
      "true",
      "true",
      undefined,
      undefined,
    ]);
    expect(chunks[0]?.timelines.map(({ min, max, sorted }) => [min, max, sorted])).to.deep.equal([
      [1n, 3n, true],
      [4_000_000_000n, 5_000_000_000n, false],
    ]);
  });
});
