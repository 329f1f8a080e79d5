import { expect } from "chai";
import { RerunError } from "../lib/errors.ts";
import { mutate } from "../scripts/fuzz/mutate.ts";
import { fuzz, tryInput } from "../scripts/fuzz/run.ts";
import { type FuzzTarget, fuzzTargets } from "../scripts/fuzz/targets.ts";

/** Inputs that once were not taken well, by decoder. */
const KEPT_SEEDS: Readonly<Record<string, readonly number[]>> = {};

const INPUTS = 400;
const targets = await fuzzTargets();

describe("decoders", () => {
  for (const target of targets) {
    it(`${target.name}: takes changed bytes without a crash, a hang or much memory`, async function () {
      this.timeout(60_000);
      // Others each time; the message names the seed, for `npm run fuzz -- --target … --seed … --inputs 1`.
      const seed = Date.now() % 2 ** 31;
      for (const first of [1, seed])
        expect(await fuzz(target, { seed: first, inputs: INPUTS })).to.deep.equal([]);
      for (const kept of KEPT_SEEDS[target.name] ?? [])
        expect(await tryInput(target, kept), `seed ${kept}`).to.equal(undefined);
    });
  }
});

describe("the fuzzer", () => {
  const samples = [Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), new Uint8Array(100)];
  const targetOf = (run: FuzzTarget["run"]): FuzzTarget => ({ name: "own", samples, run });

  it("makes the same bytes of the same seed, others of others, and leaves the samples alone", () => {
    const before = samples.map((sample) => [...sample]);
    const made = Array.from({ length: 200 }, (_, seed) => [...mutate(samples, seed)].join());
    expect(
      Array.from({ length: 200 }, (_, seed) => [...mutate(samples, seed)].join()),
    ).to.deep.equal(made);
    expect(new Set(made).size).to.be.above(150);
    expect(samples.map((sample) => [...sample])).to.deep.equal(before);
  });

  it("tells of what is thrown, unless it is a RerunError", async () => {
    const thrown = (error: Error) =>
      fuzz(
        targetOf(() => {
          throw error;
        }),
        { seed: 5, inputs: 2 },
      );
    expect(await thrown(new RerunError("invalid-data", "damaged"))).to.deep.equal([]);
    const findings = await thrown(new RangeError("out of bounds"));
    expect(findings.map(({ seed, target }) => [seed, target])).to.deep.equal([
      [5, "own"],
      [6, "own"],
    ]);
    expect(findings[0]?.problem).to.contain("out of bounds");
  });

  it("tells of memory that nothing of that size needs", async () => {
    const kept: Uint8Array[] = [];
    const problem = await tryInput(
      targetOf(() => {
        kept.push(new Uint8Array(200 << 20));
      }),
      1,
    );
    expect(problem).to.contain("allocated");
    expect(kept).to.have.length(1);
  });
});
