import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect } from "chai";
import fc from "fast-check";
import type { LossPolicy } from "../../lib/data-class.ts";
import type { LogEntry } from "../../lib/message-log.ts";
import { Triage } from "../../lib/triage.ts";

interface Item {
  readonly id: number;
  readonly policy: LossPolicy;
  readonly key: string;
}

interface Sorting {
  readonly triage: Triage<Item>;
  /** Ids of what was dropped, in order; with `!` what was reliable. */
  readonly dropped: string[];
  readonly held: number[];
  add(policy: LossPolicy, key?: string, bytes?: number): void;
}

function sorting({
  reliableBytes = Infinity,
  maxAgeMs = undefined as number | undefined,
} = {}): Sorting {
  const dropped: string[] = [];
  const held: number[] = [];
  const triage = new Triage<Item>(
    {
      policyOf: ({ policy }) => policy,
      keyOf: ({ key }) => key,
      reliableBytes,
      maxAgeMs,
      onHold: ({ id }) => held.push(id),
    },
    ({ seq }, why) => dropped.push(why === "bound" ? `${seq}!` : String(seq)),
  );
  let next = 0;
  return {
    triage,
    dropped,
    held,
    add: (policy, key = "k", bytes = 10) => {
      const seq = next++;
      const entry: LogEntry<Item> = {
        seq,
        item: { id: seq, policy, key },
        bytes,
        at: 0,
        since: seq,
        pinned: false,
        refs: 0,
        gone: false,
      };
      triage.add(entry);
    },
  };
}

const seqs = (triage: Triage<Item>): number[] => triage.entries.map(({ seq }) => seq);

describe("Triage", () => {
  it("keeps what is reliable, the latest of each key, and all that may go as long as there is room", () => {
    const { triage, dropped, held, add } = sorting();
    add("reliable");
    add("latest", "a");
    add("oldest");
    add("latest", "b");
    add("latest", "a");
    add("oldest");
    triage.shed(Infinity, 5, 0);
    expect(dropped).to.deep.equal(["1"]);
    expect(seqs(triage)).to.deep.equal([0, 2, 3, 4, 5]);
    expect(held).to.deep.equal([0, 1, 2, 3, 4, 5]);
  });

  it("lets go of the oldest first, of the latest when they alone are too many, and of nothing reliable", () => {
    const { triage, dropped, add } = sorting();
    for (const policy of ["latest", "reliable", "oldest", "oldest", "reliable", "latest"] as const)
      add(policy, `key ${dropped.length} ${triage.entries.length}`);
    triage.shed(50, 5, 0);
    expect(dropped).to.deep.equal(["2"]);
    triage.shed(20, 5, 0);
    expect(dropped).to.deep.equal(["2", "3"]);
    triage.shed(10, 5, 0);
    expect(dropped).to.deep.equal(["2", "3", "0"]);
    triage.shed(0, -1, 0);
    expect(dropped).to.deep.equal(["2", "3", "0", "5"]);
    expect(seqs(triage)).to.deep.equal([1, 4]);
  });

  it("lets go of the oldest reliable ones past their own bound, and says so", () => {
    const { triage, dropped, add } = sorting({ reliableBytes: 25 });
    for (let i = 0; i < 4; i++) add("reliable");
    triage.shed(Infinity, 3, 0);
    expect(dropped).to.deep.equal(["0!", "1!"]);
    expect(seqs(triage)).to.deep.equal([2, 3]);
  });

  it("lets go of what is too old, but not of the latest of something and of what is reliable", () => {
    const { triage, dropped, add } = sorting({ maxAgeMs: 2 });
    for (const policy of ["latest", "reliable", "oldest", "oldest", "oldest"] as const) add(policy);
    triage.shed(Infinity, 4, 5.5);
    expect(dropped).to.deep.equal(["2", "3"]);
    triage.shed(Infinity, -1, 100);
    expect(dropped).to.deep.equal(["2", "3", "4"]);
    expect(seqs(triage)).to.deep.equal([0, 1]);
  });

  it("never lets go of the newest, however large it is", () => {
    for (const policy of ["latest", "reliable", "oldest"] as const) {
      const { triage, dropped, add } = sorting({ reliableBytes: 5, maxAgeMs: 1 });
      add(policy, "k", 1000);
      triage.shed(0, 0, 100);
      expect(dropped).to.deep.equal([]);
      expect(seqs(triage)).to.deep.equal([0]);
    }
  });

  it("gives away in order, whatever goes in between", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.record({
              policy: fc.constantFrom<LossPolicy>("reliable", "latest", "oldest"),
              key: fc.constantFrom("a", "b", "c"),
              bytes: fc.nat(20),
            }),
            fc.constant("shift" as const),
            fc.record({ shed: fc.nat(100), now: fc.nat(400) }),
          ),
          { maxLength: 300 },
        ),
        (steps) => {
          const { triage, dropped, add } = sorting({ reliableBytes: 60, maxAgeMs: 20 });
          const taken: number[] = [];
          let added = 0;
          for (const step of steps) {
            if (step === "shift") {
              if (triage.first !== undefined) taken.push(triage.first.seq);
              triage.shift();
            } else if ("shed" in step) {
              triage.shed(step.shed, added - 1, step.now);
            } else {
              add(step.policy, step.key, step.bytes);
              added++;
            }
            expect(triage.entries[0]).to.equal(triage.first);
          }
          const rest = seqs(triage);
          expect([...taken, ...rest]).to.deep.equal([...taken, ...rest].sort((a, b) => a - b));
          // Each of them once: taken, waiting or dropped.
          const all = [...taken, ...rest, ...dropped.map((text) => Number.parseInt(text, 10))];
          expect(all.sort((a, b) => a - b)).to.deep.equal(
            Array.from({ length: added }, (_, i) => i),
          );
        },
      ),
    );
  });

  it("is done with each entry in a moment, even if one in front never goes", () => {
    const { triage, add } = sorting();
    add("reliable");
    const start = performance.now();
    for (let i = 0; i < 50_000; i++) add("latest");
    expect(performance.now() - start).to.be.below(2_000);
    expect(seqs(triage)).to.deep.equal([0, 50_000]);
  });

  it("holds nothing of what is gone", async () => {
    const { triage, add } = sorting();
    for (let i = 0; i < 200; i++) add("oldest");
    add("latest");
    const ref = new WeakRef(triage.entries.at(-1) as object);
    add("latest");
    // What was looked at in this turn is held until it ends.
    await new Promise((resolve) => setImmediate(resolve));
    setFlagsFromString("--expose-gc");
    (runInNewContext("gc") as () => void)();
    expect(ref.deref()).to.equal(undefined);
    expect(seqs(triage)).to.have.lengthOf(201);
  });
});
