import type { ArgumentsCamelCase, InferredOptionTypes, Options } from "yargs";

/** Flags and positional arguments by their names, as yargs has them. */
export type Flags = Readonly<Record<string, Options>>;

/** What {@link CommandDefinition.run} gets. */
export type ArgumentsOf<F extends Flags> = ArgumentsCamelCase<
  InferredOptionTypes<{ -readonly [K in keyof F]: F[K] }>
>;

/** One command: its words, which `--help` shows, and what it does. One file each; what does the work is loaded by `run`. */
export interface CommandDefinition<F extends Flags, P extends Flags> {
  /** Name and positional arguments, as yargs has it; `$0` runs without a name. */
  readonly command: string;
  readonly describe: string;
  /** Positional arguments by name. */
  readonly positionals?: P;
  readonly flags?: F;
  /** Command lines and what they do. */
  readonly examples?: readonly (readonly [commandLine: string, does: string])[];
  /** Commands below this one; then it does nothing itself. */
  readonly commands?: readonly Command[];
  /**
   * Does it.
   *
   * @param names of all commands, for suggestions
   * @returns the exit code of the process; what it throws is told, and makes it 1
   */
  run?(argv: ArgumentsOf<F> & ArgumentsOf<P>, names: readonly string[]): Promise<number>;
}

/** A command whose flags nobody needs to know by type any more. */
export type Command = Omit<CommandDefinition<Flags, Flags>, "run"> & {
  run?(argv: unknown, names: readonly string[]): Promise<number>;
};

/** Gives `run` the types of the flags. */
export function defineCommand<const F extends Flags = Flags, const P extends Flags = Flags>(
  definition: CommandDefinition<F, P>,
): Command {
  // yargs gives `run` what the flags say; no type follows them through there.
  return definition;
}
