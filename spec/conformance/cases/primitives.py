import math

import numpy as np
import rerun as rr
from support import case, uniform


@case("archetypes/arrows2d_simple", "rerun_example_arrow2d")
def _(rec):
    rec.log(
        "arrows",
        rr.Arrows2D(
            vectors=[[2, 0], [0, -3], [-0.7, 0.6]],
            origins=[[0.5, 0], [0.5, 0.25], [-0.1, -0.2]],
            colors=[[255, 0, 0], [0, 200, 0], [100, 0, 255]],
            labels=["east", "north", "south-west"],
            radii=0.03,
        ),
    )


@case("archetypes/arrows3d_column_updates", "rerun_example_arrows3d_column_updates")
def _(rec):
    def line(z):
        return [[i - 1.5, 0, z * i / 4] for i in range(4)]

    rec.send_columns(
        "arrows",
        [rr.TimeColumn("time", duration=np.arange(10, 15, 1.0))],
        rr.Arrows3D.columns(
            origins=[line(0)] * 5,
            vectors=[line(z) for z in range(5)],
            colors=[0xFF0000FF, 0x00FF00FF, 0x0000FFFF, 0xFFFF00FF, 0x00FFFFFF],
        ),
    )


@case("archetypes/boxes2d_simple", "rerun_example_box2d")
def _(rec):
    rec.log("simple", rr.Boxes2D(mins=[-1, -2], sizes=[2, 3]))


@case("archetypes/boxes3d_simple", "rerun_example_box3d")
def _(rec):
    rec.log("simple", rr.Boxes3D(half_sizes=[2, 2.5, 1]))


@case("archetypes/clear_simple", "rerun_example_clear")
def _(rec):
    corners = [(1, 1), (1, -1), (-1, -1), (-1, 1)]
    for i, (x, y) in enumerate(corners):
        rec.log(f"arrows/{i}", rr.Arrows3D(vectors=[x, y, 0], origins=[x / 2, y / 2, 0], colors=[50 * i, 200, 0]))
    for i in range(4):
        rec.log(f"arrows/{i}", rr.Clear.flat())


@case("archetypes/cylinders3d_batch", "rerun_example_cylinders3d_batch")
def _(rec):
    rec.log(
        "cylinders",
        rr.Cylinders3D(
            lengths=[0, 2, 4, 6],
            radii=[1, 0.5, 0.5, 0.25],
            colors=[(255, 0, 0), (188, 188, 0), (0, 255, 0), (0, 0, 255)],
            centers=[(2 * i, 0, 0) for i in range(4)],
            rotation_axis_angles=[rr.RotationAxisAngle([1, 0, 0], degrees=-22.5 * i) for i in range(4)],
        ),
    )


@case("archetypes/ellipses2d_batch", "rerun_example_ellipses2d_batch")
def _(rec):
    rec.log(
        "batch",
        rr.Ellipses2D(
            half_sizes=[(1.5, 0.75), (0.5, 0.5)],
            centers=[(-2, 0), (2.5, 1)],
            line_radii=[0.025, 0.05],
            colors=[(255, 0, 0), (0, 0, 255)],
            labels=["wide", "round"],
        ),
    )


@case("archetypes/ellipses2d_simple", "rerun_example_ellipses2d")
def _(rec):
    rec.log("simple", rr.Ellipses2D(half_sizes=[(2, 1)], centers=[(0, 0.5)]))


@case("archetypes/ellipsoids3d_batch", "rerun_example_ellipsoid_batch")
def _(rec):
    rec.log(
        "batch",
        rr.Ellipsoids3D(
            centers=[[0, 0, 0], [0, 0, 2.5], [-0.6, -0.77, 4.5]],
            half_sizes=[[2, 2, 2], [1.5, 1.5, 1.25], [0.15, 0.15, 0.15]],
            colors=[(255, 255, 255), (255, 255, 255), (0, 0, 0)],
            fill_mode="solid",
        ),
    )


@case("archetypes/ellipsoids3d_simple", "rerun_example_ellipsoid_simple")
def _(rec):
    points = uniform(30_000, 5, -4, 4).reshape(-1, 3)
    rec.log("points", rr.Points3D(points, radii=0.02, colors=[188, 77, 185]))
    sigmas = np.array([5, 3, 1])
    rec.log(
        "ellipsoid",
        rr.Ellipsoids3D(
            centers=np.zeros((2, 3)), half_sizes=[sigmas, 3 * sigmas], colors=[[255, 255, 0], [64, 64, 0]]
        ),
    )


@case("archetypes/line_strips2d_batch", "rerun_example_line_strip2d_batch")
def _(rec):
    rec.log(
        "strips",
        rr.LineStrips2D(
            [[[0, 0], [2, 1], [4, -1]], [[0, 3], [1, 4], [2, 2], [3, 4]]],
            colors=[[255, 0, 0], [0, 255, 0]],
            radii=[0.025, 0.005],
            labels=["lower", "upper"],
        ),
    )


@case("archetypes/line_strips2d_simple", "rerun_example_line_strip2d")
def _(rec):
    rec.log("strip", rr.LineStrips2D([[[0, 0], [2, 1.5], [4, -1]]]))


@case("archetypes/line_strips2d_ui_radius", "rerun_example_line_strip2d_ui_radius")
def _(rec):
    def zigzag(x):
        return [[x, 0], [x, 1], [x + 1, 0]]

    rec.log("scene_units", rr.LineStrips2D([zigzag(0)], radii=0.01, colors=[0, 0, 255]))
    rec.log("ui", rr.LineStrips2D([zigzag(3)], radii=rr.Radius.ui_points(5.0), colors=[255, 0, 0]))


