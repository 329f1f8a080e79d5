import { enumsOf, HEADER } from "./emit-components.ts";
import { readExtension } from "./extensions.ts";
import type { Catalogue } from "./read-catalogue.ts";
import { kebabCase } from "./read-catalogue.ts";

/** Input types that signatures mention, by file in `lib/components`. */
const inputTypes: Readonly<Record<string, readonly string[]>> = {
  annotation: [
    "AnnotationContextInput",
    "AnnotationInfo",
    "AnnotationValue",
    "ClassDescription",
    "ClassValue",
    "KeypointPair",
  ],
  bigint: ["BigIntInput", "TimestampInput"],
  blob: ["BlobInput"],
  bool: ["BoolInput"],
  color: ["ColorInput", "ColorValue"],
  enumeration: ["EnumInput", "EnumMembers", "EnumValue"],
  "image-format": ["ImageFormat", "ImageFormatInput"],
  matrix: ["MatrixInput", "MatrixRows", "MatrixValue"],
  numeric: ["IdInput", "NumberArray", "NumberInput"],
  pairs: ["ChannelCountInput", "EdgeInput", "EdgeValue", "KeyValueInput"],
  rotation: ["AxisAngle", "AxisAngleInput"],
  strip: ["FlatStrips", "Strip", "StripInput"],
  tensor: ["NestedNumbers", "TensorInput", "TensorValue"],
  text: ["TextInput", "TextValue"],
  "typed-array": ["Bytes"],
  vector: ["ScaleInput", "VectorInput"],
  "view-coordinates": ["ViewCoordinatesCode", "ViewCoordinatesInput"],
};

/** Constants and functions for users, by file in `lib/components`. */
const componentValues: Readonly<Record<string, readonly string[]>> = {
  color: ["linearToGammaU8", "packColor"],
  "media-type": ["MediaType"],
  radius: ["Radius"],
  "text-log-level": ["TextLogLevel"],
};

/** The same for blueprints. */
const blueprintInputTypes: Readonly<Record<string, readonly string[]>> = {
  "component-mapping": ["ComponentMapping"],
  dataframe: ["ColumnSelector", "FilterIsNotNull", "SelectedColumns"],
  "tensor-dimension": ["TensorDimension", "TensorDimensionIndex"],
  "text-log-columns": ["TextLogColumn", "TimelineColumn"],
  "time-range": [
    "AbsoluteTimeRange",
    "FilterByRange",
    "TimeRange",
    "TimeValue",
    "VisibleTimeRange",
    "VisibleTimeRangeInput",
  ],
  uuid: ["Uuid", "UuidInput"],
  "visual-bounds": ["VisualBounds"],
};

const blueprintValues: Readonly<Record<string, readonly string[]>> = {
  plane: ["Plane3D"],
  "time-range": ["TimeRangeBoundary"],
};

export function indexText(
  catalogue: Catalogue,
  archetypes: readonly string[],
  withOptions: ReadonlySet<string>,
): string {
  const { lines, values, types } = collector();
  types(["Archetype", "ArchetypeStatics"], "../archetype.ts");
  types(["ColumnFields", "ColumnInput", "ColumnsOptions"], "../archetype-columns.ts");
  values([...enumsOf(catalogue, null).keys()], "../components/enums.ts");
  for (const [file, names] of Object.entries(componentValues))
    values(names, `../components/${file}.ts`);
  for (const [file, names] of Object.entries(inputTypes)) types(names, `../components/${file}.ts`);
  for (const name of archetypes)
    exportArchetype({ values, types }, "lib/archetypes", name, withOptions);
  types(["ImageSource", "PixelSource"], "./extensions/pixels.ts");
  types(["SizeOptions"], "./extensions/box-sizes.ts");
  return `${HEADER}${lines.join("\n")}\n`;
}

/** Archetypes of blueprints, their enumerations, and what else their signatures mention. */
export function blueprintIndexText(
  catalogue: Catalogue,
  archetypes: readonly string[],
  withOptions: ReadonlySet<string>,
): string {
  const { lines, values, types } = collector();
  values([...enumsOf(catalogue, "blueprint").keys()], "../../components/blueprint-enums.ts");
  for (const [file, names] of Object.entries(blueprintValues))
    values(names, `../../components/${file}.ts`);
  for (const [file, names] of Object.entries(blueprintInputTypes))
    types(names, `../../components/${file}.ts`);
  for (const name of archetypes)
    exportArchetype({ values, types }, "lib/blueprint/archetypes", name, withOptions);
  return `${HEADER}${lines.join("\n")}\n`;
}

type Export = (names: readonly string[], file: string) => void;

function exportArchetype(
  { values, types }: { readonly values: Export; readonly types: Export },
  folder: string,
  name: string,
  withOptions: ReadonlySet<string>,
): void {
  const file = kebabCase(name);
  values([name], `./${file}.ts`);
  types([`${name}Factory`, `${name}Fields`], `./${file}.ts`);
  if (withOptions.has(name)) types([`${name}Options`], `./${file}.ts`);
  const extension = readExtension(folder, name);
  values(extension?.publicValues ?? [], `./extensions/${file}.ts`);
  types(extension?.publicTypes ?? [], `./extensions/${file}.ts`);
}

function collector(): {
  readonly lines: readonly string[];
  readonly values: Export;
  readonly types: Export;
} {
  const lines: string[] = [];
  return {
    lines,
    values: (names, file) => {
      if (names.length > 0) lines.push(`export { ${names.join(", ")} } from "${file}";`);
    },
    types: (names, file) => {
      if (names.length > 0) lines.push(`export type { ${names.join(", ")} } from "${file}";`);
    },
  };
}
