import { type FileHandle, open } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { ByteInput } from "../decode/byte-input.ts";
import type { RandomAccess } from "../decode/random-access.ts";
import { RerunError } from "../errors.ts";
import { readError } from "./read-error.ts";

/** Read at once: large enough to be cheap, small enough that a kept message does not hold much else. */
const BLOCK_BYTES = 512 << 10;
/** Blocks that are kept to be filled again. */
const MAX_FREE = 16;

/** The path that text or a `file:` URL names. */
export function pathOf(source: string | URL): string {
  if (source instanceof URL || source.startsWith("file://")) return fileURLToPath(source);
  return source;
}

/**
 * Opens a file for reading from front to back.
 *
 * @throws RerunError `file-missing`, `permission-denied`, `io-failed`
 */
export async function openFileInput(source: string | URL): Promise<ByteInput> {
  const path = pathOf(source);
  const file = await openFile(path);
  let closed: Promise<void> | undefined;
  const free: ArrayBufferLike[] = [];
  return {
    name: path,
    read: async () => {
      try {
        const memory = free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES).buffer;
        const { bytesRead } = await file.read(new Uint8Array(memory), 0, BLOCK_BYTES);
        return bytesRead === 0 ? undefined : new Uint8Array(memory, 0, bytesRead);
      } catch (thrown) {
        throw readError(thrown, path);
      }
    },
    recycle: (block) => {
      if (free.length < MAX_FREE) free.push(block.buffer);
    },
    close: () => {
      closed ??= file.close();
      return closed;
    },
  };
}

/**
 * Opens a file for reading here and there.
 *
 * @throws RerunError `file-missing`, `permission-denied`, `io-failed`
 */
export async function openFileAccess(source: string | URL): Promise<RandomAccess> {
  const path = pathOf(source);
  const file = await openFile(path);
  const { size } = await file.stat();
  let closed: Promise<void> | undefined;
  return {
    name: path,
    byteLength: size,
    read: async (offset, byteLength) => {
      const bytes = new Uint8Array(byteLength);
      for (let done = 0; done < byteLength; ) {
        let bytesRead: number;
        try {
          ({ bytesRead } = await file.read(bytes, done, byteLength - done, offset + done));
        } catch (thrown) {
          throw readError(thrown, path);
        }
        done += bytesRead;
        if (bytesRead > 0) continue;
        throw new RerunError("io-failed", `Expected the file to stay as it was: ${path}`);
      }
      return bytes;
    },
    close: () => {
      closed ??= file.close();
      return closed;
    },
  };
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (thrown) {
    throw readError(thrown, path);
  }
}
