import pyarrow as pa
import rerun as rr
import rerun.blueprint as rrb
from rerun.blueprint.datatypes import ComponentSourceKind, VisualizerComponentMapping
from support import blueprint_file, case


def sends(name):
    def register(make):
        case(name)(lambda rec: rec.send_blueprint(make()))
        return make

    return register


def named(name):
    return rrb.Spatial2DView(name=name)


def activation(name, **flags):
    case(f"blueprint/activation/{name}")(lambda rec: rec.send_blueprint(named("a"), **flags))


activation("active", make_default=False)
activation("default", make_active=False)
activation("neither", make_active=False, make_default=False)

sends("blueprint/container/Grid")(rrb.Grid)
sends("blueprint/container/Grid/all")(
    lambda: rrb.Grid(
        named("a"),
        named("b"),
        named("c"),
        column_shares=[1, 2],
        row_shares=[0.5, 1.5],
        grid_columns=2,
        name="grid",
        visible=True,
    )
)
sends("blueprint/container/Horizontal")(rrb.Horizontal)
sends("blueprint/container/Horizontal/all")(
    lambda: rrb.Horizontal(
        contents=[named("a"), named("b")], column_shares=[3, 1], name="side by side", visible=False
    )
)
sends("blueprint/container/Tabs")(rrb.Tabs)
sends("blueprint/container/Tabs/all")(
    lambda: rrb.Tabs(named("a"), named("b"), active_tab="b", name="tabs", visible=True)
)
sends("blueprint/container/Tabs/activeIndex")(
    lambda: rrb.Tabs(rrb.Spatial2DView(), rrb.Vertical(named("b")), named("c"), active_tab=1)
)
sends("blueprint/container/Tabs/unnamed")(
    lambda: rrb.Tabs(rrb.Spatial2DView(), rrb.Spatial2DView(), named("c"))
)
sends("blueprint/container/Vertical")(rrb.Vertical)
sends("blueprint/container/Vertical/all")(
    lambda: rrb.Vertical(contents=[named("a"), named("b")], row_shares=[1, 3], name="stack", visible=True)
)
sends("blueprint/container/nested")(
    lambda: rrb.Horizontal(
        rrb.Vertical(named("a"), rrb.Grid(named("b"), rrb.TimeSeriesView()), row_shares=[2, 1]),
        rrb.Tabs(rrb.Horizontal(named("c")), named("d"), active_tab="d"),
    )
)

sends("blueprint/layout/empty")(rrb.Blueprint)
sends("blueprint/layout/empty and not automatic")(lambda: rrb.Blueprint(auto_layout=False, auto_views=False))
sends("blueprint/layout/automatic")(lambda: rrb.Blueprint(named("a"), auto_layout=True, auto_views=True))
sends("blueprint/layout/collapsed")(lambda: rrb.Blueprint(named("a"), collapse_panels=True))
sends("blueprint/layout/collapsed but one")(
    lambda: rrb.Blueprint(rrb.TimePanel(state="expanded"), collapse_panels=True)
)
sends("blueprint/layout/several")(
    lambda: rrb.Blueprint(named("a"), rrb.Horizontal(named("b")), rrb.Spatial3DView())
)


@case("blueprint/layout/two blueprints")
def _(rec):
    rec.log("a", rr.Scalars(1))
    rec.send_blueprint(named("first"))
    rec.log("a", rr.Scalars(2))
    rec.send_blueprint(named("second"))
    rec.log("a", rr.Scalars(3))


sends("blueprint/panel/BlueprintPanel")(lambda: rrb.Blueprint(rrb.BlueprintPanel(state="hidden")))
sends("blueprint/panel/SelectionPanel")(lambda: rrb.Blueprint(rrb.SelectionPanel(state="collapsed")))
sends("blueprint/panel/TopPanel")(lambda: rrb.Blueprint(rrb.TopPanel(state="expanded")))
sends("blueprint/panel/all")(
    lambda: rrb.Blueprint(
        rrb.TimePanel(
            state="collapsed",
            timeline="t",
            playback_speed=0.5,
            fps=60,
            play_state="following",
            loop_mode="selection",
            time_selection=rr.datatypes.AbsoluteTimeRange(10, 20),
        ),
        rrb.SelectionPanel(state="hidden"),
        rrb.BlueprintPanel(state="hidden"),
        rrb.TopPanel(state="hidden"),
        named("a"),
    )
)
for field, value in {
    "state": "hidden",
    "timeline": "frame",
    "playback_speed": 2,
    "fps": 25,
    "loop_mode": "all",
    "time_selection": rr.datatypes.AbsoluteTimeRange(rr.TimeInt(seconds=1.5), rr.TimeInt(seconds=20)),
}.items():
    sends(f"blueprint/panel/TimePanel/{field}")(
        lambda field=field, value=value: rrb.Blueprint(rrb.TimePanel(**{field: value}))
    )

# Alone it would make an empty row, too, of which the official SDK warns.
sends("blueprint/panel/TimePanel/play_state")(
    lambda: rrb.Blueprint(rrb.TimePanel(play_state="playing", timeline="frame"))
)

