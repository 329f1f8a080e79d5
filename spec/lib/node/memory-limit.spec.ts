import { totalmem } from "node:os";
import { expect } from "chai";
import { parseMemoryLimit } from "../../../lib/node/memory-limit.ts";

describe("a limit of memory", () => {
  const parse = (text: string): number => parseMemoryLimit(text, "--memory-limit");

  it("is a size, a share of this machine, or none", () => {
    expect(parse("1GiB")).to.equal(2 ** 30);
    expect(parse(" 16 GB ")).to.equal(16e9);
    expect(parse("2.5MiB")).to.equal(2.5 * 2 ** 20);
    expect(parse("0")).to.equal(0);
    expect(parse("50%")).to.equal(Math.round(totalmem() / 2));
    for (const none of ["unlimited", "none", "MAX"]) {
      expect(parse(none)).to.equal(Number.MAX_SAFE_INTEGER);
    }
  });

  it("is refused by its name when it is none of these", () => {
    for (const wrong of ["", "much", "-1", "1 apple", "101%", "1e400GB", "9999999999TB"]) {
      expect(() => parse(wrong), wrong)
        .to.throw(/--memory-limit.*"1GiB"/)
        .with.property("code", "invalid-argument");
    }
  });
});
