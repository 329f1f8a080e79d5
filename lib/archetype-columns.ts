import type { ComponentColumn, ComponentDescriptor } from "./component-batch.ts";
import { concatArrays } from "./components/concat.ts";
import type { Converter } from "./components/converter.ts";
import { convert } from "./components/converter.ts";
import { rejectArguments, rejectInput } from "./components/input-error.ts";
import type { NumberArray } from "./components/numeric.ts";
import { holdsRows } from "./components/rows.ts";

/** Each field as a batch for every row: one instance for each row, or an array of rows. */
export type ColumnFields<Fields> = {
  readonly [K in keyof Fields]?: ColumnInput<NonNullable<Fields[K]>> | undefined;
};

/** Values of many rows: what a single row takes, many of those, or an array of numbers for numbers. */
export type ColumnInput<T> = T | readonly T[] | (T extends number | bigint ? NumberArray : never);

/** How instances are dealt out to rows. */
export interface ColumnsOptions<Fields> {
  /**
   * Instances in each row, for all fields or field by field. A field with just one instance for each row
   * need not be named. Left out: one instance for each row, or the rows that the nesting of the value shows.
   */
  readonly lengths?:
    | ArrayLike<number>
    | { readonly [K in keyof Fields]?: ArrayLike<number> | undefined };
}

/** What columns are made with. */
export interface ColumnDefinition {
  readonly name: string;
  readonly fields: Readonly<Record<string, ComponentDescriptor>>;
  readonly converters: Readonly<Record<string, Converter>>;
}

/** One column for each field that is given; all have the same number of rows. */
export function columnsOf<Fields>(
  definition: ColumnDefinition,
  given: Readonly<Record<string, unknown>>,
  options: ColumnsOptions<Fields> = {},
): readonly ComponentColumn[] {
  const { name, fields, converters } = definition;
  const result: ComponentColumn[] = [];
  let rows: number | undefined;
  let first = "";
  for (const key in converters) {
    const value = given[key];
    if (value === undefined) continue;
    const column = columnOf(fields[key], converters[key], value, lengthsOf(options, key));
    const count = column.lengths?.length ?? column.array.length;
    if (rows === undefined) {
      rows = count;
      first = key;
    } else if (rows !== count) {
      rejectArguments(
        name,
        `columns differ in length: ${first} has ${rows} rows, ${key} has ${count}; ` +
          "give `lengths` for fields with several instances in a row",
      );
    }
    result.push(column);
  }
  return result;
}

function lengthsOf<Fields>(options: ColumnsOptions<Fields>, key: string): Lengths | undefined {
  const { lengths } = options;
  if (lengths === undefined) return undefined;
  if ("length" in lengths) return { values: lengths, exact: false };
  const values = (lengths as Readonly<Record<string, ArrayLike<number> | undefined>>)[key];
  return values && { values, exact: true };
}

interface Lengths {
  readonly values: ArrayLike<number>;
  /** Given for this very field, so that nothing else will do. */
  readonly exact: boolean;
}

function columnOf(
  descriptor: ComponentDescriptor | undefined,
  converter: Converter | undefined,
  value: unknown,
  lengths: Lengths | undefined,
): ComponentColumn {
  if (descriptor === undefined) throw new TypeError("no such field");
  if (holdsRows(descriptor, value)) {
    const batches = value.map((row) => convert(descriptor, converter, row));
    const array = concatArrays(
      descriptor.type,
      batches.map((batch) => batch.array),
    );
    const nested = batches.map((batch) => batch.length);
    const isOther = (n: number, i: number): boolean => lengths?.values[i] !== n;
    if (
      lengths?.exact === true &&
      (nested.some(isOther) || nested.length !== lengths.values.length)
    ) {
      rejectInput(
        descriptor,
        "rows as long as `lengths` says",
        value,
        "give nested rows or lengths",
      );
    }
    return { descriptor, array, lengths: nested };
  }
  const { array } = convert(descriptor, converter, value);
  const partition = lengths && checkLengths(descriptor, lengths, array.length);
  return partition === undefined
    ? { descriptor, array }
    : { descriptor, array, lengths: partition };
}

/** The lengths when they add up; none when the field has one instance for each row anyway. */
function checkLengths(
  descriptor: ComponentDescriptor,
  { values, exact }: Lengths,
  count: number,
): ArrayLike<number> | undefined {
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    const length = values[i];
    if (length === undefined || !Number.isInteger(length) || length < 0) {
      rejectInput(descriptor, "lengths to be whole numbers", length);
    }
    total += length;
  }
  if (total === count) return values;
  if (!exact && count === values.length) return undefined;
  return rejectInput(descriptor, `${total} instances, as the lengths add up to`, count);
}
