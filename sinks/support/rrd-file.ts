import { compressLz4 } from "#lz4";
import {
  type Compression,
  encodeFrameParts,
  MESSAGE_HEADER_BYTES,
  streamHeader,
} from "../../lib/encode/rrd.ts";
import { FooterBuilder } from "../../lib/encode/rrd-footer.ts";
import { RerunError } from "../../lib/errors.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { ObserverSink, type SinkHost } from "../../lib/sink.ts";
import { onExit } from "./exit-hooks.ts";
import { FileWriter } from "./file-writer.ts";
import { ioError } from "./io-error.ts";

export interface RrdOptions {
  /** How payloads are compressed. Default `"lz4"`, as the official SDKs. */
  readonly compression?: Compression;
  /** Whether the index that random access needs is written at the end. Default true. */
  readonly footer?: boolean;
}

/**
 * Writes messages as one stream in Rerun's file format to a file descriptor, and completes it whatever way the
 * process ends, `kill -9` excepted; then every whole message can be read all the same.
 */
export class RrdFileSink extends ObserverSink {
  readonly name: string;
  readonly borrows = true;
  readonly #target: string;
  readonly #compression: Compression;
  readonly #writer: FileWriter;
  readonly #footer: FooterBuilder | undefined;
  readonly #hosts = new Set<SinkHost>();
  readonly #unhook: () => void;
  #closed = false;

  /** @param target how messages name it */
  constructor(fd: number, name: string, target: string, options: RrdOptions) {
    super();
    this.name = name;
    this.#target = target;
    this.#compression = options.compression ?? "lz4";
    this.#footer = options.footer === false ? undefined : new FooterBuilder();
    this.#writer = new FileWriter(fd, (thrown) => this.fail(this.#errorOf(thrown)));
    // Loads the compressor now, and not in the middle of some call of `log`.
    if (this.#compression === "lz4") compressLz4(new Uint8Array(64));
    this.#unhook = onExit(() => this.#finishAtExit());
    this.#guard(() => this.#writer.write([streamHeader(this.#compression)]));
  }

  /** Bytes of the stream so far. */
  get bytesWritten(): number {
    return this.#writer.position;
  }

  attached(host: SinkHost): () => void {
    this.#hosts.add(host);
    return () => this.#hosts.delete(host);
  }

  write(messages: readonly LogMsg[]): void {
    if (this.#closed) {
      throw (
        this.failure ??
        new RerunError(
          "sink-failed",
          `Expected to write ${this.#target} before it was closed; make a new sink`,
        )
      );
    }
    this.#guard(() => {
      for (const message of messages) {
        const start = this.#writer.position;
        this.#writer.write(encodeFrameParts(message, this.#compression));
        if (message.kind === "chunk") {
          const payload = start + MESSAGE_HEADER_BYTES;
          this.#footer?.add(
            message.storeId,
            message.chunk,
            payload,
            this.#writer.position - payload,
          );
        }
      }
    });
  }

  flush(): void {
    if (!this.#closed) this.#guard(() => this.#writer.flush());
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unhook();
    if (this.failure === undefined) this.setState("closing");
    try {
      if (this.failure === undefined && this.#footer !== undefined) {
        this.#writer.write([this.#footer.finish(this.#writer.position)]);
      }
    } catch (thrown) {
      this.fail(this.#errorOf(thrown));
    }
    try {
      this.#writer.close();
    } catch (thrown) {
      this.fail(this.#errorOf(thrown));
    }
    if (this.failure !== undefined) throw this.failure;
    this.setState("closed");
  }

  #errorOf(thrown: unknown): RerunError {
    return this.failure ?? ioError(thrown, this.#target);
  }

  #guard(action: () => void): void {
    if (this.failure !== undefined) throw this.failure;
    try {
      action();
    } catch (thrown) {
      const error = this.#errorOf(thrown);
      this.fail(error);
      throw error;
    }
  }

  /** No event loop any more: what is pending in the recordings is fetched, the file completed, all in this call. */
  #finishAtExit(): void {
    try {
      for (const host of this.#hosts) host.drain();
      this.close();
    } catch (thrown) {
      console.error(`rerun-rx: ${(thrown as Error).message}`);
    }
  }
}
