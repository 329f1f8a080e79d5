import { RerunError } from "../errors.ts";
import type { ByteInput } from "./byte-input.ts";
import type { RandomAccess } from "./random-access.ts";

/** There are no paths in a browser. */
export async function openFileInput(source: string | URL): Promise<ByteInput> {
  throw noPaths(source);
}

/** There are no paths in a browser. */
export async function openFileAccess(source: string | URL): Promise<RandomAccess> {
  throw noPaths(source);
}

function noPaths(source: string | URL): RerunError {
  return new RerunError(
    "invalid-argument",
    `Expected an http(s) URL, bytes or a stream, as a browser cannot open paths; fetch it, or take a File: ${String(source)}`,
  );
}
