import { mkdir, readFile, writeFile } from "node:fs/promises";
import { expect } from "chai";
import { Subject } from "rxjs";
import {
  Blueprint,
  type BlueprintLike,
  encodeBlueprint,
  Grid,
  loadBlueprint,
  Spatial2DView,
  Spatial3DView,
  TimePanel,
  TimeRangeBoundary,
  TimeSeriesView,
} from "../../../lib/blueprint/index.ts";
import { RerunError } from "../../../lib/errors.ts";
import { Points3D, RecordingStream, Scalars, SeriesLines } from "../../../lib/index.ts";
import { saveBlueprint } from "../../../lib/node/index.ts";
import { memory } from "../../../sinks/memory.ts";
import { blueprintDifferences } from "../../conformance/blueprint-differences.ts";
import { requirePeer } from "../../helpers/peers.ts";
import { python, verify } from "../../helpers/rerun-cli.ts";
import { useTempDir } from "../../helpers/use-temp-dir.ts";
import { rowInShort } from "./helpers.ts";

const layout = (): BlueprintLike =>
  Blueprint(
    Grid(
      Spatial3DView({
        name: "scene",
        background: "red",
        overrides: { a: Points3D.updateFields({ radii: 2 }) },
        timeRanges: {
          timeline: "t",
          start: TimeRangeBoundary.cursorRelative(-5),
          end: TimeRangeBoundary.infinite(),
        },
      }),
      TimeSeriesView({ defaults: SeriesLines({ colors: "blue" }), contents: [] }),
      { columnShares: [1, 2] },
    ),
    TimePanel({ timeline: "t", playState: "Playing" }),
    { id: "a" },
  );

/** The rows, with components in the order in which files have them. */
const shown = (blueprint: BlueprintLike): readonly string[] =>
  blueprint.toRows().rows.map((row) => {
    const batches = row.batches.toSorted((a, b) =>
      a.descriptor.component < b.descriptor.component ? -1 : 1,
    );
    return rowInShort({ ...row, batches });
  });
const idsOf = (blueprint: BlueprintLike): unknown =>
  blueprint.toRows().rows.map(({ entityPath }) => entityPath);

