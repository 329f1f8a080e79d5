import { filter, map, merge, mergeMap, type Observable, type OperatorFunction, scan } from "rxjs";
import type { Notes } from "./log-entry.ts";
import { cpuLoad$, diskRates$, eventLoopDelay$, memory$, networkRates$ } from "./readings.ts";

const KIB = 1024;
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/**
 * Numbers that belong into one plot: they were read together and have one unit. The viewer by itself gives each
 * entity a plot of its own, with one line for each of its numbers, but no more than a few plots in all.
 */
export interface Measurement {
  /** Parts of the entity path. */
  readonly path: readonly string[];
  /** Name of each line, with its unit. */
  readonly labels: readonly string[];
  /** One for each line; `NaN` leaves a gap. */
  readonly values: readonly number[];
}

/** All numbers that the monitor reads, as they come. */
export function measurements$(notes: Notes): Observable<Measurement> {
  return merge(
    cpuLoad$(500).pipe(
      map((values) => ({ path: ["cpu"], labels: values.map((_, i) => `core ${i} (%)`), values })),
    ),
    memory$(1000).pipe(
      mergeMap(({ usedBytes, freeBytes, rssBytes, heapBytes }) => [
        {
          path: ["memory"],
          labels: ["used (GiB)", "free (GiB)"],
          values: [usedBytes / GIB, freeBytes / GIB],
        },
        {
          path: ["process"],
          labels: ["resident (MiB)", "heap (MiB)"],
          values: [rssBytes / MIB, heapBytes / MIB],
        },
      ]),
    ),
    eventLoopDelay$(500).pipe(
      map(({ meanMs, p99Ms, maxMs }) => ({
        path: ["event_loop"],
        labels: ["mean delay (ms)", "99 % (ms)", "max (ms)"],
        values: [meanMs, p99Ms, maxMs],
      })),
    ),
    networkRates$(1000, { notes }).pipe(
      map((rates) =>
        rates.map(({ name, receivedBytesPerS, sentBytesPerS }) => ({
          name,
          values: [receivedBytesPerS / KIB, sentBytesPerS / KIB],
        })),
      ),
      inOnePlot("network", ["received (KiB/s)", "sent (KiB/s)"]),
    ),
    diskRates$(1000, { notes }).pipe(
      map((rates) =>
        rates.map(({ name, readBytesPerS, writtenBytesPerS }) => ({
          name,
          values: [readBytesPerS / KIB, writtenBytesPerS / KIB],
        })),
      ),
      inOnePlot("disk", ["read (KiB/s)", "written (KiB/s)"]),
    ),
  );
}

/** What was read of one device among several. */
export interface DeviceReading {
  readonly name: string;
  readonly values: readonly number[];
}

/**
 * Puts all devices into one plot: each keeps its lines, in the order in which they first came; one that is missing
 * leaves a gap.
 */
export function inOnePlot(
  plot: string,
  labels: readonly string[],
): OperatorFunction<readonly DeviceReading[], Measurement> {
  const nothing: {
    readonly names: readonly string[];
    readonly readings: readonly DeviceReading[];
  } = {
    names: [],
    readings: [],
  };
  return (source) =>
    source.pipe(
      scan(
        ({ names }, readings) => ({
          names: [...new Set([...names, ...readings.map(({ name }) => name)])],
          readings,
        }),
        nothing,
      ),
      filter(({ names }) => names.length > 0),
      map(({ names, readings }) => ({
        path: [plot],
        labels: names.flatMap((name) => labels.map((label) => `${name} ${label}`)),
        values: names.flatMap(
          (name) =>
            readings.find((reading) => reading.name === name)?.values ??
            labels.map(() => Number.NaN),
        ),
      })),
    );
}
