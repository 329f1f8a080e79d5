import { byteWidth, type DataType, type Field } from "../arrow/data-type.ts";
import { RerunError } from "../errors.ts";
import type { ArrowStream } from "./arrow-stream.ts";

/** Where the nodes and buffers of a column begin among those of a batch, or how many they are. */
export interface ColumnPlace {
  readonly node: number;
  readonly buffer: number;
}

/** Buffers of a type, without those of its children. */
function buffersOf(type: DataType): number {
  switch (type.kind) {
    case "null":
      return 0;
    case "struct":
    case "fixed-size-list":
      return 1;
    case "utf8":
    case "binary":
      return 3;
    case "foreign":
      switch (type.foreign?.layout) {
        case "large-bytes":
        case "list-view":
          return 3;
        case "sparse-union":
          return 1;
        case "run-end":
          return 0;
        default:
          return 2;
      }
    default:
      return 2;
  }
}

/** Children that have nodes of their own; the values of a dictionary stand elsewhere. */
function childrenOf(type: DataType): readonly Field[] {
  return type.foreign?.layout === "dictionary" ? [] : type.children;
}

/** Whether the slots of a type, and of its children, can be read; see `ForeignLayout`. */
export function isReadable(type: DataType): boolean {
  switch (type.foreign?.layout) {
    case "view":
    case "list-view":
    case "run-end":
    case "dictionary":
    case "dense-union":
      return false;
    default:
      return type.children.every((child) => isReadable(child.type));
  }
}

/** Nodes and buffers of a column, children included. */
export function sizeOfColumn(type: DataType): ColumnPlace {
  let node = 1;
  let buffer = buffersOf(type);
  for (const child of childrenOf(type)) {
    const size = sizeOfColumn(child.type);
    node += size.node;
    buffer += size.buffer;
  }
  return { node, buffer };
}

/** Where each column begins, in a batch that {@link checkBatch} let pass. */
export function placeColumns(fields: readonly Field[]): readonly ColumnPlace[] {
  let node = 0;
  let buffer = 0;
  return fields.map(({ type }) => {
    const place = { node, buffer };
    const size = sizeOfColumn(type);
    node += size.node;
    buffer += size.buffer;
    return place;
  });
}

// A byte order mark is a character like any other here.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Checks that every column of a record batch can be read without leaving its buffers: lengths, offsets, type ids,
 * text. What passes here needs no check when it is read.
 *
 * Does not copy, and does no work beyond the bytes of the batch.
 *
 * @throws RerunError `invalid-data`
 */
export function checkBatch(ipc: Uint8Array, stream: ArrowStream, fields: readonly Field[]): void {
  new BatchCheck(ipc, stream).check(fields);
}

class BatchCheck {
  readonly #ipc: Uint8Array;
  readonly #view: DataView;
  readonly #stream: ArrowStream;
  /** Slots without storage, such as nulls, are bounded by this: no few bytes stand for millions of values. */
  readonly #maxLength: number;
  #node = 0;
  #buffer = 0;

  constructor(ipc: Uint8Array, stream: ArrowStream) {
    this.#ipc = ipc;
    this.#view = new DataView(ipc.buffer, ipc.byteOffset, ipc.byteLength);
    this.#stream = stream;
    this.#maxLength = 8 * stream.bodyBytes + 65_536;
  }

