import { expect } from "chai";
import fc from "fast-check";
import { Coalescer } from "../../../sinks/support/coalescer.ts";

describe("Coalescer", () => {
  it("hands out all bytes in order, whatever the sizes and the moments of taking", () => {
    const piece = fc.oneof(
      fc.integer({ min: 0, max: 300 }),
      fc.integer({ min: 16_000, max: 17_000 }),
      fc.integer({ min: 60_000, max: 70_000 }),
    );
    fc.assert(
      fc.property(
        fc.array(fc.record({ bytes: piece, take: fc.boolean() }), { maxLength: 40 }),
        (steps) => {
          const coalescer = new Coalescer();
          const given: Uint8Array[] = [];
          const taken: Uint8Array[] = [];
          for (const [i, { bytes, take }] of steps.entries()) {
            const data = new Uint8Array(bytes).fill(i + 1);
            given.push(data);
            coalescer.add(data);
            if (take) taken.push(...coalescer.take());
          }
          taken.push(...coalescer.take());
          expect(coalescer.bytes).to.equal(0);
          expect(Buffer.concat(taken).equals(Buffer.concat(given))).to.equal(true);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("joins small pieces and leaves large ones where they are", () => {
    const coalescer = new Coalescer();
    const large = new Uint8Array(20_000);
    for (let i = 0; i < 100; i++) coalescer.add(new Uint8Array(100));
    coalescer.add(large);
    coalescer.add(new Uint8Array(5));
    const taken = coalescer.take();
    expect(taken.map((bytes) => bytes.length)).to.deep.equal([10_000, 20_000, 5]);
    expect(taken[1]).to.equal(large);
  });

  it("says when a write is worth it, and forgets what is cleared", () => {
    const coalescer = new Coalescer();
    coalescer.add(new Uint8Array(200_000));
    expect(coalescer.isFull).to.equal(false);
    coalescer.add(new Uint8Array(100_000));
    expect(coalescer.isFull).to.equal(true);
    coalescer.add(Uint8Array.of(1));
    coalescer.clear();
    expect([coalescer.bytes, coalescer.isFull]).to.deep.equal([0, false]);
    coalescer.add(Uint8Array.of(2));
    expect(coalescer.take().map((bytes) => [...bytes])).to.deep.equal([[2]]);
  });
});
