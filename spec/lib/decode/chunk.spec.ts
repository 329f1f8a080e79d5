import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { expect } from "chai";
import fc from "fast-check";
import type { ArrowArray } from "../../../lib/arrow/array.ts";
import { arrayBuilder } from "../../../lib/arrow/column-builder.ts";
import {
  type DataType,
  fixedSizeBinary,
  list,
  primitive,
  struct,
} from "../../../lib/arrow/data-type.ts";
import type { Chunk } from "../../../lib/chunk.ts";
import { ChunkBuilder } from "../../../lib/chunk-builder.ts";
import { ComponentBatch, componentDescriptor } from "../../../lib/component-batch.ts";
import { decodeChunk, decodeLz4Chunk } from "../../../lib/decode/chunk.ts";
import { RecordBatchWriter } from "../../../lib/encode/arrow-ipc.ts";
import { encodeSchema, type IpcField } from "../../../lib/encode/arrow-schema.ts";
import { RerunError } from "../../../lib/errors.ts";
import { compressLz4 } from "../../../lib/node/lz4.ts";
import { arrowValues } from "../../../lib/query/arrow-values.ts";
import { chunkColumn } from "../../../lib/query/chunk-rows.ts";
import { loadRecording, type Recording } from "../../../lib/query/recording.ts";
import { timeline } from "../../../lib/time.ts";
import { Tuid } from "../../../lib/tuid.ts";
import { anyType, arrayOf, valueOf, valuesIn } from "../../helpers/arrow-arbitraries.ts";
import { decodeRrd } from "../../helpers/decode-rrd.ts";
import { messagesOf, OLD_VERSIONS, oldRrd, readAll, rrdOf } from "../../helpers/make-rrd.ts";
import { chunksOf, row, values } from "../../helpers/rows.ts";

const join = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** A chunk of one component of any type. */
function chunkWith(array: ArrowArray): Chunk {
  const descriptor = componentDescriptor(undefined, "c", undefined, array.type);
  const event = row(
    "/a",
    { frame: { sequence: 1 } },
    new ComponentBatch(descriptor, array.length, array),
  );
  const builder = new ChunkBuilder("/a", event.time.shape);
  builder.append(event, false);
  return builder.finish(new Tuid(1, 2, 3, 4));
}

interface Column {
  readonly name: string;
  readonly type: DataType;
  readonly values: readonly unknown[];
  readonly metadata?: Readonly<Record<string, string>>;
  readonly nullable?: boolean;
}

/** The Arrow stream of any columns. */
function streamOf(
  columns: readonly Column[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const fields: IpcField[] = columns.map(({ name, type, nullable = true, metadata: own = {} }) => ({
    name,
    type,
    nullable,
    metadata: Object.entries(own),
  }));
  const rows = columns[0]?.values.length ?? 0;
  const { parts } = new RecordBatchWriter(fields).encode(
    encodeSchema(fields, Object.entries(metadata)),
    rows,
    (visitor) => {
      for (const { type, values: own } of columns) {
        const array = arrayOf(type, own);
        const builder = arrayBuilder(type);
        builder.append(array, array.length, false);
        builder.visit(visitor);
      }
    },
  );
  return join(parts);
}

const ID = "chunk_000000010000000200000003000000ff";
const ROW_IDS: Column = {
  name: "rerun.controls.RowId",
  type: fixedSizeBinary(16),
  nullable: false,
  values: [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)],
  metadata: { "rerun:kind": "control" },
};
const FRAME: Column = {
  name: "frame",
  type: primitive("int64"),
  values: [5n, 6n],
  metadata: { "rerun:kind": "index", "rerun:index_name": "frame" },
};
const DATA: Column = {
  name: "c",
  type: list(primitive("float32"), true),
  values: [[1, 2], null],
  metadata: { "rerun:kind": "data", "rerun:component": "c" },
};
const TODAY = { "rerun:id": ID, "rerun:entity_path": "/a", "sorbet:version": "0.1.3" };

const cellsOf = (chunk: Chunk, component: string): unknown[] => {
  const column = chunkColumn(chunk, component);
  return Array.from({ length: chunk.numRows }, (_, i) => {
    const cell = column?.cell(i);
    return cell === undefined ? null : Array.from(cell.values as ArrayLike<unknown>);
  });
};

