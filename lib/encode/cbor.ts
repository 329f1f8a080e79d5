import { Decoder, Encoder } from "cbor-x";
import { RerunError } from "../errors.ts";

// Plain CBOR that every decoder knows: no record tags, shortest map headers, no tag on byte strings.
const options = { useRecords: false, variableMapSize: true, tagUint8Array: false } as const;
const encoder = new Encoder(options);
const decoder = new Decoder(options);

/** Bounds of what {@link decodeCbor} takes. */
export interface CborLimits {
  /** Deepest nesting of arrays and maps; default 16. */
  readonly maxDepth?: number;
  /** Most data items in all; default 100,000. */
  readonly maxItems?: number;
}

/**
 * Encodes a value of maps with text keys, arrays, numbers, strings, byte strings, booleans and null.
 *
 * Whole numbers above 32 bits become 64-bit integers, not floats. The result is the caller's.
 */
export function encodeCbor(value: unknown): Uint8Array {
  // A copy: what cbor-x returns is a view that would keep a whole block of 8 KiB alive.
  return new Uint8Array(encoder.encode(widen(value)) as Uint8Array);
}

/**
 * Decodes one CBOR item that fills `bytes`. Byte strings are views of `bytes`, not copies.
 *
 * Takes the plain part of CBOR alone: definite lengths, text keys, each key once, no tags, bounded depth and
 * number of items. This is not only strictness: cbor-x turns tags into calls (tag 27 calls any global
 * function by name, `eval` too), so bytes from a stranger must never reach it unchecked.
 *
 * @throws RerunError `invalid-data`
 */
export function decodeCbor(bytes: Uint8Array, limits: CborLimits = {}): unknown {
  const { maxDepth = 16, maxItems = 100_000 } = limits;
  const end = checkItem(bytes, { at: 0, items: maxItems }, maxDepth);
  if (end !== bytes.length) throw invalid(`${bytes.length - end} bytes follow the item`);
  try {
    return decoder.decode(bytes) as unknown;
  } catch (thrown) {
    throw RerunError.from(thrown, "invalid-data");
  }
}

/**
 * Where the first item of a CBOR sequence (RFC 8742) ends; undefined when it is not all there yet.
 *
 * @throws RerunError `invalid-data` when what is there is not plain CBOR
 */
export function endOfCborItem(bytes: Uint8Array, limits: CborLimits = {}): number | undefined {
  const { maxDepth = 16, maxItems = 100_000 } = limits;
  try {
    return checkItem(bytes, { at: 0, items: maxItems }, maxDepth);
  } catch (thrown) {
    if (thrown instanceof IncompleteError) return undefined;
    throw thrown;
  }
}

/** cbor-x writes numbers above 32 bits as floats; as bigint they stay integers. */
function widen(value: unknown): unknown {
  if (typeof value === "number")
    return Number.isSafeInteger(value) && Math.abs(value) > 0x7fff_ffff ? BigInt(value) : value;
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map(widen);
  const widened: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    // An absent field is absent, not `undefined`.
    if (item !== undefined) widened[key] = widen(item);
  }
  return widened;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

interface Walk {
  at: number;
  /** Items that may still come. */
  items: number;
}

/** Walks over one item and returns where it ends. */
function checkItem(bytes: Uint8Array, walk: Walk, depth: number): number {
  if (walk.items-- <= 0) throw invalid("too many items");
  const initial = bytes[walk.at++];
  if (initial === undefined) throw new IncompleteError();
  const major = initial >> 5;
  const info = initial & 0x1f;
  if (major === 7) {
    // false, true, null; float16, 32, 64. Not: undefined, other simple values, break.
    if (info >= 20 && info <= 22) return walk.at;
    const width = info === 25 ? 2 : info === 26 ? 4 : info === 27 ? 8 : 0;
    if (width === 0) throw invalid(`simple value ${info} is not taken`);
    return skip(bytes, walk, width);
  }
  if (major === 6) throw invalid("tags are not taken");
  const count = argument(bytes, walk, info);
  if (major <= 1) return walk.at;
  if (major <= 3) {
    const start = walk.at;
    skip(bytes, walk, count);
    if (major === 3) text(bytes.subarray(start, walk.at));
    return walk.at;
  }
  if (depth === 0) throw invalid("nested too deeply");
  const keys = major === 5 ? new Set<string>() : undefined;
  for (let i = 0; i < count; i++) {
    if (keys !== undefined) checkKey(bytes, walk, keys);
    checkItem(bytes, walk, depth - 1);
  }
  return walk.at;
}

function checkKey(bytes: Uint8Array, walk: Walk, keys: Set<string>): void {
  if ((bytes[walk.at] ?? 0) >> 5 !== 3) throw invalid("a map key is not text");
  const start = walk.at + 1;
  const length = argument(bytes, { at: start, items: 0 }, (bytes[walk.at] ?? 0) & 0x1f);
  const end = checkItem(bytes, walk, 0);
  const key = text(bytes.subarray(end - length, end));
  if (keys.has(key)) throw invalid("a map key comes twice");
  keys.add(key);
}

/** Reads the number that follows the initial byte. */
function argument(bytes: Uint8Array, walk: Walk, info: number): number {
  if (info < 24) return info;
  if (info > 27) throw invalid("indefinite lengths are not taken");
  const width = 1 << (info - 24);
  const start = walk.at;
  skip(bytes, walk, width);
  let value = 0;
  for (let i = start; i < walk.at; i++) value = value * 256 + (bytes[i] as number);
  return value;
}

function skip(bytes: Uint8Array, walk: Walk, count: number): number {
  if (count > bytes.length - walk.at) throw new IncompleteError();
  walk.at += count;
  return walk.at;
}

function text(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw invalid("text is not UTF-8");
  }
}

/** More bytes might help. */
class IncompleteError extends RerunError {
  constructor() {
    super("invalid-data", "Expected plain CBOR: the end is missing");
  }
}

function invalid(what: string): RerunError {
  return new RerunError("invalid-data", `Expected plain CBOR: ${what}`);
}
