/** Version of the metadata, as Arrow's Schema.fbs numbers it. */
export const METADATA_V5 = 4;

/** Puts the 8 bytes before a message's metadata: continuation marker and length. */
export function encapsulate(metadata: Uint8Array): Uint8Array {
  const message = new Uint8Array(8 + metadata.length);
  const view = new DataView(message.buffer);
  view.setUint32(0, 0xffff_ffff, true);
  view.setUint32(4, metadata.length, true);
  message.set(metadata, 8);
  return message;
}

/** End of an IPC stream: a marker and a length of 0. */
export const END_OF_STREAM: Uint8Array = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0);