@case("archetypes/line_strips3d_batch", "rerun_example_line_strip3d_batch")
def _(rec):
    rec.log(
        "strips",
        rr.LineStrips3D(
            [[[0, 0, 2], [1, 0, 2], [1, 1, 2]], [[0, 0, 0], [0, 0, 1], [1, 0, 0], [1, 0, 1]]],
            colors=[[255, 0, 0], [0, 255, 0]],
            radii=[0.025, 0.005],
            labels=["first", "second"],
        ),
    )


@case("archetypes/line_strips3d_segments_simple", "rerun_example_line_segments3d")
def _(rec):
    rec.log("segments", rr.LineStrips3D(np.array([[[i, 0, 0], [i, i, 1]] for i in range(4)])))


@case("archetypes/line_strips3d_simple", "rerun_example_line_strip3d")
def _(rec):
    rec.log("strip", rr.LineStrips3D([[[i >> 2, i >> 1 & 1, i & 1] for i in range(8)]]))


@case("archetypes/line_strips3d_time_window", "rerun_example_line_strips3d_time_window")
def _(rec):
    def at(t, phase):
        return [math.cos(t / 2 + phase), math.sin(t / 2 + phase), t / 10]

    for i in range(150):
        start, end = i / 30, (i + 1) / 30
        rec.set_time("time", duration=end)
        rec.log("trails", rr.LineStrips3D([[at(start, 0), at(end, 0)]], colors=[[255, 120, 0]], radii=0.02))


@case("archetypes/line_strips3d_ui_radius", "rerun_example_line_strip3d_ui_radius")
def _(rec):
    def zigzag(x):
        return [[x, 0, 0], [x, 0, 1], [x + 1, 0, 0]]

    rec.log("scene_units", rr.LineStrips3D([zigzag(0)], radii=0.01, colors=[0, 0, 255]))
    rec.log("ui", rr.LineStrips3D([zigzag(3)], radii=rr.Radius.ui_points(5.0), colors=[255, 0, 0]))


@case("archetypes/points2d_random", "rerun_example_points2d_random")
def _(rec):
    colors = uniform(40, 2, 0, 255).astype(np.uint8).reshape(-1, 4)
    rec.log("random", rr.Points2D(uniform(20, 1, -3, 3).reshape(-1, 2), colors=colors, radii=uniform(10, 3, 0, 1)))


@case("archetypes/points2d_simple", "rerun_example_points2d")
def _(rec):
    rec.log("points", rr.Points2D([[0, 0], [1, 1.5]]))


@case("archetypes/points3d_column_updates", "rerun_example_points3d_column_updates")
def _(rec):
    rec.send_columns(
        "points",
        [rr.TimeColumn("time", duration=np.arange(10, 15, 1.0))],
        [
            *rr.Points3D.columns(positions=uniform(51, 4, -2, 2).reshape(-1, 3)).partition([2, 4, 4, 3, 4]),
            *rr.Points3D.columns(
                colors=[0xFF0000FF, 0x00FF00FF, 0x0000FFFF, 0xFFFF00FF, 0x00FFFFFF],
                radii=[0.05, 0.01, 0.2, 0.1, 0.3],
            ),
        ],
    )


@case("archetypes/points3d_partial_updates", "rerun_example_points3d_partial_updates")
def _(rec):
    positions = [[i, 0, 0] for i in range(10)]
    rec.set_time("frame", sequence=0)
    rec.log("points", rr.Points3D(positions))
    for i in range(10):
        rec.set_time("frame", sequence=i)
        rec.log(
            "points",
            rr.Points3D.from_fields(
                colors=[[20, 200, 20] if n < i else [200, 20, 20] for n in range(10)],
                radii=[0.6 if n < i else 0.2 for n in range(10)],
            ),
        )
    rec.set_time("frame", sequence=20)
    rec.log("points", rr.Points3D.from_fields(clear_unset=True, positions=positions, radii=0.3))


@case("archetypes/points3d_random", "rerun_example_points3d_random")
def _(rec):
    colors = uniform(30, 8, 0, 255).astype(np.uint8).reshape(-1, 3)
    rec.log("random", rr.Points3D(uniform(30, 7, -5, 5).reshape(-1, 3), colors=colors, radii=uniform(10, 9, 0, 1)))


@case("archetypes/points3d_row_updates", "rerun_example_points3d_row_updates")
def _(rec):
    colors = [0xFF0000FF, 0x00FF00FF, 0x0000FFFF, 0xFFFF00FF, 0x00FFFFFF]
    for i, count in enumerate([2, 4, 4, 3, 4]):
        rec.set_time("time", duration=10 + i)
        positions = uniform(3 * count, i, -2, 2).reshape(-1, 3)
        rec.log("points", rr.Points3D(positions, colors=colors[i], radii=(i + 1) / 20))


@case("archetypes/points3d_simple", "rerun_example_points3d")
def _(rec):
    rec.log("points", rr.Points3D([[0, 0, 0], [1, 1, 1.5]]))


@case("archetypes/points3d_ui_radius", "rerun_example_points3d_ui_radius")
def _(rec):
    line = [[0, 1, 0], [1, 1, 1]]
    rec.log("scene_units", rr.Points3D(line, radii=[0.1, 0.3], colors=[0, 0, 255]))
    rec.log("ui", rr.Points3D(line, radii=rr.Radius.ui_points([40.0, 60.0]), colors=[255, 0, 0]))


@case("archetypes/view_coordinates_simple", "rerun_example_view_coordinates")
def _(rec):
    rec.log("world", rr.ViewCoordinates.RIGHT_HAND_Z_UP, static=True)
    rec.log(
        "world/xyz",
        rr.Arrows3D(
            vectors=[[1, 0, 0], [0, 1, 0], [0, 0, 1]],
            colors=[[255, 0, 0], [0, 255, 0], [0, 0, 255]],
        ),
    )
