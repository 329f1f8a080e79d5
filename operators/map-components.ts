import type { MonoTypeOperatorFunction } from "rxjs";
import {
  type ArrowArray,
  type NumericValues,
  strideOf,
  type TypedArray,
} from "../lib/arrow/array.ts";
import { slice } from "../lib/arrow/slice.ts";
import { type EditedColumn, mapColumns } from "../lib/chunk-edit.ts";
import {
  ComponentBatch,
  type ComponentColumn,
  type ComponentDescriptor,
} from "../lib/component-batch.ts";
import { type ComponentSelect, componentPredicate } from "../lib/component-select.ts";
import { quote, RerunError } from "../lib/errors.ts";
import type { LogMsg } from "../lib/log-msg.ts";
import { mapMessages, withChunk } from "./map-messages.ts";

/** The values of one component in a chunk: the instances of all rows, one row after the other. */
export interface ComponentValues<V extends TypedArray | undefined = TypedArray | undefined> {
  /** Escaped, with a leading slash. */
  readonly entityPath: string;
  readonly descriptor: ComponentDescriptor;
  /** As an Arrow array. To be read, not changed: other sinks have the same memory. */
  readonly array: ArrowArray;
  /**
   * Flat numbers (or bytes), `descriptor.stride` of them for each instance, for types that have a fixed width; a copy
   * that may be changed and returned. Undefined for texts and other nested types.
   */
  readonly values: V;
  /** Instances in each row of the chunk; 0 also where nothing was logged. */
  readonly lengths: Int32Array;
}

/**
 * What comes in the place of the values:
 *
 * - a typed or plain array: as many numbers as there were, for the same component
 * - an Arrow array: as many instances of the same type
 * - a column with a descriptor of its own, as `sendColumns` takes it; without `lengths`, rows have as many instances as
 *   before
 * - undefined: the component is dropped
 */
export type MappedValues = NumericValues | ArrowArray | ComponentColumn | undefined;

export interface MapComponentsOptions {
  /**
   * Names the change. Ids of chunks are made of it, so that two operators that change values differently can feed one
   * viewer. Default: a number, counted up with each operator that this process makes.
   */
  readonly key?: string;
}

let made = 0;

/**
 * Changes the values of some components, of temporal and static data: all rows of a chunk in one call.
 *
 * ```ts
 * // Degrees to radians.
 * mapComponents<Float64Array>("Scalars:scalars", ({ values }) => values.map((v) => (v * Math.PI) / 180));
 * ```
 *
 * Rows in which nothing was logged for the component stay so; rows without any component left are dropped. Times,
 * row ids and other components stay as they are. The chunk gets an id of its own. Blueprints pass. What `project`
 * throws, and a result that does not fit, fails the stream.
 *
 * @typeParam V what the values of the chosen components are, where that is known
 * @param select which components, see {@link ComponentSelect}
 * @throws RerunError `invalid-argument`
 */
export function mapComponents<V extends TypedArray | undefined = TypedArray | undefined>(
  select: ComponentSelect,
  project: (values: ComponentValues<V>) => MappedValues,
  options: MapComponentsOptions = {},
): MonoTypeOperatorFunction<LogMsg> {
  const isSelected = componentPredicate(select);
  if (typeof project !== "function") {
    throw new RerunError(
      "invalid-argument",
      `Expected \`project\` to be a function, got ${quote(project)}`,
    );
  }
  const change = `map ${options.key ?? ++made}`;
  return mapMessages(() => (message) => {
    const { chunk } = message;
    const { entityPath } = chunk;
    const selected = new Set(
      chunk.components.map((c) => c.descriptor).filter((d) => isSelected(d, entityPath)),
    );
    if (selected.size === 0) return message;
    const edited = mapColumns(chunk, change, (column) =>
      // What the values are is the caller's to know.
      selected.has(column.descriptor) ? mapColumn(entityPath, column, project as Project) : column,
    );
    return withChunk(message, edited);
  });
}

type Project = (values: ComponentValues) => MappedValues;

function mapColumn(
  entityPath: string,
  column: EditedColumn,
  project: Project,
): EditedColumn | undefined {
  const { descriptor, array: cells } = column;
  const offsets = cells.offsets ?? new Int32Array(cells.length + 1);
  const lengths = new Int32Array(cells.length);
  for (let row = 0; row < lengths.length; row++)
    lengths[row] = (offsets[row + 1] as number) - (offsets[row] as number);
  const array = slice(
    cells.children?.[0] as ArrowArray,
    offsets[0] as number,
    offsets[cells.length] as number,
  );
  const values =
    ArrayBuffer.isView(array.values) && descriptor.stride > 0 ? array.values.slice() : undefined;
  const mapped = project({ entityPath, descriptor, array, values, lengths });
  if (mapped === undefined) return undefined;
  if (mapped === array) return column;
  const after = asColumn(descriptor, array, mapped);
  return {
    descriptor: after.descriptor,
    array: {
      type: cells.type,
      length: cells.length,
      valid: cells.valid,
      offsets: offsetsOf(after, lengths, cells.valid),
      children: [after.array],
    },
    volatile: values === undefined || after.array.values !== values,
  };
}

/** @throws RerunError `invalid-component` when the result cannot be what takes the place of the values */
function asColumn(
  descriptor: ComponentDescriptor,
  { type, length, valid }: ArrowArray,
  mapped: Exclude<MappedValues, undefined>,
): ComponentColumn {
  if (isNumbers(mapped)) {
    const expected = length * strideOf(type);
    if (descriptor.stride === 0 || mapped.length !== expected)
      throw misfit(descriptor, `${expected} numbers`, mapped);
    return { descriptor, array: { type, length, valid, values: mapped } };
  }
  if (typeof mapped !== "object" || mapped === null) throw misfit(descriptor, "values", mapped);
  const column: ComponentColumn = "descriptor" in mapped ? mapped : { descriptor, array: mapped };
  const { descriptor: named, array, lengths } = column;
  if (lengths === undefined && array?.length !== length)
    throw misfit(descriptor, `${length} instances, or \`lengths\` for each row`, array);
  // Refuses what is no whole array of the type.
  return { ...column, array: new ComponentBatch(named, array.length, array).array };
}

function offsetsOf(
  { descriptor, array, lengths }: ComponentColumn,
  before: Int32Array,
  valid: Uint8Array | undefined,
): Int32Array {
  const counts: ArrayLike<number> = lengths ?? before;
  const offsets = new Int32Array(before.length + 1);
  for (let row = 0; row < before.length; row++) {
    const count = counts[row];
    const isFree = valid === undefined || valid[row] !== 0 || count === 0 || lengths === undefined;
    if (!Number.isInteger(count) || (count as number) < 0 || !isFree)
      throw misfit(
        descriptor,
        `lengths that are whole numbers, 0 where nothing was logged, for ${before.length} rows`,
        lengths,
      );
    offsets[row + 1] = (offsets[row] as number) + (count as number);
  }
  if (counts.length !== before.length || offsets[before.length] !== array.length)
    throw misfit(
      descriptor,
      `lengths of ${before.length} rows that add up to ${array.length}`,
      lengths,
    );
  return offsets;
}

function isNumbers(mapped: Exclude<MappedValues, undefined>): mapped is NumericValues {
  return ArrayBuffer.isView(mapped) || Array.isArray(mapped);
}

function misfit(descriptor: ComponentDescriptor, expected: string, got: unknown): RerunError {
  return new RerunError(
    "invalid-component",
    `Expected mapComponents to be given ${expected} for ${descriptor.component}, got ${quote(got)}`,
  );
}
