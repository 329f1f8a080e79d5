/**
 * Writes the few protobuf messages of this format, field by field in ascending order. By hand, because the
 * hot ones wrap megabytes of payload that must not be copied, and a library's messages cost more than the
 * chunks they carry.
 *
 * Source: https://protobuf.dev/programming-guides/encoding/
 */
export class ProtobufWriter {
  #bytes = new Uint8Array(256);
  #end = 0;

  /** Starts anew in the same memory; what `finish` returned before is overwritten. */
  reset(): this {
    this.#end = 0;
    return this;
  }

  #reserve(bytes: number): number {
    const at = this.#end;
    this.#end += bytes;
    if (this.#end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#end, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    return at;
  }

  /** A bare variable-length number, up to 2^53. */
  raw(value: number): this {
    let rest = value;
    while (rest > 0x7f) {
      const at = this.#reserve(1);
      this.#bytes[at] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    const at = this.#reserve(1);
    this.#bytes[at] = rest;
    return this;
  }

  /** A number, enumeration or boolean field. */
  varint(id: number, value: number): this {
    return this.raw(id * 8).raw(value);
  }

  /** A `fixed64` field, given as two 32-bit halves. */
  fixed64(id: number, hi: number, lo: number): this {
    this.raw(id * 8 + 1);
    const at = this.#reserve(8);
    const view = new DataView(this.#bytes.buffer);
    view.setUint32(at, lo, true);
    view.setUint32(at + 4, hi, true);
    return this;
  }

  /** A string, bytes or message field. */
  bytes(id: number, value: Uint8Array | string | ProtobufWriter): this {
    const bytes =
      typeof value === "string"
        ? new TextEncoder().encode(value)
        : value instanceof ProtobufWriter
          ? value.finish()
          : value;
    this.prefix(id, bytes.length);
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** Tag and length of a field whose bytes follow elsewhere. */
  prefix(id: number, length: number): this {
    return this.raw(id * 8 + 2).raw(length);
  }

  /** What was written so far; a view. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#end);
  }
}
