import math
from datetime import datetime

import numpy as np
import rerun as rr
from support import case, uniform

TRIANGLE = [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
TRIANGLE_COLORS = [[255, 0, 0], [0, 255, 0], [0, 0, 255]]


def ball(radius, color):
    return rr.Ellipsoids3D(half_sizes=[radius] * 3, colors=color, fill_mode="solid")


@case("archetypes/coordinate_frame_builtin_frames", "rerun_example_transform3d_hierarchy")
def _(rec):
    rec.set_time("time", sequence=0)

    def box(color):
        return rr.Boxes3D(half_sizes=[0.5, 0.5, 0.5], colors=color)

    rec.log("red_box", box([255, 0, 0]), rr.Transform3D(translation=[2, 0, 0]))
    rec.log("blue_box", box([0, 0, 255]), rr.Transform3D(translation=[-2, 0, 0]))
    rec.log("point", rr.Points3D([0, 0, 0], radii=0.5))
    for t, name in enumerate(["red_box", "blue_box"]):
        rec.set_time("time", sequence=t + 1)
        rec.log("point", rr.CoordinateFrame(f"tf#/{name}"))


@case("archetypes/mesh3d_indexed", "rerun_example_mesh3d_indexed")
def _(rec):
    rec.log(
        "triangle",
        rr.Mesh3D(
            vertex_positions=TRIANGLE,
            vertex_normals=[0, 0, 1],
            vertex_colors=TRIANGLE_COLORS,
            triangle_indices=[2, 1, 0],
        ),
    )


@case("archetypes/mesh3d_instancing", "rerun_example_mesh3d_instancing")
def _(rec):
    rec.set_time("frame", sequence=0)
    rec.log(
        "shape",
        rr.Mesh3D(
            vertex_positions=[[1, 1, 1], [-1, -1, 1], [-1, 1, -1], [1, -1, -1]],
            triangle_indices=[[0, 2, 1], [0, 3, 1], [0, 3, 2], [1, 3, 2]],
            vertex_colors=[*TRIANGLE_COLORS, [255, 255, 0]],
        ),
    )
    rec.log("shape/box", rr.Boxes3D(half_sizes=[[5, 5, 5]]))
    for i in range(50):
        rec.set_time("frame", sequence=i)
        rec.log(
            "shape",
            rr.InstancePoses3D(
                translations=[[2, 0, 0], [0, 2, 0], [-2, 0, 0]],
                rotation_axis_angles=rr.RotationAxisAngle([0, 0, 1], rr.Angle(deg=2 * i)),
            ),
        )


@case("archetypes/mesh3d_partial_updates", "rerun_example_mesh3d_partial_updates")
def _(rec):
    rec.set_time("frame", sequence=0)
    rec.log(
        "triangle",
        rr.Mesh3D(vertex_positions=TRIANGLE, vertex_normals=[0, 0, 1], vertex_colors=TRIANGLE_COLORS),
    )
    for i in range(100):
        rec.set_time("frame", sequence=i + 1)
        factor = abs(math.sin(i / 25))
        rec.log("triangle", rr.Mesh3D.from_fields(vertex_positions=np.array(TRIANGLE) * factor))


@case("archetypes/mesh3d_simple", "rerun_example_mesh3d")
def _(rec):
    rec.log(
        "triangle",
        rr.Mesh3D(vertex_positions=TRIANGLE, vertex_normals=[0, 0, 1], vertex_colors=TRIANGLE_COLORS),
    )


@case("archetypes/pinhole_projections", "rerun_example_pinhole_projections")
def _(rec):
    width, height = 16, 12
    rec.log("world/box", rr.Boxes3D(centers=[0, 0, 0], half_sizes=[1, 1, 1], colors=[255, 0, 0]))
    rec.log("world/points", rr.Points3D([(1, 0, 0), (-1, 0, 0), (0, 0, 1)], colors=TRIANGLE_COLORS, radii=0.1))
    rec.log(
        "camera",
        rr.Transform3D(translation=[0, 3, 0]),
        rr.Pinhole(width=width, height=height, focal_length=10, camera_xyz=rr.ViewCoordinates.LEFT_HAND_Z_UP),
    )
    board = np.zeros((height, width, 1), dtype=np.uint8)
    board[(np.arange(height)[:, None] + np.arange(width)) % 2 == 0] = 255
    rec.log("camera/image", rr.Image(board))


@case("archetypes/pinhole_simple", "rerun_example_pinhole")
def _(rec):
    rec.log("world/image", rr.Pinhole(focal_length=3, width=3, height=3))
    rec.log("world/image", rr.Image(uniform(27, 6, 0, 255).reshape(3, 3, 3)))


@case("archetypes/transform3d_axes", "rerun_example_transform3d_axes")
def _(rec):
    rec.set_time("step", sequence=0)
    rec.log("base", rr.Transform3D(), rr.TransformAxes3D(1.0))
    for degrees in range(90):
        rec.set_time("step", sequence=degrees)
        rec.log(
            "base/rotated",
            rr.Transform3D.from_fields(rotation_axis_angle=rr.RotationAxisAngle(axis=[1, 1, 1], degrees=degrees)),
            rr.TransformAxes3D(0.5),
        )
        rec.log(
            "base/rotated/translated",
            rr.Transform3D.from_fields(translation=[2, 0, 0]),
            rr.TransformAxes3D(0.5),
        )


@case("archetypes/transform3d_hierarchy", "rerun_example_transform3d_hierarchy")
def _(rec):
    rec.set_time("sim_time", duration=0)
    rec.log("/", rr.ViewCoordinates.RIGHT_HAND_Z_UP, static=True)
    for path, size, color in [("sun", 1, [255, 200, 10]), ("sun/planet", 0.4, [40, 80, 200])]:
        rec.log(path, rr.Ellipsoids3D(centers=[0, 0, 0], half_sizes=[size] * 3, colors=color, fill_mode="solid"))
    angles = np.arange(101) * np.pi / 50
    circle = np.array([np.sin(angles), np.cos(angles), angles * 0]).T
    rec.log("sun/planet_path", rr.LineStrips3D(circle * 6))
    for i in range(200):
        time = i / 60
        rec.set_time("sim_time", duration=time)
        rec.log(
            "sun/planet",
            rr.Transform3D(
                translation=[math.sin(2 * time) * 6, math.cos(2 * time) * 6, 0],
                rotation=rr.RotationAxisAngle(axis=(1, 0, 0), degrees=20),
            ),
        )
        rec.log(
            "sun/planet/moon",
            rr.Transform3D(
                translation=[math.cos(5 * time) * 3, math.sin(5 * time) * 3, 0],
                relation=rr.TransformRelation.ChildFromParent,
            ),
        )


@case("archetypes/transform3d_row_updates", "rerun_example_transform3d_row_updates")
def _(rec):
    rec.set_time("tick", sequence=0)
    rec.log("box", rr.Boxes3D(half_sizes=[4, 2, 1], fill_mode=rr.components.FillMode.Solid), rr.TransformAxes3D(10))
    for t in range(100):
        rec.set_time("tick", sequence=t + 1)
        rec.log(
            "box",
            rr.Transform3D(
                translation=[0, 0, t / 10],
                rotation_axis_angle=rr.RotationAxisAngle(axis=[0, 1, 0], radians=70 * t / 1000),
            ),
        )


@case("archetypes/transform3d_simple", "rerun_example_transform3d")
def _(rec):
    arrow = rr.Arrows3D(origins=[0, 0, 0], vectors=[0, 1, 0])
    rec.log("base", arrow)
    rec.log("base/translated", rr.Transform3D(translation=[1, 0, 0]))
    rec.log("base/translated", arrow)
    rotation = rr.datatypes.RotationAxisAngle(axis=[0, 0, 1], angle=rr.datatypes.Angle(rad=math.pi / 4))
    rec.log("base/rotated_scaled", rr.Transform3D(rotation=rotation, scale=2))
    rec.log("base/rotated_scaled", arrow)


@case("concepts/indices", "rerun_example_different_indices")
def _(rec):
    rec.set_time("frame_nr", sequence=42)
    rec.set_time("elapsed", duration=12)
    rec.set_time("time", timestamp=1_741_017_564)
    rec.set_time("time", timestamp=datetime.fromisoformat("2025-03-03T15:59:24"))
    rec.set_time("precise_time", timestamp=np.datetime64(1_741_017_564_987_654_321, "ns"))
    rec.log("points", rr.Points2D([[0, 0], [1, 1]]))


@case("concepts/transform3d_hierarchy_named_frames", "rerun_example_transform3d_hierarchy_named_frames")
def _(rec):
    rec.log("sun", ball(1, [255, 200, 10]), rr.CoordinateFrame("sun_frame"))
    rec.log("planet", ball(0.4, [40, 80, 200]), rr.CoordinateFrame("planet_frame"))
    rec.log(
        "planet_transform",
        rr.Transform3D(translation=[6, 0, 0], child_frame="planet_frame", parent_frame="sun_frame"),
    )
    rec.log("/", rr.CoordinateFrame("sun_frame"), static=True)


@case("concepts/transform3d_hierarchy_simple", "rerun_example_transform3d_hierarchy_simple")
def _(rec):
    rec.log("sun", ball(1, [255, 200, 10]))
    rec.log("sun/planet", ball(0.4, [40, 80, 200]))
    rec.log("sun/planet", rr.Transform3D(translation=[6, 0, 0]))
    rec.log("sun/planet/moon", rr.Transform3D(translation=[3, 0, 0]))


def log_boxes(rec):
    for name, x in [("1", 0), ("2", 2)]:
        rec.log(f"boxes/{name}", rr.Boxes2D(centers=[x, 0], sizes=[1, 1], colors=[255, 0, 0]))


case("concepts/viscomp-base", "rerun_example_component_override")(log_boxes)
case("concepts/viscomp-component-override", "rerun_example_component_override")(log_boxes)


@case("views/spatial2d", "rerun_example_spatial_2d")
def _(rec):
    radii = np.linspace(0.01, 0.7, 150)
    i = np.arange(150)
    positions = np.column_stack([radii * np.cos(i / 5), radii * np.sin(i / 5)])
    colors = np.column_stack([np.full(150, 255), 255 - i, i])
    rec.log("points", rr.Points2D(positions, colors=colors, radii=radii))
