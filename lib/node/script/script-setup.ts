import type { Argv } from "yargs";
import type { SpawnOptions } from "../../../sinks/spawn.ts";
import type { RecordingStreamOptions } from "../../recording-options.ts";
import type { RecordingStream } from "../../recording-stream.ts";
import { fail } from "../fail.ts";
import { addRerunOptions, type RerunArguments, type RerunFlag } from "./flags.ts";
import { type RecordingSetup, setupRecording } from "./setup-recording.ts";

/** What {@link scriptSetup} needs to know of the program. All of it may be left out. */
export interface ScriptOptions<T extends RerunArguments = RerunArguments> {
  /** What the program does, for `--help`. */
  readonly description?: string;
  /** Adds flags of the program's own. */
  readonly options?: (yargs: Argv<RerunArguments>) => Argv<T>;
  /** Standard flags to leave out. */
  readonly omit?: readonly RerunFlag[];
  /** Of the recording stream that is made. */
  readonly recording?: RecordingStreamOptions;
  /** What viewers show at first; the same as in `recording`. */
  readonly defaultBlueprint?: RecordingStreamOptions["defaultBlueprint"];
  /** How `--spawn` starts a viewer, as far as no flag says. */
  readonly spawn?: SpawnOptions;
  /** The arguments to read. Default: those of the process. */
  readonly args?: readonly string[];
}

/** A program that is ready to log. */
export interface Script<T extends RerunArguments = RerunArguments> extends RecordingSetup {
  readonly rec: RecordingStream;
  /** The flags, those of the program's own included. */
  readonly argv: T;
}

/**
 * Reads the command line and makes a recording stream that goes where the standard flags say: the one call at the
 * start of a program.
 *
 * ```ts
 * const { rec, end } = await scriptSetup("my_app", { description: "Shows how it is done." });
 * rec.log("world/points", Points3D(xyz));
 * await end();
 * ```
 *
 * A wrong flag, or a destination that cannot be had, is told on standard error, and ends the process with code 1.
 */
export async function scriptSetup<T extends RerunArguments = RerunArguments>(
  applicationId: string,
  options: ScriptOptions<T> = {},
): Promise<Script<T>> {
  const { description, omit = [], defaultBlueprint } = options;
  const [{ default: yargs }, { RecordingStream }] = await Promise.all([
    import("yargs"),
    import("../../recording-stream.ts"),
  ]);
  // Of the process: what Node and its loaders take is not among them.
  const args = options.args ?? process.argv.slice(2);
  const standard = addRerunOptions(
    yargs([...args])
      .usage(`$0 [flags]${description === undefined ? "" : `\n\n${description}`}`)
      .detectLocale(false)
      .version(false)
      .strict()
      .showHelpOnFail(false, "--help tells all flags"),
    { omit },
  );
  const own = options.options?.(standard) ?? (standard as unknown as Argv<T>);
  const argv = (await own.parseAsync()) as unknown as T;
  try {
    const blueprint = defaultBlueprint === undefined ? {} : { defaultBlueprint };
    const rec = new RecordingStream(applicationId, { ...options.recording, ...blueprint });
    const spawn = options.spawn === undefined ? {} : { spawn: options.spawn };
    // The program's own flags of these names are none of ours.
    const others = Object.fromEntries(omit.map((name) => [name, undefined]));
    const setup = await setupRecording(rec, { ...argv, ...others }, spawn);
    return {
      rec,
      argv,
      viewerUrl: setup.viewerUrl,
      get interrupted() {
        return setup.interrupted;
      },
      end: setup.end,
    };
  } catch (error) {
    return fail(error);
  }
}
