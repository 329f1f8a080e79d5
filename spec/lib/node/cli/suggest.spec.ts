import { expect } from "chai";
import { suggest } from "../../../../lib/node/cli/suggest.ts";

describe("a suggestion for a word that is not known", () => {
  const words = ["viewer", "completion", "rrd", "--port", "--memory-limit", "--no-open"];

  it("is the nearest word", () => {
    expect(suggest("viewr", words)).to.equal("viewer");
    expect(suggest("veiwer", words)).to.equal("viewer");
    expect(suggest("View", words)).to.equal("viewer");
    expect(suggest("--prot", words)).to.equal("--port");
    expect(suggest("--memorylimit", words)).to.equal("--memory-limit");
    expect(suggest("rdd", words)).to.equal("rrd");
  });

  it("is missing when no word is near", () => {
    expect(suggest("bicycle", words)).to.equal(undefined);
    expect(suggest("x", words)).to.equal(undefined);
    expect(suggest("", words)).to.equal(undefined);
    expect(suggest("viewer", [])).to.equal(undefined);
  });
});
