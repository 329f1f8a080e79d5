import { quote } from "./errors.ts";

/** When pending rows become chunks. Rows are pending per entity. */
export interface BatchConfig {
  /** Longest wait of a row, in milliseconds. Default 200, or 8 while a live sink is attached. */
  readonly flushTickMs: number;
  /** Pending bytes of an entity that close its chunk. Default 2 MiB. */
  readonly flushNumBytes: number;
  /** Pending rows of an entity that close its chunk. Default: no limit. */
  readonly flushNumRows: number;
  /** Rows after which a chunk is split once one of its timelines is unsorted. Default 8192. */
  readonly chunkMaxRowsIfUnsorted: number;
  /** Pending bytes of all entities together that close all chunks. Default 100 MiB. */
  readonly maxBytesInFlight: number;
}

const MIB = 1 << 20;

/**
 * The presets of the official SDKs.
 *
 * Source: rerun crates/store/re_chunk/src/batcher.rs
 */
export const BATCH_PRESETS: {
  readonly default: BatchConfig;
  readonly lowLatency: BatchConfig;
  readonly always: BatchConfig;
  readonly never: BatchConfig;
} = {
  default: {
    flushTickMs: 200,
    flushNumBytes: 2 * MIB,
    flushNumRows: Infinity,
    chunkMaxRowsIfUnsorted: 8192,
    maxBytesInFlight: 100 * MIB,
  },
  lowLatency: {
    flushTickMs: 8,
    flushNumBytes: 2 * MIB,
    flushNumRows: Infinity,
    chunkMaxRowsIfUnsorted: 8192,
    maxBytesInFlight: 100 * MIB,
  },
  always: {
    flushTickMs: Infinity,
    flushNumBytes: 0,
    flushNumRows: 0,
    chunkMaxRowsIfUnsorted: 256,
    maxBytesInFlight: 100 * MIB,
  },
  never: {
    flushTickMs: Infinity,
    flushNumBytes: Infinity,
    flushNumRows: Infinity,
    chunkMaxRowsIfUnsorted: 256,
    maxBytesInFlight: Infinity,
  },
};

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** Reads a size such as `2097152`, `10MB` or `2MiB`; undefined when it is none. */
export function parseBytes(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text);
  const unit = UNITS[(match?.[2] ?? "").toLowerCase()];
  return match === null || unit === undefined ? undefined : Math.round(Number(match[1]) * unit);
}

/** Variables of the environment, as `process.env` has them; empty in browsers. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables of the running process, if it has any. */
export function environment(): Environment {
  return (globalThis as { process?: { env?: Environment } }).process?.env ?? {};
}

/**
 * Applies `RERUN_FLUSH_TICK_SECS`, `RERUN_FLUSH_NUM_BYTES`, `RERUN_FLUSH_NUM_ROWS` and
 * `RERUN_CHUNK_MAX_ROWS_IF_UNSORTED` (or its old name `RERUN_MAX_CHUNK_ROWS_IF_UNSORTED`, which wins, as in
 * the official SDKs).
 *
 * @throws RangeError when a variable is set to something that is no such value
 */
export function withEnvironment(config: BatchConfig, env: Environment): BatchConfig {
  const read = (
    name: string,
    parse: (text: string) => number | undefined,
    expected: string,
  ): number | undefined => {
    const text = env[name];
    if (text === undefined || text === "") return undefined;
    const value = parse(text);
    if (value === undefined)
      throw new RangeError(
        `Expected the environment variable ${name} to be ${expected}, got ${quote(text)}`,
      );
    return value;
  };
  const whole = (text: string): number | undefined =>
    /^\d+$/.test(text) ? Number(text) : undefined;
  const seconds = (text: string): number | undefined => {
    const value = /^(inf|infinity)$/i.test(text) ? Infinity : Number(text);
    return value >= 0 ? value * 1000 : undefined;
  };
  return {
    ...config,
    flushTickMs:
      read("RERUN_FLUSH_TICK_SECS", seconds, "a number of seconds") ?? config.flushTickMs,
    flushNumBytes:
      read("RERUN_FLUSH_NUM_BYTES", parseBytes, 'a size such as "10MB"') ?? config.flushNumBytes,
    flushNumRows: read("RERUN_FLUSH_NUM_ROWS", whole, "a whole number") ?? config.flushNumRows,
    chunkMaxRowsIfUnsorted:
      read("RERUN_MAX_CHUNK_ROWS_IF_UNSORTED", whole, "a whole number") ??
      read("RERUN_CHUNK_MAX_ROWS_IF_UNSORTED", whole, "a whole number") ??
      config.chunkMaxRowsIfUnsorted,
  };
}
