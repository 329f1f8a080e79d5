import { allocate } from "../arrow/allocate.ts";
import { checkLz4Size, decompressLz4Into } from "./lz4.ts";

/** The Arrow IPC stream of a chunk. */
export interface IpcSource {
  readonly byteLength: number;
  /** To be looked at right now: until another chunk is. */
  peek(): Uint8Array;
  /** To be kept. */
  readonly bytes: Uint8Array;
  /** The LZ4 block that it came in, if it did. */
  readonly lz4: Uint8Array | undefined;
}

/** A stream that came as it is. */
export function plainIpc(bytes: Uint8Array): IpcSource {
  return { byteLength: bytes.length, peek: () => bytes, bytes, lz4: undefined };
}

/** Small ones get memory of their own at once, which costs less than to ask for it later. */
const SMALL_BYTES = 1 << 14;
/** Larger scratch memory is not kept. */
const MAX_SCRATCH_BYTES = 16 << 20;

/** Where streams are unpacked to be looked at; who came last may take it. */
let scratch = new Uint8Array(0);
/** The block that is unpacked there. */
let tenant: Uint8Array | undefined;

/**
 * A stream that came in an LZ4 block.
 *
 * To be checked, it is unpacked into memory that is used again and again: most chunks that flow by are handed on as they
 * came, and new memory for each would keep the garbage collector behind. Who asks for its bytes while they are there
 * gets that memory, else they are unpacked once more.
 */
export class Lz4Ipc implements IpcSource {
  readonly byteLength: number;
  readonly lz4: Uint8Array;
  #bytes: Uint8Array | undefined;

  /** @throws RerunError `invalid-data` when the block cannot be of that size */
  constructor(block: Uint8Array, byteLength: number) {
    checkLz4Size(block, byteLength);
    this.lz4 = block;
    this.byteLength = byteLength;
  }

  /** @throws RerunError `invalid-data` when the block is damaged */
  peek(): Uint8Array {
    const { byteLength, lz4 } = this;
    if (this.#bytes !== undefined) return this.#bytes;
    if (byteLength <= SMALL_BYTES) {
      const bytes = plainView(allocate(byteLength));
      decompressLz4Into(lz4, bytes);
      this.#bytes = bytes;
      return bytes;
    }
    if (tenant !== lz4) {
      tenant = undefined;
      if (scratch.length < byteLength)
        scratch = plainView(allocate(byteLength + (byteLength >> 3)));
      decompressLz4Into(lz4, scratch.subarray(0, byteLength));
      tenant = lz4;
    }
    const bytes = scratch.subarray(0, byteLength);
    if (scratch.length > MAX_SCRATCH_BYTES) this.#move(bytes);
    return bytes;
  }

  get bytes(): Uint8Array {
    const bytes = this.peek();
    if (this.#bytes === undefined) {
      // Much larger memory than needed stays for others.
      this.#move(scratch.length <= 2 * bytes.length ? bytes : new Uint8Array(bytes));
    }
    return this.#bytes as Uint8Array;
  }

  #move(bytes: Uint8Array): void {
    this.#bytes = bytes;
    tenant = undefined;
    if (bytes.buffer === scratch.buffer) scratch = new Uint8Array(0);
  }
}

/** A `Buffer` of Node is a `Uint8Array`, but its methods do other things. */
export function plainView(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
}
