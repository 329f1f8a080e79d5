import { MESSAGE_HEADER_BYTES, MESSAGE_KIND } from "../encode/rrd.ts";
import { RerunError } from "../errors.ts";
import { ByteQueue } from "./byte-queue.ts";
import type { EnvelopeKind } from "./envelope.ts";
import { versionText } from "./log-msg.ts";

/** Bytes with which a stream begins. */
export const STREAM_HEADER_BYTES = 12;
/** Bytes with which a complete stream ends. */
export const STREAM_FOOTER_BYTES = 32;

/** The beginning of a stream; a file can hold several, one after the other. */
export interface StreamStart {
  readonly kind: "stream";
  /** From the start of the file. */
  readonly offset: number;
  /** Version of Rerun that wrote it, such as `0.33.0`. */
  readonly version: string;
  /** The same as a number: its four bytes, the first one lowest. */
  readonly versionBits: number;
  /** A hint; each message says for itself. */
  readonly compression: "lz4" | "none";
}

/** One message, not yet decoded. */
export interface RrdFrame {
  readonly kind: "frame";
  readonly messageKind: EnvelopeKind;
  /** Of its header, from the start of the file. */
  readonly offset: number;
  readonly payload: Uint8Array;
}

/** The end of a stream that was closed in order. */
export interface StreamEnd {
  readonly kind: "end";
  /** Of the End message's header, from the start of the file. */
  readonly offset: number;
  /** The `RrdFooter`; empty for a stream that has none. */
  readonly footer: Uint8Array;
}

/** Something that cannot be read. What came before it is whole. */
export interface RrdDamage {
  readonly kind: "damage";
  /** From the start of the file. */
  readonly offset: number;
  /** Bytes that are passed over; undefined for all that follow. */
  readonly byteLength: number | undefined;
  readonly error: RerunError;
}

export type RrdItem = StreamStart | RrdFrame | StreamEnd | RrdDamage;

type State = "stream-header" | "message-header" | "stream-footer" | "done";

export interface RrdParserOptions {
  /** Longest message that is taken, in bytes; a longer one ends the reading. Default 2 GiB - 1. */
  readonly maxMessageBytes?: number;
  /** Told of blocks that were pushed and are not needed any more by anyone: they may be filled again. */
  readonly onFree?: ((block: Uint8Array) => void) | undefined;
}

/** The oldest version whose files are read. */
const OLDEST = 23;

/**
 * Splits the bytes of `.rrd` files into messages, as Rerun's own reader does: streams may follow each other, end
 * without an End message, or in the middle of one; what is no message ends the reading, and what came before it stays.
 *
 * Push bytes as they come and take items until there are none; in the end, call `end`. Does no I/O, and holds no more
 * than the message that is not yet complete.
 *
 * Source: rerun crates/store/re_log_encoding/src/rrd/decoder/state_machine.rs
 */
export class RrdParser {
  readonly #queue: ByteQueue;
  readonly #maxMessageBytes: number;
  #state: State = "stream-header";
  /** Of the next byte in the queue, from the start of the file. */
  #offset = 0;
  #hasStream = false;
  /** An End message whose stream footer is still to come. */
  #end: StreamEnd | undefined;

  constructor(options: RrdParserOptions = {}) {
    this.#queue = new ByteQueue(options.onFree);
    this.#maxMessageBytes = options.maxMessageBytes ?? 0x7fff_ffff;
  }

  /** True when nothing that comes will be looked at. */
  get done(): boolean {
    return this.#state === "done";
  }

  /** Takes the next bytes of the file: borrowed as long as messages refer to them. */
  push(bytes: Uint8Array): void {
    if (this.#state !== "done") this.#queue.push(bytes);
  }

  /**
   * The next item, or undefined when more bytes are needed.
   *
   * @throws RerunError `invalid-data` when the file is none of Rerun's, `unsupported-data` when it is too old
   */
  next(): RrdItem | undefined {
    switch (this.#state) {
      case "stream-header":
        return this.#streamHeader();
      case "message-header":
        return this.#message();
      case "stream-footer":
        return this.#streamFooter();
      case "done":
        return undefined;
    }
  }

  /**
   * Says that no more bytes will come: tells of what is left over.
   *
   * @throws RerunError `invalid-data` when there was no stream at all
   */
  end(): RrdItem | undefined {
    const state = this.#state;
    const left = this.#queue.length;
    if (state === "done") return undefined;
    if (!this.#hasStream) throw notRrd(left === 0 ? "an empty file" : `${left} bytes`);
    this.#state = "done";
    if (state === "stream-footer") {
      const end = this.#end as StreamEnd;
      // Allowed: an End message without content, at the very end.
      if (left === 0 && end.footer.length === 0) return end;
      return damage(end.offset, this.#offset + left, `${NO_FOOTER}, got the end of the file`);
    }
    if (left === 0) return undefined;
    const got = `got the first ${left} bytes of another; the file was cut off`;
    return damage(
      this.#offset,
      this.#offset + left,
      `Expected whole messages up to the end, ${got}`,
    );
  }

  #take(bytes: number): Uint8Array {
    this.#offset += bytes;
    return this.#queue.take(bytes);
  }

  #skip(bytes: number): void {
    this.#offset += bytes;
    this.#queue.skip(bytes);
  }

  #stop(message: string, offset = this.#offset): RrdDamage {
    this.#state = "done";
    return damage(offset, undefined, message);
  }

