import {
  Arrows2D,
  Arrows3D,
  Boxes2D,
  Boxes3D,
  Clear,
  Cylinders3D,
  Ellipses2D,
  Ellipsoids3D,
  LineStrips2D,
  LineStrips3D,
  Points2D,
  Points3D,
  Radius,
  ViewCoordinates,
} from "../../../lib/index.ts";
import type { Cases } from "../case.ts";
import { range, rowsOf, uniform } from "../data.ts";

/** Official snippets of points, lines, arrows and simple shapes. */
export const primitives: Cases = {
  "archetypes/arrows2d_simple": {
    app: "rerun_example_arrow2d",
    log: (rec) =>
      rec.log(
        "arrows",
        Arrows2D(
          [
            [2, 0],
            [0, -3],
            [-0.7, 0.6],
          ],
          {
            origins: [
              [0.5, 0],
              [0.5, 0.25],
              [-0.1, -0.2],
            ],
            colors: [
              [255, 0, 0],
              [0, 200, 0],
              [100, 0, 255],
            ],
            labels: ["east", "north", "south-west"],
            radii: 0.03,
          },
        ),
      ),
  },
  "archetypes/arrows3d_column_updates": {
    app: "rerun_example_arrows3d_column_updates",
    log: (rec) => {
      const line = (z: number): number[][] => range(4).map((i) => [i - 1.5, 0, (z * i) / 4]);
      rec.sendColumns(
        "arrows",
        { time: { duration: [10, 11, 12, 13, 14] } },
        Arrows3D.columns({
          origins: range(5).map(() => line(0)),
          vectors: range(5).map(line),
          colors: [0xff0000ff, 0x00ff00ff, 0x0000ffff, 0xffff00ff, 0x00ffffff],
        }),
      );
    },
  },
  "archetypes/boxes2d_simple": {
    app: "rerun_example_box2d",
    log: (rec) => rec.log("simple", Boxes2D({ mins: [-1, -2], sizes: [2, 3] })),
  },
  "archetypes/boxes3d_simple": {
    app: "rerun_example_box3d",
    log: (rec) => rec.log("simple", Boxes3D([2, 2.5, 1])),
  },
  "archetypes/clear_simple": {
    app: "rerun_example_clear",
    log: (rec) => {
      const corners = [
        [1, 1],
        [1, -1],
        [-1, -1],
        [-1, 1],
      ] as const;
      corners.forEach(([x, y], i) => {
        const colors = [50 * i, 200, 0];
        rec.log(`arrows/${i}`, Arrows3D([x, y, 0], { origins: [x / 2, y / 2, 0], colors }));
      });
      for (const i of corners.keys()) rec.log(`arrows/${i}`, Clear.flat());
    },
  },
  "archetypes/cylinders3d_batch": {
    app: "rerun_example_cylinders3d_batch",
    log: (rec) =>
      rec.log(
        "cylinders",
        Cylinders3D([0, 2, 4, 6], [1, 0.5, 0.5, 0.25], {
          colors: ["#ff0000", "#bcbc00", "#00ff00", "#0000ff"],
          centers: range(4).map((i) => [2 * i, 0, 0]),
          rotationAxisAngles: range(4).map((i) => ({ axis: [1, 0, 0], degrees: -22.5 * i })),
        }),
      ),
  },
  "archetypes/ellipses2d_batch": {
    app: "rerun_example_ellipses2d_batch",
    log: (rec) =>
      rec.log(
        "batch",
        Ellipses2D(
          [
            [1.5, 0.75],
            [0.5, 0.5],
          ],
          {
            centers: [
              [-2, 0],
              [2.5, 1],
            ],
            lineRadii: [0.025, 0.05],
            colors: [
              [255, 0, 0],
              [0, 0, 255],
            ],
            labels: ["wide", "round"],
          },
        ),
      ),
  },
  "archetypes/ellipses2d_simple": {
    app: "rerun_example_ellipses2d",
    log: (rec) => rec.log("simple", Ellipses2D([[2, 1]], { centers: [[0, 0.5]] })),
  },
  "archetypes/ellipsoids3d_batch": {
    app: "rerun_example_ellipsoid_batch",
    log: (rec) =>
      rec.log(
        "batch",
        Ellipsoids3D({
          centers: [
            [0, 0, 0],
            [0, 0, 2.5],
            [-0.6, -0.77, 4.5],
          ],
          halfSizes: [
            [2, 2, 2],
            [1.5, 1.5, 1.25],
            [0.15, 0.15, 0.15],
          ],
          colors: ["white", "white", "black"],
          fillMode: "solid",
        }),
      ),
  },
  "archetypes/ellipsoids3d_simple": {
    app: "rerun_example_ellipsoid_simple",
    log: (rec) => {
      rec.log(
        "points",
        Points3D(uniform(30_000, 5, -4, 4), { radii: 0.02, colors: [188, 77, 185] }),
      );
      rec.log(
        "ellipsoid",
        Ellipsoids3D({
          centers: [
            [0, 0, 0],
            [0, 0, 0],
          ],
          halfSizes: [
            [5, 3, 1],
            [15, 9, 3],
          ],
          colors: [
            [255, 255, 0],
            [64, 64, 0],
          ],
        }),
      );
    },
  },
  "archetypes/line_strips2d_batch": {
    app: "rerun_example_line_strip2d_batch",
    log: (rec) =>
      rec.log(
        "strips",
        LineStrips2D(
          [
            [
              [0, 0],
              [2, 1],
              [4, -1],
            ],
            [
              [0, 3],
              [1, 4],
              [2, 2],
              [3, 4],
            ],
          ],
          {
            colors: [
              [255, 0, 0],
              [0, 255, 0],
            ],
            radii: [0.025, 0.005],
            labels: ["lower", "upper"],
          },
        ),
      ),
  },
  "archetypes/line_strips2d_simple": {
    app: "rerun_example_line_strip2d",
    log: (rec) =>
      rec.log(
        "strip",
        LineStrips2D([
          [
            [0, 0],
            [2, 1.5],
            [4, -1],
          ],
        ]),
      ),
  },
  "archetypes/line_strips2d_ui_radius": {
    app: "rerun_example_line_strip2d_ui_radius",
    log: (rec) => {
      const zigzag = (x: number): number[][] => [
        [x, 0],
        [x, 1],
        [x + 1, 0],
      ];
      rec.log("scene_units", LineStrips2D([zigzag(0)], { radii: 0.01, colors: [0, 0, 255] }));
      rec.log("ui", LineStrips2D([zigzag(3)], { radii: Radius.uiPoints(5), colors: [255, 0, 0] }));
    },
  },
  "archetypes/line_strips3d_batch": {
    app: "rerun_example_line_strip3d_batch",
    log: (rec) =>
      rec.log(
        "strips",
        LineStrips3D(
          [
            [
              [0, 0, 2],
              [1, 0, 2],
              [1, 1, 2],
            ],
            [
              [0, 0, 0],
              [0, 0, 1],
              [1, 0, 0],
              [1, 0, 1],
            ],
          ],
          {
            colors: [
              [255, 0, 0],
              [0, 255, 0],
            ],
            radii: [0.025, 0.005],
            labels: ["first", "second"],
          },
        ),
      ),
  },
  "archetypes/line_strips3d_segments_simple": {
    app: "rerun_example_line_segments3d",
    log: (rec) =>
      rec.log(
        "segments",
        LineStrips3D(
          range(4).map((i) => [
            [i, 0, 0],
            [i, i, 1],
          ]),
        ),
      ),
  },
  "archetypes/line_strips3d_simple": {
    app: "rerun_example_line_strip3d",
    log: (rec) =>
      rec.log("strip", LineStrips3D([range(8).map((i) => [i >> 2, (i >> 1) & 1, i & 1])])),
  },
  "archetypes/line_strips3d_time_window": {
    app: "rerun_example_line_strips3d_time_window",
    log: (rec) => {
      const at = (t: number, phase: number): number[] => [
        Math.cos(t / 2 + phase),
        Math.sin(t / 2 + phase),
        t / 10,
      ];
      for (let i = 0; i < 150; i++) {
        const [from, to] = [i / 30, (i + 1) / 30];
        rec.setTime("time", { duration: to });
        rec.log(
          "trails",
          LineStrips3D([[at(from, 0), at(to, 0)]], { colors: [[255, 120, 0]], radii: 0.02 }),
        );
      }
    },
  },
  "archetypes/line_strips3d_ui_radius": {
    app: "rerun_example_line_strip3d_ui_radius",
    log: (rec) => {
      const zigzag = (x: number): number[][] => [
        [x, 0, 0],
        [x, 0, 1],
        [x + 1, 0, 0],
      ];
      rec.log("scene_units", LineStrips3D([zigzag(0)], { radii: 0.01, colors: [0, 0, 255] }));
      rec.log("ui", LineStrips3D([zigzag(3)], { radii: Radius.uiPoints(5), colors: [255, 0, 0] }));
    },
  },
  "archetypes/points2d_random": {
    app: "rerun_example_points2d_random",
    log: (rec) =>
      rec.log(
        "random",
        Points2D(uniform(20, 1, -3, 3), {
          colors: Uint8Array.from(uniform(40, 2, 0, 255)),
          radii: uniform(10, 3, 0, 1),
        }),
      ),
  },
  "archetypes/points2d_simple": {
    app: "rerun_example_points2d",
    log: (rec) =>
      rec.log(
        "points",
        Points2D([
          [0, 0],
          [1, 1.5],
        ]),
      ),
  },
  "archetypes/points3d_column_updates": {
    app: "rerun_example_points3d_column_updates",
    log: (rec) =>
      rec.sendColumns(
        "points",
        { time: { duration: [10, 11, 12, 13, 14] } },
        Points3D.columns(
          {
            positions: uniform(51, 4, -2, 2),
            colors: [0xff0000ff, 0x00ff00ff, 0x0000ffff, 0xffff00ff, 0x00ffffff],
            radii: [0.05, 0.01, 0.2, 0.1, 0.3],
          },
          { lengths: { positions: [2, 4, 4, 3, 4] } },
        ),
      ),
  },
  "archetypes/points3d_partial_updates": {
    app: "rerun_example_points3d_partial_updates",
    log: (rec) => {
      const positions = range(10).map((i) => [i, 0, 0]);
      rec.setTime("frame", { sequence: 0 });
      rec.log("points", Points3D(positions));
      for (const i of range(10)) {
        rec.setTime("frame", { sequence: i });
        rec.log(
          "points",
          Points3D.updateFields({
            colors: range(10).map((n) => (n < i ? [20, 200, 20] : [200, 20, 20])),
            radii: range(10).map((n) => (n < i ? 0.6 : 0.2)),
          }),
        );
      }
      rec.setTime("frame", { sequence: 20 });
      rec.log("points", Points3D.updateFields({ positions, radii: 0.3 }, { clearUnset: true }));
    },
  },
  "archetypes/points3d_random": {
    app: "rerun_example_points3d_random",
    log: (rec) =>
      rec.log(
        "random",
        Points3D(uniform(30, 7, -5, 5), {
          colors: rowsOf(Uint8Array.from(uniform(30, 8, 0, 255)), 3),
          radii: uniform(10, 9, 0, 1),
        }),
      ),
  },
  "archetypes/points3d_row_updates": {
    app: "rerun_example_points3d_row_updates",
    log: (rec) => {
      for (const [i, count] of [2, 4, 4, 3, 4].entries()) {
        rec.setTime("time", { duration: 10 + i });
        rec.log(
          "points",
          Points3D(uniform(3 * count, i, -2, 2), {
            colors: [0xff0000ff, 0x00ff00ff, 0x0000ffff, 0xffff00ff, 0x00ffffff][i],
            radii: (i + 1) / 20,
          }),
        );
      }
    },
  },
  "archetypes/points3d_simple": {
    app: "rerun_example_points3d",
    log: (rec) =>
      rec.log(
        "points",
        Points3D([
          [0, 0, 0],
          [1, 1, 1.5],
        ]),
      ),
  },
  "archetypes/points3d_ui_radius": {
    app: "rerun_example_points3d_ui_radius",
    log: (rec) => {
      const line = [
        [0, 1, 0],
        [1, 1, 1],
      ];
      rec.log("scene_units", Points3D(line, { radii: [0.1, 0.3], colors: [0, 0, 255] }));
      rec.log("ui", Points3D(line, { radii: [40, 60].map(Radius.uiPoints), colors: [255, 0, 0] }));
    },
  },
  "archetypes/view_coordinates_simple": {
    app: "rerun_example_view_coordinates",
    log: (rec) => {
      rec.log("world", ViewCoordinates.RIGHT_HAND_Z_UP, { static: true });
      rec.log(
        "world/xyz",
        Arrows3D(
          [
            [1, 0, 0],
            [0, 1, 0],
            [0, 0, 1],
          ],
          { colors: ["red", "#0f0", "blue"] },
        ),
      );
    },
  },
};
