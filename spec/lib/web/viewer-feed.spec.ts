import { expect } from "chai";
import type { ReceivedFrames } from "../../../lib/web/hub-link.ts";
import { throttle, toViewerEvent } from "../../../lib/web/viewer-events.ts";
import { type FeedOptions, ViewerFeed } from "../../../lib/web/viewer-feed.ts";

const HEADER = Uint8Array.of(9, 9);

describe("ViewerFeed", () => {
  /** A feed whose turns are ended by hand. */
  function setUp(options: Partial<FeedOptions> = {}) {
    const calls: number[][] = [];
    const done: number[] = [];
    const turns: (() => void)[] = [];
    const feed = new ViewerFeed({
      send: (rrd) => calls.push(Array.from(rrd)),
      nextTurn: (callback) => turns.push(callback),
      ...options,
    });
    const push = (number: number, size = 1, header: Uint8Array = HEADER): void => {
      const frames: ReceivedFrames = {
        header,
        messages: {
          type: "messages",
          seq: number,
          next: number + 1,
          sizes: [size],
          frames: new Uint8Array(size).fill(number),
        },
        done: () => done.push(number),
      };
      feed.push(frames);
    };
    return { feed, push, calls, done, turn: () => turns.shift()?.() };
  }

  it("keeps everything until the viewer is ready, then sends it as one stream", () => {
    const { feed, push, calls, done, turn } = setUp();
    push(1);
    push(2, 2);
    expect(calls).to.deep.equal([]);
    expect(feed.queuedBytes).to.equal(3);
    feed.ready();
    expect(calls).to.deep.equal([[9, 9, 1, 2, 2]]);
    expect(feed.messages).to.equal(2);
    expect(done).to.deep.equal([]);
    turn();
    expect(done).to.deep.equal([1, 2]);
  });

  it("makes one call a turn, joining what came meanwhile", () => {
    const { feed, push, calls, turn } = setUp();
    feed.ready();
    push(1);
    push(2);
    push(3);
    expect(calls).to.deep.equal([[9, 9, 1]]);
    turn();
    expect(calls[1]).to.deep.equal([9, 9, 2, 3]);
    turn();
    expect(calls).to.have.lengthOf(2);
    push(4);
    expect(calls[2]).to.deep.equal([9, 9, 4]);
  });

  it("keeps calls moderate, and never divides what came together", () => {
    const { feed, push, calls, turn } = setUp({ maxCallBytes: 3 });
    for (const [number, size] of [
      [1, 2],
      [2, 1],
      [3, 1],
      [4, 5],
    ] as const)
      push(number, size);
    feed.ready();
    turn();
    turn();
    expect(calls).to.deep.equal([
      [9, 9, 1, 1, 2],
      [9, 9, 3],
      [9, 9, 4, 4, 4, 4, 4],
    ]);
  });

  it("lets nothing overtake the first call, which begins with blueprints", () => {
    const opened: (() => void)[] = [];
    const { feed, push, calls, turn } = setUp({ opened: (callback) => opened.push(callback) });
    push(1);
    feed.ready();
    push(2);
    turn();
    expect(calls).to.deep.equal([[9, 9, 1]]);
    opened.shift()?.();
    expect(calls[1]).to.deep.equal([9, 9, 2]);
    push(3);
    turn();
    expect(calls[2]).to.deep.equal([9, 9, 3]);
    expect(opened).to.deep.equal([]);
  });

  it("begins another stream when the header changes", () => {
    const { feed, push, calls, turn } = setUp();
    push(1);
    push(2, 1, Uint8Array.of(9, 9));
    push(3, 1, Uint8Array.of(8, 8));
    feed.ready();
    turn();
    expect(calls).to.deep.equal([
      [9, 9, 1, 2],
      [8, 8, 3],
    ]);
  });

  it("holds back while told, and goes on when woken", () => {
    let hold = true;
    const { feed, push, calls } = setUp({ holdBack: () => hold });
    feed.ready();
    push(1);
    expect(calls).to.deep.equal([]);
    hold = false;
    feed.wake();
    expect(calls).to.deep.equal([[9, 9, 1]]);
  });
});

describe("toViewerEvent", () => {
  const raw = { application_id: "a", recording_id: "r" };
  const base = { applicationId: "a", recordingId: "r" };

  it("keeps names and values, in camel case", () => {
    expect(toViewerEvent({ type: "play", ...raw })).to.deep.equal({ type: "play", ...base });
    expect(toViewerEvent({ type: "time_update", ...raw, time: 5 })).to.deep.equal({
      type: "time_update",
      ...base,
      time: 5,
    });
    expect(
      toViewerEvent({
        type: "selection_change",
        ...raw,
        items: [
          { type: "entity", entity_path: "/a", instance_id: 1, position: [1, 2, 3] },
          { type: "view", view_id: "1", view_name: "v" },
          { type: "container", container_id: "2", container_name: "c" },
        ],
      }),
    ).to.deep.equal({
      type: "selection_change",
      ...base,
      items: [
        { type: "entity", entityPath: "/a", instanceId: 1, position: [1, 2, 3] },
        { type: "view", viewId: "1", viewName: "v" },
        { type: "container", containerId: "2", containerName: "c" },
      ],
    });
  });
});

describe("throttle", () => {
  it("lets the first through at once, and the last of those that follow", async () => {
    const sent: number[] = [];
    let resolve: () => void = () => {};
    const second = new Promise<void>((done) => {
      resolve = done;
    });
    const send = throttle<number>(20, (value) => {
      sent.push(value);
      if (sent.length === 2) resolve();
    });
    send(1);
    expect(sent).to.deep.equal([1]);
    send(2);
    send(3);
    expect(sent).to.deep.equal([1]);
    await second;
    expect(sent).to.deep.equal([1, 3]);
  });
});
