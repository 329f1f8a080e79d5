import { expect } from "chai";
import fc from "fast-check";
import { RerunError } from "../../lib/errors.ts";
import {
  joinTime,
  LOG_TIME,
  parseTime,
  STATIC,
  STATIC_SHAPE,
  TimeState,
  timeline,
  timeShape,
} from "../../lib/time.ts";

const nanoseconds = (input: Parameters<typeof parseTime>[1]): bigint => {
  const { lo, hi } = parseTime("t", input);
  return joinTime(lo, hi);
};

describe("times", () => {
  it("of any 64-bit integer survive the split into halves", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }), (value) => {
        expect(nanoseconds({ sequence: value })).to.equal(value);
        const { lo, hi } = parseTime("t", { sequence: value });
        expect([lo | 0, hi | 0]).to.deep.equal([lo, hi]);
      }),
    );
  });

  it("of any safe integer are the same as number and as bigint", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(nanoseconds({ sequence: value })).to.equal(BigInt(value));
        const state = new TimeState({ logTime: false, logTick: false });
        for (const input of [0, value]) state.set("t", { sequence: input });
        expect(state.stamp({ hi: 0, lo: 0 }, 0).get("t")).to.equal(BigInt(value));
      }),
    );
  });

  it("in seconds keep the digits that a number has", () => {
    expect(nanoseconds({ duration: 0.1 })).to.equal(100_000_000n);
    expect(nanoseconds({ duration: -1.5 })).to.equal(-1_500_000_000n);
    expect(nanoseconds({ duration: 1.999_999_999_9 })).to.equal(2_000_000_000n);
    expect(nanoseconds({ timestamp: 1_767_225_600.123_456 })).to.satisfy(
      (ns: bigint) =>
        ns - 1_767_225_600_123_456_000n < 500n && ns - 1_767_225_600_123_456_000n > -500n,
    );
    fc.assert(
      fc.property(fc.integer({ min: -(10 ** 9), max: 10 ** 9 }), (ms) => {
        expect(nanoseconds({ duration: ms / 1000 })).to.equal(BigInt(ms) * 1_000_000n);
        expect(nanoseconds({ timestamp: new Date(ms) })).to.equal(BigInt(ms) * 1_000_000n);
      }),
    );
  });

  it("move the one value that means static, and refuse what 64 bits do not hold", () => {
    expect(nanoseconds({ sequence: -(2n ** 63n) })).to.equal(-(2n ** 63n) + 1n);
    for (const input of [
      { sequence: 2n ** 63n },
      { duration: -(2n ** 63n) - 1n },
      { timestamp: new Date(8.64e15) },
      { duration: 1e10 },
    ]) {
      expect(() => nanoseconds(input))
        .to.throw(RerunError, /64 bits/)
        .with.property("code", "invalid-time");
    }
  });

  it("in milliseconds by mistake are refused, with advice", () => {
    expect(() => nanoseconds({ timestamp: 1_767_225_600_000 })).to.throw(
      /divide milliseconds by 1000/,
    );
  });
});

describe("sets of timelines", () => {
  it("are the same object when they are equal, whatever their order", () => {
    const [a, b] = [timeline("a", "sequence"), timeline("b", "duration")];
    expect(timeline("a", "sequence")).to.equal(a);
    expect(timeline("a", "duration")).to.not.equal(a);
    expect(timeShape([a, b])).to.equal(timeShape([b, a]));
    expect(timeShape([a, b]).timelines).to.deep.equal([a, b]);
    expect(timeShape([])).to.equal(STATIC_SHAPE);
    expect(STATIC.toObject()).to.deep.equal({});
  });

  it("of one state change apart from those of its copies", () => {
    const state = new TimeState({ logTime: true, logTick: false });
    state.set("a", { sequence: 1 });
    const fork = state.fork();
    fork.set("a", { sequence: 2 });
    fork.set("b", { sequence: 3 });
    const now = { hi: 1, lo: 2 };
    expect(state.stamp(now, 0).toObject()).to.deep.equal({ a: 1n, log_time: (1n << 32n) + 2n });
    expect(fork.stamp(now, 0).toObject()).to.deep.equal({
      a: 2n,
      b: 3n,
      log_time: (1n << 32n) + 2n,
    });
    expect(state.stamp(now, 0).shape.timelines).to.include(LOG_TIME);
  });

  it("keep their other times when one is added, removed or changes its type", () => {
    const state = new TimeState({ logTime: false, logTick: true });
    const times = (): Record<string, bigint> => state.stamp({ hi: 0, lo: 0 }, 2 ** 33).toObject();
    state.set("m", { sequence: 1 });
    state.set("z", { sequence: 2 });
    state.set("a", { sequence: 3 });
    expect(times()).to.deep.equal({ a: 3n, log_tick: 2n ** 33n, m: 1n, z: 2n });
    state.set("m", { duration: 5n });
    state.disable("a");
    state.disable("unknown");
    expect(times()).to.deep.equal({ log_tick: 2n ** 33n, m: 5n, z: 2n });
    state.reset();
    expect(times()).to.deep.equal({ log_tick: 2n ** 33n });
  });
});
