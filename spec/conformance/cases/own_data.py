import math

import numpy as np
import pyarrow as pa
import rerun as rr
from support import case, uniform


@case("descriptors/descr_builtin_archetype", "rerun_example_descriptors_builtin_archetype")
def _(rec):
    rec.log("data", rr.Points3D([[1, 2, 3]], radii=[0.3, 0.2, 0.1]), static=True)


@case("descriptors/descr_builtin_component", "rerun_example_descriptors_builtin_component")
def _(rec):
    descriptor = rr.ComponentDescriptor(
        "user.CustomPoints3D:points",
        archetype="user.CustomPoints3D",
        component_type="rerun.components.Position3D",
    )
    rec.log("data", [rr.components.Position3DBatch([1, 2, 3]).described(descriptor)], static=True)


class CustomPoints(rr.AsComponents):
    def __init__(self, positions, colors):
        self.positions = rr.components.Position3DBatch(positions).described(
            rr.ComponentDescriptor(
                "user.CustomPoints3D:custom_positions",
                archetype="user.CustomPoints3D",
                component_type="user.CustomPosition3D",
            )
        )
        self.colors = rr.components.ColorBatch(colors).described(
            rr.ComponentDescriptor(
                "user.CustomPoints3D:colors",
                archetype="user.CustomPoints3D",
                component_type="rerun.components.Color",
            )
        )

    def as_component_batches(self):
        return [self.positions, self.colors]


@case("descriptors/descr_custom_archetype", "rerun_example_descriptors_custom_archetype")
def _(rec):
    rec.log("data", CustomPoints([[1, 2, 3]], [0xFF00FFFF]), static=True)


@case("howto/any_values_column_updates", "rerun_example_any_values_column_updates")
def _(rec):
    times = np.arange(64)
    rec.send_columns(
        "/",
        [rr.TimeColumn("step", sequence=times)],
        rr.AnyValues.columns(sin=np.sin(times / 10), cos=np.cos(times / 10)),
    )


@case("howto/dual_color_point_cloud", "rerun_example_custom_color_archetypes")
def _(rec):
    colors, others = (uniform(4000, seed, 0, 255).astype(np.uint8).reshape(-1, 4) for seed in (21, 22))
    rec.log(
        "pointcloud",
        rr.Points3D(uniform(3000, 20, -3, 3).reshape(-1, 3), radii=0.06),
        rr.DynamicArchetype("HeightColors", components={"colors": rr.components.ColorBatch(colors)}),
        rr.DynamicArchetype("SpinColors", components={"colors": rr.components.ColorBatch(others)}),
    )


def log_grid(rec):
    z, y, x = np.meshgrid(*[np.linspace(-10, 10, 10)] * 3, indexing="ij")
    positions = np.column_stack([x.ravel(), y.ravel(), z.ravel()])
    blue, green, red = np.meshgrid(*[np.linspace(0, 255, 10).astype(np.uint8)] * 3, indexing="ij")
    colors = np.column_stack([red.ravel(), green.ravel(), blue.ravel()])
    rec.log("my_points", rr.Points3D(positions, colors=colors, radii=0.5))


case("quick_start/quick_start_connect", "rerun_example_quick_start_connect")(log_grid)
case("quick_start/quick_start_spawn", "rerun_example_quick_start_spawn")(log_grid)


case("tutorials/custom-application-id", "my_custom_application_id")(lambda rec: None)
case("tutorials/custom-recording-id", "rerun_example_shared_recording")(lambda rec: None)


class Confidences(rr.ComponentBatchMixin):
    def __init__(self, values):
        self.values = values

    def as_arrow_array(self):
        return pa.array(self.values, type=pa.float32())


class ConfidentPoints(rr.AsComponents):
    def __init__(self, positions, confidences):
        self.points = rr.Points3D(positions)
        self.confidences = Confidences(confidences).described(
            rr.ComponentDescriptor(
                "user.CustomPoints3D:confidences",
                archetype="user.CustomPoints3D",
                component_type="user.Confidence",
            )
        )

    def as_component_batches(self):
        return [*self.points.as_component_batches(), self.confidences]


