import { expect } from "chai";
import fc from "fast-check";
import { MessageLog } from "../../lib/message-log.ts";

interface Item {
  readonly id: number;
  readonly keys: readonly string[];
  readonly bytes: number;
}

describe("LatestEntries, in a MessageLog", () => {
  const logOf = (historyBytes: number, latestBytes: number): MessageLog<Item> =>
    new MessageLog<Item>({
      sizeOf: ({ bytes }) => bytes,
      isPinned: () => false,
      latestKeys: ({ keys }) => keys,
      historyBytes,
      latestBytes,
      backlogBytes: historyBytes,
    });

  const heldBy = (log: MessageLog<Item>): Item[] => {
    const cursor = log.cursor();
    const items = cursor.take(Number.POSITIVE_INFINITY).map(({ item }) => item);
    cursor.close();
    return items;
  };

  it("hold the latest of each key, whatever comes, in order and within their bounds", () => {
    const items = fc.array(
      fc.record({
        keys: fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e"), { maxLength: 3 }),
        bytes: fc.integer({ min: 1, max: 10 }),
      }),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(items, (list) => {
        // Five keys at most, of ten bytes at most: all fit.
        const log = logOf(100, 50);
        const latest = new Map<string, number>();
        list.forEach(({ keys, bytes }, id) => {
          log.append({ id, keys, bytes });
          for (const key of keys) latest.set(key, id);
          const held = heldBy(log).map((item) => item.id);
          expect(held).to.deep.equal(held.toSorted((x, y) => x - y));
          expect(held).to.include.members([...latest.values()]);
          expect(log.bytes).to.be.at.most(100);
        });
      }),
      { numRuns: 100 },
    );
  });

  it("give up the oldest when there are too many, and forget them", () => {
    const log = logOf(100, 30);
    for (let id = 0; id < 50; id++) log.append({ id, keys: [String(id)], bytes: 10 });
    expect(heldBy(log).map(({ id }) => id)).to.deep.equal([40, 41, 42, 43, 44, 45, 46, 47, 48, 49]);
    // What was given up is not missed when another takes its place.
    log.append({ id: 50, keys: ["0", "43"], bytes: 10 });
    expect(heldBy(log).at(-1)?.id).to.equal(50);
    expect(log.bytes).to.be.at.most(100);
  });

  it("are walked backwards as well", () => {
    const log = logOf(30, 15);
    for (const [id, keys] of [
      [0, ["a"]],
      [1, ["b"]],
      [2, ["b"]],
      [3, []],
      [4, []],
    ] as const)
      log.append({ id, keys, bytes: 10 });
    const back: number[] = [];
    let entry = log.entryBefore(log.nextSeq);
    while (entry !== undefined) {
      back.push(entry.item.id);
      entry = log.entryBefore(entry.seq);
    }
    expect(back.toReversed()).to.deep.equal(heldBy(log).map(({ id }) => id));
  });

  it("do not count as waiting for a reader once another took their place", () => {
    const log = logOf(20, 10);
    for (let id = 0; id < 10; id++) log.append({ id, keys: id === 0 ? ["a"] : [], bytes: 5 });
    const cursor = log.cursor();
    const before = cursor.queuedBytes;
    log.append({ id: 10, keys: ["a"], bytes: 5 });
    expect(cursor.queuedBytes).to.equal(before);
    cursor.close();
  });
});
