import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect } from "chai";
import { Interned } from "../../lib/interned.ts";

describe("Interned", () => {
  it("gives the same object for the same key, and makes it once", () => {
    const interned = new Interned<{ readonly key: string }>();
    let made = 0;
    const get = (key: string): { readonly key: string } =>
      interned.get(key, () => {
        made++;
        return { key };
      });
    const a = get("a");
    expect(get("a")).to.equal(a);
    expect(get("b")).to.not.equal(a);
    expect(made).to.equal(2);
  });

  it("lets go of what nobody uses, and keeps what somebody does", async function () {
    this.timeout(30_000);
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const interned = new Interned<{ readonly key: number }>();
    const kept = interned.get("kept", () => ({ key: -1 }));
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 4000; i++) interned.get(`${round} ${i}`, () => ({ key: i }));
      // What was looked at in a turn of the event loop lives to its end.
      await new Promise((resolve) => setTimeout(resolve, 0));
      collect();
    }
    expect(interned.size).to.be.below(10_000);
    expect(interned.get("kept", () => ({ key: 0 }))).to.equal(kept);
  });
});
