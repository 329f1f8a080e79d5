import { expect } from "chai";
import { onExit } from "../../../sinks/support/exit-hooks.ts";

const EVENTS = ["exit", "SIGINT", "SIGTERM", "SIGHUP"];
const listeners = (): number[] => EVENTS.map((name) => process.listenerCount(name));

describe("exit hooks", () => {
  it("are registered with the first and taken off with the last", () => {
    const before = listeners();
    const [first, second] = [onExit(() => undefined), onExit(() => undefined)];
    expect(listeners()).to.deep.equal(before.map((count) => count + 1));
    first();
    first();
    expect(listeners()).to.deep.equal(before.map((count) => count + 1));
    second();
    expect(listeners()).to.deep.equal(before);
  });

  it("leave a signal to the program when it listens itself", () => {
    let ran = 0;
    const off = onExit(() => ran++);
    const received: string[] = [];
    const listener = (signal: string): void => void received.push(signal);
    process.on("SIGHUP", listener);
    try {
      process.emit("SIGHUP", "SIGHUP");
    } finally {
      process.off("SIGHUP", listener);
      off();
    }
    expect(received).to.deep.equal(["SIGHUP"]);
    expect(ran).to.equal(0);
  });
});
