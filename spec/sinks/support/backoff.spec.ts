import { expect } from "chai";
import { backoffMs } from "../../../sinks/support/backoff.ts";

describe("backoffMs", () => {
  it("tries ten times in the first second, then less and less often, up to three seconds", () => {
    const delays = Array.from({ length: 40 }, (_, attempt) => backoffMs(attempt, 0.5));
    expect(delays.slice(0, 10)).to.deep.equal(Array.from({ length: 10 }, () => 100));
    for (let i = 10; i < 40; i++) expect(delays[i]).to.be.at.least(delays[i - 1] ?? 0);
    expect(delays.at(-1)).to.equal(3_000);
  });

  it("is never the same for many programs: a third more or less", () => {
    expect(backoffMs(0, 0)).to.be.closeTo(70, 0.001);
    expect(backoffMs(0, 1)).to.be.closeTo(130, 0.001);
    expect(new Set(Array.from({ length: 20 }, () => backoffMs(5))).size).to.be.greaterThan(10);
  });
});
