import { expect } from "chai";
import fc from "fast-check";
import { ByteQueue } from "../../../lib/decode/byte-queue.ts";

const step = fc.oneof(
  fc.record({ push: fc.uint8Array({ maxLength: 12 }) }),
  fc.record({ take: fc.nat(20) }),
  fc.record({ skip: fc.nat(20) }),
  fc.record({ peek: fc.nat(20) }),
);

describe("ByteQueue", () => {
  it("gives back what was pushed, in pieces of any size, and frees no block that someone has a view of", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const free: Uint8Array[] = [];
        const queue = new ByteQueue((block) => free.push(block));
        let expected: number[] = [];
        const views: { readonly bytes: Uint8Array; readonly copy: number[] }[] = [];
        for (const each of steps) {
          if ("push" in each) {
            queue.push(each.push);
            expected.push(...each.push);
          } else {
            const [[what, wanted]] = Object.entries(each) as [[string, number]];
            const count = Math.min(wanted, expected.length);
            const copy = expected.slice(0, count);
            if (what === "peek") expect([...queue.peek(count)]).to.deep.equal(copy);
            else expected = expected.slice(count);
            if (what === "take") {
              const bytes = queue.take(count);
              expect([...bytes]).to.deep.equal(copy);
              views.push({ bytes, copy });
            }
            if (what === "skip") queue.skip(count);
          }
          expect(queue.length).to.equal(expected.length);
          // Whoever filled a block again must not be noticed.
          for (const block of free.splice(0)) block.fill(0xaa);
          for (const { bytes, copy } of views) expect([...bytes]).to.deep.equal(copy);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("takes a piece within a block as a view", () => {
    const queue = new ByteQueue();
    const block = Uint8Array.of(1, 2, 3, 4);
    queue.push(block);
    queue.skip(1);
    expect(queue.take(2).buffer).to.equal(block.buffer);
  });
});
