/**
 * A landscape: the volcano Maunga Whau as a mesh with lines of equal height, a grid map below it, and a hiker who takes
 * the steepest way up.
 *
 *     npm run example -- terrain
 */
import { GridMap, LineStrips3D, Mesh3D, Points3D, Scalars, ViewCoordinates } from "rerun-rx";
import { Blueprint, Horizontal, Spatial3DView, TimeSeriesView } from "rerun-rx/blueprint";
import { scriptSetup } from "rerun-rx/node";
import { logTo } from "rerun-rx/operators";
import { EMPTY, expand, lastValueFrom, of, scan, tap } from "rxjs";
import { crossSection, type Vector } from "./data/bunny.ts";
import { volcano } from "./data/datasets.ts";
import { heightColors, vertexNormals } from "./monitor/scan.ts";

const { rec, end } = await scriptSetup("rerun_example_terrain", {
  defaultBlueprint: Blueprint(
    Horizontal(
      Spatial3DView({
        origin: "island",
        name: "Maunga Whau",
        eyeControls: { position: [330, -400, 400], lookTarget: [420, 250, 20] },
        lineGrid: false,
      }),
      TimeSeriesView({ origin: "height", name: "Height of the hiker in m" }),
      { columnShares: [3, 1] },
    ),
    { collapsePanels: true },
  ),
});

const CELL = 10;
const { width, height, values } = volcano();
/** In metres from the south-west corner; heights are drawn twice as high. */
const drawn = (metres: number): number => 2 * (metres - 94);
const place = (cell: number): Vector => [
  (cell % width) * CELL,
  (height - 1 - Math.floor(cell / width)) * CELL,
  drawn(values[cell]!),
];
const positions = Float32Array.from(values.flatMap((_, cell) => place(cell)));
const corners = values.flatMap((_, cell) => {
  if (cell % width === width - 1 || cell + width >= values.length) return [];
  return [cell, cell + width, cell + 1, cell + 1, cell + width, cell + width + 1];
});
const triangleIndices = Uint32Array.from(corners);
const normals = vertexNormals(positions, triangleIndices);
const colors = heightColors(positions);
const ground = Mesh3D(positions, { triangleIndices, vertexNormals: normals, vertexColors: colors });
const heights = Uint8Array.from(values, (value) => (value - 94) * 2.5);
const below = { colormap: "Inferno", translation: [0, 0, -160] } as const;
const format = { width, height, colorModel: "L", channelDatatype: "U8" } as const;

rec.log("island", ViewCoordinates.RIGHT_HAND_Z_UP, { static: true });
rec.log("island/ground", ground, { static: true });
rec.log("island/map", GridMap(heights, format, CELL, below), { static: true });
for (let level = 100; level < 195; level += 10) {
  const line = crossSection({ positions, triangleIndices, normals, colors }, drawn(level) + 0.01);
  rec.log(["island", "contours", `${level}m`], LineStrips3D(line, { colors: "#ffffffa0" }), {
    static: true,
  });
}

const steps = [-1, 1, -width, width, -width - 1, -width + 1, width - 1, width + 1];
const highestNear = (cell: number): number =>
  steps.reduce((best, step) => (values[cell + step]! > values[best]! ? cell + step : best), cell);
let step = 0;
const hike$ = of(width * 60 + 33).pipe(
  expand((cell) => (highestNear(cell) === cell ? EMPTY : of(highestNear(cell)))),
  tap(() => rec.setTime("step", { sequence: step++ })),
  logTo(rec, "height", (cell) => Scalars(values[cell]!)),
  logTo(rec, "island/hiker", (cell) => Points3D([place(cell)], { colors: "#ff3050", radii: 10 })),
  scan((way: readonly Vector[], cell) => [...way, place(cell)], []),
  logTo(rec, "island/way", (way) => LineStrips3D([way], { colors: "#ff3050", radii: 6 })),
);
await lastValueFrom(hike$);
await end();
