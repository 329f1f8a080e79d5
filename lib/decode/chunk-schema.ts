import { type DataType, list } from "../arrow/data-type.ts";
import { type ComponentDescriptor, componentDescriptor } from "../component-batch.ts";
import { entityPath } from "../entity-path.ts";
import { RerunError } from "../errors.ts";
import { type Timeline, type TimeType, timeline } from "../time.ts";
import type { ArrowSchema, SchemaField } from "./arrow-schema.ts";
import { type ColumnPlace, placeColumns } from "./batch-check.ts";

/** An index column: its timeline, and which field it is. */
export interface TimeColumnInfo {
  readonly timeline: Timeline;
  readonly index: number;
}

/** A data column: its descriptor, and which field it is. */
export interface DataColumnInfo {
  readonly descriptor: ComponentDescriptor;
  readonly index: number;
  /** Type of the whole column, a list. */
  readonly type: DataType;
  /** True for a column of single values, each of which counts as a list of one. */
  readonly isBare: boolean;
}

/** What a chunk's Arrow schema says in Rerun's terms. */
export interface ChunkSchema {
  readonly entityPath: string;
  readonly fields: readonly SchemaField[];
  readonly places: readonly ColumnPlace[];
  readonly rowIds: number;
  /** In order of their names. */
  readonly timelines: readonly TimeColumnInfo[];
  /** In Rerun's order. */
  readonly components: readonly DataColumnInfo[];
}

/**
 * Reads the schema of a chunk, as Rerun does: row ids, then indices, then data; what is which stands in the metadata.
 *
 * @throws RerunError `invalid-data`
 */
export function readChunkSchema({ fields, metadata }: ArrowSchema): ChunkSchema {
  const path = metadata.get("rerun:entity_path");
  if (path === undefined) throw invalid("`rerun:entity_path` in the metadata");
  const timelines: TimeColumnInfo[] = [];
  const components: DataColumnInfo[] = [];
  let rowIds: number | undefined;
  fields.forEach((field, index) => {
    switch (kindOf(field)) {
      case "row-id":
        if (index !== 0) throw invalid("one column of row ids, the first");
        if (field.type.kind !== "fixed-size-binary" || field.type.size !== 16)
          throw invalid("row ids of 16 bytes each");
        rowIds = index;
        break;
      case "index":
        if (components.length > 0) throw invalid("index columns before data columns");
        timelines.push({ timeline: timelineOf(field), index });
        break;
      case "data":
        components.push(dataColumn(field, index));
    }
  });
  if (rowIds === undefined) throw invalid("a column of row ids");
  checkUnique(timelines.map((column) => column.timeline.name));
  checkUnique(components.map((column) => column.descriptor.component));
  return {
    entityPath: entityPath(path),
    fields,
    places: placeColumns(fields),
    rowIds,
    timelines: timelines.sort((a, b) => compare(a.timeline.name, b.timeline.name)),
    components: components.sort((a, b) => compare(keyOf(a.descriptor), keyOf(b.descriptor))),
  };
}

function kindOf({ metadata }: SchemaField): "row-id" | "index" | "data" {
  const kind = metadata.get("rerun:kind");
  switch (kind) {
    case "control":
    case "row_id":
      return "row-id";
    case "index":
    case "time":
      return "index";
    case undefined:
    case "data":
    case "component":
      return "data";
    default:
      throw invalid(`the kind control, index or data for each column, not "${kind}"`);
  }
}

function timelineOf({ name, type, metadata }: SchemaField): Timeline {
  const named = metadata.get("rerun:index_name") ?? name;
  const timeType = timeTypeOf(type);
  if (named === "" || timeType === undefined)
    throw invalid(
      `indices that are numbers, durations or timestamps in nanoseconds, not ${type.key}`,
    );
  return timeline(named, timeType);
}

function timeTypeOf(type: DataType): TimeType | undefined {
  if (type.kind === "int64") return "sequence";
  if (type.kind === "timestamp" || type.kind === "duration") return type.kind;
  // A time zone says how to show a time, not which it is.
  return type.key.startsWith("foreign Timestamp[ns, ") ? "timestamp" : undefined;
}

function dataColumn(
  { name, type, nullable, metadata }: SchemaField,
  index: number,
): DataColumnInfo {
  const isBare = type.kind !== "list";
  const column = isBare ? list(type, nullable) : type;
  return {
    descriptor: componentDescriptor(
      metadata.get("rerun:archetype"),
      metadata.get("rerun:component") ?? name,
      metadata.get("rerun:component_type"),
      column.children[0]?.type as DataType,
    ),
    index,
    type: column,
    isBare,
  };
}

function checkUnique(names: readonly string[]): void {
  if (new Set(names).size !== names.length) throw invalid("each column once");
}

const keyOf = (d: ComponentDescriptor): string =>
  `${d.archetype ?? ""}\0${d.component}\0${d.componentType ?? ""}`;

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function invalid(expected: string): RerunError {
  return new RerunError(
    "invalid-data",
    `Expected ${expected} of a chunk, got something else; the data is damaged, or no chunk`,
  );
}
