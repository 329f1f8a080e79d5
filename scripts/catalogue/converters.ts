import type { ArrowType, CatalogueComponent } from "./read-catalogue.ts";
import { shortName } from "./read-catalogue.ts";

/** How values of a component are taken from users. */
export interface ComponentConverter {
  /** Function that makes the batch. */
  readonly convert: string;
  /** File in `lib/components` with that function. */
  readonly module: string;
  /** Type of a batch in the signature, and of a single value. */
  readonly plural: string;
  readonly mono: string;
  /** Names in those types, by file. */
  readonly types: Readonly<Record<string, readonly string[]>>;
  /** Third argument of the function: the members of an enumeration. */
  readonly members?: string;
}

function converter(
  module: string,
  convert: string,
  plural: string,
  mono = plural,
  types: Readonly<Record<string, readonly string[]>> = {},
): ComponentConverter {
  const own = [plural, mono].flatMap((name) => {
    const [, type] = /^(?:readonly )?([A-Z]\w+)(?:\[\])?$/.exec(name) ?? [];
    return type === undefined || type === "Date" ? [] : [type];
  });
  const all = Object.keys(types).length > 0 ? types : { [module]: [...new Set(own)] };
  return { convert, module, plural, mono, types: all };
}

const color = converter("color", "colorBatch", "ColorInput");
const matrix = converter("matrix", "matrixBatch", "MatrixInput", "MatrixValue");
const strip = converter("strip", "stripBatch", "StripInput");
const blob: ComponentConverter = {
  ...converter("blob", "blobBatch", "BlobInput", "Bytes"),
  types: { blob: ["BlobInput"], "typed-array": ["Bytes"] },
};

const uuid = converter("uuid", "uuidBatch", "UuidInput", "Uuid");
const dimension = converter(
  "tensor-dimension",
  "tensorDimensionBatch",
  "readonly TensorDimension[]",
  "TensorDimension",
);

/** Components whose input is more than their Arrow type tells. */
const special: Readonly<Record<string, ComponentConverter>> = {
  AbsoluteTimeRange: converter("time-range", "absoluteTimeRangeBatch", "AbsoluteTimeRange"),
  AlbedoFactor: color,
  AnnotationContext: converter("annotation", "annotationContextBatch", "AnnotationContextInput"),
  Blob: blob,
  ChannelMessageCounts: converter("pairs", "channelCountBatch", "ChannelCountInput"),
  Color: color,
  ColumnOrder: converter("dataframe", "columnOrderBatch", "readonly string[]"),
  ComponentColumnSelector: converter("dataframe", "columnSelectorBatch", "ColumnSelector"),
  FilterByRange: converter("time-range", "filterByRangeBatch", "FilterByRange"),
  FilterIsNotNull: converter("dataframe", "filterIsNotNullBatch", "FilterIsNotNull"),
  GeoLineString: strip,
  GraphEdge: converter("pairs", "edgeBatch", "EdgeInput", "EdgeValue"),
  ImageBuffer: blob,
  ImageFormat: converter("image-format", "imageFormatBatch", "ImageFormatInput", "ImageFormat"),
  KeyValuePairs: converter("pairs", "keyValueBatch", "KeyValueInput"),
  LineStrip2D: strip,
  LineStrip3D: strip,
  PinholeProjection: matrix,
  Plane3D: converter("plane", "planeBatch", "Plane3D"),
  RootContainer: uuid,
  RotationAxisAngle: converter("rotation", "axisAngleBatch", "AxisAngleInput", "AxisAngle"),
  Scale3D: {
    ...converter("vector", "scaleBatch", "ScaleInput", "number | NumberArray"),
    types: { vector: ["ScaleInput"], numeric: ["NumberArray"] },
  },
  SelectedColumns: converter("dataframe", "selectedColumnsBatch", "SelectedColumns"),
  TensorData: converter("tensor", "tensorBatch", "TensorInput"),
  TensorDimensionIndexSelection: converter(
    "tensor-dimension",
    "tensorIndexBatch",
    "readonly TensorDimensionIndex[]",
    "TensorDimensionIndex",
  ),
  TensorDimensionIndexSlider: converter(
    "tensor-dimension",
    "tensorSliderBatch",
    "readonly number[]",
    "number",
  ),
  TensorHeightDimension: dimension,
  TensorWidthDimension: dimension,
  TextLogColumn: converter(
    "text-log-columns",
    "textLogColumnBatch",
    "readonly TextLogColumn[]",
    "TextLogColumn",
  ),
  TimeInt: converter("time-range", "timeIntBatch", "TimeValue"),
  TimeRange: converter("time-range", "timeRangeBatch", "TimeRange"),
  TimelineColumn: converter(
    "text-log-columns",
    "timelineColumnBatch",
    "readonly TimelineColumn[]",
    "TimelineColumn",
  ),
  Timestamp: converter("bigint", "int64Batch", "TimestampInput", "number | bigint | Date"),
  TransformFrameId: converter("text", "frameIdBatch", "TextInput", "string"),
  TransformMat3x3: matrix,
  VideoSample: blob,
  ViewMaximized: uuid,
  VisibleTimeRange: converter(
    "time-range",
    "visibleTimeRangeBatch",
    "VisibleTimeRangeInput",
    "VisibleTimeRange",
  ),
  VisualBounds2D: converter("visual-bounds", "visualBoundsBatch", "VisualBounds"),
  VisualizerComponentMapping: converter(
    "component-mapping",
    "componentMappingBatch",
    "readonly ComponentMapping[]",
    "ComponentMapping",
  ),
  VisualizerInstructionId: uuid,
  ViewCoordinates: converter("view-coordinates", "viewCoordinatesBatch", "ViewCoordinatesInput"),
};

