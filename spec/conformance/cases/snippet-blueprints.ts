import {
  BarChartView,
  Blueprint,
  type BlueprintLike,
  GraphView,
  Horizontal,
  MapView,
  Spatial2DView,
  Spatial3DView,
  StateTimelineView,
  TextDocumentView,
  TimeRangeBoundary,
  TimeSeriesView,
  Vertical,
  Visualizer,
} from "../../../lib/blueprint/index.ts";
import {
  Boxes2D,
  Pinhole,
  Points3D,
  SeriesLines,
  SeriesPoints,
  TransformAxes3D,
} from "../../../lib/index.ts";
import type { Case } from "../case.ts";

/** What an official snippet sends beside its data. */
export interface SnippetBlueprint {
  readonly blueprint: () => BlueprintLike;
  /** Whether it is sent before the data; default false. */
  readonly first?: boolean;
}

const bounds = (x: readonly [number, number], y: readonly [number, number]): SnippetBlueprint => ({
  blueprint: () => Spatial2DView({ visualBounds: { xRange: x, yRange: y } }),
});

const colorsFrom = (name: string, sourceComponent: string) =>
  Spatial3DView({
    name,
    origin: "/",
    overrides: {
      pointcloud: Visualizer(Points3D, {
        mappings: { target: "Points3D:colors", sourceComponent },
      }),
    },
  });

/** Blueprints of official snippets, by the name of the snippet; its data lies in another group. */
export const snippetBlueprints: Readonly<Record<string, SnippetBlueprint>> = {
  "archetypes/grid_map_pose": {
    blueprint: () =>
      Spatial3DView({
        origin: "/",
        overrides: { "/tf": TransformAxes3D(0.5, { showFrame: true }) },
      }),
  },
  "archetypes/line_strips2d_batch": bounds([-1, 7], [-3, 6]),
  "archetypes/line_strips2d_simple": bounds([-1, 7], [-3, 3]),
  "archetypes/line_strips2d_ui_radius": bounds([-1, 5], [-1, 2]),
  "archetypes/line_strips3d_time_window": {
    first: true,
    blueprint: () =>
      Spatial3DView({
        origin: "/",
        timeRanges: {
          timeline: "time",
          start: TimeRangeBoundary.cursorRelative({ duration: -5 }),
          end: TimeRangeBoundary.cursorRelative(),
        },
      }),
  },
  "archetypes/pinhole_projections": {
    blueprint: () =>
      Blueprint(
        Horizontal(
          Spatial3DView({
            origin: "world",
            name: "3D Scene",
            contents: ["/**"],
            overrides: { camera: Pinhole.updateFields({ imagePlaneDistance: 1 }) },
          }),
          Spatial2DView({ origin: "camera", name: "Camera", contents: ["/**"] }),
        ),
      ),
  },
  "archetypes/points2d_random": bounds([-4, 4], [-4, 4]),
  "archetypes/points2d_simple": bounds([-1, 2], [-1, 2]),
  "concepts/viscomp-base": { blueprint: () => Spatial2DView() },
  "concepts/viscomp-component-override": {
    blueprint: () =>
      Spatial2DView({ overrides: { "boxes/1": Boxes2D.updateFields({ colors: [0, 255, 0] }) } }),
  },
  "howto/dual_color_point_cloud": {
    blueprint: () =>
      Blueprint(
        Horizontal(
          colorsFrom("Height Colors", "HeightColors:colors"),
          colorsFrom("Spin Colors", "SpinColors:colors"),
        ),
        { collapsePanels: true },
      ),
  },
  "howto/state_timeline": {
    blueprint: () => Blueprint(StateTimelineView({ origin: "/", name: "Doors and windows" })),
  },
  "tutorials/extra_values": bounds([-1.5, 1.5], [-1.5, 1.5]),
  "tutorials/visualizer-overrides": {
    blueprint: () => TimeSeriesView({ overrides: { "trig/sin": [SeriesLines(), SeriesPoints()] } }),
  },
  "views/bar_chart": {
    blueprint: () =>
      Blueprint(
        BarChartView({
          origin: "bar_chart",
          name: "Bar Chart",
          background: { color: [50, 0, 50, 255], showGrid: false },
        }),
        { collapsePanels: true },
      ),
  },
  "views/graph": {
    blueprint: () =>
      Blueprint(
        GraphView({
          origin: "/",
          name: "Graph",
          visualBounds: { xRange: [-150, 150], yRange: [-50, 150] },
          background: { color: [30, 10, 10] },
        }),
        { collapsePanels: true },
      ),
  },
  "views/map": {
    blueprint: () =>
      Blueprint(
        MapView({ origin: "points", name: "MapView", zoom: 16, background: "OpenStreetMap" }),
        { collapsePanels: true },
      ),
  },
  "views/spatial2d": {
    blueprint: () =>
      Blueprint(
        Spatial2DView({
          origin: "/",
          name: "2D Scene",
          background: [105, 20, 105],
          visualBounds: { xRange: [-5, 5], yRange: [-5, 5] },
        }),
        { collapsePanels: true },
      ),
  },
  "views/state_timeline": {
    blueprint: () =>
      Blueprint(StateTimelineView({ origin: "/", name: "State Transitions" }), {
        collapsePanels: true,
      }),
  },
  "views/text_document": {
    blueprint: () =>
      Blueprint(TextDocumentView({ origin: "markdown", name: "Markdown example" }), {
        collapsePanels: true,
      }),
  },
  "views/timeseries": {
    blueprint: () =>
      Blueprint(
        Vertical(
          TimeSeriesView({
            origin: "/trig",
            axisY: { range: [-1, 1], zoomLock: true },
            plotLegend: { visible: false },
            timeRanges: [
              {
                timeline: "timeline0",
                start: TimeRangeBoundary.cursorRelative({ sequence: -100 }),
                end: TimeRangeBoundary.cursorRelative(),
              },
              {
                timeline: "timeline1",
                start: TimeRangeBoundary.absolute({ duration: 300 }),
                end: TimeRangeBoundary.infinite(),
              },
            ],
          }),
          TimeSeriesView({
            origin: "/trig",
            axisX: {
              viewRange: {
                start: TimeRangeBoundary.cursorRelative({ duration: -100 }),
                end: TimeRangeBoundary.cursorRelative({ duration: 100 }),
              },
              zoomLock: true,
            },
            plotLegend: { visible: true },
            background: { color: [128, 128, 128], showGrid: false },
          }),
        ),
        { collapsePanels: true },
      ),
  },
};

/** A case that sends the blueprint of its snippet as well, if that has one. */
export function withBlueprint(name: string, data: Case): Case {
  const snippet = snippetBlueprints[name];
  if (snippet === undefined) return data;
  const { blueprint, first = false } = snippet;
  return {
    ...data,
    log: (rec) => {
      if (first) rec.sendBlueprint(blueprint());
      data.log(rec);
      if (!first) rec.sendBlueprint(blueprint());
    },
  };
}
