import { mkdir } from "node:fs/promises";
import { expect } from "chai";
import { requirePeer } from "../helpers/peers.ts";
import { useTempDir } from "../helpers/use-temp-dir.ts";
import { runCases, runControls, table } from "./suite.ts";

describe("the official SDK", function () {
  this.timeout(300_000);
  const dir = useTempDir();

  before(async function () {
    await requirePeer(this, "python");
    await requirePeer(this, "rerun-cli");
  });

  it("is compared with a tool that finds one changed value, descriptor, nullability or tick", async () => {
    const results = await runControls(dir.path);
    expect(results.filter(({ outcome }) => outcome !== "equal")).to.deep.equal([]);
  });

  it("logs what we log, in every case", async () => {
    await Promise.all(["ours", "official"].map((name) => mkdir(dir.file(name))));
    const results = await runCases(dir.path);
    const different = results.filter(({ outcome }) => outcome === "differs");
    expect(different, different.length > 0 ? table(different) : "").to.deep.equal([]);
  });
});