const vectorTypes = { vector: ["VectorInput"], numeric: ["NumberArray"] };

const byArrowType: Readonly<Record<string, ComponentConverter>> = {
  bool: converter("bool", "boolBatch", "BoolInput", "boolean"),
  utf8: converter("text", "textBatch", "TextInput", "string"),
  float32: converter("numeric", "float32Batch", "NumberInput", "number"),
  float64: converter("numeric", "float64Batch", "NumberInput", "number"),
  uint16: converter("numeric", "uint16Batch", "IdInput", "number"),
  uint32: converter("numeric", "uint32Batch", "NumberInput", "number"),
  uint64: converter("bigint", "uint64Batch", "BigIntInput", "number | bigint"),
  int64: converter("bigint", "int64Batch", "BigIntInput", "number | bigint"),
  "float32[]": converter("vector", "float32Vectors", "VectorInput", "NumberArray", vectorTypes),
  "float64[]": converter("vector", "float64Vectors", "VectorInput", "NumberArray", vectorTypes),
  "uint32[]": converter("vector", "uint32Vectors", "VectorInput", "NumberArray", vectorTypes),
};

/** The converter of a component type. */
export function converterOf(name: string, component: CatalogueComponent): ComponentConverter {
  const short = shortName(name);
  if (component.is_enum) {
    return {
      convert: "enumBatch",
      module: "enumeration",
      plural: `EnumInput<typeof ${short}>`,
      mono: `EnumValue<typeof ${short}>`,
      types: { enumeration: ["EnumInput", "EnumValue"] },
      members: short,
    };
  }
  const found = special[short] ?? byArrowType[arrowKey(component.arrow)];
  if (found === undefined) throw new Error(`no converter for ${name}: add one to converters.ts`);
  return found;
}

function arrowKey(type: ArrowType): string {
  if (typeof type === "string") return type;
  if ("fixed_size_list" in type && typeof type.fixed_size_list.type === "string") {
    return `${type.fixed_size_list.type}[]`;
  }
  return "nested";
}