sends("blueprint/view/contents")(
    lambda: rrb.Spatial3DView(contents=["+ /world/**", "- /world/roads/**", "+ /world/roads/main"])
)
sends("blueprint/view/contents/one")(lambda: rrb.Spatial3DView(contents="/world/**"))
sends("blueprint/view/contents/none")(lambda: rrb.Spatial3DView(contents=[]))
sends("blueprint/view/origin")(lambda: rrb.Spatial3DView(origin="world/car"))
sends("blueprint/view/visible")(lambda: rrb.Horizontal(rrb.Spatial3DView(visible=False)))
sends("blueprint/view/defaults")(
    lambda: rrb.Spatial2DView(
        defaults=[
            rr.Boxes2D.from_fields(colors=[0, 0, 255], radii=2),
            rr.components.RadiusBatch([1, 2]).described(rr.Points2D.from_fields(radii=1).as_component_batches()[0].component_descriptor()),
            rr.LineStrips2D.from_fields(draw_order=7),
        ],
    )
)


@sends("blueprint/view/short forms")
def _():
    return rrb.Grid(
        rrb.Spatial2DView(background=[0x10, 0x20, 0x30]),
        rrb.Spatial3DView(background=rrb.BackgroundKind.GradientBright, line_grid=False),
        rrb.Spatial3DView(background=rrb.Background()),
        rrb.TimeSeriesView(plot_legend=rrb.Corner2D.LeftTop),
        rrb.TensorView(
            view_fit="fillkeepaspectratio", slice_selection=rrb.TensorSliceSelection(width=1, slider=[2])
        ),
        rrb.MapView(zoom=3, background=rrb.MapProvider.MapboxDark),
        rrb.TextLogView(
            columns=rrb.TextLogColumns(timeline_columns=["t"], text_log_columns=["loglevel", "body"]),
            rows=rrb.TextLogRows(filter_by_log_level=["ERROR"]),
        ),
        rrb.DataframeView(
            query=rrb.archetypes.DataframeQuery(
                select=["t", "/a:Scalars"], filter_is_not_null="/a:Scalars", filter_by_range=(1, 2)
            )
        ),
        rrb.GraphView(force_link=rrb.archetypes.ForceLink(distance=3)),
    )


sends("blueprint/overrides/behavior")(
    lambda: rrb.Spatial2DView(
        overrides={
            "hidden": rrb.EntityBehavior(visible=False),
            "hidden/not": rrb.EntityBehavior(visible=True, interactive=False),
        }
    )
)
sends("blueprint/overrides/one")(
    lambda: rrb.Spatial2DView(overrides={"/a/b": rr.Points2D.from_fields(radii=3)})
)
sends("blueprint/overrides/root")(
    lambda: rrb.Spatial2DView(overrides={"/": rrb.EntityBehavior(visible=False)})
)
sends("blueprint/overrides/several")(
    lambda: rrb.TimeSeriesView(
        overrides={
            "trig/sin": [
                rr.SeriesLines(colors=[1, 2, 3], names="sin"),
                rr.SeriesPoints(markers="cross"),
                rrb.EntityBehavior(interactive=False),
            ],
            "trig/cos": rrb.Visualizer("SeriesLines"),
        }
    )
)
sends("blueprint/overrides/time ranges")(
    lambda: rrb.Spatial3DView(
        overrides={
            "trail": [
                rrb.VisibleTimeRanges(
                    timeline="t",
                    start=rrb.TimeRangeBoundary.cursor_relative(seconds=-0.5),
                    end=rrb.TimeRangeBoundary.infinite(),
                ),
                rr.Points3D.from_fields(radii=0.1),
            ]
        }
    )
)
sends("blueprint/overrides/no visualizer")(
    lambda: rrb.Spatial3DView(overrides={"a": rr.Clear(recursive=True)})
)


@case("blueprint/overrides/mappings")
def _(rec):
    rec.log("plot", rr.DynamicArchetype("custom", components={"my_scalar": pa.array([1.0])}))
    store = rr.SeriesLines(names="store").visualizer(
        mappings=[VisualizerComponentMapping(target="SeriesLines:colors", source_kind=ComponentSourceKind.Default)]
    )
    custom = rr.SeriesLines(names="custom", colors=[0, 0, 255]).visualizer(
        mappings=[
            VisualizerComponentMapping(
                target="Scalars:scalars",
                source_kind=ComponentSourceKind.SourceComponent,
                source_component="custom:my_scalar",
                selector=".values",
            ),
            VisualizerComponentMapping(target="SeriesLines:widths", source_kind=ComponentSourceKind.Override),
        ]
    )
    view = rrb.TimeSeriesView(
        name="Mapping",
        origin="/",
        defaults=[rr.SeriesLines(colors=[0, 255, 0])],
        overrides={"plot": [store, custom]},
    )
    rec.send_blueprint(view)


blueprint_file("howto/visualization/save_blueprint", "rerun_example_blueprint_stocks")(
    lambda: rrb.Blueprint(rrb.TimeSeriesView(name="AAPL", origin="/stocks/AAPL"))
)
