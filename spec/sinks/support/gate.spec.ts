import { expect } from "chai";
import { Gate } from "../../../sinks/support/gate.ts";

describe("Gate", () => {
  it("calls those who wait within the call that opens it, in order, and once", () => {
    const gate = new Gate();
    const called: string[] = [];
    void gate.then(() => called.push("a"));
    void gate.then(() => called.push("b"));
    gate.open();
    expect(called).to.deep.equal(["a", "b"]);
    gate.open();
    gate.fail(new Error("late"));
    expect(called).to.deep.equal(["a", "b"]);
  });

  it("is a promise for those who await it, before and after", async () => {
    const gate = new Gate();
    const early = (async () => {
      await gate;
      return "early";
    })();
    gate.open();
    await gate;
    expect(await early).to.equal("early");
    expect(await gate.then(() => Promise.resolve(5))).to.equal(5);
    let ended = 0;
    await gate.finally(() => ended++);
    expect(ended).to.equal(1);
  });

  it("passes on why it fails, also what its callers throw, and is silent when nobody looks", async () => {
    const reason = new Error("no");
    const gate = new Gate();
    const early = gate.catch((thrown: unknown) => thrown);
    gate.fail(reason);
    expect(await early).to.equal(reason);
    expect(await gate.then(() => 1).catch((thrown: unknown) => thrown)).to.equal(reason);
    const open = new Gate();
    const broken = open.then(() => {
      throw reason;
    });
    open.open();
    expect(await broken.catch((thrown: unknown) => thrown)).to.equal(reason);
    new Gate().fail(reason);
    await new Promise((resolve) => setImmediate(resolve));
  });
});
