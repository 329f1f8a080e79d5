import { expect } from "chai";
import fc from "fast-check";
import { decompressLz4 } from "../../../lib/decode/lz4.ts";
import { RerunError } from "../../../lib/errors.ts";
import { compressLz4 } from "../../../lib/node/lz4.ts";

/** Bytes that repeat themselves at near and far distances, as columns do. */
const repetitive = fc
  .array(
    fc.record({
      pattern: fc.uint8Array({ minLength: 1, maxLength: 40 }),
      times: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 50, max: 200 })),
    }),
    { maxLength: 12 },
  )
  .map((runs) =>
    Uint8Array.from(
      runs.flatMap(({ pattern, times }) =>
        Array.from({ length: times }, () => [...pattern]).flat(),
      ),
    ),
  );

function compress(bytes: Uint8Array): Uint8Array {
  return compressLz4(bytes) ?? new Uint8Array();
}

describe("decompressLz4", () => {
  it("gives back what a compressor made smaller", () => {
    fc.assert(
      fc.property(fc.oneof(repetitive, fc.uint8Array({ maxLength: 3000 })), (bytes) => {
        const back = decompressLz4(compress(bytes), bytes.length);
        expect(Buffer.compare(back, bytes)).to.equal(0);
      }),
      { numRuns: 300 },
    );
  });

  it("reads a block of literals alone", () => {
    const block = Uint8Array.of(0xf0, 255, 30, ...new Uint8Array(300).fill(7));
    expect([...decompressLz4(block, 300)]).to.deep.equal(Array<number>(300).fill(7));
    expect([...decompressLz4(Uint8Array.of(0), 0)]).to.deep.equal([]);
  });

  it("repeats patterns of every length, however often", () => {
    for (let offset = 1; offset <= 20; offset++) {
      for (const match of [4, 5, 18, 19, 255, 256, 257, 274, 1000]) {
        const literals = Array.from({ length: offset }, (_, i) => i + 1);
        const token = (Math.min(offset, 15) << 4) | Math.min(match - 4, 15);
        const rest = match - 19;
        const block = Uint8Array.of(
          token,
          ...(offset >= 15 ? [offset - 15] : []),
          ...literals,
          offset,
          0,
          ...(rest >= 0 ? [...Array<number>(Math.floor(rest / 255)).fill(255), rest % 255] : []),
          // The last literals.
          0x50,
          ...[9, 9, 9, 9, 9],
        );
        const expected = Array.from({ length: offset + match }, (_, i) => (i % offset) + 1);
        expect([...decompressLz4(block, offset + match + 5)]).to.deep.equal([
          ...expected,
          ...[9, 9, 9, 9, 9],
        ]);
      }
    }
  });

  it("refuses a size that the block does not give, and allocates nothing for a claim it cannot meet", () => {
    const block = compress(new Uint8Array(1000).fill(1));
    for (const size of [999, 1001, 0, 2 ** 40, Number.NaN, -1]) {
      expect(() => decompressLz4(block, size))
        .to.throw(RerunError)
        .with.property("code", "invalid-data");
    }
  });

  for (const [what, block] of [
    ["literals that end early", [0x50, 1, 2]],
    ["a length that ends early", [0xf0, 255]],
    ["a match without offset", [0x14, 1, 1]],
    ["a match of offset 0", [0x10, 1, 0, 0, 0]],
    ["a match before the beginning", [0x10, 1, 2, 0, 0]],
    ["a match length that ends early", [0x1f, 1, 1, 0]],
    ["a match behind the end", [0x1f, 1, 1, 0, 200, 0x10, 1]],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(() => decompressLz4(Uint8Array.from(block), 20)).to.throw(RerunError);
    });
  }

  it("gives exactly the size or RerunError for damaged blocks", () => {
    fc.assert(
      fc.property(
        repetitive,
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 }),
        fc.nat(),
        (bytes, flips, cut) => {
          const block = compress(bytes).slice();
          for (const [at, value] of flips) block[at % block.length] = value;
          const part = cut % 4 === 0 ? block.subarray(0, cut % block.length) : block;
          try {
            expect(decompressLz4(part, bytes.length).length).to.equal(bytes.length);
          } catch (error) {
            expect(error).to.be.instanceOf(RerunError);
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});
