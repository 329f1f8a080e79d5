import {
  Arrows3D,
  Boxes2D,
  Boxes3D,
  CoordinateFrame,
  Ellipsoids3D,
  Image,
  InstancePoses3D,
  LineStrips3D,
  Mesh3D,
  Pinhole,
  Points2D,
  Points3D,
  type RecordingStream,
  Transform3D,
  TransformAxes3D,
  TransformRelation,
  ViewCoordinates,
} from "../../../lib/index.ts";
import type { Cases } from "../case.ts";
import { linspace, range, uniform } from "../data.ts";

const triangle = [
  [0, 0, 0],
  [1, 0, 0],
  [0, 1, 0],
];
const triangleColors = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
];

const ball = (radius: number, colors: readonly number[]) =>
  Ellipsoids3D({ halfSizes: [radius, radius, radius], colors, fillMode: "solid" });

/** Two red boxes, without the blueprints that the snippets go on to send. */
const logBoxes = (rec: RecordingStream): void => {
  for (const [name, x] of [
    ["1", 0],
    ["2", 2],
  ] as const) {
    rec.log(`boxes/${name}`, Boxes2D({ centers: [x, 0], sizes: [1, 1], colors: [255, 0, 0] }));
  }
};

/** Official snippets of meshes, cameras, transforms, frames and times. */
export const transforms: Cases = {
  "archetypes/coordinate_frame_builtin_frames": {
    app: "rerun_example_transform3d_hierarchy",
    log: (rec) => {
      rec.setTime("time", { sequence: 0 });
      const box = (colors: string) => Boxes3D([0.5, 0.5, 0.5], { colors });
      rec.log("red_box", box("#ff0000"), Transform3D({ translation: [2, 0, 0] }));
      rec.log("blue_box", box("#0000ff"), Transform3D({ translation: [-2, 0, 0] }));
      rec.log("point", Points3D([0, 0, 0], { radii: 0.5 }));
      for (const [t, name] of ["red_box", "blue_box"].entries()) {
        rec.setTime("time", { sequence: t + 1 });
        rec.log("point", CoordinateFrame(`tf#/${name}`));
      }
    },
  },
  "archetypes/mesh3d_indexed": {
    app: "rerun_example_mesh3d_indexed",
    log: (rec) =>
      rec.log(
        "triangle",
        Mesh3D(triangle, {
          vertexNormals: [0, 0, 1],
          vertexColors: triangleColors,
          triangleIndices: [2, 1, 0],
        }),
      ),
  },
  "archetypes/mesh3d_instancing": {
    app: "rerun_example_mesh3d_instancing",
    log: (rec) => {
      rec.setTime("frame", { sequence: 0 });
      rec.log(
        "shape",
        Mesh3D(
          [
            [1, 1, 1],
            [-1, -1, 1],
            [-1, 1, -1],
            [1, -1, -1],
          ],
          {
            triangleIndices: [
              [0, 2, 1],
              [0, 3, 1],
              [0, 3, 2],
              [1, 3, 2],
            ],
            vertexColors: [...triangleColors, [255, 255, 0]],
          },
        ),
      );
      rec.log("shape/box", Boxes3D([[5, 5, 5]]));
      for (const i of range(50)) {
        rec.setTime("frame", { sequence: i });
        rec.log(
          "shape",
          InstancePoses3D({
            translations: [
              [2, 0, 0],
              [0, 2, 0],
              [-2, 0, 0],
            ],
            rotationAxisAngles: { axis: [0, 0, 1], degrees: 2 * i },
          }),
        );
      }
    },
  },
  "archetypes/mesh3d_partial_updates": {
    app: "rerun_example_mesh3d_partial_updates",
    log: (rec) => {
      rec.setTime("frame", { sequence: 0 });
      rec.log(
        "triangle",
        Mesh3D(triangle, { vertexNormals: [0, 0, 1], vertexColors: triangleColors }),
      );
      for (const i of range(100)) {
        rec.setTime("frame", { sequence: i + 1 });
        const factor = Math.abs(Math.sin(i / 25));
        rec.log(
          "triangle",
          Mesh3D.updateFields({
            vertexPositions: Float32Array.from(triangle.flat(), (x) => x * factor),
          }),
        );
      }
    },
  },
  "archetypes/mesh3d_simple": {
    app: "rerun_example_mesh3d",
    log: (rec) =>
      rec.log(
        "triangle",
        Mesh3D(triangle, { vertexNormals: [0, 0, 1], vertexColors: triangleColors }),
      ),
  },
  "archetypes/pinhole_projections": {
    app: "rerun_example_pinhole_projections",
    log: (rec) => {
      const [width, height] = [16, 12];
      rec.log("world/box", Boxes3D([1, 1, 1], { centers: [0, 0, 0], colors: [255, 0, 0] }));
      rec.log(
        "world/points",
        Points3D(
          [
            [1, 0, 0],
            [-1, 0, 0],
            [0, 0, 1],
          ],
          { colors: triangleColors, radii: 0.1 },
        ),
      );
      rec.log(
        "camera",
        Transform3D({ translation: [0, 3, 0] }),
        Pinhole({ width, height, focalLength: 10, cameraXyz: ViewCoordinates.LEFT_HAND_Z_UP }),
      );
      const data = Uint8Array.from({ length: width * height }, (_, i) =>
        (Math.floor(i / width) + i) % 2 === 0 ? 255 : 0,
      );
      rec.log("camera/image", Image({ data, shape: [height, width, 1] }));
    },
  },
  "archetypes/pinhole_simple": {
    app: "rerun_example_pinhole",
    log: (rec) => {
      rec.log("world/image", Pinhole({ focalLength: 3, width: 3, height: 3 }));
      rec.log("world/image", Image({ data: uniform(27, 6, 0, 255), shape: [3, 3, 3] }));
    },
  },
  "archetypes/transform3d_axes": {
    app: "rerun_example_transform3d_axes",
    log: (rec) => {
      rec.setTime("step", { sequence: 0 });
      rec.log("base", Transform3D({}), TransformAxes3D(1));
      for (const degrees of range(90)) {
        rec.setTime("step", { sequence: degrees });
        rec.log(
          "base/rotated",
          Transform3D.updateFields({ rotationAxisAngle: { axis: [1, 1, 1], degrees } }),
          TransformAxes3D(0.5),
        );
        rec.log(
          "base/rotated/translated",
          Transform3D.updateFields({ translation: [2, 0, 0] }),
          TransformAxes3D(0.5),
        );
      }
    },
  },
  "archetypes/transform3d_hierarchy": {
    app: "rerun_example_transform3d_hierarchy",
    log: (rec) => {
      rec.setTime("sim_time", { duration: 0 });
      rec.log("/", ViewCoordinates.RIGHT_HAND_Z_UP, { static: true });
      const at = { centers: [0, 0, 0], fillMode: "solid" } as const;
      rec.log("sun", Ellipsoids3D({ ...at, halfSizes: [1, 1, 1], colors: [255, 200, 10] }));
      rec.log(
        "sun/planet",
        Ellipsoids3D({ ...at, halfSizes: [0.4, 0.4, 0.4], colors: [40, 80, 200] }),
      );
      rec.log("sun/planet_path", LineStrips3D(circle(6)));
      for (const i of range(200)) {
        const time = i / 60;
        rec.setTime("sim_time", { duration: time });
        rec.log(
          "sun/planet",
          Transform3D({
            translation: [Math.sin(2 * time) * 6, Math.cos(2 * time) * 6, 0],
            rotation: { axis: [1, 0, 0], degrees: 20 },
          }),
        );
        rec.log(
          "sun/planet/moon",
          Transform3D({
            translation: [Math.cos(5 * time) * 3, Math.sin(5 * time) * 3, 0],
            relation: TransformRelation.ChildFromParent,
          }),
        );
      }
    },
  },
  "archetypes/transform3d_row_updates": {
    app: "rerun_example_transform3d_row_updates",
    log: (rec) => {
      rec.setTime("tick", { sequence: 0 });
      rec.log("box", Boxes3D([4, 2, 1], { fillMode: "Solid" }), TransformAxes3D(10));
      for (const t of range(100)) {
        rec.setTime("tick", { sequence: t + 1 });
        rec.log(
          "box",
          Transform3D({
            translation: [0, 0, t / 10],
            rotationAxisAngle: { axis: [0, 1, 0], radians: Math.trunc(70 * t) / 1000 },
          }),
        );
      }
    },
  },
  "archetypes/transform3d_simple": {
    app: "rerun_example_transform3d",
    log: (rec) => {
      const arrow = Arrows3D([0, 1, 0], { origins: [0, 0, 0] });
      rec.log("base", arrow);
      rec.log("base/translated", Transform3D({ translation: [1, 0, 0] }));
      rec.log("base/translated", arrow);
      rec.log(
        "base/rotated_scaled",
        Transform3D({ rotation: { axis: [0, 0, 1], radians: Math.PI / 4 }, scale: 2 }),
      );
      rec.log("base/rotated_scaled", arrow);
    },
  },
  "concepts/indices": {
    app: "rerun_example_different_indices",
    log: (rec) => {
      rec.setTime("frame_nr", { sequence: 42 });
      rec.setTime("elapsed", { duration: 12 });
      rec.setTime("time", { timestamp: 1_741_017_564 });
      rec.setTime("time", { timestamp: new Date("2025-03-03T15:59:24Z") });
      rec.setTime("precise_time", { timestamp: 1_741_017_564_987_654_321n });
      rec.log(
        "points",
        Points2D([
          [0, 0],
          [1, 1],
        ]),
      );
    },
  },
  "concepts/transform3d_hierarchy_named_frames": {
    app: "rerun_example_transform3d_hierarchy_named_frames",
    log: (rec) => {
      rec.log("sun", ball(1, [255, 200, 10]), CoordinateFrame("sun_frame"));
      rec.log("planet", ball(0.4, [40, 80, 200]), CoordinateFrame("planet_frame"));
      rec.log(
        "planet_transform",
        Transform3D({
          translation: [6, 0, 0],
          childFrame: "planet_frame",
          parentFrame: "sun_frame",
        }),
      );
      rec.log("/", CoordinateFrame("sun_frame"), { static: true });
    },
  },
  "concepts/transform3d_hierarchy_simple": {
    app: "rerun_example_transform3d_hierarchy_simple",
    log: (rec) => {
      rec.log("sun", ball(1, [255, 200, 10]));
      rec.log("sun/planet", ball(0.4, [40, 80, 200]));
      rec.log("sun/planet", Transform3D({ translation: [6, 0, 0] }));
      rec.log("sun/planet/moon", Transform3D({ translation: [3, 0, 0] }));
    },
  },
  "concepts/viscomp-base": { app: "rerun_example_component_override", log: logBoxes },
  "concepts/viscomp-component-override": { app: "rerun_example_component_override", log: logBoxes },
  "views/spatial2d": {
    app: "rerun_example_spatial_2d",
    log: (rec) => {
      const radii = linspace(0.01, 0.7, 150);
      rec.log(
        "points",
        Points2D(
          radii.map((r, i) => [r * Math.cos(i / 5), r * Math.sin(i / 5)]),
          { colors: range(150).map((i) => [255, 255 - i, i]), radii },
        ),
      );
    },
  },
};

function circle(radius: number): Float32Array[] {
  return range(101).map((i) => {
    const angle = (i * Math.PI) / 50;
    return Float32Array.of(Math.sin(angle) * radius, Math.cos(angle) * radius, 0);
  });
}
