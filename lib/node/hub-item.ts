import { encodeFrameParts } from "../encode/rrd.ts";
import { isPinned, type LogMsg } from "../log-msg.ts";
import { pinKeyOf } from "../static-data.ts";

/** A message as a hub keeps it: encoded, with what is needed to keep or drop it. */
export interface HubItem {
  /** One RRD message, header included, in pieces. */
  readonly parts: readonly Uint8Array[];
  readonly bytes: number;
  readonly pinned: boolean;
  /** A later item with the same key takes its place. */
  readonly pinKey: string | undefined;
  /** True when the next message should reach viewers together with this one. */
  readonly joinsNext: boolean;
}

/** Encodes a message for a hub. Chunks are not copied unless they are compressed. */
export function hubItem(message: LogMsg, compression: "lz4" | "none"): HubItem {
  // Kept for late browsers, so it must not hang on memory that is the caller's.
  if (message.kind === "chunk") message.chunk.own();
  const parts = encodeFrameParts(message, compression);
  let bytes = 0;
  for (const part of parts) bytes += part.length;
  return {
    parts,
    bytes,
    pinned: isPinned(message),
    pinKey: keyOf(message),
    joinsNext: message.kind === "chunk" && message.storeId.kind === "blueprint",
  };
}

/** What a later message makes superfluous: an announcement that is repeated, and older static data. */
function keyOf(message: LogMsg): string | undefined {
  const { kind, applicationId, recordingId } = message.storeId;
  const store = `${kind}\n${applicationId}\n${recordingId}`;
  switch (message.kind) {
    case "set-store-info":
      return `info\n${store}`;
    case "blueprint-activation":
      return `activation\n${store}\n${message.makeActive}\n${message.makeDefault}`;
    case "chunk": {
      const key = pinKeyOf(message);
      return key === undefined ? undefined : `static\n${store}\n${key}`;
    }
  }
}
