import { RerunError } from "../errors.ts";
import { Tuid } from "../tuid.ts";
import { type ArrowSchema, readSchema } from "./arrow-schema.ts";
import { openSchema, schemaLength } from "./arrow-stream.ts";
import { type ChunkSchema, readChunkSchema } from "./chunk-schema.ts";
import { type MigratedSchema, migrateSchema } from "./migrate.ts";

/** What is read out of the schema message of a chunk; of its metadata `rerun:id` may be that of another chunk. */
export interface ReadSchema {
  readonly chunkId: Tuid;
  readonly arrow: ArrowSchema;
  /** What has to be changed before `chunk` holds; undefined for chunks of today. */
  readonly migrated: MigratedSchema | undefined;
  /** Undefined as long as the chunk is not migrated. */
  readonly chunk: ChunkSchema | undefined;
  /** Length of the schema message. */
  readonly end: number;
}

interface Template extends Omit<ReadSchema, "chunkId"> {
  readonly bytes: Uint8Array;
  /** Where the digits of the chunk id stand, the only bytes in which messages of this schema differ. */
  readonly idAt: number;
}

const ID_PREFIX = "chunk_";
const ID_DIGITS = 32;
/** Cached schema messages take this much memory at most. */
const MAX_BYTES = 4 << 20;

/**
 * Reads the schema messages of chunks. Chunks of one entity have the same but for the digits of their id: what was
 * read is kept, and found again by its bytes, which takes a few microseconds instead of some dozens.
 */
export class SchemaCache {
  readonly #templates = new Map<number, Template>();
  /** Where the id stood last, by length of the message. */
  readonly #idAt = new Map<number, number>();
  #bytes = 0;

  /** @throws RerunError `invalid-data`, `unsupported-data` */
  read(ipc: Uint8Array): ReadSchema {
    const length = schemaLength(ipc);
    const idAt = this.#findId(ipc, length);
    if (idAt === 0) return withId(parse(ipc), undefined);
    const key = hash(ipc, length, idAt);
    let template = this.#templates.get(key);
    if (template === undefined || !isSame(template, ipc, length, idAt)) {
      const parsed = parse(ipc);
      const id = idText(parsed);
      // What looked like the id may be part of something else.
      if (ascii(ipc, idAt, ID_DIGITS) !== id?.slice(-ID_DIGITS)) return withId(parsed, undefined);
      template = { ...parsed, bytes: new Uint8Array(ipc.subarray(0, length)), idAt };
      this.#keep(key, template);
    }
    return withId(template, readId(ipc, idAt));
  }

  #keep(key: number, template: Template): void {
    // Rough, but the next chunks fill it again.
    if (this.#bytes + template.bytes.length > MAX_BYTES) {
      this.#templates.clear();
      this.#idAt.clear();
      this.#bytes = 0;
    }
    this.#bytes += template.bytes.length;
    this.#templates.set(key, template);
    this.#idAt.set(template.bytes.length, template.idAt);
  }

  /** Where the digits of the id probably stand; 0 if nowhere. */
  #findId(ipc: Uint8Array, length: number): number {
    const known = this.#idAt.get(length);
    if (known !== undefined && hasPrefix(ipc, known - ID_PREFIX.length)) return known;
    const last = length - ID_PREFIX.length - ID_DIGITS;
    for (let at = 0; at <= last; at++)
      if (ipc[at] === 0x63 && hasPrefix(ipc, at)) return at + ID_PREFIX.length;
    return 0;
  }
}

function parse(ipc: Uint8Array): Omit<ReadSchema, "chunkId"> {
  const { table, end } = openSchema(ipc);
  const arrow = readSchema(table);
  const migrated = migrateSchema(arrow);
  return {
    arrow,
    migrated,
    chunk: migrated === undefined ? readChunkSchema(arrow) : undefined,
    end,
  };
}

function idText({ arrow, migrated }: Omit<ReadSchema, "chunkId">): string | undefined {
  return (migrated ?? arrow).metadata.get("rerun:id");
}

function withId(parsed: Omit<ReadSchema, "chunkId">, known: Tuid | undefined): ReadSchema {
  return { ...parsed, chunkId: known ?? parseId(idText(parsed)) };
}

function parseId(text: string | undefined): Tuid {
  const match =
    /^(?:chunk_)?([0-9a-fA-F]{8})([0-9a-fA-F]{8})([0-9a-fA-F]{8})([0-9a-fA-F]{8})$/.exec(
      text ?? "",
    );
  if (match === null) throw badId();
  const [, a, b, c, d] = match.map((digits) => Number.parseInt(digits, 16));
  return new Tuid(a as number, b as number, c as number, d as number);
}

/** Reads 32 hex digits at a position. */
function readId(bytes: Uint8Array, at: number): Tuid {
  const word = (from: number): number => {
    let value = 0;
    for (let i = from; i < from + 8; i++) {
      const byte = bytes[i] as number;
      const lower = byte | 0x20;
      let digit = byte - 0x30;
      if (digit < 0 || digit > 9) {
        digit = lower - 0x61 + 10;
        if (digit < 10 || digit > 15) throw badId();
      }
      value = (value << 4) | digit;
    }
    return value;
  };
  return new Tuid(word(at), word(at + 8), word(at + 16), word(at + 24));
}

const badId = (): RerunError =>
  new RerunError(
    "invalid-data",
    "Expected `rerun:id` of 32 hex digits in the metadata of a chunk, got something else; the data is damaged, or no chunk",
  );

function hasPrefix(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < ID_PREFIX.length; i++)
    if (bytes[at + i] !== ID_PREFIX.charCodeAt(i)) return false;
  return true;
}

const ascii = (bytes: Uint8Array, at: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(at, at + length));

/** Of all bytes but the id, those around it included. */
function hash(bytes: Uint8Array, length: number, idAt: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  let value = length;
  const mix = (from: number, to: number): void => {
    for (let i = from; i + 4 <= to; i += 4)
      value = Math.imul(value ^ view.getInt32(i, true), 0x0100_0193) ^ (value >>> 15);
  };
  mix(0, idAt);
  // Metadata is padded: the last bytes of a schema are in some group of four.
  mix(idAt + ID_DIGITS, length - 4);
  mix(length - 4, length);
  return value;
}

function isSame(template: Template, ipc: Uint8Array, length: number, idAt: number): boolean {
  const { bytes } = template;
  if (bytes.length !== length || template.idAt !== idAt) return false;
  return isEqual(bytes, ipc, 0, idAt) && isEqual(bytes, ipc, idAt + ID_DIGITS, length);
}

function isEqual(a: Uint8Array, b: Uint8Array, from: number, to: number): boolean {
  const viewA = new DataView(a.buffer, a.byteOffset, to);
  const viewB = new DataView(b.buffer, b.byteOffset, to);
  let at = from;
  for (; at + 4 <= to; at += 4) if (viewA.getInt32(at) !== viewB.getInt32(at)) return false;
  for (; at < to; at++) if (a[at] !== b[at]) return false;
  return true;
}
