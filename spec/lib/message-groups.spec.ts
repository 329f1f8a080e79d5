import { expect } from "chai";
import { MessageLog } from "../../lib/message-log.ts";

interface Item {
  readonly id: string;
  readonly group?: string;
  readonly key?: string;
  readonly ends?: readonly string[];
}

function logOf(historyBytes = Infinity): { log: MessageLog<Item>; dropped: string[] } {
  const dropped: string[] = [];
  const log = new MessageLog<Item>({
    sizeOf: () => 10,
    isPinned: ({ group }) => group !== undefined,
    pinKey: ({ key }) => key,
    groupOf: ({ group }) => group,
    endsGroups: ({ ends = [] }) => ends,
    historyBytes,
    backlogBytes: Infinity,
    onDrop: ({ item }) => dropped.push(item.id),
  });
  return { log, dropped };
}

function taken(log: MessageLog<Item>): string {
  const cursor = log.cursor({ from: "now" });
  const ids = cursor.take(Infinity).map(({ item }) => item.id);
  cursor.close();
  return ids.join(" ");
}

const of = (group: string, ...ids: string[]): Item[] => ids.map((id) => ({ id, group }));

describe("groups in a message log", () => {
  it("come to late cursors like all that is pinned", () => {
    const { log } = logOf();
    log.appendAll(of("a", "a1", "a2"));
    log.append({ id: "x" });
    expect(taken(log)).to.equal("a1 a2");
  });

  it("are gone once an item ends them, also for cursors that have not come so far", () => {
    const { log, dropped } = logOf();
    const slow = log.cursor();
    const [half] = [log.cursor()];
    log.append({ id: "x" });
    log.appendAll(of("a", "a1", "a2"));
    expect(half?.take(20).map(({ item }) => item.id)).to.deep.equal(["x", "a1"]);
    log.appendAll([...of("b", "b1"), { id: "b2", group: "b", ends: ["a"] }]);
    log.append({ id: "y" });
    expect(slow.take(Infinity).map(({ item }) => item.id)).to.deep.equal(["x", "b1", "b2", "y"]);
    expect(half?.take(Infinity).map(({ item }) => item.id)).to.deep.equal(["b1", "b2", "y"]);
    expect(taken(log)).to.equal("b1 b2");
    expect(log.pinnedBytes).to.equal(20);
    expect(dropped).to.deep.equal([]);
  });

  it("are gone also when the history has moved on", () => {
    const { log, dropped } = logOf(0);
    const cursor = log.cursor();
    log.appendAll(of("a", "a1", "a2"));
    log.append({ id: "x" });
    for (const { seq } of cursor.take(Infinity)) cursor.ack(seq);
    expect(log.bytes).to.equal(20);
    log.append({ id: "b1", group: "b", ends: ["a", "none"] });
    for (const { seq } of cursor.take(Infinity)) cursor.ack(seq);
    log.append({ id: "y" });
    for (const { seq } of cursor.take(Infinity)) cursor.ack(seq);
    expect(log.bytes).to.equal(10);
    expect(taken(log)).to.equal("b1");
    expect(dropped).to.deep.equal([]);
  });

  it("lose a member whose place another takes, unless both came together", () => {
    const { log } = logOf();
    log.appendAll([
      { id: "a1", group: "a", key: "k" },
      { id: "a2", group: "a", key: "k" },
      { id: "a3", group: "a", key: "l" },
    ]);
    expect(taken(log)).to.equal("a1 a2 a3");
    log.append({ id: "a4", group: "a", key: "l" });
    expect(taken(log)).to.equal("a1 a2 a4");
    log.append({ id: "a5", group: "a", key: "k" });
    expect(taken(log)).to.equal("a1 a4 a5");
    log.append({ id: "b1", group: "b", ends: ["a"] });
    expect(taken(log)).to.equal("b1");
    expect(log.pinnedBytes).to.equal(10);
  });

  it("tell cursors once, when all of them are there", () => {
    const { log } = logOf();
    const seen: number[] = [];
    log.cursor({ onAppend: () => seen.push(log.nextSeq) });
    log.appendAll(of("a", "a1", "a2", "a3"));
    log.appendAll([]);
    expect(seen).to.deep.equal([3]);
  });
});
