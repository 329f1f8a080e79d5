import { RerunError } from "../errors.ts";

const TWO_32 = 0x1_0000_0000;

// Wire types of protobuf.
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

const NAMES: Readonly<Record<number, string>> = {
  [VARINT]: "a varint",
  [FIXED64]: "a fixed64",
  [BYTES]: "bytes",
  [FIXED32]: "a fixed32",
};

// A byte order mark is a character like any other here.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads one protobuf message, field by field, out of bytes that nobody vouches for: no read leaves the message,
 * nothing is copied, and nothing is allocated by what a length claims.
 *
 * ```ts
 * const message = new ProtobufReader(bytes, "Timeline");
 * while (message.next()) {
 *   if (message.field === 1) name = message.string();
 * }
 * ```
 *
 * A field that is not asked for is skipped: newer writers may have more of them. A repeated field comes up once for
 * each element; of a single one that is repeated all the same, the last counts.
 *
 * Source: https://protobuf.dev/programming-guides/encoding/
 */
export class ProtobufReader {
  /** Number of the current field. */
  field = 0;
  readonly #bytes: Uint8Array;
  readonly #what: string;
  #at = 0;
  #wireType = -1;
  /** A varint or fixed number, as halves; the position and length of bytes. */
  #lo = 0;
  #hi = 0;

  /** @param what the name of the message, for errors */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  /**
   * Goes to the next field; false at the end of the message.
   *
   * @throws RerunError `invalid-data` when the bytes are no protobuf; so do all other methods
   */
  next(): boolean {
    const bytes = this.#bytes;
    if (this.#at >= bytes.length) return false;
    this.#varint();
    const tag = this.#lo >>> 0;
    if (this.#hi !== 0 || tag < 8)
      throw this.#error("a field number from 1 to 2^29 - 1", "another");
    this.field = tag >>> 3;
    const wireType = tag & 7;
    this.#wireType = wireType;
    switch (wireType) {
      case VARINT:
        this.#varint();
        break;
      case FIXED64:
        this.#need(8);
        this.#lo = this.#int32();
        this.#hi = this.#int32();
        break;
      case FIXED32:
        this.#need(4);
        this.#lo = this.#int32();
        this.#hi = 0;
        break;
      case BYTES: {
        this.#varint();
        const length = this.#unsigned();
        this.#need(length);
        this.#lo = this.#at;
        this.#hi = length;
        this.#at += length;
        break;
      }
      default:
        throw this.#error(`wire type 0, 1, 2 or 5 in field ${this.field}`, `${wireType}`);
    }
    return true;
  }

  /** An unsigned number up to 2^53 - 1. */
  uint(): number {
    this.#expect(VARINT);
    const value = this.#unsigned();
    if (!Number.isSafeInteger(value))
      throw this.#error(`a number below 2^53 in field ${this.field}`, `${value}`);
    return value;
  }

  /** A number of 32 bits, signed; also an enumeration. */
  int32(): number {
    this.#expect(VARINT);
    return this.#lo | 0;
  }

  /** A number of 64 bits, signed. */
  int64(): bigint {
    this.#expect(VARINT);
    return (BigInt(this.#hi | 0) << 32n) | BigInt(this.#lo >>> 0);
  }

  bool(): boolean {
    this.#expect(VARINT);
    return this.#lo !== 0 || this.#hi !== 0;
  }

  /** A `fixed32` field, unsigned. */
  fixed32(): number {
    this.#expect(FIXED32);
    return this.#lo >>> 0;
  }

  /** A `fixed64` field as two halves of 32 bits; their sign does not matter. */
  fixed64(): { readonly hi: number; readonly lo: number } {
    this.#expect(FIXED64);
    return { hi: this.#hi, lo: this.#lo };
  }

  /** A bytes field: a view, not a copy. */
  bytes(): Uint8Array {
    this.#expect(BYTES);
    return this.#bytes.subarray(this.#lo, this.#lo + this.#hi);
  }

  string(): string {
    const bytes = this.bytes();
    try {
      return utf8.decode(bytes);
    } catch {
      throw this.#error(`text in UTF-8 in field ${this.field}`, "other bytes");
    }
  }

  /** A message field, to be read by its own reader. */
  message(what: string): ProtobufReader {
    return new ProtobufReader(this.bytes(), what);
  }

  #expect(wireType: number): void {
    if (this.#wireType !== wireType) {
      throw this.#error(
        `${NAMES[wireType]} in field ${this.field}`,
        NAMES[this.#wireType] ?? "nothing",
      );
    }
  }

  /** The last varint without sign; inexact above 2^53, which is more than any length can be. */
  #unsigned(): number {
    return (this.#hi >>> 0) * TWO_32 + (this.#lo >>> 0);
  }

  #varint(): void {
    const bytes = this.#bytes;
    let at = this.#at;
    let lo = 0;
    let hi = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) throw this.#error("a whole number", "the end of the message");
      const bits = byte & 0x7f;
      if (shift < 28) lo |= bits << shift;
      else if (shift === 28) {
        lo |= bits << 28;
        hi |= bits >>> 4;
      } else if (shift < 63) hi |= bits << (shift - 32);
      else if (byte > 1) break;
      else hi |= bits << 31;
      if (byte < 0x80) {
        this.#at = at;
        this.#lo = lo;
        this.#hi = hi;
        return;
      }
    }
    throw this.#error("a number of 64 bits", "a longer one");
  }

  #int32(): number {
    const bytes = this.#bytes;
    const at = this.#at;
    this.#at = at + 4;
    return (
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
    );
  }

  #need(count: number): void {
    const left = this.#bytes.length - this.#at;
    if (count > left) {
      throw this.#error(
        `${count} bytes of field ${this.field}`,
        `${left} until the end of the message`,
      );
    }
  }

  #error(expected: string, got: string): RerunError {
    return new RerunError(
      "invalid-data",
      `Expected ${expected} of the message ${this.#what}, got ${got}; the data is damaged`,
    );
  }
}
