import { openFileAccess } from "#file-input";
import { quote, RerunError } from "../errors.ts";
import { checkStatus, isWebUrl, unreachable } from "./byte-input.ts";

/** Something of known size, any part of which can be read. */
export interface RandomAccess {
  /** Shown in messages. */
  readonly name: string;
  readonly byteLength: number;
  /** Reads exactly these bytes, which must be there; memory of their own or a view of what does not change. */
  read(offset: number, byteLength: number): Promise<Uint8Array>;
  /** Lets go of it. Idempotent. */
  close(): Promise<void>;
}

/** Where parts of a recording can be read from: a path, an `http(s):` URL of a server that knows ranges, bytes, a `Blob`. */
export type RandomAccessSource = string | URL | Uint8Array | ArrayBuffer | Blob;

/**
 * Opens a source for reading here and there.
 *
 * @throws RerunError `invalid-argument`, `file-missing`, `permission-denied`, `io-failed`
 */
export async function openRandomAccess(source: RandomAccessSource): Promise<RandomAccess> {
  if (isWebUrl(source)) return openUrl(source);
  if (typeof source === "string" || source instanceof URL) return openFileAccess(source);
  if (source instanceof Uint8Array) return fromBytes(source);
  if (source instanceof ArrayBuffer) return fromBytes(new Uint8Array(source));
  if (source instanceof Blob) {
    return {
      name: "a blob",
      byteLength: source.size,
      read: async (offset, byteLength) =>
        new Uint8Array(await source.slice(offset, offset + byteLength).arrayBuffer()),
      close: () => Promise.resolve(),
    };
  }
  throw new RerunError(
    "invalid-argument",
    `Expected a path, a URL, bytes or a Blob to read parts of a recording from, got ${quote(source)}; read streams with fromRrd`,
  );
}

function fromBytes(bytes: Uint8Array): RandomAccess {
  return {
    name: "bytes",
    byteLength: bytes.length,
    read: (offset, byteLength) => Promise.resolve(bytes.subarray(offset, offset + byteLength)),
    close: () => Promise.resolve(),
  };
}

async function openUrl(url: string | URL): Promise<RandomAccess> {
  const get = async (range: string): Promise<Response> => {
    let response: Response;
    try {
      response = await fetch(url, { headers: { range } });
    } catch (thrown) {
      throw unreachable(url, thrown);
    }
    if (response.status === 206) return response;
    await response.body?.cancel();
    checkStatus(response);
    throw new RerunError(
      "io-failed",
      `Expected a server that answers ranges, this one sends whole files; read it with fromRrd: ${String(url)}`,
    );
  };
  const first = await get("bytes=0-0");
  await first.body?.cancel();
  const total = /\/(\d+)$/.exec(first.headers.get("content-range") ?? "")?.[1];
  if (total === undefined) {
    throw new RerunError(
      "io-failed",
      `Expected a server that says how long the file is (Content-Range): ${String(url)}`,
    );
  }
  return {
    name: String(url),
    byteLength: Number(total),
    read: async (offset, byteLength) => {
      const response = await get(`bytes=${offset}-${offset + byteLength - 1}`);
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (bytes.length === byteLength) return bytes;
      throw new RerunError(
        "io-failed",
        `Expected ${byteLength} bytes from byte ${offset} on, got ${bytes.length}: ${String(url)}`,
      );
    },
    close: () => Promise.resolve(),
  };
}
