import { getEventListeners } from "node:events";
import { expect } from "chai";
import { Waiters } from "../../lib/waiters.ts";

describe("Waiters", () => {
  it("lets go on who waits at the next step, and not who begins to wait during it", async () => {
    const waiters = new Waiters();
    const order: string[] = [];
    const first = waiters.next().then(() => {
      order.push("first");
      return waiters.next().then(() => order.push("second"));
    });
    waiters.wake();
    await Promise.resolve();
    await Promise.resolve();
    expect(order).to.deep.equal(["first"]);
    expect(waiters.size).to.equal(1);
    waiters.wake();
    await first;
    expect(order).to.deep.equal(["first", "second"]);
    expect(waiters.size).to.equal(0);
  });

  it("keeps nothing of who stopped waiting, neither here nor at the signal", async () => {
    const waiters = new Waiters();
    for (let i = 0; i < 100; i++) {
      const controller = new AbortController();
      const waiting = waiters.until(() => false, controller.signal);
      controller.abort();
      await waiting;
      expect(getEventListeners(controller.signal, "abort")).to.have.lengthOf(0);
    }
    expect(waiters.size).to.equal(0);
    const { signal } = new AbortController();
    for (let i = 0; i < 100; i++) {
      const waiting = waiters.next(signal);
      waiters.wake();
      await waiting;
    }
    expect(getEventListeners(signal, "abort")).to.have.lengthOf(0);
    await waiters.next(AbortSignal.abort());
    expect(waiters.size).to.equal(0);
  });

  it("waits until something holds, however many steps that takes", async () => {
    const waiters = new Waiters();
    let steps = 0;
    const waiting = waiters.until(() => steps === 3);
    for (; steps < 3; steps++) {
      expect(waiters.size).to.equal(1);
      waiters.wake();
      await Promise.resolve();
      await Promise.resolve();
    }
    waiters.wake();
    await waiting;
    expect(waiters.size).to.equal(0);
  });

  it("can forget who waits", async () => {
    const waiters = new Waiters();
    let settled = false;
    void waiters.next().then(() => {
      settled = true;
    });
    waiters.forget();
    waiters.wake();
    await new Promise((resolve) => setImmediate(resolve));
    expect(settled).to.equal(false);
  });
});
