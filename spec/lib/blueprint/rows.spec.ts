import { expect } from "chai";
import {
  Blueprint,
  BlueprintPanel,
  EntityBehavior,
  Grid,
  Horizontal,
  Spatial2DView,
  Spatial3DView,
  Tabs,
  TimePanel,
  TimeSeriesView,
  Vertical,
  Visualizer,
} from "../../../lib/blueprint/index.ts";
import { Points3D, SeriesLines } from "../../../lib/index.ts";
import { batchValues } from "../components/arrow-values.ts";
import { pathsOf, rowsInShort } from "./helpers.ts";

const viewport = "/viewport root_container=1 ids";

describe("a blueprint as rows", () => {
  it("puts a single view into tabs, and parts before what holds them", () => {
    expect(rowsInShort(Spatial3DView({ name: "Scene", origin: "world" }))).to.deep.equal([
      '/view/ID/ViewContents query=["$origin/**"]',
      '/view/ID class_identifier=["3D"] display_name=["Scene"] space_origin=["world"]',
      '/container/ID container_kind=[1] contents=["view/ID"]',
      viewport,
    ]);
  });

  it("takes a single container as the root, and puts several parts into tabs", () => {
    const one = rowsInShort(Blueprint(Vertical(TimeSeriesView({ name: "a" }), { rowShares: [1] })));
    expect(one.slice(2)).to.deep.equal([
      '/container/ID container_kind=[3] contents=["view/ID"] row_shares=[1]',
      viewport,
    ]);
    const two = rowsInShort(Blueprint(Horizontal(), Grid({ gridColumns: 3 })));
    expect(two).to.deep.equal([
      "/container/ID container_kind=[2] contents=[]",
      "/container/ID container_kind=[4] contents=[] grid_columns=[3]",
      '/container/ID container_kind=[1] contents=["container/ID","container/ID"]',
      viewport,
    ]);
  });

  it("lets the viewer lay out where it says nothing of that", () => {
    expect(rowsInShort(Blueprint())).to.deep.equal([
      "/viewport auto_layout=[true] auto_views=[true]",
    ]);
    expect(rowsInShort(Blueprint(Tabs(), { autoViews: true })).at(-1)).to.equal(
      `${viewport} auto_views=[true]`,
    );
  });

  it("collapses the panels that are not given", () => {
    const rows = rowsInShort(
      Blueprint(BlueprintPanel({ state: "Expanded" }), { collapsePanels: true }),
    );
    expect(rows.slice(1)).to.deep.equal([
      "/blueprint_panel state=[3]",
      "/selection_panel state=[2]",
      "/time_panel state=[2]",
    ]);
  });

  it("says how time is played as static", () => {
    const rows = rowsInShort(
      Blueprint(TimePanel({ timeline: "t", playState: "Playing", timeSelection: [1, 2] })),
    );
    expect(rows.slice(1)).to.deep.equal([
      '/time_panel timeline=["t"] time_selection=[{"min":1,"max":2}]',
      "static /time_panel play_state=[2]",
    ]);
  });

  it("puts overrides below the contents of the view, visualizers under ids", () => {
    const view = Spatial2DView({
      overrides: {
        "world/points": [
          Points3D.updateFields({ radii: 2 }),
          EntityBehavior({ visible: false }),
          Visualizer("Lines3D"),
        ],
        "/": EntityBehavior({ interactive: false }),
        "with space": Visualizer(SeriesLines, { mappings: { target: "SeriesLines:colors" } }),
      },
    });
    const base = "/view/ID/ViewContents/overrides";
    expect(rowsInShort(view).slice(2, -2)).to.deep.equal([
      `${base}/world/points/visualizers/ID visualizer_type=["Points3D"]`,
      `${base}/world/points/visualizers/ID radii=[2]`,
      `${base}/world/points/visualizers visible=[false]`,
      `${base}/world/points/visualizers/ID visualizer_type=["Lines3D"]`,
      `${base}/world/points/visualizers instruction_ids=2 ids`,
      `${base}/visualizers interactive=[false]`,
      `${base}/with\\ space/visualizers/ID visualizer_type=["SeriesLines"] component_map=[{"target":"SeriesLines:colors","source_kind":2,"source_component":null,"selector":null}]`,
      `${base}/with\\ space/visualizers instruction_ids=1 ids`,
    ]);
  });

  it("puts the tab in front that was asked for, else the last view without a name", () => {
    const front = (container: ReturnType<typeof Tabs>): number => {
      const { rows } = container.toRows();
      const said = (name: string): unknown[] =>
        batchValues(
          rows
            .at(-2)
            ?.batches.find(
              ({ descriptor }) => descriptor.component === `ContainerBlueprint:${name}`,
            ),
        );
      return said("contents").indexOf(said("active_tab")[0]);
    };
    const named = (name: string) => Spatial2DView({ name });
    expect(front(Tabs(named("a"), named("b"), { activeTab: "b" }))).to.equal(1);
    expect(front(Tabs(named("a"), Horizontal(), { activeTab: 1 }))).to.equal(1);
    expect(front(Tabs(Spatial2DView(), Spatial2DView(), named("b")))).to.equal(1);
    expect(front(Tabs(named("a"), named("b")))).to.equal(-1);
  });
});

