import math

import numpy as np
import rerun as rr
from support import case, noise_bytes

HEIGHTS = [8, 4, 0, 9, 1, 4]


@case("archetypes/bar_chart", "rerun_example_bar_chart")
def _(rec):
    rec.log("plain", rr.BarChart(HEIGHTS))
    abscissa = [0, 1, 3, 4, 7, 11]
    rec.log("abscissa", rr.BarChart(HEIGHTS, abscissa=abscissa))
    rec.log("widths", rr.BarChart(HEIGHTS, abscissa=abscissa, widths=[1, 2, 1, 3, 4, 1]))


@case("archetypes/scalars_column_updates", "rerun_example_scalar_column_updates")
def _(rec):
    times = np.arange(64)
    rec.send_columns(
        "scalars",
        [rr.TimeColumn("step", sequence=times)],
        rr.Scalars.columns(scalars=np.sin(times / 10)),
    )


def scalar_rows(path):
    def log(rec):
        for step in range(64):
            rec.set_time("step", sequence=step)
            rec.log(path, rr.Scalars(math.sin(step / 10)))

    return log


case("archetypes/scalars_row_updates", "rerun_example_scalar_row_updates")(scalar_rows("scalars"))
case("archetypes/scalars_simple", "rerun_example_scalar")(scalar_rows("scalar"))


def log_waves(rec, count):
    for t in range(count):
        rec.set_time("step", sequence=t)
        rec.log("trig/sin", rr.Scalars(math.sin(t / 10)))
        rec.log("trig/cos", rr.Scalars(math.cos(t / 10)))


@case("archetypes/series_lines_style", "rerun_example_series_line_style")
def _(rec):
    rec.log("trig/sin", rr.SeriesLines(colors=[255, 0, 0], names="sin(t)", widths=2), static=True)
    rec.log("trig/cos", rr.SeriesLines(colors=[0, 255, 0], names="cos(t)", widths=4), static=True)
    log_waves(rec, 300)


@case("archetypes/series_points_style", "rerun_example_series_point_style")
def _(rec):
    for path, color, name, marker, size in [
        ("trig/sin", [255, 0, 0], "sin(t)", "circle", 4),
        ("trig/cos", [0, 255, 0], "cos(t)", "cross", 2),
    ]:
        rec.log(path, rr.SeriesPoints(colors=color, names=name, markers=marker, marker_sizes=size), static=True)
    log_waves(rec, 125)


def log_door(rec):
    for step, state in enumerate(["open", "closed", "open"]):
        rec.set_time("step", sequence=step)
        rec.log("door", rr.StateChange(state=state))


case("archetypes/state_change", "rerun_example_state_change")(log_door)
case("views/state_timeline", "rerun_example_state_timeline")(log_door)


@case("archetypes/tensor_simple", "rerun_example_tensor")
def _(rec):
    tensor = np.frombuffer(noise_bytes(720, 11), dtype=np.uint8).reshape(8, 6, 3, 5)
    rec.log("tensor", rr.Tensor(tensor, dim_names=("width", "height", "channel", "batch")))


@case("howto/state_timeline", "rerun_example_howto_state_timeline")
def _(rec):
    rec.log(
        "door",
        rr.StateConfiguration(
            values=["open", "closed"], labels=["Open", "Closed"], colors=[0x4CAF50FF, 0xEF5350FF]
        ),
        static=True,
    )
    for step, path, state in [(0, "door", "open"), (0, "window", "closed"), (1, "door", "closed"), (3, "window", "open")]:
        rec.set_time("step", sequence=step)
        rec.log(path, rr.StateChange(state=state))


@case("tutorials/getting_started_log", "rerun_example_getting_started", send_properties=False)
def _(rec):
    for t in range(10):
        rec.set_time("step", sequence=t)
        rec.log("/arm/shoulder", rr.Scalars(math.sin(t / 2)))
        rec.log("/arm/elbow", rr.Scalars(math.cos(t / 2)))


@case("tutorials/visualizer-overrides", "rerun_example_series_line_overrides")
def _(rec):
    log_waves(rec, 125)


@case("views/bar_chart", "rerun_example_bar_chart")
def _(rec):
    rec.log("bar_chart", rr.BarChart(HEIGHTS))


@case("views/timeseries", "rerun_example_timeseries")
def _(rec):
    for name, color in {"sin": [255, 0, 0], "cos": [0, 255, 0], "cos_scaled": [0, 0, 255]}.items():
        rec.log(f"trig/{name}", rr.SeriesLines(colors=color, names=name), static=True)
    for t in range(300):
        rec.set_time("timeline0", sequence=t)
        rec.set_time("timeline1", duration=t)
        rec.log("trig/sin", rr.Scalars(math.sin(t / 100)))
        rec.log("trig/cos", rr.Scalars(math.cos(t / 100)))
        rec.log("trig/cos_scaled", rr.Scalars(math.cos(t / 100) * 2))
