import type { LogMsg } from "../log-msg.ts";
import { sizeOf } from "./pieces.ts";
import { type Compression, encodeFrameParts, MESSAGE_HEADER_BYTES, streamHeader } from "./rrd.ts";
import { FooterBuilder } from "./rrd-footer.ts";

/** How messages are put into Rerun's file format. */
export interface RrdOptions {
  /** How payloads are compressed. Default `"lz4"`, as the official SDKs. */
  readonly compression?: Compression;
  /** Whether the index that random access needs is written at the end. Default true. */
  readonly footer?: boolean;
  /**
   * Memory that may be spent on that index, in bytes; about a hundred for each chunk. A file with more chunks goes
   * without it, and this is told. Default 64 MiB: half a million chunks.
   */
  readonly footerBytes?: number;
}

const DEFAULT_FOOTER_BYTES = 64 << 20;

/**
 * One stream in Rerun's file format, as it is written: header, messages, index. Gives the bytes to be written, in
 * order; does no I/O.
 */
export class RrdStream {
  readonly compression: Compression;
  readonly #footer: FooterBuilder | undefined;
  #position = 0;

  constructor(options: RrdOptions = {}) {
    this.compression = options.compression ?? "lz4";
    const { footer = true, footerBytes = DEFAULT_FOOTER_BYTES } = options;
    this.#footer = footer ? new FooterBuilder({ maxBytes: footerBytes }) : undefined;
  }

  /** Bytes given so far. */
  get position(): number {
    return this.#position;
  }

  /** How much of what the index may hold is used up: from 0 to 1; with 1 it will be left out. */
  get footerFill(): number {
    return this.#footer?.fill ?? 0;
  }

  begin(): readonly Uint8Array[] {
    const header = streamHeader(this.compression);
    this.#position += header.length;
    return [header];
  }

  /**
   * The bytes of a message. Large arrays of the user are pieces of their own while it is borrowed; see `Chunk.parts`.
   *
   * @param frame what `encodeFrameParts` made of it, when that is known
   */
  message(
    message: LogMsg,
    frame: readonly Uint8Array[] = encodeFrameParts(message, this.compression),
  ): readonly Uint8Array[] {
    const bytes = sizeOf(frame);
    if (message.kind === "chunk") {
      this.#footer?.add(
        message.storeId,
        message.chunk,
        this.#position + MESSAGE_HEADER_BYTES,
        bytes - MESSAGE_HEADER_BYTES,
      );
    }
    this.#position += bytes;
    return frame;
  }

  /**
   * What comes at the end, made in small steps; nothing where there is no index.
   *
   * @yields after each step
   */
  *end(): Generator<undefined, readonly Uint8Array[]> {
    const pieces =
      this.#footer === undefined ? [] : yield* this.#footer.finishInSteps(this.#position);
    this.#position += sizeOf(pieces);
    return pieces;
  }
}

/** Messages as a complete file. */
export function encodeRrd(messages: Iterable<LogMsg>, options: RrdOptions = {}): Uint8Array[] {
  const stream = new RrdStream(options);
  const pieces = [...stream.begin()];
  for (const message of messages) pieces.push(...stream.message(message));
  const end = stream.end();
  let step = end.next();
  while (step.done !== true) step = end.next();
  return [...pieces, ...step.value];
}
