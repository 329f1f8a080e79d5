import { type DataType, fixedSizeBinary } from "../arrow/data-type.ts";
import type { ArrowSchema } from "./arrow-schema.ts";

/** Version of the chunk schema that is written and read here. */
export const SORBET_VERSION = "0.1.3";

/** A column of a migrated schema. */
export interface MigratedColumn {
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
  readonly metadata: ReadonlyMap<string, string>;
  /** Its index among the columns before. */
  readonly from: number;
}

/** A schema of today, made of an older one. */
export interface MigratedSchema {
  readonly columns: readonly MigratedColumn[];
  readonly metadata: ReadonlyMap<string, string>;
}

interface Column {
  name: string;
  type: DataType;
  nullable: boolean;
  readonly metadata: Map<string, string>;
  readonly from: number;
}

interface Draft {
  columns: Column[];
  metadata: Map<string, string>;
}

type Version = readonly [major: number, minor: number, patch: number];

const STEPS: readonly (readonly [Version, (draft: Draft) => void])[] = [
  [
    [0, 0, 2],
    (draft) => {
      reorderColumns(draft);
      migrateTuids(draft);
      renameArchetypes(draft);
    },
  ],
  [
    [0, 1, 0],
    (draft) => {
      migrateKeys(draft);
      moveRecordingInfo(draft);
    },
  ],
  [[0, 1, 1], dropIndicators],
  [[0, 1, 2], migrateTransforms],
  [[0, 1, 3], renameSeriesVisible],
];

/**
 * Brings the schema of a chunk of an older writer, from 0.23 on, into today's form: other names, another order, fewer
 * columns. The values stay as they are, except ids of rows that are a struct of two numbers.
 *
 * Source: rerun crates/store/re_sorbet/src/migrations.
 *
 * @returns undefined when there is nothing to do: for schemas of today, and for newer ones, which are read as they are
 */
export function migrateSchema(schema: ArrowSchema): MigratedSchema | undefined {
  const version = versionOf(schema);
  if (version === undefined || !isBelow(version, [0, 1, 3])) return undefined;
  const draft: Draft = {
    columns: schema.fields.map(({ name, type, nullable, metadata }, from) => ({
      name,
      type,
      nullable,
      metadata: new Map(metadata),
      from,
    })),
    metadata: new Map(schema.metadata),
  };
  for (const [target, migrate] of STEPS) if (isBelow(version, target)) migrate(draft);
  draft.metadata.set("sorbet:version", SORBET_VERSION);
  return draft;
}

/** The version that a schema states; what it must be if it states none; undefined if it is no version. */
function versionOf({ metadata }: ArrowSchema): Version | undefined {
  const stated = metadata.get("sorbet:version");
  if (stated !== undefined) {
    const match = /^(\d{1,6})\.(\d{1,6})\.(\d{1,6})/.exec(stated);
    return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3])];
  }
  const isOldest = [...metadata.keys()].some((key) => key.startsWith("rerun."));
  return !isOldest && metadata.has("rerun:version") ? [0, 0, 2] : [0, 0, 1];
}

function isBelow(a: Version, b: Version): boolean {
  for (const i of [0, 1, 2] as const) if (a[i] !== b[i]) return a[i] < b[i];
  return false;
}

// ---- 0.0.1: Rerun up to 0.23 -----------------------------------------------------------------------------------

function reorderColumns(draft: Draft): void {
  const rank = ({ metadata }: Column): number => {
    const kind = metadata.get("rerun.kind");
    if (kind === "control" || kind === "row_id") return 0;
    return kind === "index" || kind === "time" ? 1 : 2;
  };
  draft.columns = [0, 1, 2].flatMap((of) => draft.columns.filter((column) => rank(column) === of));
}

function migrateTuids(draft: Draft): void {
  for (const column of draft.columns) {
    const isTuid =
      column.metadata.get("ARROW:extension:name") === "rerun.datatypes.TUID" ||
      column.name === "rerun.controls.RowId";
    if (!isTuid || !isStructOfHalves(column.type)) continue;
    column.type = fixedSizeBinary(16);
    column.nullable = false;
  }
}

/** Ids as they were before 0.23: nanoseconds and counter, in this machine's order of bytes. */
export function isStructOfHalves({ kind, children }: DataType): boolean {
  return (
    kind === "struct" && children.length === 2 && children.every((c) => c.type.kind === "uint64")
  );
}

const ARCHETYPES: ReadonlyMap<
  string,
  { readonly name: string; readonly fields: Readonly<Record<string, string>> }
> = new Map([
  ["rerun.archetypes.Scalar", { name: "rerun.archetypes.Scalars", fields: { scalar: "scalars" } }],
  [
    "rerun.archetypes.SeriesLine",
    {
      name: "rerun.archetypes.SeriesLines",
      fields: { color: "colors", width: "widths", name: "names" },
    },
  ],
  [
    "rerun.archetypes.SeriesPoint",
    {
      name: "rerun.archetypes.SeriesPoints",
      fields: { color: "colors", marker: "markers", name: "names", marker_size: "marker_sizes" },
    },
  ],
]);

function renameArchetypes(draft: Draft): void {
  for (const { metadata } of draft.columns) {
    const renamed = ARCHETYPES.get(metadata.get("rerun.archetype") ?? "");
    if (renamed === undefined) continue;
    metadata.set("rerun.archetype", renamed.name);
    const field = renamed.fields[metadata.get("rerun.archetype_field") ?? ""];
    if (field !== undefined) metadata.set("rerun.archetype_field", field);
  }
}

