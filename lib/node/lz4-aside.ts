import { createRequire } from "node:module";
import type { Worker } from "node:worker_threads";
import { allocate } from "../arrow/allocate.ts";

const require = createRequire(import.meta.url);

/** What the other thread runs: the compressor, and nothing of this package, so that it is there at once. */
const PROGRAM = `
const { parentPort, workerData } = require("node:worker_threads");
const { compress } = require(workerData);
parentPort.on("message", ({ id, bytes, length }) => {
  const { buffer, byteOffset, byteLength } = compress(new Uint8Array(bytes, 0, length));
  parentPort.postMessage({ id, bytes, block: buffer, byteOffset, byteLength }, [bytes, buffer]);
});
`;

/** What it answers: the block, and the memory that it was given. */
interface Answer {
  readonly id: number;
  readonly bytes: ArrayBuffer;
  readonly block: ArrayBuffer;
  readonly byteOffset: number;
  readonly byteLength: number;
}

/** Memory kept for what is compressed next. */
const MAX_SPARE_BYTES = 8 << 20;
/** The package puts the size before the block. */
const SIZE_BYTES = 4;

let worker: Worker | undefined;
let isBroken = false;
let lastId = 0;
const waiting = new Map<number, (block: Uint8Array | undefined) => void>();
let spare: ArrayBuffer[] = [];
let spareBytes = 0;

/**
 * Compresses on another thread into one raw LZ4 block. The bytes are copied within the call.
 *
 * The thread is started by the first call and keeps no program running.
 *
 * @returns the block; undefined where there can be no other thread
 */
export function compressAside(
  parts: readonly Uint8Array[],
  byteLength: number,
): Promise<Uint8Array | undefined> {
  const thread = isBroken ? undefined : (worker ??= start());
  if (thread === undefined) return Promise.resolve(undefined);
  const bytes = memoryFor(byteLength);
  const target = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    target.set(part, at);
    at += part.length;
  }
  const id = ++lastId;
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    thread.postMessage({ id, bytes, length: byteLength }, [bytes]);
  });
}

function start(): Worker | undefined {
  try {
    const { Worker } = require("node:worker_threads") as typeof import("node:worker_threads");
    const thread = new Worker(PROGRAM, {
      eval: true,
      workerData: require.resolve("lz4-wasm-nodejs"),
      // Not the loaders of this thread.
      execArgv: [],
    });
    thread.on("message", answered);
    thread.on("error", giveUp);
    thread.on("exit", giveUp);
    thread.unref();
    return thread;
  } catch {
    giveUp();
    return undefined;
  }
}

function answered({ id, bytes, block, byteOffset, byteLength }: Answer): void {
  if (spareBytes + bytes.byteLength <= MAX_SPARE_BYTES) {
    spare.push(bytes);
    spareBytes += bytes.byteLength;
  }
  waiting.get(id)?.(new Uint8Array(block, byteOffset + SIZE_BYTES, byteLength - SIZE_BYTES));
  waiting.delete(id);
}

/** Nobody waits for ever; what is compressed from now on is so in this thread. */
function giveUp(): void {
  isBroken = true;
  worker = undefined;
  spare = [];
  spareBytes = 0;
  for (const resolve of waiting.values()) resolve(undefined);
  waiting.clear();
}

/** Memory that came back, if some fits, and is not much too large. */
function memoryFor(byteLength: number): ArrayBuffer {
  const index = spare.findIndex(
    (each) => each.byteLength >= byteLength && each.byteLength <= 2 * byteLength,
  );
  const [found] = index < 0 ? [] : spare.splice(index, 1);
  if (found === undefined) return allocate(byteLength).buffer as ArrayBuffer;
  spareBytes -= found.byteLength;
  return found;
}