  check(fields: readonly Field[]): void {
    const { rows, nodes, buffers } = this.#stream;
    for (const field of fields) this.#check(field, rows, true, false);
    if (this.#node !== nodes.count || this.#buffer !== buffers.count)
      throw invalid("as many nodes and buffers as the schema asks for");
  }

  /**
   * Checks a node and what belongs to it; the top ones have exactly `atLeast` slots.
   *
   * @param masked whether slots of what is around it may be null
   */
  #check(field: Field, atLeast: number, exact: boolean, masked: boolean): number {
    const { type } = field;
    const { nodes } = this.#stream;
    if (this.#node >= nodes.count) throw invalid("as many nodes as the schema asks for");
    const at = nodes.at + 16 * this.#node++;
    const length = this.#length64(at);
    const nulls = this.#length64(at + 8);
    if (length < atLeast || (exact && length !== atLeast) || length > this.#maxLength)
      throw invalid(`columns of ${atLeast} slots`);
    if (nulls > length) throw invalid("no more nulls than slots");
    if (type.kind === "null") return length;
    if (type.kind === "dense-union") {
      this.#checkUnion(type, length);
      return length;
    }
    const layout = type.foreign?.layout;
    if (layout === "sparse-union") {
      this.#checkTypeIds(length, typeIdsOf(type));
      for (const child of type.children) this.#check(child, length, false, true);
      return length;
    }
    if (layout === "run-end" || layout === "dense-union" || layout === "list-view") {
      // Passed on as they are: it is enough that their buffers are there.
      for (let i = buffersOf(type); i > 0; i--) this.#next(0);
      for (const child of type.children) this.#check(child, 0, false, true);
      return length;
    }
    this.#checkValidity(length, nulls, field.nullable || masked);
    this.#checkSlots(type, length, masked || nulls > 0);
    return length;
  }

  #checkSlots(type: DataType, length: number, masked: boolean): void {
    const child = type.children[0] as Field;
    switch (type.kind) {
      case "list":
        this.#check(child, this.#offsets(length, 4), false, masked);
        break;
      case "utf8":
      case "binary":
        this.#checkBytes(length, 4, type.kind === "utf8");
        break;
      case "struct":
        for (const member of type.children) this.#check(member, length, false, masked);
        break;
      case "fixed-size-list":
        this.#check(child, length * type.size, false, masked);
        break;
      case "bool":
        this.#next(Math.ceil(length / 8));
        break;
      case "fixed-size-binary":
        this.#next(length * type.size);
        break;
      case "foreign":
        this.#checkForeign(type, length, masked);
        break;
      default:
        this.#next(length * byteWidth(type.kind));
    }
  }

  #checkForeign(type: DataType, length: number, masked: boolean): void {
    const layout = type.foreign?.layout;
    switch (layout) {
      case "large-bytes":
        this.#checkBytes(length, 8, type.foreign?.name === "LargeUtf8");
        break;
      case "large-list":
      case "list": {
        const end = this.#offsets(length, layout === "list" ? 4 : 8);
        this.#check(type.children[0] as Field, end, false, masked);
        break;
      }
      case "view":
        throw new RerunError(
          "unsupported-data",
          `Expected columns of other types than ${type.foreign?.name}; write the data with plain strings or binaries`,
        );
      default:
        // Numbers, and the indices of dictionaries.
        this.#next(length * type.size);
    }
  }

