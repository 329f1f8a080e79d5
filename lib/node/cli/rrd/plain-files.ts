import { StringDecoder } from "node:string_decoder";
import { decodeCbor, endOfCborItem } from "../../../encode/cbor.ts";
import { RerunError } from "../../../errors.ts";

/** A line or an item longer than this is none of ours. */
const MAX_ITEM_BYTES = 512 * 1024 * 1024;
/** Types and values of components are nested; large chunks have many values. */
const LIMITS = { maxDepth: 64, maxItems: 100_000_000 } as const;

/** The values of JSON lines; an error in the place of a line that is none. Empty lines are skipped. */
export async function* readJsonLines(input: AsyncIterable<Uint8Array>): AsyncGenerator {
  const decoder = new StringDecoder("utf8");
  let pieces: string[] = [];
  let length = 0;
  const flush = (): unknown => {
    const line = pieces.join("");
    pieces = [];
    length = 0;
    if (line.trim() === "") return undefined;
    try {
      return JSON.parse(line) as unknown;
    } catch (thrown) {
      return new RerunError(
        "invalid-data",
        `Expected a line of JSON: ${(thrown as Error).message}`,
        { cause: thrown },
      );
    }
  };
  for await (const block of input) {
    const lines = decoder.write(Buffer.from(block)).split("\n");
    for (const [i, piece] of lines.entries()) {
      if (i > 0) {
        const value = flush();
        if (value !== undefined) yield value;
      }
      pieces.push(piece);
      length += piece.length;
      if (length > MAX_ITEM_BYTES) throw tooLong("line");
    }
  }
  const value = flush();
  if (value !== undefined) yield value;
}

/** The items of a CBOR sequence (RFC 8742). After one that is not plain CBOR nothing can be read any more. */
export async function* readCborSequence(input: AsyncIterable<Uint8Array>): AsyncGenerator {
  let blocks: Uint8Array[] = [];
  let length = 0;
  /** Looking again and again at a large item that comes in small pieces would take for ever. */
  let lookAt = 1;
  const items = function* (isEnd: boolean): Generator {
    let bytes: Uint8Array = Buffer.concat(blocks);
    for (;;) {
      const end = bytes.length === 0 ? undefined : endOfCborItem(bytes, LIMITS);
      if (end === undefined) break;
      yield decodeCbor(new Uint8Array(bytes.subarray(0, end)), LIMITS);
      bytes = bytes.subarray(end);
    }
    if (isEnd && bytes.length > 0)
      yield new RerunError(
        "invalid-data",
        `Expected whole items up to the end, got the first ${bytes.length} bytes of another`,
      );
    blocks = [bytes];
    length = bytes.length;
    lookAt = 2 * length;
  };
  for await (const block of input) {
    blocks.push(block);
    length += block.length;
    if (length > MAX_ITEM_BYTES) throw tooLong("item");
    if (length >= lookAt) yield* items(false);
  }
  yield* items(true);
}

const tooLong = (what: string): RerunError =>
  new RerunError(
    "invalid-data",
    `Expected each ${what} to be shorter than ${MAX_ITEM_BYTES} bytes`,
  );