  #streamHeader(): RrdItem | undefined {
    if (this.#queue.length < STREAM_HEADER_BYTES) return undefined;
    const bytes = this.#queue.peek(STREAM_HEADER_BYTES);
    let header: Omit<StreamStart, "offset">;
    try {
      header = parseStreamHeader(bytes);
    } catch (thrown) {
      if (!this.#hasStream) throw thrown;
      return this.#stop("Expected another stream or the end of the file, got other bytes");
    }
    const start = { ...header, offset: this.#offset };
    this.#skip(STREAM_HEADER_BYTES);
    this.#hasStream = true;
    this.#state = "message-header";
    return start;
  }

  #message(): RrdItem | undefined {
    if (this.#queue.length < MESSAGE_HEADER_BYTES) return undefined;
    const header = parseMessageHeader(this.#queue.peek(MESSAGE_HEADER_BYTES));
    if (header === undefined) {
      // Another stream may follow one that was never closed; only that can stand here.
      this.#state = "stream-header";
      return this.next();
    }
    const { messageKind, byteLength } = header;
    if (byteLength > this.#maxMessageBytes) {
      return this.#stop(
        `Expected messages of up to ${this.#maxMessageBytes} bytes, got one of ${byteLength}`,
      );
    }
    if (this.#queue.length < MESSAGE_HEADER_BYTES + byteLength) return undefined;
    const offset = this.#offset;
    this.#skip(MESSAGE_HEADER_BYTES);
    const payload = this.#take(byteLength);
    if (messageKind !== MESSAGE_KIND.end) return { kind: "frame", messageKind, offset, payload };
    this.#end = { kind: "end", offset, footer: payload };
    this.#state = "stream-footer";
    return this.next();
  }

  #streamFooter(): RrdItem | undefined {
    if (this.#queue.length < STREAM_FOOTER_BYTES) return undefined;
    if (parseStreamFooter(this.#queue.peek(STREAM_FOOTER_BYTES)) === undefined)
      return this.#stop(`${NO_FOOTER}, got other bytes`, this.#end?.offset);
    this.#skip(STREAM_FOOTER_BYTES);
    this.#state = "stream-header";
    return this.#end;
  }
}

/**
 * Reads the 12 bytes with which a stream begins.
 *
 * @throws RerunError `invalid-data` when they are something else, `unsupported-data` for versions before 0.23
 */
export function parseStreamHeader(bytes: Uint8Array): Omit<StreamStart, "offset"> {
  const fourcc = String.fromCharCode(...bytes.subarray(0, 4));
  const [major, minor] = bytes.subarray(4) as unknown as number[];
  const [compression, serializer, reserved0, reserved1] = bytes.subarray(8) as unknown as number[];
  if (fourcc === "RRF0" || fourcc === "RRF1") {
    throw new RerunError(
      "unsupported-data",
      `Expected a file of Rerun 0.23 or newer, got one in the older format ${fourcc}; convert it with \`rerun rrd migrate\` of Rerun 0.23`,
    );
  }
  if (
    fourcc !== "RRF2" ||
    bytes.length < STREAM_HEADER_BYTES ||
    (compression as number) > 1 ||
    reserved0 !== 0 ||
    reserved1 !== 0
  ) {
    throw notRrd(`bytes that begin with ${hex(bytes.subarray(0, 4))}`);
  }
  const versionBits = new DataView(bytes.buffer, bytes.byteOffset + 4, 4).getInt32(0, true);
  const isOld = major === 0 && (minor as number) < OLDEST;
  if (isOld || serializer !== 2) {
    const version = versionBits === 0 ? "0.2.0" : versionText(versionBits);
    throw new RerunError(
      "unsupported-data",
      `Expected a file of Rerun 0.${OLDEST} or newer in protobuf, got one of Rerun ${version}; convert it with \`rerun rrd migrate\` of Rerun 0.${OLDEST}`,
    );
  }
  return {
    kind: "stream",
    version: versionText(versionBits),
    versionBits,
    compression: compression === 1 ? "lz4" : "none",
  };
}

/** Reads the 16 bytes before a message; undefined if they are something else. */
export function parseMessageHeader(
  bytes: Uint8Array,
  at = 0,
): { readonly messageKind: 0 | EnvelopeKind; readonly byteLength: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, MESSAGE_HEADER_BYTES);
  const messageKind = view.getUint32(0, true);
  if (messageKind > 3 || view.getUint32(4, true) !== 0) return undefined;
  const byteLength = view.getUint32(12, true) * 0x1_0000_0000 + view.getUint32(8, true);
  return { messageKind: messageKind as 0 | EnvelopeKind, byteLength };
}

/** Reads the 32 bytes with which a complete stream ends; undefined if they are something else. */
export function parseStreamFooter(bytes: Uint8Array):
  | {
      /** Of the `RrdFooter`, from the start of its stream. */
      readonly offset: number;
      readonly byteLength: number;
      readonly crc: number;
    }
  | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, STREAM_FOOTER_BYTES);
  if (String.fromCharCode(...bytes.subarray(20, 28)) !== "RRF2FOOT") return undefined;
  if (view.getUint32(28, true) !== 1) return undefined;
  return {
    offset: Number(view.getBigUint64(0, true)),
    byteLength: Number(view.getBigUint64(8, true)),
    crc: view.getUint32(16, true),
  };
}

const NO_FOOTER = "Expected a stream footer behind the End message";

function damage(offset: number, end: number | undefined, message: string): RrdDamage {
  return {
    kind: "damage",
    offset,
    byteLength: end === undefined ? undefined : end - offset,
    error: new RerunError("invalid-data", `${message}, at byte ${offset}`),
  };
}

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");

const notRrd = (got: string): RerunError =>
  new RerunError("invalid-data", `Expected a recording of Rerun (.rrd), got ${got}`);
