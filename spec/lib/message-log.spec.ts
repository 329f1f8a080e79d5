import { expect } from "chai";
import fc from "fast-check";
import { type LogCursor, MessageLog } from "../../lib/message-log.ts";

interface Item {
  readonly id: number;
  readonly bytes: number;
  /** Pinned items with one key take each other's place. */
  readonly key?: string | undefined;
  readonly pinned?: boolean;
}

interface Limits {
  readonly historyBytes?: number;
  readonly backlogBytes?: number;
}

function logOf({ historyBytes = Infinity, backlogBytes = Infinity }: Limits = {}): {
  log: MessageLog<Item>;
  dropped: number[];
  kept: number[];
} {
  const dropped: number[] = [];
  const kept: number[] = [];
  const log = new MessageLog<Item>({
    sizeOf: (item) => item.bytes,
    isPinned: (item) => item.pinned === true,
    pinKey: (item) => item.key,
    historyBytes,
    backlogBytes,
    onDrop: (entry) => dropped.push(entry.item.id),
    onKeep: (item) => kept.push(item.id),
  });
  return { log, dropped, kept };
}

const take = (cursor: LogCursor<Item>, bytes = Infinity): number[] => {
  const entries = cursor.take(bytes);
  const last = entries.at(-1);
  if (last !== undefined) cursor.ack(last.seq);
  return entries.map((entry) => entry.item.id);
};

const items = (count: number, from = 0): Item[] =>
  Array.from({ length: count }, (_, i) => ({ id: from + i, bytes: 10 }));

