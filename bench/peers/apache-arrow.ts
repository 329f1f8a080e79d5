import {
  type Data,
  Field,
  FixedSizeBinary,
  FixedSizeList,
  Float32,
  Int64,
  List,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  TimestampNanosecond,
  Uint32,
} from "apache-arrow";

/** The columns of a chunk of points with colours. */
export interface PointColumns {
  readonly rows: number;
  readonly rowIds: Uint8Array;
  readonly logTick: BigInt64Array;
  readonly logTime: BigInt64Array;
  readonly frame: BigInt64Array;
  /** Where the instances of each row begin and end. */
  readonly offsets: Int32Array;
  readonly positions: Float32Array;
  readonly colors: Uint32Array;
}

const index = (name: string): Map<string, string> =>
  new Map([
    ["rerun:index_name", name],
    ["rerun:is_sorted", "true"],
    ["rerun:kind", "index"],
  ]);
const data = (component: string, type: string): Map<string, string> =>
  new Map([
    ["rerun:archetype", "rerun.archetypes.Points3D"],
    ["rerun:component", component],
    ["rerun:component_type", type],
    ["rerun:kind", "data"],
  ]);

const vector = new FixedSizeList(3, new Field("item", new Float32(), false));
const positionList = new List(new Field("item", vector, true));
const colorList = new List(new Field("item", new Uint32(), true));

// Made once; only the chunk id in the metadata of the schema differs from chunk to chunk.
const fields = [
  new Field(
    "rerun.controls.RowId",
    new FixedSizeBinary(16),
    false,
    new Map([["rerun:kind", "control"]]),
  ),
  new Field("frame", new Int64(), true, index("frame")),
  new Field("log_tick", new Int64(), true, index("log_tick")),
  new Field("log_time", new TimestampNanosecond(), true, index("log_time")),
  new Field("Points3D:colors", colorList, true, data("Points3D:colors", "rerun.components.Color")),
  new Field(
    "Points3D:positions",
    positionList,
    true,
    data("Points3D:positions", "rerun.components.Position3D"),
  ),
];
const struct = new Struct(fields);

/** Encodes a chunk with apache-arrow, from columns that are there. */
export function encodeWithApacheArrow(
  entityPath: string,
  chunkId: string,
  columns: PointColumns,
): Uint8Array {
  const { rows: length, offsets, positions, colors } = columns;
  const instances = colors.length;
  const nullCount = 0;
  const children: Data[] = [
    makeData({ type: new FixedSizeBinary(16), length, nullCount, data: columns.rowIds }),
    makeData({ type: new Int64(), length, nullCount, data: columns.frame }),
    makeData({ type: new Int64(), length, nullCount, data: columns.logTick }),
    makeData({ type: new TimestampNanosecond(), length, nullCount, data: columns.logTime }),
    makeData({
      type: colorList,
      length,
      nullCount,
      valueOffsets: offsets,
      child: makeData({ type: new Uint32(), length: instances, nullCount, data: colors }),
    }),
    makeData({
      type: positionList,
      length,
      nullCount,
      valueOffsets: offsets,
      child: makeData({
        type: vector,
        length: instances,
        nullCount,
        child: makeData({ type: new Float32(), length: 3 * instances, nullCount, data: positions }),
      }),
    }),
  ];
  const schema = new Schema(
    fields,
    new Map([
      ["rerun:entity_path", entityPath],
      ["rerun:id", chunkId],
      ["sorbet:version", "0.1.3"],
    ]),
  );
  const batch = new RecordBatch(schema, makeData({ type: struct, length, nullCount, children }));
  return RecordBatchStreamWriter.writeAll([batch]).toUint8Array(true);
}
