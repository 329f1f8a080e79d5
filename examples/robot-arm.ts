/**
 * A tree of transforms with named frames: a robot arm of six joints, after the published measures of the UR5, and the
 * way of its tool.
 *
 *     npm run example -- robot-arm
 */
import {
  Capsules3D,
  CoordinateFrame,
  LineStrips3D,
  Scalars,
  SeriesLines,
  Transform3D,
  TransformAxes3D,
  ViewCoordinates,
} from "rerun-rx";
import { Blueprint, Horizontal, Spatial3DView, TimeSeriesView } from "rerun-rx/blueprint";
import { scriptSetup } from "rerun-rx/node";
import { logTo } from "rerun-rx/operators";
import { lastValueFrom, map, range, scan, tap } from "rxjs";
import { anglesAt, JOINTS, linkOf, toolAt, transformOf, type Vector } from "./data/ur5.ts";

const { rec, end } = await scriptSetup("rerun_example_robot_arm", {
  defaultBlueprint: Blueprint(
    Horizontal(
      Spatial3DView({
        origin: "robot",
        name: "Arm",
        spatialInformation: { targetFrame: "base" },
        eyeControls: { position: [0.6, -1.2, 0.8], lookTarget: [-0.2, 0, 0.25] },
      }),
      TimeSeriesView({ origin: "angles", name: "Angles of the joints in degrees" }),
      { columnShares: [2, 1] },
    ),
    { collapsePanels: true },
  ),
});

rec.log("robot", ViewCoordinates.RIGHT_HAND_Z_UP, CoordinateFrame("base"), { static: true });
rec.log("robot/way", CoordinateFrame("base"), { static: true });
rec.log("angles", SeriesLines({ names: JOINTS.map(({ name }) => name) }), { static: true });
// What a link looks like is told once, in its own frame; from then on only transforms change.
for (const joint of JOINTS) {
  const rods = Capsules3D({
    ...linkOf(joint),
    radii: 0.04,
    colors: joint.color,
    fillMode: "Solid",
  });
  const frame = CoordinateFrame(joint.name);
  rec.log(["robot", joint.name], [frame, rods, TransformAxes3D(0.1)], { static: true });
}

const parentOf = (index: number): string => JOINTS[index - 1]?.name ?? "base";
const angles$ = range(0, 240).pipe(
  tap((step) => rec.setTime("time", { duration: step / 30 })),
  map((step) => anglesAt(step / 30)),
  logTo(rec, "angles", (angles) => Scalars(angles.map((angle) => (angle * 180) / Math.PI))),
);
const arm$ = angles$.pipe(
  tap((angles) => {
    for (const [i, joint] of JOINTS.entries()) {
      const frames = { parentFrame: parentOf(i), childFrame: joint.name };
      rec.log(
        ["joints", joint.name],
        Transform3D({ ...transformOf(joint, angles[i]!), ...frames }),
      );
    }
  }),
  scan((way: readonly Vector[], angles) => [...way, toolAt(angles)], []),
  logTo(rec, "robot/way", (way) => LineStrips3D([way], { colors: "#e0503c", radii: 0.006 })),
);
await lastValueFrom(arm$);
await end();
