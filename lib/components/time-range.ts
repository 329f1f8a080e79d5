import { ComponentBatch, type ComponentDescriptor } from "../component-batch.ts";
import { quote, RerunError } from "../errors.ts";
import { joinTime, parseTime, type TimeInput } from "../time.ts";
import { fieldName, rejectInput } from "./input-error.ts";
import { arrowFromValues } from "./nested.ts";

/**
 * A time as a range wants it: `{ sequence }`, `{ duration }` or `{ timestamp }`, or the number as it is stored, which is a
 * step of a sequence, or nanoseconds.
 */
export type TimeValue = number | bigint | TimeInput;

/** One end of a {@link TimeRange}; made by {@link TimeRangeBoundary}. */
export type TimeRangeBoundary =
  | { readonly CursorRelative: bigint }
  | { readonly Absolute: bigint }
  | { readonly Infinite: null };

/** From where to where, both included. */
export interface TimeRange {
  readonly start: TimeRangeBoundary;
  readonly end: TimeRangeBoundary;
}

/** The times of one timeline that are shown. */
export interface VisibleTimeRange extends TimeRange {
  /** Name of the timeline. */
  readonly timeline: string;
}

/** One range or several, of different timelines. */
export type VisibleTimeRangeInput = VisibleTimeRange | readonly VisibleTimeRange[];

/** Two times on one timeline, both included: by name, or as a pair. */
export type AbsoluteTimeRange =
  | { readonly min: TimeValue; readonly max: TimeValue }
  | readonly [min: TimeValue, max: TimeValue];

/** Two times on one timeline, both included: by name, or as a pair. */
export type FilterByRange =
  | { readonly start: TimeValue; readonly end: TimeValue }
  | readonly [start: TimeValue, end: TimeValue];

/**
 * Makes the ends of a {@link TimeRange}.
 *
 * ```ts
 * // The last five seconds.
 * { start: TimeRangeBoundary.cursorRelative({ duration: -5 }), end: TimeRangeBoundary.cursorRelative() }
 * ```
 */
export const TimeRangeBoundary = {
  /**
   * Moves with the time cursor.
   *
   * @param offset from the cursor, mostly negative for what lies before it; default: the cursor itself
   * @throws RerunError `invalid-time`
   */
  cursorRelative: (offset: TimeValue = 0): TimeRangeBoundary => ({
    CursorRelative: timeNumber(offset),
  }),
  /**
   * Stays where it is.
   *
   * @throws RerunError `invalid-time`
   */
  absolute: (time: TimeValue): TimeRangeBoundary => ({ Absolute: timeNumber(time) }),
  /** The beginning of the timeline, or its end. */
  infinite: (): TimeRangeBoundary => ({ Infinite: null }),
} as const;

/** The number that is stored for a time. */
function timeNumber(value: unknown): bigint {
  if (typeof value === "bigint" || Number.isSafeInteger(value)) {
    const { lo, hi } = parseTime("a range", { sequence: value as number | bigint });
    return joinTime(lo, hi);
  }
  if (typeof value === "object" && value !== null) {
    const { lo, hi } = parseTime("a range", value as TimeInput);
    return joinTime(lo, hi);
  }
  throw new RerunError(
    "invalid-time",
    `Expected a time of a range to be { sequence }, { duration }, { timestamp } or a whole number, got ${quote(value)}`,
  );
}

/** A batch of one time. */
export function timeIntBatch(descriptor: ComponentDescriptor, value: TimeValue): ComponentBatch {
  return new ComponentBatch(descriptor, 1, BigInt64Array.of(timeNumber(value)));
}

/** A batch of one pair of times. */
export function absoluteTimeRangeBatch(
  descriptor: ComponentDescriptor,
  value: AbsoluteTimeRange,
): ComponentBatch {
  return oneOf(descriptor, ends(descriptor, value, "min", "max"));
}

/** A batch of one pair of times. */
export function filterByRangeBatch(
  descriptor: ComponentDescriptor,
  value: FilterByRange,
): ComponentBatch {
  return oneOf(descriptor, ends(descriptor, value, "start", "end"));
}

/** A batch of one range. */
export function timeRangeBatch(descriptor: ComponentDescriptor, value: TimeRange): ComponentBatch {
  return oneOf(descriptor, rangeOf(descriptor, value));
}

/** A batch of the ranges of timelines, each timeline once. */
export function visibleTimeRangeBatch(
  descriptor: ComponentDescriptor,
  value: VisibleTimeRangeInput,
): ComponentBatch {
  const items = (Array.isArray(value) ? value : [value]) as readonly VisibleTimeRange[];
  if (items.length === 0) return ComponentBatch.empty(descriptor);
  const seen = new Set<string>();
  const ranges = items.map((item) => {
    if (typeof item !== "object" || item === null || typeof item.timeline !== "string")
      rejectInput(descriptor, "ranges as { timeline, start, end }", item);
    // The viewer takes the first one and ignores the others.
    if (seen.has(item.timeline))
      rejectInput(descriptor, "each timeline once", item.timeline, "leave one of the two out");
    seen.add(item.timeline);
    return { timeline: item.timeline, range: rangeOf(descriptor, item) };
  });
  const array = arrowFromValues(descriptor.type, ranges, false, fieldName(descriptor));
  return new ComponentBatch(descriptor, ranges.length, array);
}

function ends(
  descriptor: ComponentDescriptor,
  value: unknown,
  first: string,
  second: string,
): Readonly<Record<string, bigint>> {
  const pair =
    Array.isArray(value) && value.length === 2
      ? (value as readonly unknown[])
      : typeof value === "object" && value !== null && first in value && second in value
        ? [
            (value as Readonly<Record<string, unknown>>)[first],
            (value as Readonly<Record<string, unknown>>)[second],
          ]
        : rejectInput(descriptor, `{ ${first}, ${second} } or a pair of times`, value);
  return { [first]: timeNumber(pair[0]), [second]: timeNumber(pair[1]) };
}

function rangeOf(descriptor: ComponentDescriptor, value: unknown): TimeRange {
  const { start, end } = (typeof value === "object" && value !== null ? value : {}) as TimeRange;
  if (!isBoundary(start) || !isBoundary(end))
    rejectInput(
      descriptor,
      "{ start, end } with ends of `TimeRangeBoundary`",
      value,
      "such as TimeRangeBoundary.cursorRelative({ duration: -5 })",
    );
  return { start, end };
}

function isBoundary(value: unknown): value is TimeRangeBoundary {
  return (
    typeof value === "object" &&
    value !== null &&
    ("CursorRelative" in value || "Absolute" in value || "Infinite" in value)
  );
}

function oneOf(descriptor: ComponentDescriptor, item: unknown): ComponentBatch {
  const array = arrowFromValues(descriptor.type, [item], false, fieldName(descriptor));
  return new ComponentBatch(descriptor, 1, array);
}
