import type { MonoTypeOperatorFunction } from "rxjs";
import type { AsComponents } from "../lib/component-batch.ts";
import { map } from "../lib/rxjs.ts";

/** What `logTo` needs of a recording stream. */
export interface Logs {
  log(path: string | readonly string[], data: AsComponents | readonly AsComponents[]): void;
}

/**
 * Logs each value as it flows by, and passes it on unchanged.
 *
 * A value that cannot be logged (`project` throws, or returns what `log` refuses) fails the stream, as in
 * `map`.
 *
 * @param rec where to log
 * @param path an entity path, or a function that finds one for each value
 * @param project turns a value into what is logged; undefined logs nothing for it
 */
export function logTo<T>(
  rec: Logs,
  path: string | readonly string[] | ((value: T, index: number) => string | readonly string[]),
  project: (value: T, index: number) => AsComponents | readonly AsComponents[] | undefined,
): MonoTypeOperatorFunction<T> {
  return map((value, index) => {
    const data = project(value, index);
    if (data !== undefined) rec.log(typeof path === "function" ? path(value, index) : path, data);
    return value;
  });
}