// ---- 0.0.2: Rerun 0.23, and on the way to 0.24 -----------------------------------------------------------------

const PLAIN_KEYS = [
  "index_name",
  "entity_path",
  "kind",
  "is_static",
  "is_indicator",
  "is_tombstone",
  "is_semantically_empty",
  "is_sorted",
];

function migrateKeys(draft: Draft): void {
  const isOld = (metadata: ReadonlyMap<string, string>): boolean =>
    [...metadata.keys()].some((key) => key.startsWith("rerun."));
  if (!isOld(draft.metadata) && !draft.columns.some(({ metadata }) => isOld(metadata))) return;
  for (const column of draft.columns) {
    const { metadata } = column;
    for (const key of PLAIN_KEYS) {
      const value = take(metadata, `rerun.${key}`);
      if (value !== undefined) metadata.set(`rerun:${key}`, value);
    }
    if (column.name.endsWith("Indicator")) migrateIndicator(column);
    else migrateDescriptor(metadata);
  }
  const entries = [...draft.metadata].filter(([key]) => key !== "rerun.version");
  draft.metadata = new Map(
    entries.map(([key, value]) => [key.replaceAll("rerun.", "rerun:"), value]),
  );
}

function migrateIndicator({ name, metadata }: Column): void {
  const long = name.startsWith("rerun.") ? name : `rerun.components.${name}`;
  metadata.set("rerun:component", take(metadata, "rerun.component") ?? long);
  metadata.delete("rerun.archetype");
  metadata.delete("rerun.archetype_field");
}

/** What was archetype, field and component (a type) becomes archetype, component and component type. */
function migrateDescriptor(metadata: Map<string, string>): void {
  const type = take(metadata, "rerun.component");
  if (type === undefined) return;
  const archetype = take(metadata, "rerun.archetype");
  const field = take(metadata, "rerun.archetype_field");
  if (field === undefined && (archetype === undefined || type.endsWith("Indicator"))) {
    // Data without an archetype of its own, such as `AnyValues`.
    metadata.set("rerun:component", type);
    return;
  }
  if (archetype === undefined) {
    metadata.set("rerun:component", field as string);
  } else {
    metadata.set("rerun:archetype", archetype);
    metadata.set(
      "rerun:component",
      field === undefined ? type : `${shortName(archetype)}:${field}`,
    );
  }
  metadata.set("rerun:component_type", type);
}

function shortName(archetype: string): string {
  return archetype
    .trim()
    .replace(/^(rerun\.archetypes\.)+/, "")
    .replace(/^(rerun\.blueprint\.archetypes\.)+/, "");
}

function take(metadata: Map<string, string>, key: string): string | undefined {
  const value = metadata.get(key);
  metadata.delete(key);
  return value;
}

function moveRecordingInfo(draft: Draft): void {
  const move = (metadata: Map<string, string>): void => {
    if (metadata.get("rerun:entity_path") === "/__properties/recording")
      metadata.set("rerun:entity_path", "/__properties");
  };
  move(draft.metadata);
  for (const column of draft.columns) {
    column.name = column.name
      .replaceAll("RecordingProperties", "RecordingInfo")
      .replaceAll("property:recording:RecordingInfo:", "property:RecordingInfo:");
    move(column.metadata);
    for (const [key, value] of column.metadata)
      column.metadata.set(key, value.replaceAll("RecordingProperties", "RecordingInfo"));
  }
}

// ---- 0.1.0 to 0.1.2: Rerun 0.24 to 0.29 ------------------------------------------------------------------------

function dropIndicators(draft: Draft): void {
  draft.columns = draft.columns.filter(({ metadata }) => {
    const stated = metadata.get("rerun:is_indicator");
    if (stated !== undefined) return stated !== "true";
    const component = metadata.get("rerun:component") ?? "";
    return !(component.startsWith("rerun.components.") && component.endsWith("Indicator"));
  });
}

const POSES = ["Translation3D", "RotationAxisAngle", "RotationQuat", "Scale3D", "TransformMat3x3"];

function migrateTransforms(draft: Draft): void {
  for (const column of draft.columns) {
    const { metadata } = column;
    const type = metadata.get("rerun:component_type");
    const pose = POSES.find((name) => type === `rerun.components.Pose${name}`);
    if (pose !== undefined) metadata.set("rerun:component_type", `rerun.components.${pose}`);
    const component = metadata.get("rerun:component");
    if (component === "Transform3D:axis_length") {
      metadata.set("rerun:archetype", "rerun.archetypes.TransformAxes3D");
      metadata.set("rerun:component", "TransformAxes3D:axis_length");
      column.name = "TransformAxes3D:axis_length";
    } else if (component === "CoordinateFrame:frame_id") {
      metadata.set("rerun:component", "CoordinateFrame:frame");
      column.name = "CoordinateFrame:frame";
    }
  }
}

function renameSeriesVisible(draft: Draft): void {
  for (const { metadata } of draft.columns) {
    if (metadata.get("rerun:component_type") === "rerun.components.SeriesVisible")
      metadata.set("rerun:component_type", "rerun.components.Visible");
  }
}
