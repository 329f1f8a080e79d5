import { MESSAGE_HEADER_BYTES, MESSAGE_KIND } from "../encode/rrd.ts";
import { RerunError } from "../errors.ts";
import type { LogMsg } from "../log-msg.ts";
import { chunkProblems } from "../rrd/verify.ts";
import { decodeEnvelope, type EnvelopeKind } from "./envelope.ts";
import { decodeLogMsg } from "./log-msg.ts";
import { isCandidate, isChunkPrefix, isFooterPrefix, streamVersion } from "./recognize.ts";
import {
  parseMessageHeader,
  parseStreamFooter,
  STREAM_FOOTER_BYTES,
  STREAM_HEADER_BYTES,
} from "./rrd-parser.ts";
import { StoreIds } from "./store-ids.ts";

/** A part of a damaged file that could not be kept. */
export interface RepairLoss {
  /** From the start of the file. */
  readonly offset: number;
  readonly byteLength: number;
  /**
   * - `message`: a message that is damaged
   * - `truncated`: the beginning of a message, up to the end of the file
   * - `unknown`: bytes that are no message, or not to be recognised as one
   */
  readonly kind: "message" | "truncated" | "unknown";
  /** Why a message could not be read. */
  readonly reason: string;
}

/** What {@link salvage} asks for, and what it finds. */
export type SalvageStep =
  /** Answer with these bytes of the file. */
  | { readonly kind: "read"; readonly offset: number; readonly byteLength: number }
  | { readonly kind: "message"; readonly message: LogMsg; readonly hasOwnHeader: boolean }
  | { readonly kind: "loss"; readonly loss: RepairLoss }
  /** An index, whole or cut off, which is not needed: it is made anew. */
  | { readonly kind: "footer"; readonly byteLength: number };

/** Messages other than chunks are small. */
const MAX_SMALL_BYTES = 1 << 20;
/** Enough to see whether a chunk message can be what its header says. */
const PREFIX_BYTES = 1024;
/** Looked through at once for the next message. */
const SCAN_BYTES = 1 << 18;

const NO_BYTES = new Uint8Array(0);

/**
 * Finds all whole, valid messages of a file, wherever they stand: after a message that is damaged, the next is where its
 * length says, or if there is none, where the next can be found. A message is valid when it decodes in all its parts.
 *
 * Yields what it wants to read, so that it works for bytes in memory and for files alike.
 */
export function* salvage(byteLength: number): Generator<SalvageStep, void, Uint8Array | undefined> {
  const found = new Salvage(byteLength);
  let at = 0;
  while (at < byteLength) at = yield* found.step(at);
}

type Steps<T> = Generator<SalvageStep, T, Uint8Array | undefined>;

class Salvage {
  readonly #end: number;
  readonly #stores = new StoreIds();
  /** Version of the stream, such as `0.33.0`; undefined where its header is lost. */
  #version: string | undefined;
  /** Whether anything was recognised. */
  #hasContent = false;

  constructor(byteLength: number) {
    this.#end = byteLength;
  }

  /** Looks at what stands at a position; returns the next. */
  *step(at: number): Steps<number> {
    const left = this.#end - at;
    const head = yield* this.#read(at, Math.min(left, MESSAGE_HEADER_BYTES));
    const version = streamVersion(head);
    if (version !== undefined) {
      this.#version = version;
      this.#hasContent = true;
      return at + STREAM_HEADER_BYTES;
    }
    if (left < MESSAGE_HEADER_BYTES) return yield* this.#tail(at, head);
    const header = parseMessageHeader(head);
    if (header === undefined) return yield* this.#search(at, undefined);
    const { messageKind, byteLength } = header;
    if (messageKind === MESSAGE_KIND.end) {
      const end = yield* this.#footer(at, byteLength);
      if (end !== undefined) return end;
      return yield* this.#search(at, undefined);
    }
    if (byteLength > left - MESSAGE_HEADER_BYTES) return yield* this.#search(at, "cut off");
    const reason = yield* this.#message(at, messageKind, byteLength);
    const next = at + MESSAGE_HEADER_BYTES + byteLength;
    if (reason === undefined) return next;
    // The length is right when something follows that can be recognised.
    if (!(yield* this.#isBoundary(next))) return yield* this.#search(at, reason);
    yield* this.#lose(at, next, "message", reason);
    return next;
  }

  *#read(offset: number, byteLength: number): Steps<Uint8Array> {
    return (yield { kind: "read", offset, byteLength }) ?? NO_BYTES;
  }

  *#lose(from: number, to: number, kind: RepairLoss["kind"], reason: string): Steps<void> {
    if (to > from)
      yield { kind: "loss", loss: { offset: from, byteLength: to - from, kind, reason } };
  }