@case("tutorials/custom_data", "rerun_example_custom_data")
def _(rec):
    grid = [[i % 3, i // 3 % 3, i // 9] for i in range(27)]
    rec.log("left", ConfidentPoints(grid, [42]))
    rec.log("right", ConfidentPoints(grid, np.arange(27)))


@case("tutorials/dna", "rerun_example_dna_abacus")
def _(rec):
    def spiral(phase):
        i = np.arange(100)
        return np.column_stack([np.sin(i / 8 + phase), np.cos(i / 8 + phase), i / 50])

    rec.set_time("stable_time", duration=0)
    left, right = spiral(0), spiral(math.pi)
    rec.log("dna/left", rr.Points3D(left, colors=[255, 200, 0], radii=0.08))
    rec.log("dna/right", rr.Points3D(right, colors=[0, 100, 255], radii=0.08))
    rec.log("dna/scaffolding", rr.LineStrips3D(np.stack((left, right), axis=1), colors=[128, 128, 128]))
    for i in range(100):
        rec.set_time("stable_time", duration=i * 0.01)
        at = ((i + 7 * np.arange(100)) % 100 / 100)[:, None]
        rec.log("dna/beads", rr.Points3D(left * (1 - at) + right * at, radii=0.06, colors=[200, 200, 200]))
        rec.log("dna", rr.Transform3D(rotation=rr.RotationAxisAngle(axis=[0, 0, 1], radians=i / 40)))


@case("tutorials/dynamic_archetype", "rerun_example_dynamic_archetype")
def _(rec):
    rec.log(
        "new_archetype",
        rr.DynamicArchetype(
            archetype="MyArchetype",
            components={
                "homepage": "https://www.rerun.io",
                "repository": "https://github.com/rerun-io/rerun",
            },
        )
        .with_component_override("confidence", rr.components.ScalarBatch._COMPONENT_TYPE, [1.2, 3.4, 5.6])
        .with_component_override("description", rr.components.TextBatch._COMPONENT_TYPE, "Some words…"),
    )


@case("tutorials/extra_values", "rerun_example_extra_values")
def _(rec):
    rec.log("extra_values", rr.Points2D([[-1, -1], [1, 1]]), rr.AnyValues(confidence=[0.3, 0.6]))


@case("own/any_values_types")
def _(rec):
    values = {
        "integer": 1,
        "large": 2**53 - 1,
        "float": 1.5,
        "text": "ä",
        "truth": True,
        "bytes": b"raw",
        "integers": [1, -2, 3],
        "mixed": [1, 2.5],
        "gaps": [1, None, 3],
        "texts": ["a", "", "c"],
        "truths": [True, False, True],
        "blocks": [b"a", b"bc"],
        "lists": [[1, 2], [], [3]],
        "floats": [[1.5], [2]],
        "deep": [[["a"], ["b", "c"]]],
        "structs": [{"a": 1}, {"a": 2, "b": "x"}],
        "u16": np.array([1, 2], dtype=np.uint16),
        "f32": np.array([0.5, 1.5], dtype=np.float32),
        "i64": np.array([5]),
        "rows": [np.array([1, 2], dtype=np.float32), np.array([3], dtype=np.float32)],
    }
    rec.log("values", rr.AnyValues(**values))
    rec.log("values", rr.AnyValues(**values), static=True)
    rec.log("named", rr.DynamicArchetype("user.Own", components=values))


@case("own/any_values_later")
def _(rec):
    rec.log("a", rr.AnyValues(kept=[1, 2], other="x", missing=None, none=[]))
    rec.log("a", rr.AnyValues(kept=None, other=["y", "z"]))
    rec.log("a", rr.AnyValues(kept=[], other=[]))
    rec.log("a", rr.AnyValues(kept=5, other="", u8=pa.array([], type=pa.uint8()), n=1))


@case("own/any_values_columns")
def _(rec):
    times = [rr.TimeColumn("step", sequence=[0, 1, 2])]
    rec.send_columns(
        "columns",
        times,
        rr.AnyValues.columns(
            whole=[1, 2, 3],
            texts=["a", "b", "c"],
            truths=[True, False, True],
            blocks=[b"a", b"b", b"c"],
            ragged=[[1, 2], [], [3]],
            lists=[[[1], [2, 3]], [[4]], []],
            f32=[np.array(row, dtype=np.float32) for row in ([1, 2], [3], [4])],
        ),
    )
    rec.send_columns("dynamic", times, rr.DynamicArchetype.columns("user.Own", components={"a": [1.5, 2, 3]}))
    rec.send_columns("parts", times, rr.AnyValues.columns(parts=list(range(6))).partition([1, 3, 2]))


@case("own/archetype_prefixes")
def _(rec):
    for path, name in [("a", "rerun.archetypes.Own"), ("b", "rerun.Own"), ("c", "my.rerun.archetypes.Own")]:
        rec.log(path, rr.DynamicArchetype(name, components={"x": 1}))


@case("own/properties")
def _(rec):
    rec.send_recording_name("a name")
    rec.send_recording_start_time_nanos(1_700_000_000_123_456_789)
    rec.send_property("situation", rr.AnyValues(weather="rain", operators=["Kim", "Lee"]))
    rec.send_property("camera/left eye", rr.Points3D([[1, 2, 3]]))
    rec.send_property(
        "notes",
        [*rr.TextDocument("words").as_component_batches(), *rr.AnyValues(pages=3).as_component_batches()],
    )
    rec.log("after", rr.Points3D([[1, 2, 3]]))
