import { constants, type PerformanceEntry, PerformanceObserver } from "node:perf_hooks";
import { fromEvent, map, merge, Observable } from "rxjs";
import type { LogEntry } from "./log-entry.ts";

const GC_KINDS: ReadonlyMap<unknown, string> = new Map([
  [constants.NODE_PERFORMANCE_GC_MINOR, "minor"],
  [constants.NODE_PERFORMANCE_GC_MAJOR, "major"],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, "incremental"],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, "weak callbacks"],
]);

/** Garbage collections of this process. */
export function garbageCollections$(): Observable<LogEntry> {
  return new Observable((subscriber) => {
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const kind = gcKind(entry);
        const text = `Garbage collection (${GC_KINDS.get(kind) ?? "unknown"}) took ${entry.duration.toFixed(1)} ms`;
        subscriber.next({
          level: kind === constants.NODE_PERFORMANCE_GC_MAJOR ? "INFO" : "DEBUG",
          text,
        });
      }
    });
    observer.observe({ entryTypes: ["gc"] });
    return () => observer.disconnect();
  });
}

/** Warnings that Node gives in this process. */
export function warnings$(): Observable<LogEntry> {
  return fromEvent(process, "warning").pipe(
    map((warning) => ({ level: "WARN", text: String(warning) })),
  );
}

/** What happens inside this process. */
export function ownEvents$(): Observable<LogEntry> {
  return merge(garbageCollections$(), warnings$());
}

/** Entries of type "gc" carry their kind in their detail; the types of Node leave that open. */
function gcKind(entry: PerformanceEntry): unknown {
  const detail: unknown = "detail" in entry ? entry.detail : undefined;
  return typeof detail === "object" && detail !== null && "kind" in detail
    ? detail.kind
    : undefined;
}