  #checkBytes(length: number, width: 4 | 8, isText: boolean): void {
    const offsetsAt = this.#peek();
    const end = this.#offsets(length, width);
    const values = this.#next(end);
    if (isText && end > 0) this.#checkText(offsetsAt, width, length, values);
  }

  #checkValidity(length: number, nulls: number, nullable: boolean): void {
    const bytes = Math.ceil(length / 8);
    const at = this.#next(nulls === 0 ? 0 : bytes);
    if (nulls === 0 || nullable) return;
    // What the bits say counts.
    let all = 0xff;
    for (let i = at; i < at + bytes; i++) {
      const unused = i === at + bytes - 1 ? 0xff & (0xff << (((length + 7) & 7) + 1)) : 0;
      all &= (this.#ipc[i] as number) | unused;
    }
    if (all !== 0xff) throw invalid("no nulls where the schema allows none");
  }

  #checkUnion(type: DataType, length: number): void {
    const ids = this.#checkTypeIds(
      length,
      type.children.map((_, i) => i),
    );
    const offsets = this.#next(4 * length);
    const lengths = type.children.map((child) => this.#check(child, 0, false, true));
    const view = this.#view;
    for (let i = 0; i < length; i++) {
      const id = this.#ipc[ids + i] as number;
      const offset = view.getInt32(offsets + 4 * i, true);
      if (offset < 0 || offset >= (lengths[id] as number))
        throw invalid("the values of unions within their variants");
    }
  }

  #checkTypeIds(length: number, known: readonly number[]): number {
    const at = this.#next(length);
    const isKnown = new Uint8Array(256);
    for (const id of known) isKnown[id & 0xff] = 1;
    for (let i = 0; i < length; i++) {
      if (isKnown[this.#ipc[at + i] as number] === 0)
        throw invalid("type ids of unions that the schema has");
    }
    return at;
  }

  /** Position of the next buffer, without taking it. */
  #peek(): number {
    const { buffers, bodyAt } = this.#stream;
    if (this.#buffer >= buffers.count) throw invalid("as many buffers as the schema asks for");
    return bodyAt + this.#length64(buffers.at + 16 * this.#buffer);
  }

  /** Takes the next buffer, of at least so many bytes: its position. */
  #next(atLeast: number): number {
    const { buffers, bodyAt, bodyBytes } = this.#stream;
    const at = this.#peek();
    const length = this.#length64(buffers.at + 16 * this.#buffer++ + 8);
    if (at - bodyAt + length > bodyBytes) throw invalid("buffers within the body");
    if (length < atLeast) throw invalid(`buffers of ${atLeast} bytes`);
    return at;
  }

  /** Takes a buffer of offsets, which never decrease: the last of them. */
  #offsets(length: number, width: 4 | 8): number {
    // Writers may leave out the single offset of an empty column.
    const at = this.#next(length === 0 ? 0 : width * (length + 1));
    if (length === 0) return 0;
    const view = this.#view;
    let last = 0;
    if (width === 4) {
      for (let i = 0; i <= length; i++) {
        const offset = view.getInt32(at + 4 * i, true);
        if (offset < last) throw invalid("offsets that do not decrease");
        last = offset;
      }
    } else {
      for (let i = 0; i <= length; i++) {
        const offset = this.#length64(at + 8 * i);
        if (offset < last) throw invalid("offsets that do not decrease");
        last = offset;
      }
      if (last > 0x7fff_ffff) throw invalid("columns of less than 2 GiB");
    }
    return last;
  }

  /** Checks that text is UTF-8, and that no offset cuts a character. */
  #checkText(offsetsAt: number, width: 4 | 8, length: number, values: number): void {
    const bytes = this.#ipc;
    const offset = (i: number): number => {
      const at = offsetsAt + width * i;
      return values + (width === 4 ? this.#view.getInt32(at, true) : this.#length64(at));
    };
    const start = offset(0);
    const end = offset(length);
    let ascii = 0;
    for (let i = start; i < end; i++) ascii |= bytes[i] as number;
    if (ascii < 0x80) return;
    try {
      utf8.decode(bytes.subarray(start, end));
    } catch {
      throw invalid("text in UTF-8");
    }
    for (let i = 1; i < length; i++) {
      const at = offset(i);
      // The second to fourth bytes of a character.
      if (at < end && ((bytes[at] as number) & 0xc0) === 0x80)
        throw invalid("whole characters in each text");
    }
  }

  #length64(at: number): number {
    const view = this.#view;
    const hi = view.getUint32(at + 4, true);
    if (hi >= 0x20_0000) throw invalid("lengths below 2^53");
    return hi * 0x1_0000_0000 + view.getUint32(at, true);
  }
}

/** The ids that the slots of a union have, by child. */
export function typeIdsOf(type: DataType): readonly number[] {
  const member = type.foreign?.members[1];
  if (member !== undefined && "int32s" in member && member.int32s.length > 0) return member.int32s;
  return type.children.map((_, i) => i);
}

function invalid(expected: string): RerunError {
  return new RerunError(
    "invalid-data",
    `Expected ${expected} in an Arrow record batch, got something else; the data is damaged`,
  );
}
