from datetime import datetime, timedelta, timezone

import numpy as np
import rerun as rr
from support import case, uniform


@case("times/kinds")
def _(rec):
    rec.set_time("sequence", sequence=-5)
    rec.set_time("large", sequence=2**62)
    rec.set_time("seconds", duration=1.5)
    rec.set_time("fraction", duration=0.1)
    rec.set_time("before", duration=-0.25)
    rec.set_time("nanoseconds", duration=np.timedelta64(123_456_789_012_345_678, "ns"))
    rec.set_time("epoch", timestamp=1_700_000_000.5)
    rec.set_time("date", timestamp=datetime(1969, 7, 20, 20, 17, 40, 123_000, tzinfo=timezone.utc))
    rec.set_time("precise", timestamp=np.datetime64(1_700_000_000_123_456_789, "ns"))
    rec.log("a", rr.Scalars(1))


@case("times/changes")
def _(rec):
    rec.log("a", rr.Scalars(0))
    rec.set_time("step", sequence=1)
    rec.set_time("other", duration=1)
    rec.log("a", rr.Scalars(1))
    rec.disable_timeline("other")
    rec.log("a", rr.Scalars(2))
    rec.set_time("step", sequence=0)
    rec.log("a", rr.Scalars(3))
    rec.log("b", rr.TextDocument("always"), static=True)
    rec.reset_time()
    rec.log("a", rr.Scalars(4))
    rec.set_time("later", duration=2)
    rec.log("a", rr.Scalars(5))


@case("times/fractions")
def _(rec):
    for i in range(200):
        rec.set_time("t", duration=i / 7)
        rec.set_time("u", timestamp=1_700_000_000 + i / 2)
        rec.log("a", rr.Scalars(i))


@case("times/columns")
def _(rec):
    columns = rr.Scalars.columns(scalars=[1, 2, 3])
    rec.send_columns("sequence", [rr.TimeColumn("t", sequence=[-1, 0, 5])], columns)
    rec.send_columns("bigints", [rr.TimeColumn("t", sequence=[1, 2, 2**60])], columns)
    rec.send_columns("durations", [rr.TimeColumn("d", duration=[0.1, 0.2, 1 / 3])], columns)
    days = [datetime(2024, 2, 28, tzinfo=timezone.utc) + timedelta(days=i) for i in range(3)]
    rec.send_columns("dates", [rr.TimeColumn("at", timestamp=days)], columns)
    nanoseconds = np.array([1, 2, 3], dtype="timedelta64[ns]")
    rec.send_columns(
        "several", [rr.TimeColumn("b", sequence=[3, 2, 1]), rr.TimeColumn("d", duration=nanoseconds)], columns
    )
    rec.send_columns("static", [], rr.Scalars.columns(scalars=[7]))


@case("times/columns_unsorted")
def _(rec):
    rec.send_columns(
        "a",
        [rr.TimeColumn("t", sequence=[3, 1, 2, 1]), rr.TimeColumn("u", sequence=[0, 5, 0, 4])],
        [
            *rr.Scalars.columns(scalars=[30, 10, 20, 11]),
            *rr.TextLog.columns(text=["three", "one", "two", "uno"]),
            *rr.Points2D.columns(positions=uniform(12, 31, 0, 1).reshape(-1, 2)).partition([1, 3, 0, 2]),
        ],
    )


@case("columns/archetypes")
def _(rec):
    at = [rr.TimeColumn("step", sequence=[0, 1, 2])]
    rec.send_columns(
        "points",
        at,
        rr.Points3D.columns(
            positions=uniform(18, 32, -1, 1).reshape(-1, 3),
            colors=[0xFF0000FF, 0x00FF00FF, 0x0000FFFF, 0xFFFFFFFF, 0, 1],
            labels=list("abcdef"),
            class_ids=np.arange(6),
        ).partition([1, 2, 3]),
    )
    rec.send_columns(
        "arrows", at, rr.Arrows3D.columns(vectors=uniform(9, 33, -1, 1).reshape(-1, 3), radii=[1, 2, 3])
    )
    rec.send_columns(
        "transforms",
        at,
        rr.Transform3D.columns(
            translation=uniform(9, 34, -1, 1).reshape(-1, 3),
            quaternion=uniform(12, 35, -1, 1).reshape(-1, 4),
            child_frame=["a", "b", "c"],
        ),
    )
    strips = [[[i, 0, 0], [i, 1, 2]] for i in range(3)]
    rec.send_columns("strips", at, rr.LineStrips3D.columns(strips=strips))
    rec.send_columns("states", at, rr.StateChange.columns(state=["on", "off", "on"]))
    rec.send_columns("nodes", at, rr.GraphNodes.columns(node_ids=list("abcd")).partition([2, 1, 1]))


@case("paths/escapes")
def _(rec):
    data = rr.Scalars(1)
    for path in ["", "/", "a/b", "/a/b/c", "with\\ space", "ä/ö", "a\\:b", "a\\/b", "1/2.x-_"]:
        rec.log(path, data)
    rec.log(["raw/part", "and space", "😀"], data)


@case("rows/several_archetypes")
def _(rec):
    rec.log(
        "a",
        rr.Points3D([[1, 2, 3]]),
        rr.Transform3D(translation=[1, 2, 3]),
        rr.TextDocument("beside"),
        rr.Scalars([1, 2]),
    )
    normals = rr.Mesh3D.from_fields(vertex_normals=[0, 0, 1])
    rec.log("b", normals, rr.GeoLineStrings(lat_lon=[]))


@case("rows/empty")
def _(rec):
    rec.log("a", rr.Points3D([]))
    rec.log("c", rr.Scalars([]))
    rec.log("d", rr.Points3D([1, 2, 3], labels=[], colors=[]))
    rec.log("e", rr.Scalars(1))
