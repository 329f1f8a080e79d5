import { expect } from "chai";
import { WebSocket } from "ws";
import { encodeCbor } from "../../../lib/encode/cbor.ts";
import type { Hub } from "../../../lib/node/hub.ts";
import { readServerMessage } from "../../../lib/protocol-reader.ts";
import {
  HubLink,
  type LinkOptions,
  type LinkSocket,
  type LinkState,
  type ReceivedFrames,
} from "../../../lib/web/hub-link.ts";
import { useLines } from "../../helpers/lines.ts";
import { item, range, untilBrowsers, useHub } from "../../helpers/use-hub.ts";

describe("HubLink", () => {
  const start = useHub();
  const line = useLines();

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
      look,
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

  it("tries no more when told after it was closed", async () => {
    const hub = await start.hub();
    const page = open(hub.port, { minRetryMs: 60_000, maxRetryMs: 60_000 });
    await page.until(() => page.states.at(-1)?.kind === "live");
    page.sockets[0]?.terminate();
    await page.until(() => page.states.at(-1)?.kind === "waiting");
    page.link.close();
    page.link.retryNow();
    expect(page.sockets).to.have.lengthOf(1);
    expect(page.states.at(-1)?.kind).to.equal("waiting");
  });

  it("asks a hub that greets and closes less and less often, and soon again one that was of use", async () => {
    const delays: number[] = [];
    let closing = true;
    const hub = await start.hub();
    const page = open(hub.port, {
      random: () => 1,
      stableMs: 300,
      onState: (state) => {
        // Told before there is a page to look at.
        if (state.kind === "connecting") return;
        if (state.kind === "waiting") delays.push(Math.round(state.retryAt - Date.now()));
        if (state.kind === "live" && closing) page.sockets.at(-1)?.close();
        page.look();
      },
    });
    await page.until(() => delays.length === 6);
    for (const [i, delay] of delays.entries())
      expect(delay, String(delays)).to.be.within(10 * 2 ** i - 5, 10 * 2 ** i);
    closing = false;
    await untilBrowsers(hub, (all) => all[0]?.state === "live");
    await new Promise((resolve) => setTimeout(resolve, 350));
    page.sockets.at(-1)?.close();
    await page.until(() => delays.length === 7);
    expect(delays[6]).to.be.within(5, 10);
  });

  describe("over a line that freezes without a word", () => {
    it("notices, tries until the line lets it through, and goes on where it was", async () => {
      const hub = await start.hub({ aliveMs: 100 });
      hub.append(range(0, 5).map((i) => item(i, 100 + i)));
      const frozen = await line(hub);
      const page = open(frozen.port, { greetingMs: 200 });
      await page.until(() => page.sizes().length === 5);
      // Nothing is wrong with silence of data.
      await new Promise((resolve) => setTimeout(resolve, 700));
      expect(page.states.map(({ kind }) => kind)).to.deep.equal(["connecting", "live"]);
      const began = performance.now();
      frozen.freeze();
      await page.until(() => page.states.at(-1)?.kind === "waiting");
      expect(performance.now() - began).to.be.below(3_000);
      hub.append(range(5, 9).map((i) => item(i, 100 + i)));
      // Those who greet nobody are given up as well.
      await page.until(() => frozen.connections >= 3);
      frozen.thaw();
      await page.until(() => page.sizes().length === 9);
      expect(page.sizes()).to.deep.equal(range(100, 109));
      expect(page.states.at(-1)?.kind).to.equal("live");
    });

    it("waits for ever for a hub that announces no signs of life", async () => {
      const hub = await start.hub({ aliveMs: 50 });
      const page = open(hub.port, {
        // An older hub: its hello says nothing of it.
        open: (protocol) => {
          const socket = new WebSocket(`ws://127.0.0.1:${hub.port}/ws`, protocol);
          start.onEnd(() => socket.terminate());
          return withoutAlive(socket);
        },
      });
      await page.until(() => page.states.at(-1)?.kind === "live");
      await new Promise((resolve) => setTimeout(resolve, 600));
      expect(page.states.map(({ kind }) => kind)).to.deep.equal(["connecting", "live"]);
    });
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

/** The same connection, as a hub would have it that does not know of signs of life. */
function withoutAlive(socket: WebSocket): LinkSocket {
  const real = socket as unknown as LinkSocket;
  return new Proxy(real, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
    set: (target, key, value) => {
      if (key !== "onmessage") return Reflect.set(target, key, value);
      const listener = value as NonNullable<LinkSocket["onmessage"]>;
      target.onmessage = ({ data }) => {
        const message = readServerMessage(new Uint8Array(data as ArrayBuffer));
        if (message?.type === "alive") return;
        const { alive: _, ...older } = { alive: 0, ...message };
        listener({ data: encodeCbor(older) });
      };
      return true;
    },
  });
}

function portOf(socket: WebSocket): number {
  return Number(new URL(socket.url).port);
}
