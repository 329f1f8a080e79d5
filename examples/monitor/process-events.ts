import { readdir, readFile } from "node:fs/promises";
import { catchError, defer, EMPTY, exhaustMap, from, merge, type Observable, timer } from "rxjs";
import { type LogEntry, type Notes, noNotes } from "./log-entry.ts";
import { ownEvents$ } from "./own-events.ts";

/** All threads of the Linux kernel are children of this process. */
const KTHREADD = 2;

/** A running process. */
export interface ProcessInfo {
  readonly pid: number;
  readonly parentPid: number;
  /** As the kernel keeps it: at most 15 bytes. */
  readonly name: string;
}

/** Running processes by their id. */
export type ProcessTable = ReadonlyMap<number, ProcessInfo>;

/** Where processes are listed; the defaults suit everybody but specs. */
export interface ProcessOptions {
  readonly notes?: Notes;
  readonly platform?: NodeJS.Platform;
  readonly root?: string;
}

/**
 * Reads the text of `/proc/PID/stat`.
 *
 * @throws SyntaxError when the text is something else
 */
export function parseProcessStat(text: string): ProcessInfo {
  // The name stands in parentheses and may itself hold spaces, line breaks and parentheses.
  const [, pid, name = "", parentPid] = /^(\d+) \((.*)\) \S (\d+) /s.exec(text) ?? [];
  if (pid === undefined)
    throw new SyntaxError(`expected /proc/PID/stat, got "${text.slice(0, 60)}"`);
  return { pid: Number(pid), parentPid: Number(parentPid), name };
}

/** What happened between two listings: first what ended, then what started. Threads of the kernel are left out. */
export function processChanges(before: ProcessTable, after: ProcessTable): LogEntry[] {
  const missing = (table: ProcessTable, other: ProcessTable): ProcessInfo[] =>
    [...table.values()].filter((info) => !other.has(info.pid) && !isKernelThread(info));
  return [
    ...missing(before, after).map((info) => `Process ${info.pid} (${info.name}) ended`),
    ...missing(after, before).map(
      (info) => `Process ${info.pid} (${info.name}) started by ${parentOf(info, after)}`,
    ),
  ].map((text) => ({ level: "INFO", text }));
}

/**
 * Processes that start and end on this system, found by listing them once per period. What starts and ends within
 * one period is not seen.
 *
 * Elsewhere than on Linux, and when the list cannot be read, it completes after one note.
 */
export function systemProcesses$(
  periodMs: number,
  { notes = noNotes, platform = process.platform, root = "/proc" }: ProcessOptions = {},
): Observable<LogEntry> {
  return defer(() => {
    if (platform !== "linux") {
      notes.next({
        level: "INFO",
        text: `No process list: it is read on Linux only, this is ${platform}`,
      });
      return EMPTY;
    }
    let known: ProcessTable | undefined;
    return timer(0, periodMs).pipe(
      exhaustMap(() => listProcesses(root, known)),
      exhaustMap((table) => {
        const entries = known === undefined ? [summary(table)] : processChanges(known, table);
        known = table;
        return from(entries);
      }),
      catchError((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        notes.next({ level: "WARN", text: `No more process list: ${reason}` });
        return EMPTY;
      }),
    );
  });
}

/** Text log of processes on this system, and of what happens inside this one. */
export function processEvents$(
  periodMs = 1000,
  options: ProcessOptions = {},
): Observable<LogEntry> {
  return merge(ownEvents$(), systemProcesses$(periodMs, options));
}

/**
 * Lists the processes. Known ones are not read again, which keeps a listing cheap: a name that changes later keeps
 * its first form.
 */
async function listProcesses(root: string, known: ProcessTable = new Map()): Promise<ProcessTable> {
  const table = new Map<number, ProcessInfo>();
  for (const entry of await readdir(root)) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const info = known.get(pid) ?? (await readProcess(`${root}/${entry}/stat`));
    if (info !== undefined) table.set(pid, info);
  }
  return table;
}

async function readProcess(path: string): Promise<ProcessInfo | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch {
    // It ended since it was listed, or is hidden from this user.
    return undefined;
  }
  return parseProcessStat(text);
}

function isKernelThread({ pid, parentPid }: ProcessInfo): boolean {
  return pid === KTHREADD || parentPid === KTHREADD;
}

function parentOf({ parentPid }: ProcessInfo, table: ProcessTable): string {
  const parent = table.get(parentPid);
  return parent === undefined ? `process ${parentPid}` : `${parentPid} (${parent.name})`;
}

function summary(table: ProcessTable): LogEntry {
  const count = [...table.values()].filter((info) => !isKernelThread(info)).length;
  return { level: "INFO", text: `${count} processes are running` };
}
