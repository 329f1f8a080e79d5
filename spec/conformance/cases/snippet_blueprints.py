import rerun as rr
import rerun.blueprint as rrb
from rerun.blueprint.datatypes import ComponentSourceKind, VisualizerComponentMapping
from support import blueprint_of


def bounds(name, x, y):
    blueprint_of(name)(lambda: rrb.Spatial2DView(visual_bounds=rrb.VisualBounds2D(x_range=x, y_range=y)))


bounds("archetypes/line_strips2d_batch", [-1, 7], [-3, 6])
bounds("archetypes/line_strips2d_simple", [-1, 7], [-3, 3])
bounds("archetypes/line_strips2d_ui_radius", [-1, 5], [-1, 2])
bounds("archetypes/points2d_random", [-4, 4], [-4, 4])
bounds("archetypes/points2d_simple", [-1, 2], [-1, 2])
bounds("tutorials/extra_values", [-1.5, 1.5], [-1.5, 1.5])


@blueprint_of("archetypes/grid_map_pose")
def _():
    axes = rr.TransformAxes3D(axis_length=0.5, show_frame=True)
    return rrb.Spatial3DView(origin="/", overrides={"/tf": [axes]})


@blueprint_of("archetypes/line_strips3d_time_window", first=True)
def _():
    return rrb.Spatial3DView(
        origin="/",
        time_ranges=rrb.VisibleTimeRange(
            "time",
            start=rrb.TimeRangeBoundary.cursor_relative(seconds=-5.0),
            end=rrb.TimeRangeBoundary.cursor_relative(),
        ),
    )


@blueprint_of("archetypes/pinhole_projections")
def _():
    scene = rrb.Spatial3DView(
        origin="world",
        name="3D Scene",
        contents=["/**"],
        overrides={"camera": rr.Pinhole.from_fields(image_plane_distance=1.0)},
    )
    camera = rrb.Spatial2DView(origin="camera", name="Camera", contents=["/**"])
    return rrb.Blueprint(rrb.Horizontal(scene, camera))


blueprint_of("concepts/viscomp-base")(rrb.Spatial2DView)


@blueprint_of("concepts/viscomp-component-override")
def _():
    return rrb.Spatial2DView(overrides={"boxes/1": rr.Boxes2D(colors=[0, 255, 0])})


@blueprint_of("howto/dual_color_point_cloud")
def _():
    def colors_from(name, component):
        mapping = VisualizerComponentMapping(
            target="Points3D:colors",
            source_kind=ComponentSourceKind.SourceComponent,
            source_component=component,
        )
        visualizer = rr.Points3D.from_fields().visualizer(mappings=[mapping])
        return rrb.Spatial3DView(name=name, origin="/", overrides={"pointcloud": [visualizer]})

    views = [colors_from("Height Colors", "HeightColors:colors"), colors_from("Spin Colors", "SpinColors:colors")]
    return rrb.Blueprint(rrb.Horizontal(*views), collapse_panels=True)


@blueprint_of("howto/state_timeline")
def _():
    return rrb.Blueprint(rrb.StateTimelineView(origin="/", name="Doors and windows"))


@blueprint_of("tutorials/visualizer-overrides")
def _():
    return rrb.TimeSeriesView(overrides={"trig/sin": [rr.SeriesLines(), rr.SeriesPoints()]})


def collapsed(name, view):
    blueprint_of(name)(lambda: rrb.Blueprint(view(), collapse_panels=True))


collapsed(
    "views/bar_chart",
    lambda: rrb.BarChartView(
        origin="bar_chart",
        name="Bar Chart",
        background=rrb.archetypes.PlotBackground(color=[50, 0, 50, 255], show_grid=False),
    ),
)
collapsed(
    "views/graph",
    lambda: rrb.GraphView(
        origin="/",
        name="Graph",
        visual_bounds=rrb.VisualBounds2D(x_range=[-150, 150], y_range=[-50, 150]),
        background=rrb.archetypes.GraphBackground(color=[30, 10, 10]),
    ),
)
collapsed(
    "views/map",
    lambda: rrb.MapView(origin="points", name="MapView", zoom=16.0, background=rrb.MapProvider.OpenStreetMap),
)
collapsed(
    "views/spatial2d",
    lambda: rrb.Spatial2DView(
        origin="/",
        name="2D Scene",
        background=[105, 20, 105],
        visual_bounds=rrb.VisualBounds2D(x_range=[-5, 5], y_range=[-5, 5]),
    ),
)
collapsed("views/state_timeline", lambda: rrb.StateTimelineView(origin="/", name="State Transitions"))
collapsed("views/text_document", lambda: rrb.TextDocumentView(origin="markdown", name="Markdown example"))


def series():
    boundary = rrb.TimeRangeBoundary
    ranges = [
        rrb.VisibleTimeRange("timeline0", start=boundary.cursor_relative(seq=-100), end=boundary.cursor_relative()),
        rrb.VisibleTimeRange("timeline1", start=boundary.absolute(seconds=300.0), end=boundary.infinite()),
    ]
    first = rrb.TimeSeriesView(
        origin="/trig",
        axis_y=rrb.ScalarAxis(range=(-1.0, 1.0), zoom_lock=True),
        plot_legend=rrb.PlotLegend(visible=False),
        time_ranges=ranges,
    )
    view_range = rr.TimeRange(
        start=boundary.cursor_relative(seconds=-100),
        end=boundary.cursor_relative(seconds=100),
    )
    second = rrb.TimeSeriesView(
        origin="/trig",
        axis_x=rrb.TimeAxis(view_range=view_range, zoom_lock=True),
        plot_legend=rrb.PlotLegend(visible=True),
        background=rrb.archetypes.PlotBackground(color=[128, 128, 128], show_grid=False),
    )
    return rrb.Vertical(contents=[first, second])


collapsed("views/timeseries", series)
