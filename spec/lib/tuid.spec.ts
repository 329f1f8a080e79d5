import { expect } from "chai";
import fc from "fast-check";
import { nowNs, splitNs } from "../../lib/clock.ts";
import { Tuid, TuidGenerator } from "../../lib/tuid.ts";

const word = fc.integer({ min: 0, max: 0xffff_ffff });
const tuid = fc.tuple(word, word, word, word).map((words) => new Tuid(...words));

describe("Tuid", () => {
  it("prints the time in upper and the counter in lower case", () => {
    expect(new Tuid(0x17d0_abcd, 2, 0, 0xab).toString()).to.equal(
      "17D0ABCD0000000200000000000000ab",
    );
  });

  it("writes bytes that order as the numbers do, and reads them back", () => {
    fc.assert(
      fc.property(tuid, tuid, fc.nat(5), (a, b, offset) => {
        const bytes = [a, b].map((id) => {
          const target = new Uint8Array(offset + 16);
          id.writeTo(target, offset);
          expect(Tuid.read(target, offset)).to.deep.equal(id);
          return Buffer.from(target.subarray(offset));
        }) as [Buffer, Buffer];
        const number = (id: Tuid): bigint => (id.timeNs << 64n) | id.inc;
        expect(Math.sign(Buffer.compare(...bytes))).to.equal(
          number(a) < number(b) ? -1 : number(a) > number(b) ? 1 : 0,
        );
      }),
    );
  });

  it("counts on with a carry", () => {
    expect(new Tuid(1, 2, 3, 0xffff_ffff).next().inc).to.equal((4n << 32n) + 0n);
    fc.assert(
      fc.property(tuid, fc.nat(10), (id, by) => {
        fc.pre(id.incHi < 0xffff_ffff);
        expect(id.next(by).inc).to.equal(id.inc + BigInt(by));
        expect(id.next(by).timeNs).to.equal(id.timeNs);
      }),
    );
  });
});

describe("TuidGenerator", () => {
  it("makes ids that strictly increase, also across those that are left out", () => {
    const ids = new TuidGenerator();
    let last = ids.next();
    for (let i = 0; i < 10_000; i++) {
      if (i % 1000 === 0) ids.skip(2 ** 31);
      const next = ids.next();
      expect(next.timeNs >= last.timeNs && next.inc > last.inc).to.equal(true);
      last = next;
    }
  });

  it("starts at a random counter with its top bit clear", () => {
    const starts = Array.from({ length: 20 }, () => new TuidGenerator().next().inc);
    expect(new Set(starts).size).to.equal(20);
    expect(starts.every((inc) => inc < 2n ** 63n)).to.equal(true);
  });
});

describe("the clock", () => {
  const join = ({ hi, lo }: { hi: number; lo: number }): bigint =>
    (BigInt(hi) << 32n) | BigInt(lo >>> 0);

  it("tells the time of day in nanoseconds", () => {
    const difference = Number(join(nowNs()) / 1_000_000n) - Date.now();
    // The wall clock may have been set since the start of the process, but hardly by more.
    expect(Math.abs(difference)).to.be.lessThan(5000);
  });

  it("never runs backwards, and has more digits than a double", () => {
    let last = 0n;
    for (let i = 0; i < 10_000; i++) {
      const now = join(nowNs());
      expect(now >= last).to.equal(true);
      last = now;
    }
    expect(join(splitNs(1.000_001)) - join(splitNs(1))).to.equal(1n);
    expect(join(splitNs(86_400_000)) - join(splitNs(0))).to.equal(86_400_000_000_000n);
  });
});
