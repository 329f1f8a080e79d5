import type { ChunkMsg, LogMsg } from "../log-msg.ts";
import {
  type Compression,
  encodeArrowMsgFrame,
  encodeBlueprintActivation,
  encodeSetStoreInfo,
  RERUN_VERSION_BYTES,
} from "./log-msg.ts";
import { join } from "./pieces.ts";
import { lz4Aside, lz4Of } from "./recent-lz4.ts";

export type { Compression } from "./log-msg.ts";

/** Kinds of messages in a stream. */
export const MESSAGE_KIND = {
  end: 0,
  setStoreInfo: 1,
  arrowMsg: 2,
  blueprintActivation: 3,
} as const;

/** Bytes before each message: kind and length. */
export const MESSAGE_HEADER_BYTES = 16;

const RRF2 = [0x52, 0x52, 0x46, 0x32] as const;
const SERIALIZER_PROTOBUF = 2;

/**
 * The 12 bytes with which a stream begins.
 *
 * | offset | size | content |
 * | --- | --- | --- |
 * | 0 | 4 | `RRF2` |
 * | 4 | 4 | version of the format's writer: 0.33.0 |
 * | 8 | 1 | compression, 0 = none, 1 = LZ4; a hint, each message says for itself |
 * | 9 | 1 | serializer, 2 = protobuf |
 * | 10 | 2 | reserved, 0 |
 */
export function streamHeader(compression: Compression = "lz4"): Uint8Array {
  return Uint8Array.of(
    ...RRF2,
    ...RERUN_VERSION_BYTES,
    compression === "lz4" ? 1 : 0,
    SERIALIZER_PROTOBUF,
    0,
    0,
  );
}

/** The 16 bytes before a message: kind and length, 64-bit little-endian each. */
export function messageHeader(kind: number, length: number): Uint8Array {
  const header = new Uint8Array(MESSAGE_HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint32(0, kind, true);
  view.setUint32(8, length >>> 0, true);
  view.setUint32(12, Math.floor(length / 0x1_0000_0000), true);
  return header;
}

/**
 * One message of a stream, header included, in pieces that are to be written one after the other. Large user
 * arrays are pieces of their own while the message is borrowed; see `Chunk.parts`.
 */
export function encodeFrameParts(message: LogMsg, compression: Compression = "lz4"): Uint8Array[] {
  switch (message.kind) {
    case "set-store-info": {
      const payload = encodeSetStoreInfo(message);
      return [messageHeader(MESSAGE_KIND.setStoreInfo, payload.length), payload];
    }
    case "blueprint-activation": {
      const payload = encodeBlueprintActivation(message);
      return [messageHeader(MESSAGE_KIND.blueprintActivation, payload.length), payload];
    }
    case "chunk":
      return encodeChunkParts(message, compression);
  }
}

function encodeChunkParts(message: ChunkMsg, compression: Compression): Uint8Array[] {
  const { chunk } = message;
  const small = compression === "lz4" ? (chunk.lz4 ?? lz4Of(chunk)) : undefined;
  const payload = small === undefined ? chunk.parts : [small];
  const payloadBytes = small === undefined ? chunk.byteLength : small.length;
  const { before, after } = encodeArrowMsgFrame(
    message,
    small === undefined ? "none" : "lz4",
    payloadBytes,
  );
  const length = before.length + payloadBytes + after.length;
  return [messageHeader(MESSAGE_KIND.arrowMsg, length), before, ...payload, after];
}

/**
 * Compresses a large message on another thread, ahead of {@link encodeFrameParts}, which would keep this one for
 * milliseconds. For those who can wait; it is not necessary.
 *
 * @returns undefined when there is nothing to wait for
 */
export function prepareFrame(
  message: LogMsg,
  compression: Compression = "lz4",
): Promise<void> | undefined {
  if (message.kind !== "chunk" || compression === "none") return undefined;
  try {
    return lz4Aside(message.chunk);
  } catch {
    // Of what cannot be encoded, such as what is too large, the one hears who encodes it.
    return undefined;
  }
}

/** One message of a stream in one piece, header included. */
export function encodeFrame(message: LogMsg, compression: Compression = "lz4"): Uint8Array {
  return join(encodeFrameParts(message, compression));
}