describe("the ids of parts", () => {
  const layout = (id?: string) =>
    Blueprint(
      Horizontal(
        Spatial3DView({ origin: "world", overrides: { a: Visualizer("Points3D") } }),
        TimeSeriesView({ name: "plot" }),
      ),
      { id },
    );

  it("are other ones each time, unless asked for", () => {
    const blueprint = layout();
    expect(pathsOf(blueprint)).not.to.deep.equal(pathsOf(blueprint));
    expect(blueprint.toRows().storeId).to.equal(undefined);
  });

  it("are the same for the same text", () => {
    const [first, again, other] = [layout("a"), layout("a"), layout("b")];
    expect(pathsOf(first)).to.deep.equal(pathsOf(again));
    expect(pathsOf(first)).not.to.deep.equal(pathsOf(other));
    expect(pathsOf(layout(), "a")).to.deep.equal(pathsOf(first));
    expect(first.toRows().storeId).to.match(/^rec_[0-9a-f]{32}$/);
    expect(first.toRows().storeId).to.equal(again.toRows().storeId);
  });

  it("make another store for other content, which would else be mixed with what a viewer has", () => {
    const red = Blueprint(Spatial2DView({ background: "red" }), { id: "a" });
    const blue = Blueprint(Spatial2DView({ background: "blue" }), { id: "a" });
    expect(pathsOf(red)).to.deep.equal(pathsOf(blue));
    expect(red.toRows().storeId).not.to.equal(blue.toRows().storeId);
  });

  it("stay with a view when others come, go, or change their places", () => {
    const view = (name: string) => Spatial2DView({ name });
    const ids = (...names: string[]): readonly string[] =>
      pathsOf(Horizontal(names.map(view)), "seed").filter((path) => /^\/view\/[^/]+$/.test(path));
    const [a, b, c] = ids("a", "b", "c");
    expect(ids("c", "a")).to.deep.equal([c, a]);
    expect(ids("x", "b").at(1)).to.equal(b);
  });

  it("tell equal parts apart", () => {
    const paths = pathsOf(Grid(Spatial2DView(), Spatial2DView(), Grid()), "seed");
    const parts = paths.filter((path) => /^\/(view|container)\/[^/]+$/.test(path));
    expect(new Set(parts).size).to.equal(4);
  });

  it("are taken as they are, texts become UUIDs", () => {
    const uuid = "6F6C1F9E-9A35-4B1C-8D5E-2F0A8F4B7C11";
    const paths = pathsOf(Horizontal(Spatial2DView({ id: uuid }), Spatial2DView({ id: "left" })));
    expect(paths[1]).to.equal(`/view/${uuid.toLowerCase()}`);
    const left = paths[3] ?? "";
    expect(left).to.match(/^\/view\/[0-9a-f-]{36}$/);
    expect(pathsOf(Spatial3DView({ id: "left" }))[1]).to.equal(left);
  });
});
