import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { expect } from "chai";
import { chromium } from "playwright-core";
import { firstValueFrom } from "rxjs";
import { filter, map, takeWhile, toArray } from "rxjs/operators";
import { Points3D, RecordingStream, Scalars, TextLog } from "../../lib/index.ts";
import type { ServeSink } from "../../sinks/serve.ts";
import { useLines } from "../helpers/lines.ts";
import { findPeer } from "../helpers/peers.ts";
import { useHub } from "../helpers/use-hub.ts";
import { useTempDir } from "../helpers/use-temp-dir.ts";
import { type OpenPage, useBrowser, viewerTimeoutMs } from "../helpers/web-viewer.ts";

describe("serve in a real browser", () => {
  const start = useHub();
  const browser = useBrowser();
  const open = useLines();
  const dir = useTempDir();

  function log(rec: RecordingStream, from: number, to: number): void {
    for (let i = from; i < to; i++) {
      rec.setTime("frame", { sequence: i });
      rec.log("plot", Scalars(Math.sin(i / 5)));
      rec.log("log", TextLog(`frame ${i}`));
      rec.log("points", Points3D([0, i / 10, 0, 1, i / 10, 0, 0, i / 10, 1], { radii: 0.1 }));
    }
  }

  /**
   * Looks once a frame. Not `page.waitFor`: that evaluates text in the page, which the page's own policy forbids.
   */
  async function waitFor(page: OpenPage, expression: string): Promise<void> {
    const deadline = AbortSignal.timeout(viewerTimeoutMs);
    const look = `new Promise((done) => requestAnimationFrame(() => done(Boolean(${expression}))))`;
    while ((await page.evaluate(look)) !== true) {
      if (deadline.aborted) throw new Error(`Waited in vain for ${expression}`);
    }
  }

  const waitForRange = (page: OpenPage, id: string, min: number, max: number): Promise<void> =>
    waitFor(
      page,
      `((range) => range?.min === ${min} && range?.max === ${max})(window.rerunRx?.viewer.ready && rerunRx.viewer.get_time_range("${id}", "frame"))`,
    );

  const status = (page: OpenPage): Promise<unknown> =>
    page.evaluate('document.getElementById("status").textContent');

  /** A port that leads to another until it is broken. */
  async function breakableLine(target: number) {
    const sockets = new Set<Socket>();
    let broken = false;
    const server = createServer((near) => {
      if (broken) return void near.destroy();
      const far = connect(target, "127.0.0.1");
      for (const [socket, peer] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(socket);
        socket.on("error", () => {});
        socket.on("close", () => {
          sockets.delete(socket);
          peer.destroy();
        });
      }
      near.pipe(far).pipe(near);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const breakAll = (): void => {
      for (const socket of sockets) socket.destroy();
    };
    start.onEnd(() => {
      server.close();
      breakAll();
    });
    return {
      port: (server.address() as AddressInfo).port,
      break: () => {
        broken = true;
        breakAll();
      },
      mend: () => {
        broken = false;
      },
    };
  }

  async function record(sink: ServeSink, id: string): Promise<RecordingStream> {
    const rec = new RecordingStream("spec_app", { recordingId: id });
    rec.attach(sink);
    start.onEnd(() => rec.close({ signal: AbortSignal.abort() }));
    return rec;
  }

  it("shows what was logged, then what is logged, and tells what is done there", async () => {
    const sink = await start.serve();
    const rec = await record(sink, "live");
    log(rec, 0, 50);
    const opened = firstValueFrom(
      sink.viewerEvents$.pipe(filter(({ event }) => event.type === "recording_open")),
    );
    const page = await browser.openPage(sink.url);
    expect((await opened).event).to.deep.include({
      type: "recording_open",
      applicationId: "spec_app",
      recordingId: "live",
    });
    await waitForRange(page, "live", 0, 49);
    log(rec, 50, 60);
    await waitForRange(page, "live", 0, 59);
    await page.picture();
    await waitFor(page, 'document.getElementById("status").classList.contains("hidden")');
    expect(await status(page)).to.equal("Live");
    await rec.flush();
    const [client] = await firstValueFrom(sink.clients$);
    expect(client).to.deep.include({ state: "live", dropped: 0, queuedBytes: 0 });

    const seen = firstValueFrom(
      sink.viewerEvents$.pipe(
        map(({ event }) =>
          event.type === "time_update" ? `${event.type} ${event.time}` : event.type,
        ),
        takeWhile((event) => event !== "time_update 20", true),
        toArray(),
      ),
    );
    sink.command({ action: "pause", recordingId: "live" });
    for (const timeline of ["log_tick", "frame"]) {
      sink.command({ action: "set-timeline", recordingId: "live", timeline });
      await waitFor(page, `rerunRx.viewer.get_active_timeline("live") === "${timeline}"`);
    }
    sink.command({ action: "set-time", recordingId: "live", timeline: "frame", time: 20 });
    expect(await seen).to.include.members(["pause", "timeline_change", "time_update 20"]);
    expect(await page.evaluate('rerunRx.viewer.get_current_time("live", "frame")')).to.equal(20);
    expect(page.consoleProblems).to.deep.equal([]);
  });

  it("keeps its data when the program ends, and takes up with the next one on the same port", async () => {
    const first = await start.serve();
    const rec = await record(first, "first");
    log(rec, 0, 10);
    const page = await browser.openPage(first.url);
    await waitForRange(page, "first", 0, 9);
    await rec.close();
    await waitFor(page, '/has ended/.test(document.getElementById("status").textContent)');

    const second = await start.serve({ port: first.port });
    const again = await record(second, "second");
    log(again, 0, 20);
    await waitForRange(page, "second", 0, 19);
    await waitForRange(page, "first", 0, 9);
  });

  it("notices a line that freezes without a word, and goes on where it was once it gets through", async () => {
    const sink = await start.serve({ aliveMs: 500 });
    const rec = await record(sink, "frozen");
    log(rec, 0, 10);
    const line = await open(sink);
    const page = await browser.openPage(`http://127.0.0.1:${line.port}`);
    await waitForRange(page, "frozen", 0, 9);
    line.freeze();
    await waitFor(page, '/lost|Reconnecting/.test(document.getElementById("status").textContent)');
    log(rec, 10, 20);
    line.thaw();
    await waitForRange(page, "frozen", 0, 19);
    expect(await status(page)).to.match(/^Live/);
  });

  it("goes on where it was after the connection broke, with several browsers at once", async () => {
    const sink = await start.serve();
    const rec = await record(sink, "broken");
    log(rec, 0, 10);
    const line = await breakableLine(sink.port);
    const [cut, other] = await Promise.all([
      browser.openPage(`http://127.0.0.1:${line.port}`),
      browser.openPage(sink.url),
    ]);
    for (const page of [cut, other]) await waitForRange(page, "broken", 0, 9);
    const before = Number(await cut.evaluate("rerunRx.feed.messages"));
    line.break();
    await waitFor(cut, '/lost|Reconnecting/.test(document.getElementById("status").textContent)');
    log(rec, 10, 20);
    line.mend();
    for (const page of [cut, other]) await waitForRange(page, "broken", 0, 19);
    await rec.flush();
    // Nothing came twice: what the other has is what both have.
    const after = Number(await cut.evaluate("rerunRx.feed.messages"));
    expect(after).to.be.greaterThan(before);
    expect(after).to.equal(await other.evaluate("rerunRx.feed.messages"));
    expect(other.consoleProblems).to.deep.equal([]);
  });

  it("is asked for the viewer once: a second load finds it in the cache", async () => {
    const sink = await start.serve();
    // A profile on disk, as people have it: that of the other specs forgets large files.
    const context = await chromium.launchPersistentContext(dir.file("profile"), {
      executablePath: (await findPeer("chromium")).path,
      args: ["--no-sandbox"],
    });
    try {
      const page = await context.newPage();
      const loaded =
        'performance.getEntriesByType("resource").filter(({ name }) => name.endsWith(".wasm")).map(({ transferSize }) => transferSize)';
      const load = async (): Promise<unknown> => {
        // Not the page itself, which would also start the viewer.
        await page.goto(`${sink.url}/healthz`);
        await page.evaluate(
          'fetch("/viewer/0.33.0/re_viewer_bg.wasm").then((response) => response.arrayBuffer())',
        );
        return await page.evaluate(loaded);
      };
      const [first] = (await load()) as number[];
      expect(first).to.be.greaterThan(4e7);
      expect(await load()).to.deep.equal([0]);
    } finally {
      await context.close();
    }
  });

  it("tells when the token is missing, and connects with it", async () => {
    const sink = await start.serve({ token: "secret" });
    const without = await browser.openPage(sink.url.replace(/#.*/, ""));
    await waitFor(without, '/Not allowed/.test(document.getElementById("status").textContent)');
    const rec = await record(sink, "token");
    log(rec, 0, 5);
    const page = await browser.openPage(sink.url);
    await waitForRange(page, "token", 0, 4);
  });
});
