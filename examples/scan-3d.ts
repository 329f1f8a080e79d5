/**
 * Primitives in 3D around a scanned object: a plane cuts the Stanford bunny, higher with each step, and a copy grows
 * beside it from all cuts so far.
 *
 *     npm run example -- scan-3d
 */
import {
  Arrows3D,
  Boxes3D,
  Capsules3D,
  Cylinders3D,
  Ellipsoids3D,
  LineStrips3D,
  Mesh3D,
  Points3D,
  Scalars,
  Transform3D,
  ViewCoordinates,
} from "rerun-rx";
import {
  Blueprint,
  Horizontal,
  Spatial3DView,
  TimeRangeBoundary,
  TimeSeriesView,
  VisibleTimeRanges,
} from "rerun-rx/blueprint";
import { scriptSetup } from "rerun-rx/node";
import { logTo } from "rerun-rx/operators";
import { lastValueFrom, map, range, tap } from "rxjs";
import { BUNNY, crossSection, lengthOf, SHAPES, verticesNear } from "./data/bunny.ts";

const { infinite, cursorRelative } = TimeRangeBoundary;
const soFar = { timeline: "step", start: infinite(), end: cursorRelative() };
const { rec, end } = await scriptSetup("rerun_example_scan_3d", {
  defaultBlueprint: Blueprint(
    Horizontal(
      Spatial3DView({
        origin: "world",
        name: "Scan",
        eyeControls: { position: [0.8, -1.9, 0.65], lookTarget: [0.5, 0, -0.03] },
        overrides: { "world/copy/rings": VisibleTimeRanges(soFar) },
      }),
      TimeSeriesView({ origin: "girth", name: "Length of the cut" }),
      { columnShares: [3, 1] },
    ),
    { collapsePanels: true },
  ),
});

const { positions, normals: vertexNormals, colors: vertexColors, triangleIndices } = BUNNY;
const surface = Mesh3D(positions, { vertexNormals, vertexColors, triangleIndices });
const wire = { colors: "#ffffffa0", lineRadii: -0.7 };
rec.log("world", ViewCoordinates.RIGHT_HAND_Z_UP, { static: true });
rec.log("world/bunny", surface, { static: true });
rec.log("world/table", Cylinders3D(0.04, 0.7, SHAPES.table), { static: true });
rec.log("world/body", Ellipsoids3D({ ...SHAPES.body, ...wire }), { static: true });
rec.log("world/ears", Capsules3D({ ...SHAPES.ears, ...wire }), { static: true });
rec.log("world/copy", Transform3D({ translation: [1.2, 0, 0] }), { static: true });

const white = { colors: "white", radii: 0.006 };
await lastValueFrom(
  range(0, 60).pipe(
    tap((step) => rec.setTime("step", { sequence: step })),
    map((step) => -0.48 + step * 0.016),
    logTo(rec, "world/plane", (z) =>
      Boxes3D([0.55, 0.45, 0.001], { centers: [0, 0, z], colors: "#ff4060" }),
    ),
    map((z) => ({ cut: crossSection(BUNNY, z), near: verticesNear(BUNNY, z) })),
    logTo(rec, "world/cut", ({ cut }) => LineStrips3D(cut, { colors: "#ff4060", radii: 0.006 })),
    logTo(rec, "world/copy/rings", ({ cut, near }) => LineStrips3D(cut, { colors: near.color })),
    logTo(rec, "world/near", ({ near }) => Points3D(near.positions, white)),
    logTo(rec, "world/normals", ({ near }) =>
      Arrows3D(near.normals, { origins: near.positions, ...white }),
    ),
    logTo(rec, "girth", ({ cut }) => Scalars(lengthOf(cut))),
  ),
);
await end();
