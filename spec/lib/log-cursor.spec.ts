import { expect } from "chai";
import { type LogCursor, MessageLog } from "../../lib/message-log.ts";

interface Item {
  readonly id: number;
  readonly bytes: number;
  readonly pinned?: boolean;
  readonly key?: string;
}

interface Reading {
  readonly log: MessageLog<Item>;
  readonly cursor: LogCursor<Item>;
  readonly acked: number[];
  readonly dropped: string[];
}

/** A log with one reader, and what became of each item for it. */
function reading({ historyBytes = Infinity, budgetBytes = Infinity, before = 0 } = {}): Reading {
  const log = new MessageLog<Item>({
    sizeOf: (item) => item.bytes,
    isPinned: (item) => item.pinned === true,
    pinKey: (item) => item.key,
    historyBytes,
    backlogBytes: Infinity,
  });
  for (let id = 0; id < before; id++) log.append({ id, bytes: 10, pinned: id % 3 === 0 });
  const acked: number[] = [];
  const dropped: string[] = [];
  const cursor = log.cursor({
    from: before > 0 ? "now" : "start",
    budgetBytes,
    onAck: (entry) => acked.push(entry.item.id),
    onDrop: (entry, why) => dropped.push(`${entry.item.id} ${why}`),
  });
  return { log, cursor, acked, dropped };
}

const append = (log: MessageLog<Item>, ...ids: readonly number[]): void => {
  for (const id of ids) log.append({ id, bytes: 10 });
};

const take = (cursor: LogCursor<Item>, bytes = Infinity): number[] =>
  cursor.take(bytes).map((entry) => entry.item.id);

describe("LogCursor", () => {
  it("acknowledges what it took, in parts, each entry once", () => {
    const { log, cursor, acked } = reading();
    append(log, 0, 1, 2, 3);
    expect(take(cursor)).to.deep.equal([0, 1, 2, 3]);
    cursor.ack(1);
    expect(acked).to.deep.equal([0, 1]);
    expect(cursor.acked).to.equal(2);
    expect(cursor.owed().map((entry) => entry.seq)).to.deep.equal([2, 3]);
    cursor.ack(1);
    cursor.ack(3);
    expect(acked).to.deep.equal([0, 1, 2, 3]);
    expect(cursor.owed()).to.deep.equal([]);
  });

  it("tells apart what is under way and what waits", () => {
    const { log, cursor } = reading();
    append(log, 0, 1, 2);
    take(cursor, 10);
    expect(cursor.owed().map((entry) => entry.seq)).to.deep.equal([0, 1, 2]);
    expect(cursor.waiting().map((entry) => entry.seq)).to.deep.equal([1, 2]);
    cursor.stop();
    append(log, 3);
    expect(cursor.owed().map((entry) => entry.seq)).to.deep.equal([0, 1, 2]);
  });

  it("drops what is refused, and nothing else of the same acknowledgement", () => {
    const { log, cursor, acked, dropped } = reading();
    append(log, 0, 1, 2);
    const entries = cursor.take(Infinity);
    cursor.ack(2, new Set([entries[1]?.item as Item]));
    expect(acked).to.deep.equal([0, 2]);
    expect(dropped).to.deep.equal(["1 refused"]);
    expect(cursor.dropped).to.equal(1);
  });

  it("counts a static value as dropped whose place a later one took, if it was to be passed by", () => {
    const { log, cursor, dropped } = reading({ budgetBytes: 15 });
    log.append({ id: 0, bytes: 10, pinned: true, key: "k" });
    append(log, 1, 2, 3);
    // Temporal ones are dropped up to 2, and 0 still waits as a static one.
    expect(dropped).to.deep.equal(["1 budget", "2 budget"]);
    log.append({ id: 4, bytes: 10, pinned: true, key: "k" });
    expect(dropped).to.deep.equal(["1 budget", "2 budget", "0 budget"]);
    expect(take(cursor)).to.deep.equal([3, 4]);
  });

  describe("that begins anew", () => {
    it("takes everything that is held once more, what was under way included, then goes on", () => {
      const { log, cursor } = reading();
      append(log, 0, 1, 2);
      take(cursor, 10);
      cursor.ack(0);
      take(cursor, 10);
      cursor.rewind();
      expect(cursor.queuedBytes).to.equal(30);
      append(log, 3);
      expect(take(cursor)).to.deep.equal([0, 1, 2, 3]);
      expect(cursor.queuedBytes).to.equal(0);
    });

    it("begins with what is pinned, and with its own start", () => {
      const { log, cursor } = reading({ before: 5 });
      append(log, 5, 6);
      expect(take(cursor)).to.deep.equal([0, 3, 5, 6]);
      cursor.rewind();
      expect(take(cursor)).to.deep.equal([0, 3, 5, 6]);
      expect(cursor.queuedBytes).to.equal(0);
    });

    it("counts each entry once, however often it is taken", () => {
      const { log, cursor, acked } = reading();
      append(log, 0, 1, 2, 3);
      take(cursor, 20);
      cursor.ack(0);
      for (let i = 0; i < 3; i++) {
        cursor.rewind();
        take(cursor, 10 * (i + 1));
        cursor.ack(i);
      }
      expect(acked).to.deep.equal([0, 1, 2]);
      expect(cursor.acked).to.equal(3);
      take(cursor);
      cursor.ack(3);
      expect(acked).to.deep.equal([0, 1, 2, 3]);
    });

    it("does not go back behind what it acknowledged for a successor", () => {
      const { log, cursor } = reading();
      append(log, 0, 1, 2);
      take(cursor, 20);
      cursor.ack(1);
      cursor.rewind();
      expect(cursor.acked).to.equal(2);
      take(cursor, 10);
      cursor.ack(0);
      expect(cursor.acked).to.equal(2);
      expect(cursor.owed().map((entry) => entry.seq)).to.deep.equal([2]);
    });

    it("has what was under way even if the log let go of it meanwhile, in its place", () => {
      const { log, cursor, acked, dropped } = reading({ historyBytes: 0, budgetBytes: 25 });
      append(log, 0, 1);
      expect(take(cursor)).to.deep.equal([0, 1]);
      // Now it is so far behind that the log lets go of what it took.
      append(log, 2, 3, 4, 5, 6);
      expect(log.holds(0)).to.equal(false);
      expect(dropped).to.deep.equal(["2 budget", "3 budget", "4 budget"]);
      cursor.rewind();
      expect(cursor.queuedBytes).to.equal(40);
      expect(take(cursor, 10)).to.deep.equal([0]);
      cursor.rewind();
      expect(take(cursor)).to.deep.equal([0, 1, 5, 6]);
      cursor.ack(6);
      expect(acked).to.deep.equal([0, 1, 5, 6]);
      expect(cursor.dropped).to.equal(3);
    });

    it("drops the oldest past its budget, and counts only what was never delivered", () => {
      const { log, cursor, acked, dropped } = reading({ budgetBytes: 45 });
      append(log, 0, 1, 2, 3);
      take(cursor, 30);
      cursor.ack(1);
      cursor.rewind();
      append(log, 4, 5, 6);
      // 0 and 1 were delivered to someone; 2 was on its way.
      expect(dropped).to.deep.equal(["2 budget"]);
      expect(take(cursor)).to.deep.equal([3, 4, 5, 6]);
      cursor.ack(6);
      expect(acked).to.deep.equal([0, 1, 3, 4, 5, 6]);
    });

    it("takes again what was dropped if it is still held, without counting it twice", () => {
      const { log, cursor, acked, dropped } = reading({ budgetBytes: 25 });
      const other = log.cursor();
      append(log, 0, 1, 2, 3);
      expect(dropped).to.deep.equal(["0 budget", "1 budget"]);
      cursor.rewind();
      expect(take(cursor)).to.deep.equal([0, 1, 2, 3]);
      cursor.ack(3);
      expect(acked).to.deep.equal([2, 3]);
      other.close();
    });

    it("has a static value that waited while all around it was dropped", () => {
      const { log, cursor, acked } = reading({ budgetBytes: 15 });
      append(log, 0);
      log.append({ id: 1, bytes: 10, pinned: true });
      append(log, 2, 3);
      cursor.rewind();
      take(cursor);
      cursor.ack(3);
      expect(acked).to.deep.equal([1, 3]);
    });

    it("does nothing once it is closed", () => {
      const { log, cursor } = reading();
      append(log, 0);
      cursor.close();
      cursor.rewind();
      expect(cursor.owed()).to.deep.equal([]);
      expect(log.cursors).to.equal(0);
    });
  });
});

