import { expect } from "chai";
import { type HubPatience, HubWatch } from "../../lib/hub-watch.ts";
import type { ServerMessage } from "../../lib/protocol.ts";
import { VirtualTime } from "../helpers/virtual-time.ts";

const hello = (alive?: number): ServerMessage => ({
  type: "hello",
  version: 1,
  session: "s",
  server: { name: "spec", version: "0" },
  rerun: "0.33.0",
  header: new Uint8Array(12),
  next: 0,
  window: 1,
  maxMessage: 1,
  ...(alive === undefined ? {} : { alive }),
});

const alive = (next?: number): ServerMessage =>
  next === undefined ? { type: "alive" } : { type: "alive", next };

describe("HubWatch", () => {
  let time: VirtualTime;
  let watches: HubWatch[] = [];

  beforeEach("let time stand still", () => {
    time = new VirtualTime();
  });

  afterEach("let time go on", () => {
    for (const each of watches) each.stop();
    watches = [];
    time.end();
  });

  /** A watch, and when it gave up. */
  function watch(patience: HubPatience = {}) {
    const gone: number[] = [];
    const made = new HubWatch(patience, () => gone.push(time.now));
    watches.push(made);
    /** Greets, and tells how long the watch then waits for the next message. */
    const patienceAfter = (...messages: readonly ServerMessage[]): number => {
      made.connecting();
      for (const message of messages) made.heard(message);
      const begin = time.now;
      const before = gone.length;
      time.advance(7_200_000);
      return (gone[before] ?? Number.POSITIVE_INFINITY) - begin;
    };
    return { made, gone, patienceAfter };
  }

  it("waits for the greeting, and then for three signs of life", () => {
    expect(watch().patienceAfter()).to.be.within(10_000, 12_500);
    expect(watch({ greetingMs: 100 }).patienceAfter()).to.be.within(100, 125);
    expect(watch().patienceAfter(hello(5_000))).to.be.within(15_000, 18_750);
    expect(watch().patienceAfter(hello(5_000), alive())).to.be.within(15_000, 18_750);
  });

  it("is as patient as it is told, but for two signs of life at least", () => {
    expect(watch({ silenceMs: 60_000 }).patienceAfter(hello(5_000))).to.be.within(60_000, 75_000);
    expect(watch({ silenceMs: 1 }).patienceAfter(hello(5_000))).to.be.within(10_000, 12_500);
  });

  it("waits for ever for a hub that announces no signs of life, as older ones do", () => {
    expect(watch().patienceAfter(hello())).to.equal(Number.POSITIVE_INFINITY);
    expect(watch().patienceAfter(hello(0))).to.equal(Number.POSITIVE_INFINITY);
    expect(watch({ silenceMs: 100 }).patienceAfter(hello())).to.equal(Number.POSITIVE_INFINITY);
  });

  it("gives a large message the time that it takes on a slow line", () => {
    const patience = watch().patienceAfter(hello(5_000), alive(6_400_000));
    expect(patience).to.be.within(115_000, 120_000);
    // It has come: what follows is awaited as ever.
    const large = { type: "taken", frames: 0, bytes: 0, refused: 0 } as const;
    const after = watch().patienceAfter(hello(5_000), alive(6_400_000), large);
    expect(after).to.be.within(15_000, 18_750);
  });

  it("is twice as patient after each time in vain, until something comes: no line is too slow", () => {
    const { patienceAfter } = watch();
    const large = alive(64_000);
    const found = Array.from({ length: 10 }, () => patienceAfter(hello(5_000), large));
    for (const [i, patience] of found.entries()) {
      const expected = 15_000 * Math.min(2 ** i, 64);
      // What is large takes at least one more look.
      expect(patience).to.be.within(expected, expected * 1.5);
    }
    expect(patienceAfter(hello(5_000), alive())).to.be.within(15_000 * 64, 15_000 * 80);
    expect(patienceAfter(hello(5_000))).to.be.within(30_000, 37_500);
  });

  it("makes something sensible of any numbers", () => {
    expect(watch().patienceAfter(hello(1))).to.be.within(50, 63);
    expect(watch().patienceAfter(hello(2 ** 53 - 1))).to.be.within(3_600_000, 4_500_000);
    expect(watch().patienceAfter(hello(5_000), alive(2 ** 53 - 1))).to.equal(
      Number.POSITIVE_INFINITY,
    );
  });

  it("watches no more once it was stopped, or told of the silence", () => {
    const { made, gone } = watch();
    made.connecting();
    time.advance(60_000);
    expect(gone).to.have.lengthOf(1);
    made.connecting();
    made.stop();
    made.heard(alive());
    time.advance(60_000);
    expect(gone).to.have.lengthOf(1);
  });
});
