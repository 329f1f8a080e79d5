import { readFile } from "node:fs/promises";
import { catchError, defer, EMPTY, exhaustMap, map, type Observable, pairwise, timer } from "rxjs";
import { type LogEntry, type Notes, noNotes } from "./log-entry.ts";

/** Two byte counters of each device, which only grow: in and out. */
export type Counters = ReadonlyMap<string, readonly [number, number]>;

/** Counters and when they were read, in milliseconds of a clock that never steps back. */
export interface CounterSample {
  readonly timeMs: number;
  readonly counters: Counters;
}

/** Where and how counters are read; the defaults suit everybody but specs. */
export interface CounterOptions {
  readonly notes?: Notes;
  readonly platform?: NodeJS.Platform;
  readonly path?: string;
}

/**
 * Bytes per second of each device between two samples.
 *
 * Left out are devices that came or went in between, whose counters were set back, and that never moved a byte.
 */
export function ratesBetween(before: CounterSample, after: CounterSample): Counters {
  const seconds = (after.timeMs - before.timeMs) / 1000;
  const rates = new Map<string, readonly [number, number]>();
  if (seconds <= 0) return rates;
  for (const [name, [inBytes, outBytes]] of after.counters) {
    const earlier = before.counters.get(name);
    if (earlier === undefined || inBytes + outBytes === 0) continue;
    if (inBytes < earlier[0] || outBytes < earlier[1]) continue;
    rates.set(name, [(inBytes - earlier[0]) / seconds, (outBytes - earlier[1]) / seconds]);
  }
  return rates;
}

/**
 * Rates from a file of counters that Linux keeps, after each period.
 *
 * Elsewhere, and when the file cannot be read, it completes after one note: a reading that fails ends alone.
 */
export function counterRates$(
  what: string,
  parse: (text: string) => Counters,
  periodMs: number,
  { notes = noNotes, platform = process.platform, path = "" }: CounterOptions,
): Observable<Counters> {
  const endWith = (entry: LogEntry): Observable<never> =>
    defer(() => {
      notes.next(entry);
      return EMPTY;
    });
  if (platform !== "linux") {
    return endWith({
      level: "INFO",
      text: `No ${what}: they are read on Linux only, this is ${platform}`,
    });
  }
  return timer(0, periodMs).pipe(
    exhaustMap(async () => {
      const text = await readFile(path, "utf8");
      return { timeMs: performance.now(), counters: parse(text) };
    }),
    pairwise(),
    map(([before, after]) => ratesBetween(before, after)),
    catchError((error: unknown) =>
      endWith({
        level: "WARN",
        text: `No more ${what}: ${error instanceof Error ? error.message : String(error)}`,
      }),
    ),
  );
}
