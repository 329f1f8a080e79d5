import { PerformanceObserver } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect } from "chai";
import { filter, firstValueFrom } from "rxjs";
import { ownEvents$ } from "../../../examples/monitor/own-events.ts";

describe("ownEvents$", () => {
  it("tells of garbage collections", async () => {
    setFlagsFromString("--expose-gc");
    const collect: unknown = runInNewContext("gc");
    if (typeof collect !== "function") throw new Error("expected a function gc");
    const major = firstValueFrom(ownEvents$().pipe(filter(({ level }) => level === "INFO")));
    collect();
    // Node tells observers when the event loop turns anyway; it is not woken for them.
    await sleep(1);
    expect((await major).text).to.match(/^Garbage collection \(major\) took \d+\.\d ms$/);
  });

  it("tells of warnings", async () => {
    const warning = firstValueFrom(ownEvents$().pipe(filter(({ level }) => level === "WARN")));
    const { noDeprecation = false } = process;
    try {
      // Node prints warnings, but for deprecations when told not to.
      process.noDeprecation = true;
      process.emit("warning", Object.assign(new Error("too warm"), { name: "DeprecationWarning" }));
    } finally {
      process.noDeprecation = noDeprecation;
    }
    expect(await warning).to.deep.equal({ level: "WARN", text: "DeprecationWarning: too warm" });
  });

  it("removes its listener and its observer", () => {
    const before = process.listenerCount("warning");
    const { disconnect } = PerformanceObserver.prototype;
    let disconnected = 0;
    PerformanceObserver.prototype.disconnect = function (): void {
      disconnected++;
      disconnect.call(this);
    };
    try {
      const subscription = ownEvents$().subscribe();
      expect(process.listenerCount("warning")).to.equal(before + 1);
      subscription.unsubscribe();
    } finally {
      PerformanceObserver.prototype.disconnect = disconnect;
    }
    expect(process.listenerCount("warning")).to.equal(before);
    expect(disconnected).to.equal(1);
  });
});
