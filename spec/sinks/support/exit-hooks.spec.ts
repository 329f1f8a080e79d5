import { expect } from "chai";
import { EXIT_MS, onCrash, onExit } from "../../../sinks/support/exit-hooks.ts";

const EVENTS = ["exit", "SIGINT", "SIGTERM", "SIGHUP"];
const listeners = (): number[] => EVENTS.map((name) => process.listenerCount(name));

describe("exit hooks", function () {
  this.timeout(10_000);
  let others: unknown[];

  beforeEach(() => {
    others = process.listeners("exit");
  });

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

  it("have one deadline for all of an end, an error before it included, and another for the next", async () => {
    const deadlines: number[] = [];
    const note = (deadline: number): void => {
      deadlines.push(deadline);
      // Each takes its time.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    };
    const off = [onExit((until) => note(until)), onExit(note), onCrash(note)];
    const end = (): void => {
      process.listeners("uncaughtExceptionMonitor").at(-1)?.(
        new Error("none"),
        "uncaughtException",
      );
      // Only ours: others belong to the runner of the specs.
      for (const listener of process.listeners("exit"))
        if (!others.includes(listener)) listener.call(process, 0);
    };
    const start = performance.now();
    try {
      end();
      await new Promise((resolve) => setImmediate(resolve));
      end();
    } finally {
      for (const each of off) each();
    }
    const [first = 0, , , second = 0] = deadlines;
    expect(deadlines).to.deep.equal([first, first, first, second, second, second]);
    expect(first).to.be.within(start + EXIT_MS, performance.now() + EXIT_MS);
    expect(second).to.be.greaterThan(first);
  });

  it("have a moment each, however long those before them took", () => {
    const left: number[] = [];
    const off = [
      onExit(() => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, EXIT_MS + 50)),
      onExit((deadline) => left.push(deadline - performance.now())),
    ];
    try {
      for (const listener of process.listeners("exit"))
        if (!others.includes(listener)) listener.call(process, 0);
    } finally {
      for (const each of off) each();
    }
    expect(left).to.have.lengthOf(1);
    expect(left[0]).to.be.within(1, EXIT_MS / 2);
  });

  it("run those last that may have to wait for others", () => {
    const ran: string[] = [];
    const off = [onExit(() => ran.push("pipe"), true), onExit(() => ran.push("file"))];
    expect(listeners()[0]).to.equal(others.length + 1);
    try {
      for (const listener of process.listeners("exit"))
        if (!others.includes(listener)) listener.call(process, 0);
    } finally {
      for (const each of off) each();
    }
    expect(ran).to.deep.equal(["file", "pipe"]);
    expect(listeners()[0]).to.equal(others.length);
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
