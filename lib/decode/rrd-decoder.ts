import { RerunError } from "../errors.ts";
import type { LogMsg } from "../log-msg.ts";
import { decodeEnvelope } from "./envelope.ts";
import { decodeLogMsg } from "./log-msg.ts";
import { type RrdDamage, type RrdFrame, RrdParser, type RrdParserOptions } from "./rrd-parser.ts";
import { StoreIds } from "./store-ids.ts";

export interface RrdDecoderOptions extends RrdParserOptions {
  /** Told of everything that is passed over, as it is met. Default: nobody. */
  readonly onDamage?: ((damage: RrdDamage) => void) | undefined;
}

/**
 * Decodes the bytes of `.rrd` files: push them as they come, take messages until there are none, and call `end` last.
 * One message is decoded at a time. A message that cannot be decoded is told of and passed over.
 */
export class RrdDecoder {
  readonly #parser: RrdParser;
  readonly #onDamage: (damage: RrdDamage) => void;
  readonly #stores = new StoreIds();
  #version: string | undefined;
  #isOldest = false;

  constructor(options: RrdDecoderOptions = {}) {
    this.#parser = new RrdParser(options);
    this.#onDamage = options.onDamage ?? (() => undefined);
  }

  /** True when nothing that comes will be looked at. */
  get done(): boolean {
    return this.#parser.done;
  }

  /** Takes the next bytes of the file: borrowed as long as messages refer to them. */
  push(bytes: Uint8Array): void {
    this.#parser.push(bytes);
  }

  /**
   * The next message, or undefined when more bytes are needed.
   *
   * @throws RerunError `invalid-data`, `unsupported-data` when the file as a whole cannot be read
   */
  next(): LogMsg | undefined {
    for (;;) {
      const item = this.#parser.next();
      switch (item?.kind) {
        case undefined:
          return undefined;
        case "stream":
          this.#version = item.version;
          this.#isOldest = item.version.startsWith("0.23.");
          break;
        case "damage":
          this.#onDamage(item);
          break;
        case "frame": {
          const message = this.#decode(item);
          if (message !== undefined) return message;
          break;
        }
        case "end":
      }
    }
  }

  /**
   * Says that no more bytes will come.
   *
   * @throws RerunError `invalid-data` when there was no stream at all
   */
  end(): void {
    const item = this.#parser.end();
    if (item?.kind === "damage") this.#onDamage(item);
  }

  #decode(frame: RrdFrame): LogMsg | undefined {
    const { messageKind, payload, offset } = frame;
    try {
      const envelope = this.#stores.resolve(decodeEnvelope(messageKind, payload));
      if (envelope === undefined) {
        throw new RerunError(
          "invalid-data",
          "Expected a store info with an application before the messages of its recording, got none",
        );
      }
      const message = decodeLogMsg(envelope);
      // What the stream says of its writer counts, as in Rerun's own reader.
      if (message.kind === "set-store-info") return { ...message, version: this.#version };
      // Writers of that time noted in chunks of their own what is an archetype; nothing is left of those.
      if (this.#isOldest && message.kind === "chunk" && message.chunk.components.length === 0)
        return undefined;
      return message;
    } catch (thrown) {
      if (!(thrown instanceof RerunError)) throw thrown;
      this.#onDamage({ kind: "damage", offset, byteLength: 16 + payload.length, error: thrown });
      return undefined;
    }
  }
}
