import {
  Blueprint,
  BlueprintPanel,
  DataframeView,
  EntityBehavior,
  GraphView,
  Grid,
  Horizontal,
  MapView,
  SelectionPanel,
  Spatial2DView,
  Spatial3DView,
  Tabs,
  TensorView,
  TextLogView,
  TimePanel,
  TimeRangeBoundary,
  TimeSeriesView,
  TopPanel,
  Vertical,
  VisibleTimeRanges,
  Visualizer,
} from "../../../lib/blueprint/index.ts";
import {
  Boxes2D,
  Clear,
  DynamicArchetype,
  LineStrips2D,
  Points2D,
  Points3D,
  Scalars,
  SeriesLines,
  SeriesPoints,
} from "../../../lib/index.ts";
import { type Case, type Cases, logs } from "../case.ts";

type Sent = Parameters<Parameters<Case["log"]>[0]["sendBlueprint"]>[0];

const sends = (blueprint: () => Sent): Case => logs((rec) => rec.sendBlueprint(blueprint()));
const named = (name: string) => Spatial2DView({ name });

/** Containers, panels and what a view is made of; properties of views are in `blueprint-fields.ts`. */
export const blueprints: Cases = {
  "blueprint/activation/active": logs((rec) =>
    rec.sendBlueprint(named("a"), { makeDefault: false }),
  ),
  "blueprint/activation/default": logs((rec) =>
    rec.sendBlueprint(named("a"), { makeActive: false }),
  ),
  "blueprint/activation/neither": logs((rec) =>
    rec.sendBlueprint(named("a"), { makeActive: false, makeDefault: false }),
  ),
  "blueprint/container/Grid": sends(() => Grid()),
  "blueprint/container/Grid/all": sends(() =>
    Grid(named("a"), named("b"), named("c"), {
      columnShares: [1, 2],
      rowShares: [0.5, 1.5],
      gridColumns: 2,
      name: "grid",
      visible: true,
    }),
  ),
  "blueprint/container/Horizontal": sends(() => Horizontal()),
  "blueprint/container/Horizontal/all": sends(() =>
    Horizontal([named("a"), named("b")], {
      columnShares: [3, 1],
      name: "side by side",
      visible: false,
    }),
  ),
  "blueprint/container/Tabs": sends(() => Tabs()),
  "blueprint/container/Tabs/all": sends(() =>
    Tabs(named("a"), named("b"), { activeTab: "b", name: "tabs", visible: true }),
  ),
  "blueprint/container/Tabs/activeIndex": sends(() =>
    Tabs(Spatial2DView(), Vertical(named("b")), named("c"), { activeTab: 1 }),
  ),
  "blueprint/container/Tabs/unnamed": sends(() =>
    Tabs(Spatial2DView(), Spatial2DView(), named("c")),
  ),
  "blueprint/container/Vertical": sends(() => Vertical()),
  "blueprint/container/Vertical/all": sends(() =>
    Vertical([named("a"), named("b")], { rowShares: [1, 3], name: "stack", visible: true }),
  ),
  "blueprint/container/nested": sends(() =>
    Horizontal(
      Vertical(named("a"), Grid(named("b"), TimeSeriesView()), { rowShares: [2, 1] }),
      Tabs(Horizontal(named("c")), named("d"), { activeTab: "d" }),
    ),
  ),
  "blueprint/layout/empty": sends(() => Blueprint()),
  "blueprint/layout/empty and not automatic": sends(() =>
    Blueprint({ autoLayout: false, autoViews: false }),
  ),
  "blueprint/layout/automatic": sends(() =>
    Blueprint(named("a"), { autoLayout: true, autoViews: true }),
  ),
  "blueprint/layout/collapsed": sends(() => Blueprint(named("a"), { collapsePanels: true })),
  "blueprint/layout/collapsed but one": sends(() =>
    Blueprint(TimePanel({ state: "Expanded" }), { collapsePanels: true }),
  ),
  "blueprint/layout/several": sends(() =>
    Blueprint(named("a"), Horizontal(named("b")), Spatial3DView()),
  ),
  "blueprint/layout/two blueprints": logs((rec) => {
    rec.log("a", Scalars(1));
    rec.sendBlueprint(named("first"));
    rec.log("a", Scalars(2));
    rec.sendBlueprint(named("second"));
    rec.log("a", Scalars(3));
  }),
  "blueprint/panel/BlueprintPanel": sends(() => Blueprint(BlueprintPanel({ state: "Hidden" }))),
  "blueprint/panel/SelectionPanel": sends(() => Blueprint(SelectionPanel({ state: "Collapsed" }))),
  "blueprint/panel/TopPanel": sends(() => Blueprint(TopPanel({ state: "Expanded" }))),
  "blueprint/panel/all": sends(() =>
    Blueprint(
      TimePanel({
        state: "Collapsed",
        timeline: "t",
        playbackSpeed: 0.5,
        fps: 60,
        playState: "Following",
        loopMode: "Selection",
        timeSelection: { min: { sequence: 10 }, max: { sequence: 20 } },
      }),
      SelectionPanel({ state: "Hidden" }),
      BlueprintPanel({ state: "Hidden" }),
      TopPanel({ state: "Hidden" }),
      named("a"),
    ),
  ),
  "blueprint/panel/TimePanel/state": sends(() => Blueprint(TimePanel({ state: "Hidden" }))),
  "blueprint/panel/TimePanel/timeline": sends(() => Blueprint(TimePanel({ timeline: "frame" }))),
  "blueprint/panel/TimePanel/playback_speed": sends(() =>
    Blueprint(TimePanel({ playbackSpeed: 2 })),
  ),
  "blueprint/panel/TimePanel/fps": sends(() => Blueprint(TimePanel({ fps: 25 }))),
  "blueprint/panel/TimePanel/play_state": sends(() =>
    Blueprint(TimePanel({ playState: "Playing", timeline: "frame" })),
  ),
  "blueprint/panel/TimePanel/loop_mode": sends(() => Blueprint(TimePanel({ loopMode: "All" }))),
  "blueprint/panel/TimePanel/time_selection": sends(() =>
    Blueprint(TimePanel({ timeSelection: [{ duration: 1.5 }, { duration: 20 }] })),
  ),
  "blueprint/view/contents": sends(() =>
    Spatial3DView({ contents: ["+ /world/**", "- /world/roads/**", "+ /world/roads/main"] }),
  ),
  "blueprint/view/contents/one": sends(() => Spatial3DView({ contents: "/world/**" })),
  "blueprint/view/contents/none": sends(() => Spatial3DView({ contents: [] })),
  "blueprint/view/origin": sends(() => Spatial3DView({ origin: "world/car" })),
  "blueprint/view/visible": sends(() => Horizontal(Spatial3DView({ visible: false }))),
  "blueprint/view/defaults": sends(() =>
    Spatial2DView({
      defaults: [
        Boxes2D.updateFields({ colors: [0, 0, 255], radii: 2 }),
        Points2D.batch("radii", [1, 2]),
        LineStrips2D.updateFields({ drawOrder: 7 }),
      ],
    }),
  ),
  "blueprint/view/short forms": sends(() =>
    Grid(
      Spatial2DView({ background: "#102030" }),
      Spatial3DView({ background: "GradientBright", lineGrid: false }),
      Spatial3DView({ background: {} }),
      TimeSeriesView({ plotLegend: "LeftTop" }),
      TensorView({ viewFit: "FillKeepAspectRatio", sliceSelection: { width: 1, slider: [2] } }),
      MapView({ zoom: 3, background: "MapboxDark" }),
      TextLogView({
        columns: { timelineColumns: ["t"], textLogColumns: ["LogLevel", "Body"] },
        rows: { filterByLogLevel: "ERROR" },
      }),
      DataframeView({
        query: {
          select: ["t", "/a:Scalars"],
          filterIsNotNull: "/a:Scalars",
          filterByRange: [1, 2],
        },
      }),
      GraphView({ forceLink: { distance: 3 } }),
    ),
  ),
  "blueprint/overrides/behavior": sends(() =>
    Spatial2DView({
      overrides: {
        hidden: EntityBehavior({ visible: false }),
        "hidden/not": EntityBehavior({ visible: true, interactive: false }),
      },
    }),
  ),
  "blueprint/overrides/one": sends(() =>
    Spatial2DView({ overrides: { "/a/b": Points2D.updateFields({ radii: 3 }) } }),
  ),
  "blueprint/overrides/root": sends(() =>
    Spatial2DView({ overrides: { "/": EntityBehavior({ visible: false }) } }),
  ),
  "blueprint/overrides/several": sends(() =>
    TimeSeriesView({
      overrides: {
        "trig/sin": [
          SeriesLines({ colors: [1, 2, 3], names: "sin" }),
          SeriesPoints({ markers: "Cross" }),
          EntityBehavior({ interactive: false }),
        ],
        "trig/cos": Visualizer("SeriesLines"),
      },
    }),
  ),
  "blueprint/overrides/time ranges": sends(() =>
    Spatial3DView({
      overrides: {
        trail: [
          VisibleTimeRanges({
            timeline: "t",
            start: TimeRangeBoundary.cursorRelative({ duration: -0.5 }),
            end: TimeRangeBoundary.infinite(),
          }),
          Points3D.updateFields({ radii: 0.1 }),
        ],
      },
    }),
  ),
  "blueprint/overrides/no visualizer": sends(() =>
    Spatial3DView({ overrides: { a: Clear(true) } }),
  ),
  "blueprint/overrides/mappings": logs((rec) => {
    rec.log("plot", DynamicArchetype("custom", { my_scalar: Float64Array.of(1) }));
    rec.sendBlueprint(
      TimeSeriesView({
        name: "Mapping",
        origin: "/",
        defaults: SeriesLines({ colors: [0, 255, 0] }),
        overrides: {
          plot: [
            Visualizer(SeriesLines({ names: "store" }), {
              mappings: { target: "SeriesLines:colors", sourceKind: "Default" },
            }),
            Visualizer(SeriesLines({ names: "custom", colors: [0, 0, 255] }), {
              mappings: [
                {
                  target: "Scalars:scalars",
                  sourceComponent: "custom:my_scalar",
                  selector: ".values",
                },
                { target: "SeriesLines:widths", sourceKind: "Override" },
              ],
            }),
          ],
        },
      }),
    );
  }),
  "howto/visualization/save_blueprint": {
    app: "rerun_example_blueprint_stocks",
    blueprintFile: () => Blueprint(TimeSeriesView({ name: "AAPL", origin: "/stocks/AAPL" })),
    log: () => {},
  },
};
