import type { Argv } from "yargs";

/** What the standard flags say; the part of `argv` that {@link setupRecording} reads. */
export interface RerunArguments {
  /** Start a viewer, or use the one that runs. Default: true if no other destination is given. */
  readonly spawn?: boolean | undefined;
  /** URL of a viewer that runs; empty for the default one. */
  readonly connect?: string | readonly string[] | undefined;
  /** The same, as the official SDKs call it. */
  readonly url?: string | readonly string[] | undefined;
  /** An old name of `url`. */
  readonly addr?: string | readonly string[] | undefined;
  /** Host the web viewer, until Ctrl-C. */
  readonly serve?: boolean | undefined;
  /** File to write. */
  readonly save?: string | readonly string[] | undefined;
  /** Whether a file that exists is replaced. Default false. */
  readonly overwrite?: boolean | undefined;
  /** Write to standard output. */
  readonly stdout?: boolean | undefined;
  /** Neither start a viewer nor open a browser. */
  readonly headless?: boolean | undefined;
  /** Port of `serve` and `spawn`; 0 takes any free one. Default 9876. */
  readonly port?: number | undefined;
  /** Address that `serve` listens on. Default `127.0.0.1`. */
  readonly bind?: string | undefined;
  /** What viewers must know to get data from `serve`; without that, what the viewer asks for that it connects to. */
  readonly token?: string | undefined;
  /** Whether a browser is opened where there is a display. Default true. */
  readonly open?: boolean | undefined;
}

/** Names of the standard flags. */
export type RerunFlag = keyof RerunArguments;

const GROUP = "Where the data goes (flags combine):";

const FLAGS = {
  spawn: {
    type: "boolean",
    describe: "Start a viewer, or use the one that runs (default if no other is given)",
  },
  connect: {
    type: "string",
    describe: "Stream to a viewer that runs, at a URL or the default one",
  },
  serve: { type: "boolean", describe: "Host the viewer for browsers, until Ctrl-C" },
  save: { type: "string", requiresArg: true, describe: "Write an .rrd file" },
  stdout: { type: "boolean", describe: "Write to standard output, to be piped into a viewer" },
  headless: { type: "boolean", describe: "Start no viewer, open no browser" },
  url: { type: "string", requiresArg: true, describe: "URL to connect to, as --connect URL" },
  addr: { type: "string", requiresArg: true, hidden: true },
  overwrite: { type: "boolean", describe: "With --save: replace the file if it exists" },
  port: {
    type: "number",
    requiresArg: true,
    describe: "With --serve or --spawn: port, 0 for any that is free (default 9876)",
  },
  bind: {
    type: "string",
    requiresArg: true,
    describe: "With --serve: address to listen on (default 127.0.0.1)",
  },
  token: {
    type: "string",
    requiresArg: true,
    describe: "With --serve: what viewers must know; with --connect: what the viewer asks for",
  },
  open: { type: "boolean", describe: "Open a browser where there is a display (default)" },
} as const;

/**
 * Adds the standard flags to a command line: `--spawn` (default), `--connect [URL]`, `--serve`, `--save FILE`,
 * `--stdout`, `--headless`, and what goes with them. They combine. Then {@link setupRecording} does what they say.
 *
 * ```ts
 * const argv = await addRerunOptions(yargs(hideBin(process.argv))).parseAsync();
 * const { end } = await setupRecording(rec, argv);
 * ```
 *
 * @param options.omit flags to leave out, since the program has a flag of that name itself; `setupRecording` must not get
 *   to see those
 */
export function addRerunOptions<T>(
  yargs: Argv<T>,
  options: { readonly omit?: readonly RerunFlag[] } = {},
): Argv<T & RerunArguments> {
  const omit = new Set<string>(options.omit ?? []);
  const flags = Object.fromEntries(
    Object.entries(FLAGS)
      .filter(([name]) => !omit.has(name))
      .map(([name, flag]) => [name, { ...flag, group: GROUP }]),
  );
  // What `options` infers from an object without literal keys says nothing.
  return yargs.options(flags).check((argv) => {
    const ours = Object.entries(argv).filter(([name]) => !omit.has(name));
    checkArguments(Object.fromEntries(ours) as RerunArguments);
    return true;
  }) as unknown as Argv<T & RerunArguments>;
}

/** All values of a flag that may be repeated. */
export function valuesOf(flag: string | readonly string[] | undefined): readonly string[] {
  return flag === undefined ? [] : typeof flag === "string" ? [flag] : flag;
}

/** Throws an Error that names the flag; yargs prints it. */
function checkArguments(argv: RerunArguments): void {
  const { port, save, token } = argv;
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535))
    throw new Error("Expected --port to be a whole number from 0 to 65535");
  if (valuesOf(save).includes("")) throw new Error("Expected --save to be the name of a file");
  if (token === "") throw new Error("Expected --token to be something to know, got nothing");
}
