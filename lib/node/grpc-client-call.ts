import type { ClientHttp2Stream, IncomingHttpHeaders, IncomingHttpStatusHeader } from "node:http2";
import type { RerunError } from "../errors.ts";
import { type GrpcStatus, statusOf } from "./grpc-answer.ts";

/** Bytes that a peer may answer to a call; the real answer has 5. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** Bytes that the calls of a connection have written, and that the network has not taken. */
export interface UnderWay {
  bytes: number;
}

/** One call: messages go out, a status comes back. */
export class ClientCall {
  /**
   * How the server ended the call; rejects with a {@link RerunError} when it did not, or not in the words of gRPC. A
   * status that comes before {@link end} tells nothing of what was sent.
   */
  readonly status: Promise<GrpcStatus>;
  readonly #stream: ClientHttp2Stream | undefined;
  readonly #underWay: UnderWay;
  /** Of these those of this call. */
  #bytes = 0;
  #ended = false;

  constructor(
    stream: ClientHttp2Stream | undefined,
    wrap: (thrown: unknown) => RerunError,
    underWay: UnderWay,
    onData?: (bytes: Uint8Array) => void,
  ) {
    this.#stream = stream;
    this.#underWay = underWay;
    this.status = new Promise((resolve, reject) => {
      if (stream === undefined) {
        reject(wrap(undefined));
        return;
      }
      let headers: IncomingHttpHeaders & IncomingHttpStatusHeader = {};
      let trailers: IncomingHttpHeaders = {};
      let answered = 0;
      let last: unknown;
      const end = (): void => {
        try {
          resolve(statusOf(headers, trailers));
        } catch (thrown) {
          reject(wrap(last ?? thrown));
        }
      };
      stream.on("error", (error) => {
        last ??= error;
      });
      stream.once("response", (response) => {
        headers = response;
      });
      stream.once("trailers", (response) => {
        trailers = response;
      });
      stream.on("data", (bytes: Uint8Array) => {
        if (onData !== undefined) return onData(bytes);
        answered += bytes.length;
        if (answered <= MAX_ANSWER_BYTES) return;
        last ??= new Error(`expected a short answer, got more than ${MAX_ANSWER_BYTES} bytes`);
        stream.destroy();
      });
      stream.once("end", end);
      stream.once("close", () => {
        this.#wrote(-this.#bytes);
        if (last === undefined && stream.rstCode !== 0)
          last = new Error(`the server reset the stream (RST_STREAM ${stream.rstCode})`);
        end();
      });
    });
    // Whoever asks is told; nobody has to ask.
    this.status.catch(() => undefined);
  }

  /** True once {@link end} was called. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Sends pieces, in order; they must not change until `taken` is called: once the peer and the network have taken
   * them off our hands. It is never called when the call breaks.
   */
  write(pieces: readonly Uint8Array[], taken: () => void): void {
    const stream = this.#stream;
    if (stream === undefined || stream.destroyed || this.#ended || pieces.length === 0) return;
    let bytes = 0;
    for (const piece of pieces) bytes += piece.length;
    this.#wrote(bytes);
    stream.cork();
    for (let i = 0; i < pieces.length - 1; i++) stream.write(pieces[i]);
    stream.write(pieces.at(-1), (error) => {
      if (error != null) return;
      // After the end of the call they are off the count already.
      this.#wrote(-Math.min(bytes, this.#bytes));
      taken();
    });
    stream.uncork();
  }

  #wrote(bytes: number): void {
    this.#bytes += bytes;
    this.#underWay.bytes += bytes;
  }

  /** Says that nothing more comes: the server then answers with its status. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stream?.end();
  }

  /** Lets the server wait with its answer. */
  pause(): void {
    this.#stream?.pause();
  }

  resume(): void {
    this.#stream?.resume();
  }

  /** Breaks the call off. */
  cancel(): void {
    this.#ended = true;
    // Not in good order, with `close()`: that would wait for the peer.
    this.#stream?.destroy();
  }
}