describe("loading a blueprint", () => {
  const dir = useTempDir();

  it("gives what was saved, with the ids of its parts", async () => {
    const path = dir.file("a.rbl");
    saveBlueprint(path, layout(), "one app");
    for (const source of [path, await readFile(path)]) {
      const loaded = await loadBlueprint(source);
      expect(shown(loaded)).to.deep.equal(shown(layout()));
      expect(idsOf(loaded)).to.deep.equal(idsOf(layout()));
      expect(loaded.toRows().storeId).to.equal(undefined);
    }
  });

  it("can be sent for any application", async () => {
    const path = dir.file("a.rbl");
    saveBlueprint(path, layout(), "one app");
    const rec = new RecordingStream("another app");
    const sink = memory();
    rec.attach(sink);
    rec.sendBlueprint(await loadBlueprint(path));
    await rec.close();
    const stores = sink.messages.map(({ storeId }) => storeId.applicationId);
    expect(new Set(stores)).to.deep.equal(new Set(["another app"]));
  });

  it("takes the one that was activated last", async () => {
    const rec = new RecordingStream("app");
    const sink = memory();
    rec.attach(sink);
    for (const name of ["a", "b", "c"]) {
      rec.log("x", Scalars(1));
      rec.sendBlueprint(Spatial2DView({ name }), { makeActive: name !== "c" });
    }
    await rec.close();
    const loaded = await loadBlueprint(sink.toRrd());
    expect(shown(loaded)).to.deep.equal(shown(Spatial2DView({ name: "c" })));
  });

  it("gives what a store says in the end, when it was changed", async () => {
    const rec = new RecordingStream("app");
    const sink = memory();
    rec.attach(sink);
    const views = ["red", "blue", "lime"].map((background) => Spatial2DView({ background }));
    const blueprint$ = new Subject<BlueprintLike>();
    rec.followBlueprint(blueprint$);
    for (const view of views) blueprint$.next(view);
    await rec.close();
    const loaded = shown(await loadBlueprint(sink.toRrd()));
    expect(loaded.filter((row) => row.includes("Background"))).to.deep.equal([
      "/view/ID/Background color=[4278190335] kind=[3]",
      "/view/ID/Background color=[65535] kind=[3]",
      "/view/ID/Background color=[16711935] kind=[3]",
    ]);
  });

  it("refuses files without one", async () => {
    const rec = new RecordingStream("app");
    const sink = memory();
    rec.attach(sink);
    await rec.close();
    const codeOf = async (source: string | Uint8Array): Promise<unknown> =>
      loadBlueprint(source).then(
        () => "loaded",
        (error: unknown) => (error as RerunError).code,
      );
    expect(await codeOf(sink.toRrd())).to.equal("invalid-data");
    expect(await codeOf(new Uint8Array(100))).to.equal("invalid-data");
    expect(await codeOf(dir.file("none.rbl"))).to.equal("file-missing");
  });

  it("reads what the official SDK saves, and says it again as it was", async function () {
    this.timeout(60_000);
    await requirePeer(this, "python");
    const program = [
      "import sys, rerun as rr, rerun.blueprint as rrb",
      "scene = rrb.Spatial3DView(name='scene', background=[1, 2, 3], overrides={'a': rr.Points3D.from_fields(radii=2)})",
      "plot = rrb.TimeSeriesView(defaults=[rr.SeriesLines(colors=[0, 0, 255])], plot_legend=rrb.PlotLegend(visible=False))",
      "panel = rrb.TimePanel(timeline='t', play_state='playing')",
      "bp = rrb.Blueprint(rrb.Grid(scene, plot, column_shares=[1, 2]), panel, collapse_panels=True)",
      "bp.save('app', sys.argv[1])",
    ].join("\n");
    for (const folder of ["official", "ours"]) await mkdir(dir.file(folder));
    const result = await python(["-c", program, dir.file("official/a.rbl")]);
    expect(result.code, result.stderr).to.equal(0);
    const loaded = await loadBlueprint(dir.file("official/a.rbl"));
    await writeFile(dir.file("ours/a.rbl"), encodeBlueprint(loaded, "app"));
    const differences = await blueprintDifferences(dir.file("official"), dir.file("ours"), [
      "a.rbl",
    ]);
    expect(differences).to.deep.equal({ "a.rbl": null });
  });
});

describe("saving a blueprint", () => {
  const dir = useTempDir();

  it("writes a file that the official command calls sound", async function () {
    this.timeout(60_000);
    await requirePeer(this, "rerun-cli");
    saveBlueprint(dir.file("a.rbl"), layout(), "app");
    const { code, stdout, stderr } = await verify(dir.file("a.rbl"));
    expect(code, stdout + stderr).to.equal(0);
  });

  it("does not overwrite a file unless told", async () => {
    const path = dir.file("a.rbl");
    await writeFile(path, "old");
    expect(() => saveBlueprint(path, layout(), "app"))
      .to.throw(RerunError, "overwrite")
      .with.property("code", "file-exists");
    expect(await readFile(path, "utf8")).to.equal("old");
    saveBlueprint(path, Spatial2DView({ id: "x" }), "app", { overwrite: true });
    expect(idsOf(await loadBlueprint(path))).to.include("/viewport");
  });

  it("refuses what is no blueprint or no application, before it touches the file", async () => {
    const path = dir.file("a.rbl");
    for (const call of [
      () => saveBlueprint(path, {} as never, "app"),
      () => saveBlueprint(path, layout(), ""),
      () => saveBlueprint(path, layout(), undefined as never),
    ])
      expect(call).to.throw(RerunError).with.property("code", "invalid-argument");
    expect(() => saveBlueprint(dir.file("none/a.rbl"), layout(), "app"))
      .to.throw(RerunError)
      .with.property("code", "directory-missing");
  });
});
