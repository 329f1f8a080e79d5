import { expect } from "chai";
import { WebSocket } from "ws";
import type { Hub } from "../../../lib/node/hub.ts";
import {
  HubLink,
  type LinkOptions,
  type LinkSocket,
  type LinkState,
  type ReceivedFrames,
} from "../../../lib/web/hub-link.ts";
import { item, range, untilBrowsers, useHub } from "../../helpers/use-hub.ts";

describe("HubLink", () => {
  const start = useHub();

  /** A page's link to a port, and what it told. */
  function open(port: number, options: Partial<LinkOptions> = {}) {
    const sockets: WebSocket[] = [];
    const states: LinkState[] = [];
    const frames: ReceivedFrames[] = [];
    const watchers = new Set<() => void>();
    const look = (): void => {
      for (const watcher of watchers) watcher();
    };
    const link = new HubLink({
      open: (protocol) => {
        const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, protocol);
        sockets.push(socket);
        // The same interface; its types know more.
        return socket as unknown as LinkSocket;
      },
      onState: (state) => {
        states.push(state);
        look();
      },
      onFrames: (received) => {
        frames.push(received);
        look();
      },
      minRetryMs: 10,
      ...options,
    });
    start.onEnd(() => link.close());
    return {
      link,
      sockets,
      states,
      frames,
      sizes: () => frames.flatMap(({ messages }) => messages.sizes),
      until: (holds: () => boolean): Promise<void> =>
        new Promise((resolve) => {
          const watcher = (): void => {
            if (!holds()) return;
            watchers.delete(watcher);
            resolve();
          };
          watchers.add(watcher);
          watcher();
        }),
      /** Hands everything over, as the feed does. */
      handOver: () => {
        for (const { done } of frames) done();
      },
    };
  }

  const acked = (hub: Hub, bytes: number): Promise<void> =>
    untilBrowsers(hub, (all) => all.some((browser) => browser.ackedBytes === bytes));

  it("receives, and acknowledges what was handed over", async () => {
    const hub = await start.hub();
    hub.append([item(0, 100), item(1, 50)]);
    const page = open(hub.port);
    await page.until(() => page.sizes().length === 2);
    expect(hub.clients[0]?.ackedBytes).to.equal(0);
    page.handOver();
    await acked(hub, 150);
    expect(page.states.map(({ kind }) => kind)).to.deep.equal(["connecting", "live"]);
  });

  it("comes back after a break and goes on after what it received, though not handed over", async () => {
    const hub = await start.hub();
    hub.append(range(0, 10).map((i) => item(i, 100 + i)));
    const page = open(hub.port);
    await page.until(() => page.sizes().length === 10);
    page.sockets[0]?.terminate();
    await page.until(() => page.states.at(-1)?.kind === "waiting");
    hub.append(range(10, 15).map((i) => item(i, 100 + i)));
    await page.until(() => page.sizes().length === 15);
    expect(page.sizes()).to.deep.equal(range(100, 115));
    // What came over the first connection is not counted on the second.
    page.handOver();
    await acked(
      hub,
      page
        .sizes()
        .slice(10)
        .reduce((a, b) => a + b),
    );
  });

  it("starts from the beginning when the hub was restarted", async () => {
    const first = await start.hub();
    first.append(range(0, 5).map((i) => item(i, 100)));
    const page = open(first.port);
    await page.until(() => page.sizes().length === 5);
    await first.close(AbortSignal.abort());
    await page.until(() => page.states.at(-1)?.kind === "waiting");
    // It stays so while nobody answers.
    await page.until(() => page.sockets.length === 4);
    expect(page.states.at(-1)).to.include({ ended: true });
    const second = await start.hub({
      port: page.sockets[0] === undefined ? 0 : portOf(page.sockets[0]),
    });
    second.append(range(0, 3).map((i) => item(i, 200)));
    await page.until(() => page.sizes().length === 8);
    expect(page.sizes().slice(5)).to.deep.equal([200, 200, 200]);
    page.handOver();
    await acked(second, 600);
  });

  it("waits longer from time to time, and not as long as all others", async () => {
    const delays: number[] = [];
    let random = 0;
    let resolve: () => void = () => {};
    const five = new Promise<void>((done) => {
      resolve = done;
    });
    open(1, {
      random: () => random,
      maxRetryMs: 40,
      onState: (state) => {
        if (state.kind === "waiting") delays.push(Math.round(state.retryAt - Date.now()));
        random = delays.length % 2;
        if (delays.length === 5) resolve();
      },
    });
    await five;
    const expected = [5, 20, 20, 40, 20];
    for (const [i, delay] of expected.entries())
      expect(delays[i], String(delays)).to.be.within(delay - 3, delay);
  });

  it("tries at once when told", async () => {
    const hub = await start.hub();
    const page = open(hub.port, { minRetryMs: 60_000, maxRetryMs: 60_000 });
    await untilBrowsers(hub, (all) => all[0]?.state === "live");
    page.sockets[0]?.terminate();
    await page.until(() => page.states.at(-1)?.kind === "waiting");
    page.link.retryNow();
    await page.until(() => page.states.at(-1)?.kind === "live");
  });

  it("gives up when it is not allowed to connect, and says why", async () => {
    const hub = await start.hub({ token: "secret" });
    const page = open(hub.port, { token: "wrong" });
    await page.until(() => page.states.at(-1)?.kind === "refused");
    expect(page.states.at(-1)).to.deep.equal({
      kind: "refused",
      message: "The token is missing or wrong",
    });
    const allowed = open(hub.port, { token: "secret" });
    await untilBrowsers(hub, (all) => all.some(({ state }) => state === "live"));
    expect(allowed.states.at(-1)?.kind).to.equal("live");
  });

  it("passes commands and losses on, and events back", async () => {
    const hub = await start.hub({ windowBytes: 100, clientBudgetBytes: 100 });
    const commands: unknown[] = [];
    const losses: number[] = [];
    const page = open(hub.port, {
      onCommand: (command) => commands.push(command),
      onDropped: (messages) => losses.push(messages),
    });
    hub.append([item(0, 100)]);
    await page.until(() => page.frames.length === 1);
    hub.append(range(1, 5).map((i) => item(i, 100)));
    hub.command({ action: "play", recordingId: "r" });
    page.handOver();
    await page.until(() => page.frames.length === 2);
    expect(losses).to.deep.equal([3]);
    expect(commands).to.deep.equal([{ action: "play", recordingId: "r" }]);
    const event = { type: "pause", applicationId: "a", recordingId: "r" } as const;
    const seen = new Promise((resolve) => {
      hub.viewerEvents$.subscribe(resolve);
    });
    page.link.sendEvent(event);
    expect(await seen).to.deep.equal({ clientId: 1, event });
  });
});

function portOf(socket: WebSocket): number {
  return Number(new URL(socket.url).port);
}
