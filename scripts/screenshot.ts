// Takes the picture of the README: the main job, really running, in the real viewer.
//
//     npm run screenshot
//
// Needs Chromium (`CHROMIUM` names it, when it is not found). In software rendering the viewer takes its time.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";
import { findPeer } from "../spec/helpers/peers.ts";

const root = join(import.meta.dirname, "..");
const target = join(root, "docs/monitor.png");
/** How long the monitor is watched: long enough for a whole sweep of the scan. */
const WATCH_MS = 60_000;

const { path: browserPath } = await findPeer("chromium");
const tsx = join(root, "node_modules/tsx/dist/cli.mjs");
const monitor = spawn(
  process.execPath,
  [tsx, "--conditions=source", "examples/monitor/main.ts", "--serve", "--port", "0", "--no-open"],
  {
    cwd: root,
    stdio: ["ignore", "inherit", "pipe"],
  },
);
try {
  const url = await viewerUrl();
  const browser = await chromium.launch({
    executablePath: browserPath,
    args: [
      "--no-sandbox",
      "--use-angle=swiftshader",
      "--enable-unsafe-swiftshader",
      "--ignore-gpu-blocklist",
    ],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
    // Printing thousands of debug lines costs more than drawing.
    await page.addInitScript("console.debug = () => undefined");
    await page.goto(url);
    await page.waitForTimeout(WATCH_MS);
    await page.screenshot({ path: target });
    console.log(`Wrote ${target}`);
  } finally {
    await browser.close();
  }
} finally {
  const ended = once(monitor, "exit");
  monitor.kill("SIGINT");
  await ended;
}

/** What it prints goes on being read, so that it never waits for us. */
function viewerUrl(): Promise<string> {
  return new Promise((resolve, reject) => {
    createInterface({ input: monitor.stderr })
      .on("line", (line) => {
        const url = /https?:\/\/\S+/.exec(line)?.[0];
        if (url !== undefined) resolve(url);
      })
      .on("close", () => reject(new Error("the monitor ended before it printed its URL")));
  });
}
