/**
 * Depth and segmentation: a camera goes around the scanned bunny. Its depth images become points in 3D by its pinhole,
 * and each pixel knows what it shows.
 *
 *     npm run example -- depth-camera
 */
import {
  AnnotationContext,
  DepthImage,
  Pinhole,
  SegmentationImage,
  Transform3D,
  ViewCoordinates,
} from "rerun-rx";
import { Blueprint, Horizontal, Spatial2DView, Spatial3DView, Vertical } from "rerun-rx/blueprint";
import { scriptSetup } from "rerun-rx/node";
import { logTo } from "rerun-rx/operators";
import { lastValueFrom, map, range, tap } from "rxjs";
import { BUNNY } from "./data/bunny.ts";
import { DepthCamera, PARTS } from "./data/depth-camera.ts";

const camera = new DepthCamera({ width: 240, height: 180, focalLength: 260 });
const { width, height, focalLength } = camera;

const { rec, end } = await scriptSetup("rerun_example_depth_camera", {
  defaultBlueprint: Blueprint(
    Horizontal(
      Spatial3DView({
        origin: "world",
        name: "World",
        contents: ["+ $origin/**", "- world/camera/parts"],
        eyeControls: { position: [1.1, -2.1, 1.6], lookTarget: [0, 0.1, -0.1] },
      }),
      Vertical(
        Spatial2DView({ origin: "world/camera/depth", name: "Depth" }),
        Spatial2DView({ origin: "world/camera/parts", name: "Parts" }),
      ),
      { columnShares: [3, 2] },
    ),
    { collapsePanels: true },
  ),
});

rec.log("world", ViewCoordinates.RIGHT_HAND_Z_UP, { static: true });
rec.log("world", AnnotationContext(PARTS.map(({ name, color }, id) => [id, name, color])), {
  static: true,
});
rec.log("world/camera", Pinhole({ width, height, focalLength, imagePlaneDistance: 0.4 }), {
  static: true,
});

await lastValueFrom(
  range(0, 24).pipe(
    tap((step) => rec.setTime("step", { sequence: step })),
    map((step) => camera.look(BUNNY, ((step + 1) / 24) * 2 * Math.PI - 2)),
    logTo(rec, "world/camera", ({ position, axes }) =>
      Transform3D({ translation: position, mat3x3: axes }),
    ),
    logTo(rec, "world/camera/depth", ({ depth }) =>
      DepthImage(
        { data: depth, width, height },
        { meter: 1000, colormap: "Viridis", depthRange: [1100, 3000] },
      ),
    ),
    logTo(rec, "world/camera/parts", ({ parts }) =>
      SegmentationImage({ data: parts, width, height }),
    ),
  ),
);
await end();