describe("a large item", () => {
  const logOf = (borrowed: boolean): MessageLog<Item> =>
    new MessageLog<Item>({
      sizeOf: (item) => item.bytes,
      isPinned: () => false,
      historyBytes: 100,
      backlogBytes: Infinity,
      isBorrowed: () => borrowed,
    });

  const history = (log: MessageLog<Item>): number[] => {
    const cursor = log.cursor();
    const ids = take(cursor);
    cursor.close();
    return ids;
  };

  it("that is larger than the history leaves the rest of it alone", () => {
    const log = logOf(false);
    const cursor = log.cursor();
    append(log, 0, 1, 2);
    log.append({ id: 3, bytes: 500 });
    append(log, 4);
    expect(take(cursor)).to.deep.equal([0, 1, 2, 3, 4]);
    expect(log.bytes).to.equal(540);
    cursor.ack(4);
    expect(log.bytes).to.equal(40);
    expect(history(log)).to.deep.equal([0, 1, 2, 4]);
  });

  it("that fits is kept, unless keeping it costs a copy", () => {
    for (const borrowed of [false, true]) {
      const log = logOf(borrowed);
      const cursor: LogCursor<Item> = log.cursor({
        onAppend: () => {
          for (const { seq } of cursor.take(Infinity)) cursor.ack(seq);
        },
      });
      append(log, 0, 1, 2);
      log.append({ id: 3, bytes: 60 });
      append(log, 4);
      expect(history(log)).to.deep.equal(borrowed ? [0, 1, 2, 4] : [0, 1, 2, 3, 4]);
      expect(log.holds(3)).to.equal(!borrowed);
    }
  });

  it("waits for those that are slow, however large it is", () => {
    const log = logOf(true);
    const [fast, slow] = [log.cursor(), log.cursor()];
    log.append({ id: 0, bytes: 500 });
    append(log, 1);
    expect(take(fast)).to.deep.equal([0, 1]);
    fast.ack(1);
    expect(take(slow)).to.deep.equal([0, 1]);
    expect(log.holds(0)).to.equal(true);
    slow.ack(1);
    expect(history(log)).to.deep.equal([1]);
  });
});
