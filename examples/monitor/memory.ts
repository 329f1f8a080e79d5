import { freemem, totalmem } from "node:os";
import { map, type Observable, timer } from "rxjs";

/** Memory in bytes. */
export interface MemoryReading {
  /** What programs can still get; on Linux this counts caches that the system would give up. */
  readonly freeBytes: number;
  readonly usedBytes: number;
  /** Of this process: what it holds in memory, and what its JavaScript objects take of that. */
  readonly rssBytes: number;
  readonly heapBytes: number;
}

/** Memory of the system and of this process, now and after each period. */
export function memory$(periodMs: number): Observable<MemoryReading> {
  return timer(0, periodMs).pipe(
    map(() => {
      const freeBytes = freemem();
      const { rss, heapUsed } = process.memoryUsage();
      return { freeBytes, usedBytes: totalmem() - freeBytes, rssBytes: rss, heapBytes: heapUsed };
    }),
  );
}
