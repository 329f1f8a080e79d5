import { expect } from "chai";
import { beforeExit } from "../../../sinks/support/before-exit.ts";

describe("beforeExit", () => {
  it("registers one listener for all, and none when the last is taken back", () => {
    const before = process.listenerCount("beforeExit");
    const calls: string[] = [];
    const takeBack = ["a", "b"].map((name) => beforeExit(() => calls.push(name)));
    expect(process.listenerCount("beforeExit")).to.equal(before + 1);
    process.listeners("beforeExit").at(-1)?.(0);
    expect(calls).to.deep.equal(["a", "b"]);
    takeBack[0]?.();
    takeBack[0]?.();
    expect(process.listenerCount("beforeExit")).to.equal(before + 1);
    takeBack[1]?.();
    expect(process.listenerCount("beforeExit")).to.equal(before);
  });
});
