import { once } from "node:events";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { RecordingOpenEvent } from "@rerun-io/web-viewer";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { findPeer, requirePeer } from "./peers.ts";
import { isBlank } from "./picture.ts";
import { projectRoot } from "./run-program.ts";

/** A warning or an error that a page printed, or an exception that it did not catch. */
export interface ConsoleProblem {
  readonly level: "warning" | "error";
  readonly text: string;
}

/** A page in the browser. */
export interface OpenPage {
  /** Grows as problems appear; known noise of a machine without graphics card is left out. */
  readonly consoleProblems: readonly ConsoleProblem[];
  /** For what this helper does not offer: mouse, keyboard, requests. */
  readonly page: Page;
  /** Evaluates an expression in the page; promises are awaited. */
  evaluate(expression: string): Promise<unknown>;
  /** Resolves with the value of an expression once it is truthy, looking at every animation frame. */
  waitFor(expression: string, timeoutMs?: number): Promise<unknown>;
  /** What is to be seen right now, as PNG. */
  screenshot(): Promise<Uint8Array>;
  /** The first screenshot that shows something ({@link isBlank}). */
  picture(timeoutMs?: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A recording as the viewer announces it. */
export interface ViewerRecording {
  readonly applicationId: string;
  readonly recordingId: string;
  /** Of the SDK that wrote it; `undefined` when the data does not tell. */
  readonly version: string | undefined;
  /** Such as `python`, or the free description of other SDKs. */
  readonly source: string;
}

/** First and last time on a timeline. As JavaScript numbers: nanoseconds since 1970 are rounded. */
export interface ViewerTimeRange {
  readonly min: number;
  readonly max: number;
}

/** The official web viewer, with recordings sent to it. */
export interface OpenViewer extends OpenPage {
  /** All recordings announced so far, in order. */
  recordings(): Promise<ViewerRecording[]>;
  /**
   * The time range of each timeline in a recording, default the first one; `null` where there is none yet. Data
   * comes in bit by bit: {@link waitForTimeRange} waits.
   */
  timeRanges(
    timelines: readonly string[],
    recordingId?: string,
  ): Promise<Record<string, ViewerTimeRange | null>>;
  /** Resolves when a timeline has this range, rejects with the actual one after the time. */
  waitForTimeRange(timeline: string, range: ViewerTimeRange, options?: WaitOptions): Promise<void>;
  /** Sends one more stream through the same channel; resolves when it was handed over, not when it is decoded. */
  send(rrd: Uint8Array): Promise<void>;
}

/** Options of {@link OpenViewer.waitForTimeRange}. */
export interface WaitOptions {
  readonly recordingId?: string;
  readonly timeoutMs?: number;
}

/** Options of {@link SpecBrowser.openRecording}. */
export interface OpenRecordingOptions {
  /** How many recordings to wait for; default 1. With 0 the page is given back as soon as the bytes were sent. */
  readonly recordings?: number;
  readonly timeoutMs?: number;
}

/** The browser of a suite. */
export interface SpecBrowser {
  /** Shows `.rrd` bytes in the official viewer; resolves when it has announced the recording. */
  openRecording(rrd: Uint8Array, options?: OpenRecordingOptions): Promise<OpenViewer>;
  /** Opens the official viewer with `?url=`; resolves when it runs, with or without data. */
  openUrl(url: string): Promise<OpenViewer>;
  /** Opens any page on this machine. */
  openPage(url: string): Promise<OpenPage>;
}

/** Long enough for the viewer's first picture where all is drawn in software, on a busy machine. */
export const viewerTimeoutMs = 120_000;

/**
 * Gives the surrounding suite one headless browser, for all of its tests.
 *
 * Call it in the body of `describe`. Skips the suite, or fails it, without Chromium ({@link requirePeer}). Pages
 * that a test opens are closed after it; those that a `before` opens stay until the end of the suite.
 *
 * ```ts
 * const browser = useBrowser();
 * it("…", async () => {
 *   const viewer = await browser.openRecording(await readFile(path));
 *   expect(await viewer.recordings()).to.have.lengthOf(1);
 *   expect(viewer.consoleProblems).to.deep.equal([]);
 * });
 * ```
 */
export function useBrowser(): SpecBrowser {
  let started: StartedBrowser | undefined;
  let openedByTest: OpenPage[] | undefined;

  before("start the browser", async function () {
    await requirePeer(this, "chromium");
    this.timeout(viewerTimeoutMs);
    started = await StartedBrowser.start();
  });

  beforeEach(function () {
    // Longer than what is waited for, so that the error of that wait is told.
    this.currentTest?.timeout(viewerTimeoutMs * 2);
    openedByTest = [];
  });

  afterEach("close the pages", async () => {
    const pages = openedByTest ?? [];
    openedByTest = undefined;
    await Promise.all(pages.map((page) => page.close()));
  });

  after("end the browser", async () => {
    await started?.close();
  });

  const opened = <T extends OpenPage>(page: T): T => {
    openedByTest?.push(page);
    return page;
  };
  const browser = (): StartedBrowser => {
    if (started === undefined) throw new Error("The browser runs only while tests and hooks do");
    return started;
  };
  return {
    openRecording: async (rrd, options) => opened(await browser().openRecording(rrd, options)),
    openUrl: async (url) => opened(await browser().openUrl(url)),
    openPage: async (url) => opened(await browser().openPage(url)),
  };
}

/**
 * Warnings that say something about the machine, nothing about data. Each is as narrow as can be: whatever
 * else the viewer warns of is a problem.
 */
const noise: readonly RegExp[] = [
  // The graphics of the user interface run in software; twice, by the window and by the renderer.
  /^\s*WARN egui_wgpu: Software rasterizer detected/,
  /^\s*WARN re_renderer::context: Software rasterizer detected/,
  // Chromium's own words for a page that asks for WebGPU where there is none; the viewer then takes WebGL.
  /^No available adapters\.\s*$/,
  // The viewer asks the window manager to blink when a recording arrives; a browser has none.
  /^\s*WARN eframe::web::app_runner: Unhandled egui viewport command: RequestUserAttention\(/,
  // Chromium's software GL, when the viewer reads back what is under a moving mouse.
  /^performance warning: READ-usage buffer was written, then fenced, but written again before being read back\./,
];

const browserArgs: readonly string[] = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // WebGL in software.
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  "--ignore-gpu-blocklist",
  // Specs talk to this machine alone: no other name or address resolves.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE [::1]",
];

class StartedBrowser {
  readonly #browser: Browser;
  readonly #context: BrowserContext;
  readonly #server: RecordingServer;

  private constructor(browser: Browser, context: BrowserContext, server: RecordingServer) {
    this.#browser = browser;
    this.#context = context;
    this.#server = server;
  }

  static async start(): Promise<StartedBrowser> {
    const { path } = await findPeer("chromium");
    const server = await RecordingServer.start();
    // Makes a fresh profile in a temporary folder, which goes with the browser.
    const browser = await chromium.launch({
      executablePath: path,
      headless: true,
      args: [...browserArgs],
    });
    const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
    context.setDefaultTimeout(viewerTimeoutMs);
    // Thousands of lines at debug level, one by one over the protocol, made a page start in 20 s instead of 4.
    await context.addInitScript("console.debug = () => {};");
    return new StartedBrowser(browser, context, server);
  }

  async openPage(url: string): Promise<OpenPage> {
    const page = new ConsolePage(await this.#context.newPage());
    await page.page.goto(url);
    return page;
  }

  async openRecording(rrd: Uint8Array, options: OpenRecordingOptions = {}): Promise<OpenViewer> {
    const { recordings = 1, timeoutMs = viewerTimeoutMs } = options;
    const viewer = new ViewerPage(await this.#context.newPage(), this.#server);
    await viewer.page.goto(this.#server.url("/"));
    await viewer.waitFor("window.viewerReady", timeoutMs);
    await viewer.send(rrd);
    if (recordings > 0) await viewer.waitFor(`recordings.length >= ${recordings}`, timeoutMs);
    return viewer;
  }

  async openUrl(url: string): Promise<OpenViewer> {
    const viewer = new ViewerPage(await this.#context.newPage(), this.#server);
    await viewer.page.goto(this.#server.url(`/?url=${encodeURIComponent(url)}`));
    await viewer.waitFor("window.viewerReady");
    return viewer;
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.#server.close();
  }
}

class ConsolePage implements OpenPage {
  readonly page: Page;
  readonly consoleProblems: ConsoleProblem[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on("console", (message) => {
      const level = message.type();
      if (level !== "warning" && level !== "error") return;
      const text = message.text().trim();
      if (!noise.some((pattern) => pattern.test(text))) this.consoleProblems.push({ level, text });
    });
    page.on("pageerror", (error) => {
      this.consoleProblems.push({ level: "error", text: error.message });
    });
  }

  evaluate(expression: string): Promise<unknown> {
    return this.page.evaluate(expression);
  }

  async waitFor(expression: string, timeoutMs: number = viewerTimeoutMs): Promise<unknown> {
    try {
      const handle = await this.page.waitForFunction(expression, undefined, { timeout: timeoutMs });
      return await handle.jsonValue();
    } catch (error) {
      const problems = this.consoleProblems.map(({ text }) => text).join("\n");
      throw new Error(`Waited in vain for \`${expression}\` in ${this.page.url()}\n${problems}`, {
        cause: error,
      });
    }
  }

  screenshot(): Promise<Uint8Array> {
    return this.page.screenshot();
  }

  async picture(timeoutMs: number = viewerTimeoutMs): Promise<Uint8Array> {
    const deadline = AbortSignal.timeout(timeoutMs);
    // What arrived just now is drawn in the next frame, and laid out in the one after.
    await this.evaluate(
      "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))",
    );
    for (;;) {
      // Each waits for the next frame, so this neither spins nor sleeps.
      const png = await this.screenshot();
      if (!isBlank(png)) return png;
      if (deadline.aborted)
        throw new Error(`${this.page.url()} shows nothing after ${timeoutMs} ms`);
    }
  }

  async close(): Promise<void> {
    await this.page.close();
  }
}

class ViewerPage extends ConsolePage implements OpenViewer {
  readonly #server: RecordingServer;

  constructor(page: Page, server: RecordingServer) {
    super(page);
    this.#server = server;
  }

  async recordings(): Promise<ViewerRecording[]> {
    // What the package declares as RecordingOpenEvent, kept by our page.
    const events = await this.page.evaluate<RecordingOpenEvent[]>("recordings");
    return events.map(({ application_id, recording_id, version, source }) => ({
      applicationId: application_id,
      recordingId: recording_id,
      version,
      source,
    }));
  }

  async timeRanges(
    timelines: readonly string[],
    recordingId?: string,
  ): Promise<Record<string, ViewerTimeRange | null>> {
    const id = await this.#id(recordingId);
    const ranges: Record<string, ViewerTimeRange | null> = {};
    for (const timeline of timelines) {
      ranges[timeline] = await this.page.evaluate<ViewerTimeRange | null>(
        rangeExpression(id, timeline),
      );
    }
    return ranges;
  }

  async waitForTimeRange(
    timeline: string,
    { min, max }: ViewerTimeRange,
    { recordingId, timeoutMs }: WaitOptions = {},
  ): Promise<void> {
    const id = await this.#id(recordingId);
    const range = rangeExpression(id, timeline);
    try {
      await this.waitFor(
        `((range) => range?.min === ${min} && range?.max === ${max})(${range})`,
        timeoutMs,
      );
    } catch (error) {
      const actual = JSON.stringify(await this.evaluate(range));
      throw new Error(`Expected ${timeline} to be ${min} to ${max}, got ${actual}`, {
        cause: error,
      });
    }
  }

  async send(rrd: Uint8Array): Promise<void> {
    await this.evaluate(`send(${JSON.stringify(this.#server.add(rrd))})`);
  }

  async #id(chosen: string | undefined): Promise<string> {
    const id = chosen ?? (await this.recordings())[0]?.recordingId;
    if (id === undefined) throw new Error("The viewer has no recording");
    return id;
  }
}

function rangeExpression(recordingId: string, timeline: string): string {
  return `viewer.get_time_range(${JSON.stringify(recordingId)}, ${JSON.stringify(timeline)}) ?? null`;
}

/** Serves the page, the files of the official package, and recordings. */
class RecordingServer {
  readonly #server: Server;
  readonly #recordings: Uint8Array[] = [];

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        if (!response.headersSent) response.writeHead(500);
        response.end(String(error));
      });
    });
  }

  static async start(): Promise<RecordingServer> {
    const started = new RecordingServer();
    started.#server.listen(0, "127.0.0.1");
    await once(started.#server, "listening");
    return started;
  }

  url(path: string): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string")
      throw new Error("The server does not listen");
    return `http://127.0.0.1:${address.port}${path}`;
  }

  /** Makes bytes available; returns their path. */
  add(rrd: Uint8Array): string {
    return `/recordings/${this.#recordings.push(rrd) - 1}`;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = "/"] = (request.url ?? "/").split("?");
    const [, folder, name = ""] = path.split("/");
    if (path === "/") {
      const page = await readFile(join(projectRoot, "spec/fixtures/web-viewer.html"));
      response.writeHead(200, { "content-type": "text/html" }).end(page);
    } else if (folder === "recordings" && this.#recordings[Number(name)] !== undefined) {
      response
        .writeHead(200, { "content-type": "application/octet-stream" })
        .end(this.#recordings[Number(name)]);
    } else if (folder === "web-viewer" && Object.hasOwn(packageFiles, name)) {
      await sendPackageFile(name, response);
    } else {
      response.writeHead(404).end();
    }
  }
}

/** Files of the package by the name that pages ask for; `index.js` imports `./re_viewer` without extension. */
const packageFiles: Readonly<Record<string, { readonly file: string; readonly type: string }>> = {
  "index.js": { file: "index.js", type: "text/javascript" },
  re_viewer: { file: "re_viewer.js", type: "text/javascript" },
  "re_viewer_bg.wasm": { file: "re_viewer_bg.wasm", type: "application/wasm" },
};

async function sendPackageFile(name: string, response: ServerResponse): Promise<void> {
  const entry = packageFiles[name];
  if (entry === undefined) throw new Error(`No file ${name}`);
  const file = join(projectRoot, "node_modules/@rerun-io/web-viewer", entry.file);
  const { size } = await stat(file);
  response.writeHead(200, {
    "content-type": entry.type,
    "content-length": size,
    // The browser then keeps the compiled module for the next page.
    "cache-control": "public, max-age=3600, immutable",
  });
  await pipeline(createReadStream(file), response);
}
