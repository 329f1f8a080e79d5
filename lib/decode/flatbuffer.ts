import { RerunError } from "../errors.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Tables that one buffer may have: reading them again and again must end, whatever refers to what. */
const MAX_TABLES = 100_000;

/**
 * Reads flatbuffers that nobody vouches for. As strict as the verifier of flatbuffers itself, so that what passes here
 * passes there: everything lies within the buffer and is aligned, strings are UTF-8 and end with a zero.
 *
 * Source: https://flatbuffers.dev/internals/
 */
export class FlatbufferReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #what: string;
  #tables = 0;

  /** @param what the name of the message, for errors */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
  }

  /** The table with which the buffer begins. */
  root(): FlatTable {
    return new FlatTable(this, this.follow(0));
  }

  /** For tables: the position that the reference at `at` points to. */
  follow(at: number): number {
    const offset = this.uint32(at);
    const to = at + offset;
    if (offset === 0 || to + 4 > this.#bytes.length)
      throw this.error("a reference within the message");
    return to;
  }

  /** For tables: notes one more of them; its vtable as position and bytes. */
  vtable(table: number): { readonly at: number; readonly bytes: number } {
    if (++this.#tables > MAX_TABLES) throw this.error(`at most ${MAX_TABLES} tables`);
    const at = table - this.int32(table);
    const bytes = this.uint16(at);
    if (bytes < 4 || bytes % 2 !== 0 || at + bytes > this.#bytes.length)
      throw this.error("a vtable of an even number of bytes, from 4");
    const size = this.uint16(at + 2);
    if (size < 4 || table + size > this.#bytes.length)
      throw this.error("a table within the message");
    return { at, bytes };
  }

  uint8(at: number): number {
    this.#need(at, 1);
    return this.#bytes[at] as number;
  }

  uint16(at: number): number {
    this.#need(at, 2);
    return this.#view.getUint16(at, true);
  }

  int16(at: number): number {
    this.#need(at, 2);
    return this.#view.getInt16(at, true);
  }

  uint32(at: number): number {
    this.#need(at, 4);
    return this.#view.getUint32(at, true);
  }

  int32(at: number): number {
    this.#need(at, 4);
    return this.#view.getInt32(at, true);
  }

  /** A length or position of 64 bits. */
  length64(at: number): number {
    this.#need(at, 8);
    const lo = this.#view.getUint32(at, true);
    const hi = this.#view.getUint32(at + 4, true);
    // More than 2^53 is no length; negative ones are among them.
    if (hi >= 0x20_0000) throw this.error("a length below 2^53");
    return hi * 0x1_0000_0000 + lo;
  }

  /** The string at a position. */
  string(at: number): string {
    const length = this.uint32(at);
    const end = at + 4 + length;
    if (end >= this.#bytes.length || this.#bytes[end] !== 0)
      throw this.error("a string that ends with a zero");
    try {
      return utf8.decode(this.#bytes.subarray(at + 4, end));
    } catch {
      throw this.error("strings in UTF-8");
    }
  }

  /** The vector at a position: where its elements begin, and how many there are. */
  vector(at: number, elementBytes: number, alignment: number): FlatVector {
    const count = this.uint32(at);
    const first = at + 4;
    if (first + count * elementBytes > this.#bytes.length || (count > 0 && first % alignment !== 0))
      throw this.error("a vector within the message");
    return { at: first, count };
  }

  error(expected: string): RerunError {
    return new RerunError(
      "invalid-data",
      `Expected ${expected} in the ${this.#what} of an Arrow stream, got something else; the data is damaged`,
    );
  }

  #need(at: number, bytes: number): void {
    if (at < 0 || at + bytes > this.#bytes.length) throw this.error("numbers within the message");
    if (at % bytes !== 0) throw this.error("aligned numbers");
  }
}

/** Elements side by side. */
export interface FlatVector {
  readonly at: number;
  readonly count: number;
}

/** One table: its fields by id, absent ones as their default. */
export class FlatTable {
  readonly #reader: FlatbufferReader;
  readonly #at: number;
  readonly #vtable: number;
  readonly #vtableBytes: number;

  constructor(reader: FlatbufferReader, at: number) {
    this.#reader = reader;
    this.#at = at;
    const { at: vtable, bytes } = reader.vtable(at);
    this.#vtable = vtable;
    this.#vtableBytes = bytes;
  }

  /** Position of a field, 0 for an absent one. */
  #field(id: number): number {
    const slot = 4 + 2 * id;
    if (slot + 2 > this.#vtableBytes) return 0;
    const offset = this.#reader.uint16(this.#vtable + slot);
    return offset === 0 ? 0 : this.#at + offset;
  }

  has(id: number): boolean {
    return this.#field(id) !== 0;
  }

  uint8(id: number, absent = 0): number {
    const at = this.#field(id);
    return at === 0 ? absent : this.#reader.uint8(at);
  }

  int16(id: number, absent = 0): number {
    const at = this.#field(id);
    return at === 0 ? absent : this.#reader.int16(at);
  }

  int32(id: number, absent = 0): number {
    const at = this.#field(id);
    return at === 0 ? absent : this.#reader.int32(at);
  }

  length64(id: number): number {
    const at = this.#field(id);
    return at === 0 ? 0 : this.#reader.length64(at);
  }

  string(id: number): string | undefined {
    const at = this.#field(id);
    return at === 0 ? undefined : this.#reader.string(this.#reader.follow(at));
  }

  table(id: number): FlatTable | undefined {
    const at = this.#field(id);
    return at === 0 ? undefined : new FlatTable(this.#reader, this.#reader.follow(at));
  }

  /** A vector of numbers or structs. */
  vector(id: number, elementBytes: number, alignment: number = elementBytes): FlatVector {
    const at = this.#field(id);
    if (at === 0) return { at: 0, count: 0 };
    return this.#reader.vector(this.#reader.follow(at), elementBytes, alignment);
  }

  /** A vector of tables. */
  tables(id: number): FlatTable[] {
    const { at, count } = this.vector(id, 4);
    return Array.from(
      { length: count },
      (_, i) => new FlatTable(this.#reader, this.#reader.follow(at + 4 * i)),
    );
  }

  /** A vector of 32-bit numbers. */
  int32s(id: number): number[] {
    const { at, count } = this.vector(id, 4);
    return Array.from({ length: count }, (_, i) => this.#reader.int32(at + 4 * i));
  }
}
