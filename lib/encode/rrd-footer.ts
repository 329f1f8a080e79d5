import type { Chunk } from "../chunk.ts";
import type { StoreId } from "../log-msg.ts";
import { ManifestBuilder } from "./manifest.ts";
import { join, sizeOf } from "./pieces.ts";
import { ProtobufWriter } from "./protobuf.ts";
import { MESSAGE_HEADER_BYTES, MESSAGE_KIND, messageHeader } from "./rrd.ts";
import { Xxh32 } from "./xxh32.ts";

const CRC_SEED = 7850921;
/** Readers unpack a table as a whole: past this size, in bytes, it would do more harm than good. */
const MAX_TABLE_BYTES = 2 ** 30;

export interface FooterOptions {
  /**
   * Memory that may be spent on the index while a stream is written, in bytes; about a hundred for each chunk. Past
   * it the index is given up. Default: no limit but that of a gigabyte of table, which readers have to unpack.
   */
  readonly maxBytes?: number;
}

/**
 * Collects what the footer of a file says of its chunks, in about a hundred bytes each.
 *
 * Source: rerun crates/store/re_log_encoding (RrdFooter, RrdManifest).
 */
export class FooterBuilder {
  readonly #maxBytes: number;
  #stores = new Map<string, ManifestBuilder>();
  /** By object as well: looking up a string for each chunk costs more. */
  #byObject = new WeakMap<StoreId, ManifestBuilder>();
  #full = false;

  constructor({ maxBytes = Infinity }: FooterOptions = {}) {
    this.#maxBytes = maxBytes;
  }

  /** True when there were more chunks than an index may hold. There will be none then. */
  get full(): boolean {
    return this.#full;
  }

  /** How much of what an index may hold is used up: from 0 to 1. */
  get fill(): number {
    let fill = this.byteLength / this.#maxBytes;
    for (const { tableBytes } of this.#stores.values())
      fill = Math.max(fill, tableBytes / MAX_TABLE_BYTES);
    return this.#full ? 1 : fill;
  }

  /** Bytes of memory that it takes now, but for names. */
  get byteLength(): number {
    let bytes = 0;
    for (const manifest of this.#stores.values()) bytes += manifest.byteLength;
    return bytes;
  }

  /**
   * Notes a chunk.
   *
   * @param offset of the message's payload, from the start of the stream
   * @param size of the message's payload
   */
  add(storeId: StoreId, chunk: Chunk, offset: number, size: number): void {
    if (this.#full) return;
    let manifest = this.#byObject.get(storeId);
    if (manifest === undefined) {
      // Two recording streams may log to one store; a file has at most one manifest for it.
      const key = JSON.stringify([storeId.kind, storeId.applicationId, storeId.recordingId]);
      manifest = this.#stores.get(key) ?? new ManifestBuilder(storeId);
      this.#stores.set(key, manifest);
      this.#byObject.set(storeId, manifest);
    }
    manifest.add(chunk, offset, size);
    if (manifest.tableBytes > MAX_TABLE_BYTES || this.byteLength > this.#maxBytes) {
      this.#full = true;
      this.#stores = new Map();
      this.#byObject = new WeakMap();
    }
  }

  /**
   * The end of the stream: End message, footer, and the 32 bytes by which readers find it. Nothing when the index was
   * given up: an End message promises a footer.
   *
   * | offset | size | content |
   * | --- | --- | --- |
   * | 0 | 8 | start of the footer payload in the stream |
   * | 8 | 8 | its length |
   * | 16 | 4 | its xxh32 |
   * | 20 | 4 | `RRF2` |
   * | 24 | 4 | `FOOT` |
   * | 28 | 4 | number of entries: 1 |
   *
   * @param position bytes of the stream so far
   */
  finish(position: number): Uint8Array {
    const steps = this.finishInSteps(position);
    let step = steps.next();
    while (step.done !== true) step = steps.next();
    return join(step.value);
  }

  /**
   * The same in many small steps of well below a millisecond, for programs that have other things to do meanwhile.
   *
   * @yields after each
   * @returns the end of the stream, in pieces
   */
  *finishInSteps(position: number): Generator<undefined, readonly Uint8Array[]> {
    if (this.#full) return [];
    const payload: Uint8Array[] = [];
    for (const manifest of this.#stores.values()) {
      const pieces = yield* manifest.finish();
      payload.push(new ProtobufWriter().prefix(1, sizeOf(pieces)).finish(), ...pieces);
    }
    const hash = new Xxh32(CRC_SEED);
    for (const piece of payload) {
      hash.update(piece);
      yield;
    }
    const bytes = sizeOf(payload);
    const footer = new Uint8Array(32);
    const view = new DataView(footer.buffer);
    view.setBigUint64(0, BigInt(position + MESSAGE_HEADER_BYTES), true);
    view.setBigUint64(8, BigInt(bytes), true);
    view.setUint32(16, hash.digest(), true);
    footer.set(new TextEncoder().encode("RRF2FOOT"), 20);
    view.setUint32(28, 1, true);
    return [messageHeader(MESSAGE_KIND.end, bytes), ...payload, footer];
  }
}
