/** Recordings to read. */
export const SOURCES = {
  sources: {
    type: "string",
    array: true,
    default: [] as string[],
    describe: "Files (.rrd, .rbl) or URLs; standard input if there are none, or for -",
  },
} as const;

/** Where a recording is written, and what to do about damage. */
export const TRANSFORM_FLAGS = {
  output: {
    alias: "o",
    type: "string",
    requiresArg: true,
    describe: "File to write, replaced if it exists; standard output if it is left out",
  },
  "continue-on-error": {
    type: "boolean",
    default: false,
    describe: "Leave out what cannot be read, and go on",
  },
} as const;

/** What {@link SOURCES} and {@link TRANSFORM_FLAGS} say. */
export interface TransformArguments {
  readonly sources: readonly string[];
  readonly output?: string | undefined;
  readonly continueOnError: boolean;
}

/** For machines. */
export const JSON_FLAG = {
  json: { type: "boolean", default: false, describe: "Print one JSON object instead" },
} as const;
