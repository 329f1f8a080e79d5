import { quote, RerunError } from "../lib/errors.ts";
import { checkFsync } from "./support/file-sync.ts";
import type { RetainOptions } from "./support/retention.ts";
import { type RotateOptions, RotatingFileSink } from "./support/rotating-file.ts";
import { RrdFileSink } from "./support/rrd-file.ts";
import type { OutputOptions } from "./support/rrd-output.ts";
import { checkPath, TargetPath } from "./support/target-path.ts";

export type { FilePart } from "./support/file-part.ts";
export type { FsyncPolicy } from "./support/file-sync.ts";
export type { RetainOptions } from "./support/retention.ts";
export type { RotateOptions } from "./support/rotating-file.ts";

export interface SaveOptions extends OutputOptions {
  /** Whether a file that exists is replaced. Default false: `save` fails with `file-exists`. Not with `rotate`. */
  readonly overwrite?: boolean;
}

/** How to write one file after the other. */
export interface RotatedSaveOptions extends OutputOptions {
  readonly rotate: RotateOptions;
  /** Which of the completed parts are kept. Default: all. */
  readonly retain?: RetainOptions;
}

/** A sink that writes a file; see {@link save}. */
export type SaveSink = RrdFileSink;

/** A sink that writes one file after the other; see {@link save}. */
export type RotatedSaveSink = RotatingFileSink;

const MAX_TIMER_MS = 0x7fff_ffff;

/**
 * Writes all that a recording stream holds, and what follows, to a file that every Rerun viewer opens.
 *
 * Writes happen within `log` or on the next turn of the event loop, never later; memory stays bounded however fast a
 * program logs. The file comes into being when the sink is attached to a recording that is switched on. It is complete
 * after `close`, a normal exit, an uncaught error, SIGINT, SIGTERM or SIGHUP; see `docs/exits.md`, also for named pipes
 * and readers that are slow.
 *
 * With `rotate` it is a row of files, for programs that run long. Each part opens alone: store info, static data,
 * properties and the blueprint in use are repeated at its start, with the ids they have, so that all parts opened
 * together hold everything once. A part that is full is completed in the background. A later run, with the same
 * `recordingId` or another, counts on and overwrites nothing.
 *
 * With `retain` old parts are deleted: those that this sink has completed, and parts of earlier runs whose names are of
 * the same row and that hold a recording of the same application id and recording id: set `recordingId`, which is
 * another one for each run by default. No other file is touched. Programs that run at the same time need names or ids of
 * their own.
 *
 * ```ts
 * rec.attach(save("out.rrd"));
 * rec.attach(save("logs/run.rrd", { rotate: { bytes: 64e6, ms: 600_000 }, retain: { count: 20 } }));
 * ```
 *
 * @param path of the file; its directory must exist
 * @throws RerunError `file-exists`, `directory-missing`, `permission-denied`, `io-failed`, `invalid-argument` at once;
 *   trouble while writing (`disk-full`, …) shows in the state of the attachment and on `errors$`, and the program
 *   goes on
 */
export function save(path: string, options: RotatedSaveOptions): RotatedSaveSink;
export function save(path: string, options?: SaveOptions): SaveSink;
export function save(
  path: string,
  options: SaveOptions | RotatedSaveOptions = {},
): SaveSink | RotatedSaveSink {
  checkPath(path);
  if (options.fsync !== undefined) checkFsync(options.fsync);
  if (options.footerBytes !== undefined) positive("footerBytes", options.footerBytes);
  const {
    rotate,
    retain,
    overwrite = false,
  } = options as SaveOptions & Partial<RotatedSaveOptions>;
  if (rotate !== undefined) {
    if (overwrite) {
      throw new RerunError(
        "invalid-argument",
        "Expected `overwrite` without `rotate`: parts never take the place of files; leave it out",
      );
    }
    checkRotate(rotate);
    if (retain !== undefined) checkRetain(retain);
    return new RotatingFileSink(path, { ...options, rotate });
  }
  if (retain !== undefined) {
    throw new RerunError(
      "invalid-argument",
      "Expected `retain` together with `rotate`: there is one file alone; give both or none",
    );
  }
  const target = `a recording to ${path}`;
  const file = new TargetPath(path, target, overwrite);
  return new RrdFileSink(
    {
      name: `save(${path})`,
      target,
      path,
      open: () => file.open(),
      closed: () => file.release(),
    },
    options,
  );
}

function checkRotate({ bytes, ms, trigger$, name }: RotateOptions): void {
  if (bytes !== undefined) positive("rotate.bytes", bytes);
  if (ms !== undefined) positive("rotate.ms", ms, MAX_TIMER_MS);
  if (
    trigger$ !== undefined &&
    typeof (trigger$ as { subscribe?: unknown }).subscribe !== "function"
  )
    wrong("rotate.trigger$", "an Observable", trigger$);
  if (name !== undefined && typeof name !== "function") wrong("rotate.name", "a function", name);
}

function checkRetain({ count, bytes, ageMs }: RetainOptions): void {
  if (count !== undefined && !(Number.isInteger(count) && count >= 0))
    wrong("retain.count", "a whole number from 0", count);
  if (bytes !== undefined) positive("retain.bytes", bytes);
  if (ageMs !== undefined) positive("retain.ageMs", ageMs);
}

function positive(name: string, value: unknown, most = Infinity): void {
  if (typeof value === "number" && value > 0 && value <= most) return;
  wrong(name, most === Infinity ? "a number above 0" : `a number above 0, up to ${most}`, value);
}

function wrong(name: string, expected: string, value: unknown): never {
  throw new RerunError(
    "invalid-argument",
    `Expected \`${name}\` to be ${expected}, got ${quote(value)}`,
  );
}