describe("MessageLog", () => {
  it("gives each cursor every item in order, at its own pace", () => {
    const { log } = logOf();
    const [fast, slow] = [log.cursor(), log.cursor()];
    for (const item of items(3)) log.append(item);
    expect(take(fast)).to.deep.equal([0, 1, 2]);
    expect(take(slow, 1)).to.deep.equal([0]);
    for (const item of items(2, 3)) log.append(item);
    expect(take(slow, 20)).to.deep.equal([1, 2]);
    expect(take(fast)).to.deep.equal([3, 4]);
    expect(take(slow)).to.deep.equal([3, 4]);
    expect(take(slow)).to.deep.equal([]);
    expect(slow.atEnd).to.equal(true);
    expect(slow.queuedBytes).to.equal(0);
  });

  it("gives at least one item, however large, and stops once the bytes are reached", () => {
    const { log } = logOf();
    const cursor = log.cursor();
    for (const item of items(5)) log.append(item);
    expect(cursor.take(0)).to.have.lengthOf(0);
    expect(take(cursor, 1)).to.deep.equal([0]);
    expect(take(cursor, 11)).to.deep.equal([1, 2]);
  });

  it("starts at the start, now, at a number, or at a time", () => {
    const { now } = Date;
    try {
      const { log } = logOf();
      for (const item of items(5)) {
        Date.now = () => 1000 + item.id;
        log.append(item);
      }
      expect(take(log.cursor())).to.deep.equal([0, 1, 2, 3, 4]);
      expect(take(log.cursor({ from: "now" }))).to.deep.equal([]);
      expect(take(log.cursor({ from: { seq: 3 } }))).to.deep.equal([3, 4]);
      expect(take(log.cursor({ from: { sinceMs: 1002 } }))).to.deep.equal([2, 3, 4]);
      expect(take(log.cursor({ from: { sinceMs: 0 } }))).to.deep.equal([0, 1, 2, 3, 4]);
      expect(take(log.cursor({ from: { sinceMs: 9999 } }))).to.deep.equal([]);
    } finally {
      Date.now = now;
    }
  });

  it("gives pinned items first, whatever the start, also when they have left the history", () => {
    const { log } = logOf({ historyBytes: 40 });
    const reader = log.cursor();
    log.append({ id: 0, bytes: 10, pinned: true });
    for (const item of items(20, 1)) log.append(item);
    log.append({ id: 21, bytes: 10, pinned: true });
    for (const item of items(20, 22)) log.append(item);
    take(reader);
    expect(take(log.cursor({ from: "now" }))).to.deep.equal([0, 21]);
    expect(take(log.cursor())).to.deep.equal([0, 21, 38, 39, 40, 41]);
  });

  it("holds only the latest of pinned items that take each other's place", () => {
    const { log } = logOf({ historyBytes: 40 });
    const reader = log.cursor();
    for (let i = 0; i < 100; i++) {
      log.append({ id: i, bytes: 10, pinned: true, key: `key ${i % 2}` });
      take(reader);
    }
    expect(take(log.cursor({ from: "now" }))).to.deep.equal([98, 99]);
    expect(log.bytes).to.be.at.most(40 + 20);
  });

  it("keeps what nobody took, up to the backlog, and drops the oldest beyond it", () => {
    const { log, dropped } = logOf({ historyBytes: 0, backlogBytes: 50 });
    log.append({ id: 0, bytes: 10, pinned: true });
    for (const item of items(10, 1)) log.append(item);
    expect(dropped).to.deep.equal([1, 2, 3, 4, 5]);
    expect(log.dropped).to.equal(5);
    expect(take(log.cursor())).to.deep.equal([0, 6, 7, 8, 9, 10]);
  });

  it("keeps the newest item while it waits, however large", () => {
    const { log } = logOf({ historyBytes: 0, backlogBytes: 50 });
    log.append({ id: 1, bytes: 1000 });
    expect(take(log.cursor())).to.deep.equal([1]);
  });

  it("keeps the backlog within its budget even if the history could be larger", () => {
    const { log } = logOf({ historyBytes: 1000, backlogBytes: 50 });
    for (const item of items(100)) log.append(item);
    expect(log.bytes).to.equal(50);
  });

  it("drops for a cursor that is behind by more than its budget, and for no other", () => {
    const { log } = logOf();
    const seen: number[] = [];
    const behind = log.cursor({ budgetBytes: 30, onDrop: (entry) => seen.push(entry.item.id) });
    const other = log.cursor();
    log.append({ id: 0, bytes: 10, pinned: true });
    for (const item of items(6, 1)) log.append(item);
    log.append({ id: 7, bytes: 10, pinned: true });
    expect(seen).to.deep.equal([1, 2, 3]);
    expect(behind.dropped).to.equal(3);
    expect(behind.queuedBytes).to.equal(30);
    expect(take(behind)).to.deep.equal([0, 4, 5, 6, 7]);
    expect(take(other)).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it("lets go of what a cursor took and never acknowledged, once it is past its budget", () => {
    const { log } = logOf({ historyBytes: 0 });
    const stuck = log.cursor({ budgetBytes: 100 });
    log.append({ id: 0, bytes: 10 });
    stuck.take(1);
    for (const item of items(1000, 1)) log.append(item);
    expect(log.bytes).to.be.at.most(110);
    expect(log.entryFrom(0)?.seq).to.equal(991);
  });

  it("does not count for a stopped cursor what comes later", () => {
    const { log } = logOf();
    const cursor = log.cursor({ budgetBytes: 30 });
    for (const item of items(3)) log.append(item);
    cursor.stop();
    for (const item of items(10, 3)) log.append(item);
    expect(cursor.dropped).to.equal(0);
    expect(cursor.queuedBytes).to.equal(30);
    expect(take(cursor)).to.deep.equal([0, 1, 2]);
    expect(take(cursor)).to.deep.equal([]);
  });

  it("counts right when a cursor appends, opens and closes others while it is told", () => {
    const { log } = logOf();
    let added: LogCursor<Item> | undefined;
    let next = 100;
    const first: LogCursor<Item> = log.cursor({
      onAppend: () => {
        if (next < 103) log.append({ id: next++, bytes: 10 });
        added ??= log.cursor();
        take(first);
      },
    });
    const second = log.cursor({ onAppend: () => void take(second) });
    log.append({ id: 0, bytes: 10 });
    expect([first, second].map((c) => c.queuedBytes)).to.deep.equal([0, 0]);
    expect(added?.queuedBytes).to.equal(40);
    expect(added && take(added)).to.deep.equal([0, 100, 101, 102]);
    expect(added?.queuedBytes).to.equal(0);
  });

  it("tells which items it still holds once all cursors were told", () => {
    const { log, kept } = logOf({ historyBytes: 40 });
    const cursor = log.cursor({ onAppend: () => void take(cursor) });
    log.append({ id: 0, bytes: 10 });
    log.append({ id: 1, bytes: 100 });
    log.append({ id: 2, bytes: 10, pinned: true });
    expect(kept).to.deep.equal([0, 2]);
    const waiting = log.cursor();
    log.append({ id: 3, bytes: 100 });
    expect(kept).to.deep.equal([0, 2, 3]);
    expect(log.holds(3)).to.equal(true);
    waiting.close();
    waiting.close();
    expect(log.holds(3)).to.equal(false);
    expect(log.cursors).to.equal(1);
  });

  it("holds within any sequence of calls what it owes, in bounded memory, and nothing twice", () => {
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          do: fc.constant("append" as const),
          bytes: fc.integer({ min: 1, max: 20 }),
          kind: fc.constantFrom("temporal", "temporal", "pinned", "keyed"),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          do: fc.constant("open" as const),
          from: fc.constantFrom("start" as const, "now" as const),
          budget: fc.constantFrom(Infinity, 60),
        }),
      },
      {
        weight: 5,
        arbitrary: fc.record({
          do: fc.constant("take" as const),
          which: fc.nat(5),
          bytes: fc.integer({ min: 1, max: 60 }),
          ack: fc.boolean(),
        }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("ack" as const), which: fc.nat(5) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("close" as const), which: fc.nat(5) }) },
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 80 }),
        fc.constantFrom(0, 50, 200),
        fc.constantFrom(50, 200),
        (steps, historyBytes, backlogBytes) => {
          const { log } = logOf({ historyBytes, backlogBytes });
          const all: Item[] = [];
          const latest = new Map<string, number>();
          interface Reader {
            readonly cursor: LogCursor<Item>;
            readonly start: number;
            readonly seen: number[];
            readonly dropped: Set<number>;
            readonly held: Set<number>;
            readonly opened: number;
            readonly budget: number;
            /** What waited when it began: nothing of that is dropped before something is appended. */
            readonly waited: number;
          }
          let readers: Reader[] = [];
          const pick = (which: number): Reader | undefined =>
            readers[which % Math.max(1, readers.length)];
          const superseded = (item: Item): boolean =>
            item.key !== undefined && latest.get(item.key) !== item.id;
          for (const s of steps) {
            switch (s.do) {
              case "append": {
                const item: Item = {
                  id: all.length,
                  bytes: s.bytes,
                  pinned: s.kind !== "temporal",
                  key: s.kind === "keyed" ? "key" : undefined,
                };
                all.push(item);
                if (item.key !== undefined) latest.set(item.key, item.id);
                log.append(item);
                break;
              }
              case "open": {
                const dropped = new Set<number>();
                const cursor = log.cursor({
                  from: s.from,
                  budgetBytes: s.budget,
                  onDrop: (entry) => dropped.add(entry.item.id),
                });
                const held = new Set<number>();
                for (
                  let entry = log.entryFrom(0);
                  entry !== undefined;
                  entry = log.entryFrom(entry.seq + 1)
                )
                  held.add(entry.seq);
                readers.push({
                  cursor,
                  start: s.from === "now" ? all.length : 0,
                  seen: [],
                  dropped,
                  held,
                  opened: all.length,
                  budget: s.budget,
                  waited: cursor.queuedBytes,
                });
                break;
              }
              case "take": {
                const reader = pick(s.which);
                if (reader === undefined) break;
                const entries = reader.cursor.take(s.bytes);
                reader.seen.push(...entries.map((entry) => entry.seq));
                const last = entries.at(-1);
                if (s.ack && last !== undefined) reader.cursor.ack(last.seq);
                break;
              }
              case "ack": {
                const reader = pick(s.which);
                const last = reader?.seen.at(-1);
                if (last !== undefined) reader?.cursor.ack(last);
                break;
              }
              case "close": {
                const reader = pick(s.which);
                reader?.cursor.close();
                readers = readers.filter((r) => r !== reader);
                break;
              }
            }
            const pinnedBytes = all
              .filter((i) => i.pinned === true && !superseded(i))
              .reduce((sum, i) => sum + i.bytes, 0);
            if (readers.length === 0)
              expect(log.bytes - pinnedBytes).to.be.at.most(
                Math.max(historyBytes, backlogBytes, 20),
              );
            for (const { cursor, budget, opened, waited } of readers) {
              const most = Math.max(budget, 20);
              const isNew = opened === all.length;
              expect(cursor.queuedBytes).to.be.at.most(isNew ? Math.max(most, waited) : most);
            }
            expect(log.bytes).to.be.at.least(pinnedBytes);
          }
          for (const reader of readers) {
            const { cursor, start, seen, dropped, held, opened } = reader;
            seen.push(...cursor.take(Infinity).map((entry) => entry.seq));
            expect(cursor.queuedBytes).to.equal(0);
            expect(seen).to.deep.equal([...new Set(seen)].toSorted((x, y) => x - y));
            const got = new Set(seen);
            for (const item of all) {
              const owed = item.id >= start && (held.has(item.id) || item.id >= opened);
              if (got.has(item.id))
                expect(
                  item.id >= start || item.pinned,
                  `${item.id} from before the start`,
                ).to.equal(true);
              else if (item.pinned === true)
                expect(superseded(item), `pinned ${item.id} lost`).to.equal(true);
              else if (owed) expect(dropped.has(item.id), `${item.id} lost`).to.equal(true);
            }
            expect(cursor.dropped).to.equal(dropped.size);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
