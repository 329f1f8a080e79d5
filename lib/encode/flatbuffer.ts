/**
 * Writes flatbuffers front to back: a table, then what it refers to, strings last and each once.
 *
 * Layout (all little-endian, see flatbuffers' "internals" page): a table begins with a signed offset back to
 * its vtable; the vtable holds its own size, the table's size, and the position of each field in the table,
 * 0 for absent; references are unsigned offsets forward from where they stand.
 */
export class FlatbufferWriter {
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  #end = 0;
  /** Where each string is referred to; sharing strings halves a schema full of equal metadata keys. */
  readonly #strings = new Map<string, number[]>();
  /** Positions of vtables; tables of one shape share theirs. */
  readonly #vtables = new Map<number, number>();

  /** Position of the next byte. */
  get position(): number {
    return this.#end;
  }

  #reserve(bytes: number): number {
    const at = this.#end;
    this.#end += bytes;
    if (this.#end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#end, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }

  /** Pads so that `offset` bytes from here are at a multiple of `alignment`. */
  align(alignment: number, offset = 0): void {
    const rest = (this.#end + offset) % alignment;
    if (rest !== 0) this.#reserve(alignment - rest);
  }

  /** Reserves the reference with which a buffer begins. */
  root(): number {
    return this.#reserve(4);
  }

  /** Makes the reference at `from` point to the next byte, or to `to`. */
  point(from: number, to: number = this.#end): void {
    this.#view.setUint32(from, to - from, true);
  }

  /**
   * Writes a table and makes the reference `from` point to it.
   *
   * @param fields one entry for each field id: a scalar, `"ref"` for a reference to be filled later, or
   *   undefined for a field that keeps its default
   * @returns the position of each field
   */
  table(from: number, fields: readonly (Scalar | "ref" | undefined)[]): number[] {
    let shape = 1;
    for (let id = 0; id < fields.length; id++) shape = shape * 16 + sizeOf(fields[id]);
    const layout = layoutOf(shape, fields);
    const vtable = this.#vtables.get(shape) ?? this.#vtable(shape, layout);
    // A table with a 64-bit number stands at a multiple of 8, any other at a multiple of 4.
    this.align(layout.alignment);
    const table = this.#reserve(layout.bytes);
    this.point(from, table);
    this.#view.setInt32(table, table - vtable, true);
    const places: number[] = [];
    for (let id = 0; id < fields.length; id++) {
      const field = fields[id];
      const at = table + (layout.offsets[id] as number);
      if (field !== undefined && field !== "ref") this.#store(at, field);
      places.push(at);
    }
    return places;
  }

  #vtable(shape: number, { offsets, bytes }: TableLayout): number {
    this.align(2);
    const at = this.#reserve(4 + 2 * offsets.length);
    this.#view.setUint16(at, 4 + 2 * offsets.length, true);
    this.#view.setUint16(at + 2, bytes, true);
    offsets.forEach((offset, id) => {
      this.#view.setUint16(at + 4 + 2 * id, offset, true);
    });
    this.#vtables.set(shape, at);
    return at;
  }

  #store(at: number, { size, value }: Scalar): void {
    if (size === 8) {
      this.#view.setUint32(at, value >>> 0, true);
      this.#view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true);
    } else if (size === 4) this.#view.setInt32(at, value, true);
    else if (size === 2) this.#view.setInt16(at, value, true);
    else this.#view.setUint8(at, value);
  }

  /**
   * Writes a vector and makes the reference `from` point to it.
   *
   * @returns position of the first element
   */
  vector(from: number, count: number, elementBytes: number): number {
    const alignment = elementBytes > 4 ? 8 : 4;
    this.align(alignment, 4);
    this.point(from);
    const at = this.#reserve(4 + count * elementBytes);
    this.#view.setUint32(at, count, true);
    return at + 4;
  }

  /** Stores a 32-bit number at a position of a vector. */
  int32(at: number, value: number): void {
    this.#view.setInt32(at, value, true);
  }

  /** Makes the reference `from` point to a string, written at the end. */
  string(from: number, text: string): void {
    const places = this.#strings.get(text);
    if (places === undefined) this.#strings.set(text, [from]);
    else places.push(from);
  }

  /** Writes the strings, pads to a multiple of 8, and returns the bytes. */
  finish(): Uint8Array {
    const encoder = new TextEncoder();
    for (const [text, places] of this.#strings) {
      const bytes = encoder.encode(text);
      this.align(4);
      const at = this.#reserve(4 + bytes.length + 1);
      this.#view.setUint32(at, bytes.length, true);
      this.#bytes.set(bytes, at + 4);
      for (const from of places) this.point(from, at);
    }
    this.align(8);
    return this.#bytes.slice(0, this.#end);
  }
}

/** Where the fields of a table are. */
interface TableLayout {
  /** From the start of the table; 0 for a field that is absent. */
  readonly offsets: readonly number[];
  readonly bytes: number;
  readonly alignment: 4 | 8;
}

/** By the sizes of the fields, one hex digit each after a leading 1: there are few, and they come again and again. */
const layouts = new Map<number, TableLayout>();

function layoutOf(shape: number, fields: readonly (Scalar | "ref" | undefined)[]): TableLayout {
  let layout = layouts.get(shape);
  if (layout === undefined) {
    const offsets = fields.map(() => 0);
    let bytes = 4;
    // Small fields first fill the gap that 8-byte fields would leave.
    for (const size of [4, 8, 2, 1]) {
      fields.forEach((field, id) => {
        if (sizeOf(field) !== size) return;
        bytes += -bytes & (size - 1);
        offsets[id] = bytes;
        bytes += size;
      });
    }
    layout = { offsets, bytes, alignment: fields.some((field) => sizeOf(field) === 8) ? 8 : 4 };
    layouts.set(shape, layout);
  }
  return layout;
}

const sizeOf = (field: Scalar | "ref" | undefined): 0 | 1 | 2 | 4 | 8 =>
  field === undefined ? 0 : field === "ref" ? 4 : field.size;

/** A number in a table. */
export interface Scalar {
  readonly size: 1 | 2 | 4 | 8;
  readonly value: number;
}

export const u8 = (value: number): Scalar => ({ size: 1, value });
export const i16 = (value: number): Scalar => ({ size: 2, value });
export const i32 = (value: number): Scalar => ({ size: 4, value });
export const i64 = (value: number): Scalar => ({ size: 8, value });
