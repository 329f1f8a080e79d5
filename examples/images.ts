/**
 * Images in several forms: a JPEG file as it is, decoded pixels, one channel, edges found in it, and ever larger tiles.
 * Histograms of the channels are bar charts.
 *
 *     npm run example -- images
 */
import { readFileSync } from "node:fs";
import { decode } from "jpeg-js";
import { BarChart, EncodedImage, Image } from "rerun-rx";
import { BarChartView, Blueprint, Grid, Spatial2DView, Vertical } from "rerun-rx/blueprint";
import { scriptSetup } from "rerun-rx/node";
import { logTo } from "rerun-rx/operators";
import { from, lastValueFrom, map, tap } from "rxjs";
import { PHOTO } from "./data/mandrill.ts";

const view = (name: string) => Spatial2DView({ origin: name, name });
const { rec, end } = await scriptSetup("rerun_example_images", {
  defaultBlueprint: Blueprint(
    Vertical(
      Grid(view("file"), view("grey"), view("edges"), view("tiles"), { gridColumns: 4 }),
      BarChartView({ origin: "histogram", name: "Histogram" }),
      { rowShares: [3, 2] },
    ),
    { collapsePanels: true },
  ),
});

const file = readFileSync(PHOTO);
const { data, width, height } = decode(file, { useTArray: true, formatAsRGBA: false });

rec.setTime("tile", { sequence: 2 });
rec.log("file", EncodedImage(file));
["red", "green", "blue"].forEach((color, channel) => {
  const counts = new Uint32Array(256);
  for (let i = channel; i < data.length; i += 3) counts[data[i]!]!++;
  rec.log(["histogram", color], BarChart(counts, { color }));
});

// What the eye takes for brightness, after ITU-R BT.601.
const grey = Uint8Array.from(
  { length: width * height },
  (_, i) => 0.299 * data[i * 3]! + 0.587 * data[i * 3 + 1]! + 0.114 * data[i * 3 + 2]!,
);
rec.log("grey", Image({ data: grey, width, height, colorModel: "L" }));

/** How steep the brightness is, by the operator of Sobel; floats are shown from their least to their greatest value. */
const edges = Float32Array.from(grey, (_, i) => {
  const at = (dx: number, dy: number): number => grey[i + dx + dy * width] ?? 0;
  const x = at(1, -1) + 2 * at(1, 0) + at(1, 1) - at(-1, -1) - 2 * at(-1, 0) - at(-1, 1);
  const y = at(-1, 1) + 2 * at(0, 1) + at(1, 1) - at(-1, -1) - 2 * at(0, -1) - at(1, -1);
  return Math.hypot(x, y);
});
rec.log("edges", Image({ data: edges, width, height, colorModel: "L" }));

/** Each tile has the colour of its middle. */
function tiles(size: number): Uint8Array {
  const middle = (at: number): number => Math.floor(at / size) * size + (size >> 1);
  return data.map((_, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    return data[
      (Math.min(middle(y), height - 1) * width + Math.min(middle(x), width - 1)) * 3 + (i % 3)
    ]!;
  });
}

await lastValueFrom(
  from([2, 4, 8, 16]).pipe(
    tap((size) => rec.setTime("tile", { sequence: size })),
    map(tiles),
    logTo(rec, "tiles", (pixels) => Image({ data: pixels, width, height, colorModel: "RGB" })),
  ),
);
await end();
