import { expect } from "chai";
import { Watchdog, type WatchdogOptions } from "../../lib/watchdog.ts";
import { VirtualTime } from "../helpers/virtual-time.ts";

describe("Watchdog", () => {
  let time: VirtualTime;
  let dogs: Watchdog[] = [];

  beforeEach("let time stand still", () => {
    time = new VirtualTime();
  });

  afterEach("let time go on", () => {
    for (const dog of dogs) dog.stop();
    dogs = [];
    time.end();
  });

  function watch(options: Partial<WatchdogOptions> = {}) {
    const begin = time.now;
    const seen = { asked: 0, goneAt: undefined as number | undefined, goneCount: 0 };
    const dog = new Watchdog({
      silenceMs: 1_000,
      ask: () => seen.asked++,
      gone: () => {
        seen.goneAt = time.now - begin;
        seen.goneCount++;
      },
      ...options,
    });
    dogs.push(dog);
    return { dog, seen };
  }

  it("tells once that nothing was heard, after asking", () => {
    const { seen } = watch();
    time.advance(5_000);
    expect(seen).to.deep.equal({ asked: 3, goneAt: 1_000, goneCount: 1 });
  });

  it("waits for the whole silence after what was heard, and a quarter more at most", () => {
    for (let i = 0; i < 20; i++) {
      const { dog, seen } = watch();
      time.advance(500 + i * 17);
      dog.heard();
      const heardAt = 500 + i * 17;
      time.advance(3_000);
      expect((seen.goneAt ?? 0) - heardAt).to.be.within(1_000, 1_250);
    }
  });

  it("hears bytes by itself", () => {
    let bytes = 7;
    const { seen } = watch({ heardBytes: () => bytes });
    for (let i = 0; i < 50; i++) {
      time.advance(99);
      bytes++;
    }
    expect(seen.goneAt).to.equal(undefined);
    time.advance(3_000);
    expect((seen.goneAt ?? 0) - 50 * 99).to.be.within(1_000, 1_250);
  });

  it("waits longer while something large is on its way", () => {
    let more = 10_000;
    const { seen } = watch({ moreMs: () => more });
    time.advance(10_900);
    expect(seen.goneAt).to.equal(undefined);
    more = 0;
    time.advance(250);
    expect(seen.goneAt).to.be.a("number");
  });

  it("does not take its own sleep for silence", () => {
    // All intervals that passed meanwhile come as one, as those of Node and of browsers do.
    const looks: (() => void)[] = [];
    const { setInterval: real } = globalThis;
    globalThis.setInterval = ((look: () => void) => looks.push(look)) as never;
    const { dog, seen } = watch();
    globalThis.setInterval = real;
    for (let hour = 0; hour < 10; hour++) {
      time.advance(3_600_000);
      looks[0]?.();
      dog.heard();
    }
    expect(seen.goneCount).to.equal(0);
  });

  it("is quiet once it was stopped", () => {
    const { dog, seen } = watch();
    dog.stop();
    time.advance(5_000);
    expect(seen).to.deep.equal({ asked: 0, goneAt: undefined, goneCount: 0 });
  });
});