describe("decodeChunk", () => {
  it("reads back every type and value that is written, packed or not, wherever it stands in memory", () => {
    const arrays = anyType.chain((type) =>
      fc.array(valueOf(type, true), { maxLength: 5 }).map((own) => arrayOf(type, own)),
    );
    fc.assert(
      fc.property(arrays, fc.nat(15), (array, offset) => {
        const written = chunkWith(array);
        const moved = new Uint8Array(offset + written.byteLength).subarray(offset);
        moved.set(written.ipc);
        const packed = compressLz4(written.ipc) ?? new Uint8Array();
        for (const chunk of [decodeChunk(moved), decodeLz4Chunk(packed, written.byteLength)]) {
          expect(chunk).to.deep.include({ id: written.id, entityPath: "/a", numRows: 1 });
          expect(chunk.byteLength).to.equal(written.byteLength);
          const [component] = chunk.components;
          expect(component?.descriptor).to.equal(written.components[0]?.descriptor);
          expect(component?.numCells).to.equal(1);
          expect(component?.numInstances).to.equal(array.length);
          const [stats] = chunk.timelines;
          expect([stats?.min, stats?.max, stats?.sorted]).to.deep.equal([1n, 1n, true]);
          const cell = chunkColumn(chunk, "c")?.cell(0);
          if (cell === undefined) throw new Error("no cell");
          const read = valuesIn(cell.instances).slice(cell.from, cell.to);
          expect(read).to.deep.equal(valuesIn(array));
        }
      }),
    );
  });

  it("agrees with an independent reader about files of the official SDK", async () => {
    for (const version of [...OLD_VERSIONS.slice(-3)]) {
      const bytes = await oldRrd(version);
      const chunks = chunksOf(await readAll(bytes));
      for (const other of decodeRrd(bytes).chunks) {
        const chunk = chunks.find(({ id }) => id.toString().toLowerCase() === other.chunkId);
        if (chunk === undefined) throw new Error(`no chunk ${other.chunkId}`);
        for (const { timeline: own } of chunk.timelines)
          expect(Array.from(chunk.times(own))).to.deep.equal(other.column(own.name));
        for (const { descriptor } of chunk.components) {
          const own = valuesIn(chunk.column(descriptor));
          expect(own).to.deep.equal(other.column(descriptor.component));
        }
      }
    }
  });

  it("takes a column of single values for one of lists of one", () => {
    const bare: Column = { ...DATA, type: primitive("float32"), values: [7, null] };
    const chunk = decodeChunk(streamOf([ROW_IDS, FRAME, bare], TODAY));
    expect(
      chunk.components.map(({ numCells, numInstances }) => [numCells, numInstances]),
    ).to.deep.equal([[1, 2]]);
    expect(cellsOf(chunk, "c")).to.deep.equal([[7], null]);
  });

  it("reads other words for the kinds of columns, and an id without its prefix", () => {
    const rename = (column: Column, kind: string): Column => ({
      ...column,
      metadata: { ...column.metadata, "rerun:kind": kind },
    });
    const chunk = decodeChunk(
      streamOf([rename(ROW_IDS, "row_id"), rename(FRAME, "time"), rename(DATA, "component")], {
        ...TODAY,
        "rerun:id": ID.slice("chunk_".length),
      }),
    );
    expect(chunk.id.toString().toLowerCase()).to.equal(ID.slice("chunk_".length));
    expect(chunk.timelines.map((t) => t.timeline)).to.deep.equal([timeline("frame", "sequence")]);
    expect(cellsOf(chunk, "c")).to.deep.equal([[1, 2], null]);
  });

  it("reads a chunk of a newer version as it is", () => {
    const chunk = decodeChunk(
      streamOf([ROW_IDS, FRAME, DATA], { ...TODAY, "sorbet:version": "9.0.0" }),
    );
    expect(cellsOf(chunk, "c")).to.deep.equal([[1, 2], null]);
  });

  for (const [what, columns, metadata, message] of [
    [
      "without an entity path",
      [ROW_IDS, DATA],
      { ...TODAY, "rerun:entity_path": undefined },
      "rerun:entity_path",
    ],
    ["without an id", [ROW_IDS, DATA], { ...TODAY, "rerun:id": undefined }, "rerun:id"],
    ["with a broken id", [ROW_IDS, DATA], { ...TODAY, "rerun:id": "chunk_12" }, "rerun:id"],
    ["without row ids", [FRAME, DATA], TODAY, "row ids"],
    [
      "with row ids of another type",
      [{ ...ROW_IDS, type: primitive("int64"), values: [1n, 2n] }],
      TODAY,
      "16 bytes",
    ],
    ["with data before an index", [ROW_IDS, DATA, FRAME], TODAY, "before data"],
    ["with the same timeline twice", [ROW_IDS, FRAME, FRAME], TODAY, "once"],
    ["with the same component twice", [ROW_IDS, DATA, DATA], TODAY, "once"],
    [
      "with an index of texts",
      [ROW_IDS, { ...FRAME, type: primitive("utf8"), values: ["a", "b"] }],
      TODAY,
      "indices",
    ],
    ["with a null in an index", [ROW_IDS, { ...FRAME, values: [1n, null] }], TODAY, "got nulls"],
    [
      "of an unknown kind of column",
      [ROW_IDS, { ...DATA, metadata: { "rerun:kind": "odd" } }],
      TODAY,
      '"odd"',
    ],
  ] as const) {
    it(`refuses a chunk ${what}`, () => {
      const own = Object.fromEntries(
        Object.entries(metadata).filter(([, value]) => value !== undefined),
      ) as Record<string, string>;
      expect(() => decodeChunk(streamOf(columns, own)))
        .to.throw(RerunError, message)
        .with.property("code", "invalid-data");
    });
  }

  it("throws nothing but RerunError for damaged chunks, nor when what passes is read", async () => {
    const messages = await messagesOf((rec) => {
      rec.setTime("frame", { sequence: 1 });
      rec.log("a", values(1, 2));
      rec.log("a", values(3));
    });
    const own = [
      ...chunksOf(messages).map((chunk) => chunk.ipc),
      ...chunksOf(await readAll(await oldRrd("0.32"))).map((chunk) => chunk.ipc),
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...own),
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 }),
        fc.nat(),
        (ipc, flips, cut) => {
          const bytes = new Uint8Array(
            ipc.subarray(0, cut % 3 === 0 ? cut % ipc.length : ipc.length),
          );
          for (const [at, value] of flips) if (bytes.length > 0) bytes[at % bytes.length] = value;
          try {
            const chunk = decodeChunk(bytes);
            for (const { timeline: each, min, max, sorted } of chunk.timelines) {
              expect(chunk.times(each)).to.have.length(chunk.numRows);
              void [min, max, sorted];
            }
            for (const { descriptor, numCells, numInstances } of chunk.components) {
              expect(numCells).to.be.at.most(chunk.numRows);
              expect(numInstances).to.be.at.least(0);
              arrowValues(chunk.column(descriptor));
            }
          } catch (error) {
            expect(error).to.be.instanceOf(RerunError);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe("chunks of older schemas", () => {
  const halves = struct([
    { name: "time_ns", type: primitive("uint64"), nullable: false },
    { name: "inc", type: primitive("uint64"), nullable: false },
  ]);

  it("come in another order, with ids as two numbers and other names", () => {
    const chunk = decodeChunk(
      streamOf(
        [
          {
            name: "Scalar",
            type: list(primitive("float64"), true),
            values: [[1.5], [2.5]],
            metadata: {
              "rerun.kind": "data",
              "rerun.archetype": "rerun.archetypes.Scalar",
              "rerun.archetype_field": "scalar",
              "rerun.component": "rerun.components.Scalar",
            },
          },
          {
            name: "rerun.components.PointsIndicator",
            type: list(primitive("null"), true),
            values: [[null], [null]],
            metadata: { "rerun.kind": "data" },
          },
          { ...FRAME, metadata: { "rerun.kind": "time", "rerun.index_name": "frame" } },
          {
            name: "rerun.controls.RowId",
            type: halves,
            nullable: false,
            values: [
              { time_ns: 1n, inc: 2n },
              { time_ns: 3n, inc: 4n },
            ],
            metadata: { "rerun.kind": "control" },
          },
        ],
        { "rerun.id": ID, "rerun.entity_path": "/old/path" },
      ),
    );
    expect(chunk.entityPath).to.equal("/old/path");
    expect(chunk.components.map(({ descriptor }) => descriptor)).to.deep.equal([
      componentDescriptor(
        "rerun.archetypes.Scalars",
        "Scalars:scalars",
        "rerun.components.Scalar",
        primitive("float64"),
      ),
    ]);
    expect(cellsOf(chunk, "Scalars:scalars")).to.deep.equal([[1.5], [2.5]]);
    expect(
      [Tuid.read(chunk.rowIds), Tuid.read(chunk.rowIds, 16)].map(({ timeNs, inc }) => [
        timeNs,
        inc,
      ]),
    ).to.deep.equal([
      [1n, 2n],
      [3n, 4n],
    ]);
    expect(chunk.times(timeline("frame", "sequence"))).to.deep.equal(BigInt64Array.of(5n, 6n));
    // What is written of it is a chunk of today.
    expect(decodeChunk(chunk.ipc).components[0]?.descriptor).to.equal(
      chunk.components[0]?.descriptor,
    );
  });

  for (const [what, version, before, after] of [
    [
      "component types of poses",
      "0.1.1",
      [
        "rerun.archetypes.InstancePoses3D",
        "InstancePoses3D:scales",
        "rerun.components.PoseScale3D",
      ],
      ["rerun.archetypes.InstancePoses3D", "InstancePoses3D:scales", "rerun.components.Scale3D"],
    ],
    [
      "the length of axes",
      "0.1.1",
      ["rerun.archetypes.Transform3D", "Transform3D:axis_length", "rerun.components.AxisLength"],
      [
        "rerun.archetypes.TransformAxes3D",
        "TransformAxes3D:axis_length",
        "rerun.components.AxisLength",
      ],
    ],
    [
      "the name of frames",
      "0.1.1",
      [
        "rerun.archetypes.CoordinateFrame",
        "CoordinateFrame:frame_id",
        "rerun.components.TransformFrameId",
      ],
      [
        "rerun.archetypes.CoordinateFrame",
        "CoordinateFrame:frame",
        "rerun.components.TransformFrameId",
      ],
    ],
    [
      "the visibility of series",
      "0.1.2",
      [
        "rerun.archetypes.SeriesLines",
        "SeriesLines:visible_series",
        "rerun.components.SeriesVisible",
      ],
      ["rerun.archetypes.SeriesLines", "SeriesLines:visible_series", "rerun.components.Visible"],
    ],
    [
      "the properties of recordings",
      "0.0.2",
      ["rerun.archetypes.RecordingProperties", "RecordingProperties:name", "rerun.components.Name"],
      ["rerun.archetypes.RecordingInfo", "RecordingInfo:name", "rerun.components.Name"],
    ],
  ] as const) {
    it(`get today's names: ${what}`, () => {
      const [archetype, component, type] = before;
      const column: Column = {
        ...DATA,
        metadata: {
          "rerun:kind": "data",
          "rerun:archetype": archetype,
          "rerun:component": component,
          "rerun:component_type": type,
        },
      };
      const chunk = decodeChunk(
        streamOf([ROW_IDS, FRAME, column], {
          ...TODAY,
          "rerun:entity_path": "/__properties/recording",
          "sorbet:version": version,
        }),
      );
      const { descriptor } = chunk.components[0] ?? {};
      expect([
        descriptor?.archetype,
        descriptor?.component,
        descriptor?.componentType,
      ]).to.deep.equal(after);
      expect(cellsOf(chunk, after[1])).to.deep.equal([[1, 2], null]);
      expect(chunk.entityPath).to.equal(
        version === "0.0.2" ? "/__properties" : "/__properties/recording",
      );
    });
  }
});

describe("types that Rerun's own components do not have", () => {
  let recording: Recording;

  before(async () => {
    const path = fileURLToPath(new URL("../../fixtures/foreign/foreign.rrd.gz", import.meta.url));
    recording = await loadRecording(new Uint8Array(gunzipSync(await readFile(path))));
  });

  const valuesAt = (path: string): unknown => {
    const found = recording.latestAt(path, "value", "any", 0n)?.values;
    return ArrayBuffer.isView(found) ? Array.from(found as unknown as ArrayLike<unknown>) : found;
  };

  for (const [path, expected] of [
    ["large_utf8", ["a", "ü", null, "long enough"]],
    ["large_binary", [Uint8Array.of(97), new Uint8Array(), Uint8Array.of(98, 99)]],
    ["large_list", [Int32Array.of(1, 2), new Int32Array(), null, Int32Array.of(3)]],
    ["timestamp_us", [1n, 2n]],
    ["timestamp_utc", [1n, 2n]],
    ["duration_ms", [1n, 2n]],
    ["date32", [1]],
    ["date64", [86_400_000n]],
    ["time32", [1, 2]],
    ["time64", [1n, 2n]],
    ["decimal128", [150, ...new Array<number>(15).fill(0)]],
    [
      "map",
      [
        [
          { key: "a", value: 1n },
          { key: "b", value: 2n },
        ],
        [],
      ],
    ],
    ["sparse_union", [{ number: 7n }, { text: "y" }]],
    ["struct", [{ aB: 1n }, { aB: 2n, c: "d" }]],
    ["half", [0x3e00, 0xc000]],
  ] as const) {
    it(`reads ${path}`, () => {
      expect(valuesAt(path)).to.deep.equal(expected);
    });
  }

  it("says so of a dictionary, and passes it on as it is", () => {
    expect(() => valuesAt("dictionary"))
      .to.throw(RerunError, "Dictionary")
      .with.property("code", "unsupported-data");
    const chunk = recording.chunks.find(({ entityPath }) => entityPath === "/dictionary");
    expect(chunk?.components[0]?.numInstances).to.equal(3);
    if (chunk === undefined) throw new Error("no chunk");
    const again = rrdOf([{ kind: "chunk", storeId: recording.storeId, chunk }]);
    expect(decodeRrd(again).chunks[0]?.column("value")).to.deep.equal([["a", "b", "a"]]);
  });
});
