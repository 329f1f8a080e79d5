import { expect } from "chai";
import fc from "fast-check";
import { decompress } from "lz4-wasm-nodejs";
import { Lz4Stream } from "../../../lib/encode/lz4-stream.ts";

/** What an independent decoder makes of a block. */
function decoded(block: Uint8Array, bytes: number): Uint8Array {
  const sized = new Uint8Array(4 + block.length);
  new DataView(sized.buffer).setUint32(0, bytes, true);
  sized.set(block, 4);
  return decompress(sized);
}

function compressed(bytes: Uint8Array, pieceBytes: number): Uint8Array {
  const stream = new Lz4Stream();
  const piece = new Uint8Array(pieceBytes);
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const part = bytes.subarray(at, at + pieceBytes);
    // The memory of a piece is the caller's again when it was taken.
    piece.set(part);
    stream.push(piece.subarray(0, part.length));
    piece.fill(0xee);
  }
  return Buffer.concat(stream.finish());
}

/** Runs of noise, of one byte, and of what stood before. */
function bytesOf(runs: readonly (readonly [string, number, number])[]): Uint8Array {
  const bytes: number[] = [];
  let state = 1;
  for (const [kind, length, seed] of runs) {
    const start = bytes.length;
    for (let i = 0; i < length; i++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345 + seed) & 0x7fff_ffff;
      if (kind === "noise") bytes.push((state >> 16) & 0xff);
      else if (kind === "same") bytes.push(seed);
      else bytes.push(bytes[Math.max(0, start - 1 - seed * 300) + i] ?? 0);
    }
  }
  return Uint8Array.from(bytes);
}

describe("the LZ4 compressor that takes its input in pieces", function () {
  this.timeout(30_000);

  const run = (maxLength: number) =>
    fc.tuple(fc.constantFrom("noise", "same", "again"), fc.nat(maxLength), fc.nat(255));

  it("makes blocks that another decoder reads back, of any small input", () => {
    fc.assert(
      fc.property(
        fc.array(run(40), { maxLength: 8 }),
        fc.integer({ min: 1, max: 50 }),
        (runs, pieceBytes) => {
          const bytes = bytesOf(runs);
          expect(
            Buffer.from(decoded(compressed(bytes, pieceBytes), bytes.length)).equals(bytes),
          ).to.equal(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("makes blocks that another decoder reads back, when input and matches are longer than its memory", () => {
    fc.assert(
      fc.property(
        fc.array(run(150_000), { minLength: 2, maxLength: 8 }),
        fc.integer({ min: 1000, max: 400_000 }),
        (runs, pieceBytes) => {
          const bytes = bytesOf(runs);
          expect(
            Buffer.from(decoded(compressed(bytes, pieceBytes), bytes.length)).equals(bytes),
          ).to.equal(true);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("makes little of what repeats, and hardly more of what does not", () => {
    const same = new Uint8Array(1 << 20);
    expect(compressed(same, 5000).length).to.be.lessThan(same.length / 200);
    const noise = bytesOf([["noise", 1 << 20, 0]]);
    expect(compressed(noise, 5000).length).to.be.lessThan(noise.length * 1.005);
  });
});
