import { closeSync, openSync, readSync } from "node:fs";
import { open } from "node:fs/promises";
import { decodeEnvelope } from "../../lib/decode/envelope.ts";
import { MESSAGE_HEADER_BYTES, MESSAGE_KIND, streamHeader } from "../../lib/encode/rrd.ts";
import type { StoreId } from "../../lib/log-msg.ts";

/** Bytes at the start of a file that are looked at to see whose it is. */
const HEAD_BYTES = 4096;

/** The stores that a file announces at its start; none when it is no recording, or cannot be read. */
export async function storesOf(path: string): Promise<readonly StoreId[]> {
  try {
    const file = await open(path, "r");
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
      return storesIn(buffer.subarray(0, bytesRead));
    } finally {
      await file.close();
    }
  } catch {
    return [];
  }
}

/** The same within this call, for the end of a process. */
export function storesNowOf(path: string): readonly StoreId[] {
  try {
    const file = openSync(path, "r");
    try {
      const head = Buffer.alloc(HEAD_BYTES);
      return storesIn(head.subarray(0, readSync(file, head, 0, HEAD_BYTES, 0)));
    } finally {
      closeSync(file);
    }
  } catch {
    return [];
  }
}

function storesIn(head: Buffer): readonly StoreId[] {
  const stores: StoreId[] = [];
  if (head.toString("latin1", 0, 4) !== "RRF2") return stores;
  let at = streamHeader().length;
  while (at + MESSAGE_HEADER_BYTES <= head.length) {
    const kind = Number(head.readBigUInt64LE(at));
    const end = at + MESSAGE_HEADER_BYTES + Number(head.readBigUInt64LE(at + 8));
    if (kind !== MESSAGE_KIND.setStoreInfo || end > head.length) break;
    stores.push(decodeEnvelope(kind, head.subarray(at + MESSAGE_HEADER_BYTES, end)).storeId);
    at = end;
  }
  return stores;
}
