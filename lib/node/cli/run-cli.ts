import yargs, { type Argv } from "yargs";
import { RerunError } from "../../errors.ts";
import { RERUN_VERSION, VERSION } from "../../version.ts";
import { explain } from "../fail.ts";
import type { Command } from "./command.ts";
import { completions } from "./completions.ts";
import { openCommand } from "./open.ts";
import { rrdCommand } from "./rrd.ts";
import { suggest } from "./suggest.ts";
import { viewerCommand } from "./viewer.ts";

/** All commands; the first runs when none is named. */
export const COMMANDS: readonly Command[] = [openCommand, viewerCommand, rrdCommand];

const COMPLETION = "completion";

/** What the process ends with. */
export const EXIT = {
  ok: 0,
  /** It could not be done. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
} as const;

/**
 * Runs a command line. Errors are told on standard error.
 *
 * @returns the exit code
 */
export async function runCli(args: readonly string[]): Promise<number> {
  let code: number = EXIT.ok;
  const root = yargs(args.map((arg) => (arg === "-" ? DASH : arg)))
    .scriptName("rerun-rx")
    .usage("$0: the Rerun viewer for files, streams and programs")
    .detectLocale(false)
    .version(`rerun-rx ${VERSION} (Rerun ${RERUN_VERSION})`)
    .alias({ help: "h", version: "V" })
    .strictOptions()
    .exitProcess(false)
    .fail((message, error) => {
      throw (error as Error | undefined) ?? new UsageError(message);
    })
    .wrap(Math.min(100, process.stdout.columns ?? 100))
    .epilogue("Exit codes: 0 done, 1 failed, 2 wrong command line.")
    .completion(COMPLETION, "Print a script that completes commands in your shell", completions);
  const add = (to: Argv, commands: readonly Command[]): void => {
    for (const command of commands) {
      to.command({
        command: command.command,
        describe: command.describe,
        builder: (own: Argv) => {
          // The same properties, but for those that only flags have.
          for (const [name, argument] of Object.entries(command.positionals ?? {}))
            own.positional(name, argument as Parameters<Argv["positional"]>[1]);
          own.options(command.flags ?? {});
          for (const [line, does] of command.examples ?? []) own.example(line, does);
          if (command.commands !== undefined) {
            add(own, command.commands);
            own.demandCommand(1, `Expected a command after "${nameOf(command)}"`).strictCommands();
          }
          return own;
        },
        handler: async (argv) => {
          code = (await command.run?.(withDashes(argv), commandNames())) ?? EXIT.ok;
        },
      });
    }
  };
  add(root, COMMANDS);
  try {
    // yargs prints the script and goes on to the default command where it must not end the process.
    if (args[0] === COMPLETION && !args.some((arg) => arg.startsWith("-"))) {
      root.showCompletionScript();
      return EXIT.ok;
    }
    await root.parseAsync();
    return code;
  } catch (error) {
    const usage = usageError(error, args);
    console.error(`rerun-rx: ${usage ?? explain(error)}`);
    return usage === undefined ? EXIT.failed : EXIT.usage;
  }
}

/** Stands for `-` on its way through yargs, which loses it among positional arguments. */
const DASH = "\u0000-";

function withDashes(argv: object): object {
  const restore = (value: unknown): unknown => (value === DASH ? "-" : value);
  return Object.fromEntries(
    Object.entries(argv).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(restore) : restore(value),
    ]),
  );
}

/** What yargs finds wrong with a command line. */
class UsageError extends Error {}

const nameOf = (command: Command): string => command.command.split(" ", 1)[0] ?? "";

/** What is wrong with the command line, and what was probably meant; undefined for any other error. */
function usageError(error: unknown, args: readonly string[]): string | undefined {
  const isUsage = error instanceof UsageError || (error as Error | undefined)?.name === "YError";
  if (!isUsage && !(error instanceof RerunError && error.code === "invalid-argument"))
    return undefined;
  const { message } = error as Error;
  const path = pathOf(args);
  const help = `see \`${["rerun-rx", ...path.map(nameOf), "--help"].join(" ")}\``;
  const unknown = /^Unknown (?:argument|command)s?: (.*)$/s.exec(message)?.[1]?.split(", ") ?? [];
  const known = knownWords(path);
  const meant = unknown.map((word) => suggest(bare(word), known.map(bare))).find(Boolean);
  const shown = known.find((word) => bare(word) === meant);
  const advice = shown === undefined ? help : `did you mean \`${shown}\`? Or ${help}`;
  return `${message.trim()}; ${advice}`;
}

const bare = (flag: string): string => flag.replace(/^--/, "");

/** What can be typed behind `rerun-rx`. */
function commandNames(): string[] {
  return [...COMMANDS.map(nameOf).filter((name) => name !== "$0"), COMPLETION];
}

/** The commands that were named, from the outermost on. */
function pathOf(args: readonly string[]): Command[] {
  const path: Command[] = [];
  let commands: readonly Command[] = COMMANDS;
  for (const arg of args) {
    const command = commands.find((each) => nameOf(each) === arg);
    if (command === undefined) break;
    path.push(command);
    commands = command.commands ?? [];
  }
  return path;
}

/** Flags and commands that could stand there. */
function knownWords(path: readonly Command[]): string[] {
  const command = path.at(-1);
  const commands = command === undefined ? COMMANDS : (command.commands ?? []);
  const flags = Object.entries((command ?? openCommand).flags ?? {});
  return [
    ...(command === undefined ? commandNames() : commands.map(nameOf)),
    ...flags.filter(([, flag]) => flag.hidden !== true).map(([name]) => `--${name}`),
    "--help",
    "--version",
  ];
}
