// Makes the small pictures of examples/README.md out of the screenshots that spec/examples/gallery.spec.ts took:
//
//     npm run gallery
//
// Needs Chromium (`CHROMIUM` names it, when it is not found).
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { findPeer } from "../spec/helpers/peers.ts";

const root = join(import.meta.dirname, "..");
const screenshots = join(root, "artifacts/screenshots");
const target = join(root, "docs/examples");
const [WIDTH, HEIGHT, QUALITY] = [640, 360, 0.82];

/** Scales a picture in the page; both are base64. */
const shrink = `async (png) => {
  const picture = await createImageBitmap(await (await fetch("data:image/png;base64," + png)).blob(), {
    resizeWidth: ${WIDTH}, resizeHeight: ${HEIGHT}, resizeQuality: "high",
  });
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [${WIDTH}, ${HEIGHT}];
  canvas.getContext("2d").drawImage(picture, 0, 0);
  return canvas.toDataURL("image/webp", ${QUALITY}).replace(/^.*,/, "");
}`;

const { path: executablePath } = await findPeer("chromium");
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
  const page = await browser.newPage();
  await mkdir(target, { recursive: true });
  for (const file of await readdir(screenshots)) {
    const png = await readFile(join(screenshots, file), "base64");
    const webp = await page.evaluate<string>(`(${shrink})("${png}")`);
    const small = join(target, file.replace(/\.png$/, ".webp"));
    await writeFile(small, webp, "base64");
    console.log(`Wrote ${small}`);
  }
} finally {
  await browser.close();
}
