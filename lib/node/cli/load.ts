import type { ByteInput } from "../../decode/byte-input.ts";
import { RrdDecoder } from "../../decode/rrd-decoder.ts";
import {
  parseStreamHeader,
  type RrdDamage,
  RrdParser,
  STREAM_HEADER_BYTES,
} from "../../decode/rrd-parser.ts";
import type { Receiver } from "./receiver.ts";

/** What became of a source. */
export interface Loaded {
  readonly messages: number;
  /** What could not be read; all else was. */
  readonly damage: readonly RrdDamage[];
}

export interface LoadOptions {
  readonly signal: AbortSignal;
  /** Told of the bytes that were read, block by block. */
  readonly onBytes?: (bytes: number) => void;
}

/** Longest time without a chance for other work, in milliseconds. */
const MAX_BUSY_MS = 12;
/** Messages of older writers leave out the application; those have to be looked into. */
const OLDEST_COMPLETE = 25;

/**
 * Reads a recording and hands its messages on, as fast as they are taken.
 *
 * Messages go on as they are: viewers read every version since 0.25 by themselves, and what this package does not know
 * is not lost.
 *
 * @throws RerunError `invalid-data`, `unsupported-data` when it is no recording; what the receiver throws
 */
export async function load(
  input: ByteInput,
  receiver: Receiver,
  { signal, onBytes }: LoadOptions,
): Promise<Loaded> {
  const damage: RrdDamage[] = [];
  let messages = 0;
  let since = performance.now();
  const handOn = async (taken: void | Promise<void>): Promise<void> => {
    messages++;
    if (taken !== undefined) await taken;
    const now = performance.now();
    if (now - since < MAX_BUSY_MS) return;
    await new Promise((resolve) => setImmediate(resolve));
    since = performance.now();
    signal.throwIfAborted();
  };
  try {
    const reader = await readerOf(input, signal, damage);
    for (let block = reader.first; block !== undefined; block = await input.read()) {
      signal.throwIfAborted();
      onBytes?.(block.length);
      reader.push(block);
      for (let next = reader.next(receiver); next !== undefined; next = reader.next(receiver))
        await handOn(next.taken);
      if (reader.done()) return { messages, damage };
    }
    reader.end();
    return { messages, damage };
  } finally {
    await input.close();
  }
}

interface Reader {
  /** The bytes that told the version. */
  readonly first: Uint8Array | undefined;
  push(bytes: Uint8Array): void;
  /** Hands on the next message; undefined when more bytes are needed. */
  next(receiver: Receiver): { readonly taken: void | Promise<void> } | undefined;
  done(): boolean;
  end(): void;
}

async function readerOf(
  input: ByteInput,
  signal: AbortSignal,
  damage: RrdDamage[],
): Promise<Reader> {
  let first = await input.read();
  while (first !== undefined && first.length < STREAM_HEADER_BYTES) {
    signal.throwIfAborted();
    const more = await input.read();
    if (more === undefined) break;
    first = Buffer.concat([first, more]);
  }
  if (first === undefined || first.length < STREAM_HEADER_BYTES) return passing(first, damage);
  const { version } = parseStreamHeader(first.subarray(0, STREAM_HEADER_BYTES));
  const [major, minor] = version.split(".", 2).map(Number) as [number, number];
  return major === 0 && minor < OLDEST_COMPLETE ? decoding(first, damage) : passing(first, damage);
}

/** Hands messages on as they are. */
function passing(first: Uint8Array | undefined, damage: RrdDamage[]): Reader {
  const parser = new RrdParser();
  return {
    first,
    push: (bytes) => parser.push(bytes),
    next: (receiver) => {
      for (let item = parser.next(); item !== undefined; item = parser.next()) {
        if (item.kind === "frame")
          return { taken: receiver.takeEncoded(item.messageKind, item.payload) };
        if (item.kind === "damage") damage.push(item);
      }
      return undefined;
    },
    done: () => parser.done,
    end: () => {
      const item = parser.end();
      if (item?.kind === "damage") damage.push(item);
    },
  };
}

/** Brings messages into the form of today. */
function decoding(first: Uint8Array | undefined, damage: RrdDamage[]): Reader {
  const decoder = new RrdDecoder({ onDamage: (item) => damage.push(item) });
  return {
    first,
    push: (bytes) => decoder.push(bytes),
    next: (receiver) => {
      const message = decoder.next();
      return message === undefined ? undefined : { taken: receiver.take(message) };
    },
    done: () => decoder.done,
    end: () => decoder.end(),
  };
}
