import { openFileInput } from "#file-input";
import { quote, RerunError } from "../errors.ts";

/** Something to read a recording from, front to back. */
export interface ByteInput {
  /** Shown in messages. */
  readonly name: string;
  /** The next bytes, or undefined at the end. Each block is memory of its own, which is not changed later. */
  read(): Promise<Uint8Array | undefined>;
  /** Takes back a block that nobody looks at any more, to fill it again. */
  recycle?(block: Uint8Array): void;
  /** Lets go of it. Idempotent. */
  close(): Promise<void>;
}

/**
 * Where a recording can be read from:
 *
 * - a path, `file:` URL included (Node), or an `http(s):` URL, as text or as `URL`
 * - bytes: `Uint8Array`, `ArrayBuffer`, `Blob`, `File`
 * - a stream: Web `ReadableStream`, Node `Readable`, `Response`, or any iterable of `Uint8Array`
 */
export type RrdSource =
  | string
  | URL
  | Uint8Array
  | ArrayBuffer
  | Blob
  | Response
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | Iterable<Uint8Array>;

/** Whether text or a URL names something in the web. */
export function isWebUrl(source: unknown): source is string | URL {
  return (
    (typeof source === "string" && /^https?:\/\//i.test(source)) ||
    (source instanceof URL && (source.protocol === "http:" || source.protocol === "https:"))
  );
}

/**
 * Opens a source for reading.
 *
 * @throws RerunError `invalid-argument`, `file-missing`, `permission-denied`, `io-failed`
 */
export async function openInput(source: RrdSource, signal?: AbortSignal): Promise<ByteInput> {
  if (isWebUrl(source)) return openUrl(source, signal);
  if (typeof source === "string" || source instanceof URL) return openFileInput(source);
  if (source instanceof Uint8Array) return blocks([source][Symbol.iterator](), "bytes");
  if (source instanceof ArrayBuffer)
    return blocks([new Uint8Array(source)][Symbol.iterator](), "bytes");
  if (source instanceof Blob) return fromReader(source.stream().getReader(), "a blob");
  if (typeof Response !== "undefined" && source instanceof Response) return fromResponse(source);
  if (typeof source === "object" && source !== null) {
    if ("getReader" in source) return fromReader(source.getReader(), "a stream");
    if (Symbol.asyncIterator in source) return blocks(source[Symbol.asyncIterator](), "a stream");
    if (Symbol.iterator in source) return blocks(source[Symbol.iterator](), "a stream");
  }
  throw new RerunError(
    "invalid-argument",
    `Expected a path, a URL, bytes or a stream to read a recording from, got ${quote(source)}`,
  );
}

async function openUrl(url: string | URL, signal: AbortSignal | undefined): Promise<ByteInput> {
  let response: Response;
  try {
    response = await fetch(url, signal === undefined ? {} : { signal });
  } catch (thrown) {
    throw unreachable(url, thrown);
  }
  return fromResponse(response);
}

/** The error of a server that does not answer. */
export function unreachable(url: string | URL, cause: unknown): RerunError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new RerunError(
    "io-failed",
    `Expected an answer from the server (${reason}): ${String(url)}`,
    {
      cause,
    },
  );
}

/** Checks the status of a response; `response.url` is the last of redirects. */
export function checkStatus(response: Response): void {
  if (response.ok) return;
  const code = response.status === 404 ? "file-missing" : "io-failed";
  throw new RerunError(
    code,
    `Expected a recording, the server answered ${response.status} ${response.statusText}: ${response.url}`,
  );
}

function fromResponse(response: Response): ByteInput {
  checkStatus(response);
  if (response.body === null) return blocks([][Symbol.iterator](), response.url);
  return fromReader(response.body.getReader(), response.url);
}

function fromReader(reader: ReadableStreamDefaultReader<Uint8Array>, name: string): ByteInput {
  return {
    name,
    read: async () => {
      const { done, value } = await guarded(name, reader.read());
      return done ? undefined : block(value, name);
    },
    close: async () => {
      // What the other side thinks of being let go does not matter here.
      await reader.cancel().catch(() => undefined);
    },
  };
}

function blocks(
  iterator: Iterator<Uint8Array> | AsyncIterator<Uint8Array>,
  name: string,
): ByteInput {
  return {
    name,
    read: async () => {
      const { done, value } = await guarded(name, iterator.next());
      return done === true ? undefined : block(value, name);
    },
    close: async () => {
      await iterator.return?.();
    },
  };
}

async function guarded<T>(name: string, work: T | Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    if (thrown instanceof RerunError) throw thrown;
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new RerunError("io-failed", `Expected to read ${name}: ${reason}`, { cause: thrown });
  }
}

function block(value: unknown, name: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new RerunError(
    "invalid-argument",
    `Expected ${name} to give blocks of bytes (Uint8Array), got ${quote(value)}`,
  );
}