  /** Fewer bytes than a message header, at the end of the file. */
  *#tail(at: number, bytes: Uint8Array): Steps<number> {
    const [kind = 0] = bytes;
    const rest = bytes.subarray(1, 8).every((byte) => byte === 0);
    if (rest && kind === MESSAGE_KIND.end && this.#hasContent)
      yield { kind: "footer", byteLength: bytes.length };
    else if (rest && kind > 0 && kind <= 3)
      yield* this.#lose(at, this.#end, "truncated", "cut off");
    else yield* this.#lose(at, this.#end, "unknown", "no message");
    return this.#end;
  }

  /** Where the End message at a position is over with its footer; undefined if it is none. */
  *#footer(at: number, byteLength: number): Steps<number | undefined> {
    const payload = at + MESSAGE_HEADER_BYTES;
    const end = payload + byteLength + STREAM_FOOTER_BYTES;
    if (end <= this.#end) {
      const bytes = yield* this.#read(payload + byteLength, STREAM_FOOTER_BYTES);
      if (parseStreamFooter(bytes)?.byteLength !== byteLength) return undefined;
      yield { kind: "footer", byteLength: end - at };
      return end;
    }
    // Cut off, or without an index.
    if (!(yield* this.#isCutFooter(payload, byteLength)) && payload !== this.#end) return undefined;
    // A header that is damaged can say this, too: then there are messages where the rest of an index would be.
    if ((yield* this.#next(payload)) < this.#end) return undefined;
    yield { kind: "footer", byteLength: this.#end - at };
    return this.#end;
  }

  /** Whether a footer of so many bytes can begin at a position, and the file end in the midst of it. */
  *#isCutFooter(payload: number, byteLength: number): Steps<boolean> {
    if (byteLength === 0) return false;
    const prefix = yield* this.#read(payload, Math.min(8, this.#end - payload));
    return isFooterPrefix(prefix, byteLength);
  }

  /** Keeps the message at a position if it is valid; else says why it is not. */
  *#message(at: number, kind: EnvelopeKind, byteLength: number): Steps<string | undefined> {
    const offset = at + MESSAGE_HEADER_BYTES;
    const refused = yield* this.#refuse(kind, offset, byteLength);
    if (refused !== undefined) return refused;
    const payload = yield* this.#read(offset, byteLength);
    const message = this.#decode(kind, payload);
    if (typeof message === "string") return message;
    this.#hasContent = true;
    if (message !== undefined) yield { kind: "message", message, hasOwnHeader: true };
    return undefined;
  }

  /** Says why the bytes at a position cannot be such a message, from its beginning alone. */
  *#refuse(kind: EnvelopeKind, offset: number, byteLength: number): Steps<string | undefined> {
    if (byteLength < 2) return "too short";
    const prefix = yield* this.#read(offset, Math.min(PREFIX_BYTES, byteLength));
    // All of them begin with a message of their own.
    if (prefix[0] !== 0x0a) return "not a message";
    if (kind !== MESSAGE_KIND.arrowMsg)
      return byteLength > MAX_SMALL_BYTES ? "too long" : undefined;
    return isChunkPrefix(prefix, byteLength) ? undefined : "not a chunk of this length";
  }

  /** The message; undefined for one of which nothing is left today; a reason if it is not valid. */
  #decode(kind: EnvelopeKind, payload: Uint8Array): LogMsg | string | undefined {
    try {
      const given = decodeEnvelope(kind, payload);
      const { recordingId } = given.storeId;
      if (recordingId === "") return "a store without an id";
      if (given.kind === "blueprint-activation" && given.storeId.kind !== "blueprint")
        return "the activation of no blueprint";
      // Without its store info, an old writer's recording has no application any more.
      const envelope = this.#stores.resolve(given) ?? {
        ...given,
        storeId: { ...given.storeId, applicationId: "unknown_app_id" },
      };
      const message = decodeLogMsg(envelope);
      if (message.kind === "set-store-info") return { ...message, version: this.#version };
      if (message.kind !== "chunk") return message;
      const { chunk } = message;
      if (chunk.components.length === 0 && this.#version?.startsWith("0.23.")) return undefined;
      const id = given.kind === "arrow-msg" ? given.chunkId : undefined;
      if (id !== undefined && id.toString() !== chunk.id.toString())
        return "two different chunk ids";
      // What this version does not know is damage if this version wrote it.
      if (this.#version?.startsWith("0.33.")) return chunkProblems(chunk)[0] ?? message;
      return message;
    } catch (thrown) {
      if (thrown instanceof RerunError) return thrown.message;
      throw thrown;
    }
  }

  /** Whether a stream, a message or the end of the file can be at a position. */
  *#isBoundary(at: number): Steps<boolean> {
    const left = this.#end - at;
    if (left === 0) return true;
    if (left < MESSAGE_HEADER_BYTES) return false;
    const head = yield* this.#read(at, MESSAGE_HEADER_BYTES);
    if (streamVersion(head) !== undefined) return true;
    const header = parseMessageHeader(head);
    if (header === undefined) return false;
    const { messageKind, byteLength } = header;
    const next = at + MESSAGE_HEADER_BYTES;
    if (messageKind === MESSAGE_KIND.end) {
      const footerAt = next + byteLength;
      if (footerAt + STREAM_FOOTER_BYTES > this.#end)
        return next === this.#end || (yield* this.#isCutFooter(next, byteLength));
      const footer = yield* this.#read(footerAt, STREAM_FOOTER_BYTES);
      return parseStreamFooter(footer)?.byteLength === byteLength;
    }
    if (byteLength <= left - MESSAGE_HEADER_BYTES)
      return (yield* this.#refuse(messageKind, next, byteLength)) === undefined;
    // The last message may be cut off.
    const [first] = next < this.#end ? yield* this.#read(next, 1) : [0x0a];
    return first === 0x0a;
  }

  /**
   * Looks for what can be recognised behind a position where nothing can. What lies between may still be the payload of
   * a message whose header alone is damaged.
   *
   * @param reason why the message there cannot be read, if there is the header of one
   */
  *#search(at: number, reason: string | undefined): Steps<number> {
    const next = yield* this.#next(at + 1);
    const payload = at + MESSAGE_HEADER_BYTES;
    // Of a message that was cut off, nothing but its end is missing; it is not whole all the same.
    const isCut = next === this.#end && reason === "cut off";
    if (!isCut && next - payload >= 2) {
      for (const kind of [2, 1, 3] as const) {
        if ((yield* this.#refuse(kind, payload, next - payload)) !== undefined) continue;
        const message = this.#decode(kind, yield* this.#read(payload, next - payload));
        if (typeof message !== "object") continue;
        yield { kind: "message", message, hasOwnHeader: false };
        yield* this.#lose(at, payload, "unknown", "the header of a message is damaged");
        return next;
      }
    }
    if (reason === undefined) yield* this.#lose(at, next, "unknown", "no message");
    else yield* this.#lose(at, next, isCut ? "truncated" : "message", reason);
    return next;
  }

  /** Position of the next stream or valid message; that of the end if there is none. */
  *#next(from: number): Steps<number> {
    for (let at = from; at < this.#end; ) {
      const block = yield* this.#read(at, Math.min(SCAN_BYTES, this.#end - at));
      for (let i = 0; i < block.length; i++) {
        if (!isCandidate(block, i)) continue;
        if (yield* this.#isStart(at + i)) return at + i;
      }
      // What begins at the end of a block is seen as a whole in the next.
      const isLast = at + block.length >= this.#end;
      at += isLast ? block.length : block.length - MESSAGE_HEADER_BYTES;
    }
    return this.#end;
  }

  /** Whether a stream, a valid message or a footer begins at a position. */
  *#isStart(at: number): Steps<boolean> {
    if (this.#end - at < STREAM_HEADER_BYTES) return false;
    const head = yield* this.#read(at, Math.min(MESSAGE_HEADER_BYTES, this.#end - at));
    if (streamVersion(head) !== undefined) return true;
    if (head.length < MESSAGE_HEADER_BYTES) return false;
    const header = parseMessageHeader(head);
    if (header === undefined) return false;
    const { messageKind, byteLength } = header;
    const payload = at + MESSAGE_HEADER_BYTES;
    if (messageKind === MESSAGE_KIND.end) {
      if (payload + byteLength + STREAM_FOOTER_BYTES > this.#end) return false;
      const footer = yield* this.#read(payload + byteLength, STREAM_FOOTER_BYTES);
      return parseStreamFooter(footer)?.byteLength === byteLength;
    }
    if (byteLength > this.#end - payload) return false;
    if ((yield* this.#refuse(messageKind, payload, byteLength)) !== undefined) return false;
    return typeof this.#decode(messageKind, yield* this.#read(payload, byteLength)) !== "string";
  }
}
