import { closeSync, openSync, writeSync, writevSync } from "node:fs";
import { createRequire } from "node:module";
import { type Amount, timed } from "../harness/timed.ts";
import type { CaseInput, Run } from "../harness/workload.ts";

const MIB = 1 << 20;

/** The machine of this minute: bytes that are there are written to a file, in pieces of 1 MiB. */
export function writeLimit({ file }: CaseInput, amount: Amount, bytes: number): Run {
  const piece = new Uint8Array(MIB).fill(7);
  return () =>
    timed(amount, () => {
      const fd = openSync(file, "w");
      for (let left = bytes; left > 0; left -= MIB) writeSync(fd, piece, 0, Math.min(MIB, left));
      closeSync(fd);
    });
}

/** The arrays of a user are written to a file as they are, again and again, one call each time. */
export function writeArrays(
  { file }: CaseInput,
  amount: Amount,
  arrays: readonly Uint8Array[],
  times: number,
): Run {
  return () =>
    timed(amount, () => {
      const fd = openSync(file, "w");
      for (let i = 0; i < times; i++) writeAllV(fd, arrays);
      closeSync(fd);
    });
}

function writeAllV(fd: number, arrays: readonly Uint8Array[]): void {
  let left = [...arrays];
  while (left.length > 0) {
    let done = writevSync(fd, left);
    while (left.length > 0 && done >= (left[0] as Uint8Array).length)
      done -= (left.shift() as Uint8Array).length;
    if (left.length > 0) left = [(left[0] as Uint8Array).subarray(done), ...left.slice(1)];
  }
}

/** Bytes that are there are copied in memory, once, to memory that has been used before. */
export function copyLimit(amount: Amount, bytes: number): Run {
  const source = new Uint8Array(bytes).fill(7);
  const target = new Uint8Array(bytes);
  return () =>
    timed(amount, () => {
      target.set(source);
    });
}

/** A compressor alone: blocks that are there are copied, compressed and written. */
export function lz4Limit(
  { file }: CaseInput,
  amount: Amount,
  blocks: () => Iterable<Uint8Array>,
): Run {
  const { compress } = createRequire(import.meta.url)("lz4-wasm-nodejs") as {
    compress: (bytes: Uint8Array) => Uint8Array;
  };
  return () =>
    timed(amount, () => {
      const fd = openSync(file, "w");
      for (const block of blocks()) writeSync(fd, compress(block));
      closeSync(fd);
    });
}
