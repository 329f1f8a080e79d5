import { expect } from "chai";
import { RecentIds } from "../../../lib/node/recent-ids.ts";
import { Tuid, TuidGenerator } from "../../../lib/tuid.ts";
import { range } from "../../helpers/use-hub.ts";

describe("RecentIds", () => {
  it("knows what came lately, in each store by itself, and forgets what came long ago", () => {
    const ids = new RecentIds(1000);
    const generator = new TuidGenerator();
    const all = range(0, 5000).map(() => generator.next());
    for (const id of all) {
      expect(ids.has("a", id)).to.equal(false);
      expect(ids.add("a", id)).to.equal(true);
      expect(ids.has("a", id)).to.equal(true);
      expect(ids.add("a", id)).to.equal(false);
    }
    expect(ids.add("b", all[4999] as Tuid)).to.equal(true);
    for (const id of all.slice(-900)) expect(ids.add("a", id)).to.equal(false);
    expect(ids.add("a", all[0] as Tuid)).to.equal(true);
  });

  it("tells ids apart that differ in one bit", () => {
    const ids = new RecentIds();
    for (let bit = 0; bit < 128; bit++) {
      const parts = [0, 1, 2, 3].map((i) => (bit >> 5 === i ? 1 << (bit & 31) : 0));
      expect(ids.add("a", new Tuid(...(parts as [number, number, number, number])))).to.equal(true);
    }
    expect(ids.add("a", new Tuid(0, 0, 0, 0))).to.equal(true);
    expect(ids.add("a", new Tuid(0, 0, 0, 0))).to.equal(false);
  });

  it("does not grow with the names of stores that somebody makes up", () => {
    const ids = new RecentIds();
    const id = new TuidGenerator().next();
    for (let i = 0; i < 10_000; i++) expect(ids.add(String(i), id)).to.equal(true);
    expect(ids.add("9999", id)).to.equal(false);
    expect(ids.add("new", id)).to.equal(true);
    expect(ids.add("9999", id)).to.equal(true);
  });
});
