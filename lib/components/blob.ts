import type { ArrowArray } from "../arrow/array.ts";
import { list, primitive } from "../arrow/data-type.ts";
import type { ComponentDescriptor } from "../component-batch.ts";
import { ComponentBatch } from "../component-batch.ts";
import { rejectElement, rejectInput } from "./input-error.ts";
import { offsetsOfOne } from "./text.ts";
import type { Bytes } from "./typed-array.ts";
import { asBytes } from "./typed-array.ts";

/**
 * One block of bytes or many: `Uint8Array`, `ArrayBuffer`, or any typed array, whose memory is taken
 * as it is. Referenced, not copied.
 */
export type BlobInput = Bytes | readonly Bytes[];

const uint8 = primitive("uint8");
const bytesType = list(uint8);

/** List offsets have 32 bits. */
const MAX_BYTES = 0x7fff_ffff;

/** A batch of byte blocks (`list<uint8>`). */
export function blobBatch(descriptor: ComponentDescriptor, value: BlobInput): ComponentBatch {
  if (Array.isArray(value)) return manyBlobs(descriptor, value);
  const bytes = asBytes(value);
  if (bytes === undefined) {
    rejectInput(descriptor, "bytes such as a Uint8Array or an ArrayBuffer", value);
  }
  checkLength(descriptor, bytes.length);
  return new ComponentBatch(descriptor, 1, blobArray(1, offsetsOfOne(bytes.length), bytes));
}

function manyBlobs(descriptor: ComponentDescriptor, items: readonly unknown[]): ComponentBatch {
  const blocks: Uint8Array[] = [];
  const offsets = new Int32Array(items.length + 1);
  let total = 0;
  for (let i = 0; i < items.length; i++) {
    const bytes = asBytes(items[i]);
    if (bytes === undefined) rejectElement(descriptor, "bytes such as a Uint8Array", items[i], i);
    total += bytes.length;
    checkLength(descriptor, total);
    offsets[i + 1] = total;
    blocks.push(bytes);
  }
  return new ComponentBatch(
    descriptor,
    items.length,
    blobArray(items.length, offsets, joined(blocks, total)),
  );
}

function blobArray(length: number, offsets: Int32Array, bytes: Uint8Array): ArrowArray {
  const child: ArrowArray = { type: uint8, length: bytes.length, values: bytes };
  return { type: bytesType, length, offsets, children: [child] };
}

function joined(blocks: readonly Uint8Array[], total: number): Uint8Array {
  if (blocks.length === 1) return blocks[0] as Uint8Array;
  const all = new Uint8Array(total);
  let at = 0;
  for (const block of blocks) {
    all.set(block, at);
    at += block.length;
  }
  return all;
}

function checkLength(descriptor: ComponentDescriptor, total: number): void {
  if (total > MAX_BYTES) {
    rejectInput(
      descriptor,
      `at most ${MAX_BYTES} bytes in one batch`,
      total,
      "split it over several rows",
    );
  }
}
