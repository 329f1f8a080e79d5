import { expect } from "chai";
import {
  ActiveVisualizers,
  Background,
  Blueprint,
  DataframeView,
  Grid,
  Horizontal,
  MapView,
  PlotLegend,
  Spatial2DView,
  Spatial3DView,
  Tabs,
  TensorView,
  TextLogView,
  TimePanel,
  TimeRangeBoundary,
  TimeSeriesView,
  TopPanel,
  ViewportBlueprint,
  Visualizer,
} from "../../../lib/blueprint/index.ts";
import { RerunError } from "../../../lib/errors.ts";
import { Clear, Points2D, Scalars } from "../../../lib/index.ts";
import { fieldValues } from "../archetypes/helpers.ts";

/** Expects a call to be refused with an error of this code, whose message has this text. */
function expectRefused(call: () => unknown, code: string, text: string): void {
  expect(call).to.throw(RerunError, text).with.property("code", code);
}

const properties = (view: ReturnType<typeof Spatial2DView>): object =>
  Object.fromEntries(view.properties.map(({ path, archetype }) => [path, fieldValues(archetype)]));

describe("the parts of a blueprint", () => {
  it("are plain objects that cannot be changed", () => {
    const view = Spatial2DView({ name: "a", contents: "/a", visible: false });
    expect(view).to.include({ part: "view", viewClass: "2D", name: "a", visible: false });
    expect(view.contents).to.deep.equal(["/a"]);
    expect(Horizontal(view)).to.deep.include({ part: "container", kind: "Horizontal" });
    for (const part of [view, Tabs(view), TopPanel(), Blueprint(view), Visualizer("Points2D")])
      expect(Object.isFrozen(part)).to.equal(true);
  });

  it("are given one by one or in an array, with options behind them", () => {
    const [a, b] = [Spatial2DView({ name: "a" }), Spatial3DView()];
    for (const grid of [Grid(a, b, { gridColumns: 2 }), Grid([a, b], { gridColumns: 2 })])
      expect(grid).to.deep.include({ contents: [a, b], gridColumns: 2 });
    expect(Horizontal().contents).to.deep.equal([]);
    expect(Horizontal({ name: "empty" })).to.deep.include({ contents: [], name: "empty" });
    const panel = TimePanel({ timeline: "t" });
    for (const blueprint of [
      Blueprint(a, panel, { collapsePanels: true }),
      Blueprint([a, panel], { collapsePanels: true }),
    ])
      expect(blueprint).to.deep.include({ contents: [a], panels: [panel], collapsePanels: true });
  });

  it("take properties as archetypes, by their fields, or in short", () => {
    const legends = [PlotLegend("LeftTop"), { corner: "LeftTop" as const }, "LeftTop" as const];
    for (const plotLegend of legends)
      expect(properties(TimeSeriesView({ plotLegend }))).to.deep.equal({
        PlotLegend: { corner: [1] },
      });
    for (const background of [
      [255, 0, 0],
      "red",
      0xff0000ff,
      Float32Array.of(1, 0, 0),
      { color: "red" },
      Background({ color: "red", kind: 3 }),
    ])
      expect(properties(Spatial2DView({ background }))).to.deep.equal({
        Background: { kind: [3], color: [0xff0000ff] },
      });
    expect(
      properties(Spatial3DView({ background: "gradientbright", lineGrid: false })),
    ).to.deep.equal({ Background: { kind: [2] }, LineGrid3D: { visible: [false] } });
    expect(properties(Spatial3DView({ background: {} }))).to.deep.equal({
      Background: { kind: [1] },
    });
    expect(properties(MapView({ zoom: 3, background: "OpenStreetMap" }))).to.deep.equal({
      MapZoom: { zoom: [3] },
      MapBackground: { provider: [1] },
    });
    expect(properties(TensorView({ viewFit: "Fill" }))).to.deep.equal({
      TensorViewFit: { scaling: [2] },
    });
  });

  it("split columns of a dataframe at the first colon", () => {
    const view = DataframeView({
      query: {
        select: ["t", "/a:Points3D:positions", { entityPath: "/b", component: "own" }],
        filterIsNotNull: "/a:Points3D:positions",
      },
    });
    expect(properties(view)).to.deep.equal({
      DataframeQuery: {
        filter_is_not_null: [
          { active: true, column: { entity_path: "/a", component: "Points3D:positions" } },
        ],
        apply_latest_at: [false],
        select: [
          {
            time_columns: ["t"],
            component_columns: [
              { entity_path: "/a", component: "Points3D:positions" },
              { entity_path: "/b", component: "own" },
            ],
          },
        ],
        auto_scroll: [false],
      },
    });
  });

  it("show columns of a text log unless told otherwise", () => {
    const view = TextLogView({
      columns: {
        timelineColumns: ["a", { timeline: "b", visible: false }],
        textLogColumns: ["loglevel", { kind: "Body", visible: false }],
      },
    });
    expect(properties(view)).to.deep.equal({
      TextLogColumns: {
        timeline_columns: [
          { visible: true, timeline: "a" },
          { visible: false, timeline: "b" },
        ],
        text_log_columns: [
          { visible: true, kind: 2 },
          { visible: false, kind: 3 },
        ],
      },
    });
  });

  it("are refused when they are no parts, or there are too many of them", () => {
    const wrong = 5 as never;
    expectRefused(() => Horizontal(wrong), "invalid-argument", "parts of Horizontal");
    expectRefused(
      () => Horizontal([TopPanel() as never]),
      "invalid-argument",
      "views and containers",
    );
    expectRefused(() => Blueprint(wrong), "invalid-argument", "views, containers and panels");
    expectRefused(
      () => Blueprint(TopPanel(), TopPanel()),
      "invalid-argument",
      "one panel of each kind",
    );
    expectRefused(
      () => Tabs(Spatial2DView({ name: "a" }), { activeTab: "b" }),
      "invalid-argument",
      'active tab of Tabs to be an index below 1 or the name of a view in it, got "b"',
    );
    expectRefused(() => Tabs(Spatial2DView(), { activeTab: 1 }), "invalid-argument", "got `1`");
    expectRefused(
      () => Horizontal(Spatial2DView({ id: "a" }), Spatial2DView({ id: "a" })).toRows(),
      "invalid-argument",
      '"a" twice',
    );
  });

  it("are refused when an option does not exist or does not fit", () => {
    const refused: readonly (readonly [() => unknown, string])[] = [
      [() => Spatial2DView({ background_: 1 } as never), '"background_"'],
      [() => Spatial2DView({ time_ranges: 1 } as never), '"time_ranges"'],
      [() => Horizontal({ rowShares: [1] } as never), '"rowShares"'],
      [() => Blueprint({ collapse: true } as never), '"collapse"'],
      [() => TopPanel({ timeline: "t" } as never), '"timeline"'],
      [() => TimePanel({ fps: "fast" } as never), "TimePanelBlueprint.fps"],
      [() => TopPanel({ state: "open" } as never), "Hidden (1)"],
      [() => Spatial2DView({ visible: "no" } as never), "ViewBlueprint.visible"],
      [() => Spatial2DView({ visualBounds: { xRange: [0, 1] } } as never), "{ xRange, yRange }"],
      [() => TimeSeriesView({ timeRanges: { timeline: "t" } } as never), "TimeRangeBoundary"],
      [() => Horizontal(Spatial2DView(), { columnShares: ["a"] } as never), "colShares"],
      [() => ViewportBlueprint({ rootContainer: "a" }), "a UUID as text or as 16 bytes"],
      [() => ActiveVisualizers([new Uint8Array(15)]), "at index 0"],
      [() => DataframeView({ query: { filterIsNotNull: "/a" } }), "/entity/path:Points3D:colors"],
    ];
    for (const [call, text] of refused) expectRefused(call, "invalid-component", text);
    const others: readonly (readonly [() => unknown, string])[] = [
      [() => Spatial2DView({ background: Scalars(1) as never }), "Background"],
      [() => Spatial2DView({ defaults: 5 as never }), "defaults of Spatial2DView"],
      [() => Spatial2DView({ overrides: { a: 5 as never } }), 'at "a"'],
      [() => Visualizer(Clear(true)), "an archetype with a visualizer"],
      [() => Visualizer(undefined as never), "got `undefined`"],
    ];
    for (const [call, text] of others) expectRefused(call, "invalid-argument", text);
  });

  it("take each timeline of visible ranges once", () => {
    const all = { start: TimeRangeBoundary.infinite(), end: TimeRangeBoundary.infinite() };
    expectRefused(
      () => TimeSeriesView({ timeRanges: ["t", "t"].map((timeline) => ({ timeline, ...all })) }),
      "invalid-component",
      "each timeline once",
    );
  });

  it("take visualizers by archetype, by function and by name", () => {
    const radii = Points2D.updateFields({ radii: 2 });
    expect(Visualizer(radii)).to.deep.include({
      visualizerType: "Points2D",
      overrides: radii.batches,
    });
    for (const what of [Points2D, "Points2D"])
      expect(Visualizer(what)).to.deep.include({
        visualizerType: "Points2D",
        overrides: [],
        mappings: [],
      });
  });
});

describe("the ends of a time range", () => {
  it("are taken in every unit", () => {
    const { cursorRelative, absolute, infinite } = TimeRangeBoundary;
    expect(cursorRelative()).to.deep.equal({ CursorRelative: 0n });
    expect(cursorRelative(-5)).to.deep.equal({ CursorRelative: -5n });
    expect(cursorRelative({ sequence: 5n })).to.deep.equal({ CursorRelative: 5n });
    expect(cursorRelative({ duration: -0.5 })).to.deep.equal({ CursorRelative: -500_000_000n });
    expect(absolute({ timestamp: new Date(1000) })).to.deep.equal({ Absolute: 1_000_000_000n });
    expect(absolute(2n ** 62n)).to.deep.equal({ Absolute: 2n ** 62n });
    expect(infinite()).to.deep.equal({ Infinite: null });
  });

  it("are refused when they are no times", () => {
    for (const wrong of [1.5, Number.NaN, "1", null, {}, { seconds: 1 }, new Date(), 2n ** 64n])
      expectRefused(() => TimeRangeBoundary.absolute(wrong as never), "invalid-time", "Expected");
  });
});
