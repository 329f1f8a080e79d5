import { map, type Observable } from "rxjs";
import { type CounterOptions, type Counters, counterRates$ } from "./counters.ts";

/** The kernel counts in sectors of this size, whatever the disk has. */
const SECTOR_BYTES = 512;

/** Block devices that are memory, files, or other disks under a second name. */
const VIRTUAL = /^(?:loop|ram|zram|dm-|md|nbd|sr|fd)\d/;

/** What one disk moved. */
export interface DiskRate {
  readonly name: string;
  readonly readBytesPerS: number;
  readonly writtenBytesPerS: number;
}

/**
 * Reads the bytes read from and written to each whole disk from the text of `/proc/diskstats`.
 *
 * @throws SyntaxError when the text is something else
 */
export function parseDiskStats(text: string): Counters {
  const counters = new Map<string, readonly [number, number]>();
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    const fields = line.trim().split(/\s+/);
    const name = fields[2];
    const [read, written] = [Number(fields[5]), Number(fields[9])];
    if (name === undefined || !Number.isFinite(read) || !Number.isFinite(written)) {
      throw new SyntaxError(`expected a line of /proc/diskstats, got "${line.slice(0, 60)}"`);
    }
    if (!VIRTUAL.test(name)) counters.set(name, [read * SECTOR_BYTES, written * SECTOR_BYTES]);
  }
  for (const name of [...counters.keys()]) {
    const disk = diskOfPartition(name);
    if (disk !== undefined && counters.has(disk)) counters.delete(name);
  }
  return counters;
}

/** Bytes per second of each whole disk that was ever used, over the last period. */
export function diskRates$(periodMs: number, options: CounterOptions = {}): Observable<DiskRate[]> {
  return counterRates$("disk rates", parseDiskStats, periodMs, {
    path: "/proc/diskstats",
    ...options,
  }).pipe(
    map((rates) =>
      Array.from(rates, ([name, [readBytesPerS, writtenBytesPerS]]) => ({
        name,
        readBytesPerS,
        writtenBytesPerS,
      })),
    ),
  );
}

/** `sda` for `sda1`, `nvme0n1` for `nvme0n1p2`; undefined when the name can be no partition. */
function diskOfPartition(name: string): string | undefined {
  // A disk whose name ends with a digit puts a `p` before the number of the partition; `mmcblk0boot0` is no partition.
  const [, disk] = /^(.*\d)p\d+$/.exec(name) ?? /^(.*[^\d])\d+$/.exec(name) ?? [];
  return disk;
}
