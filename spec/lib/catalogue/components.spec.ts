import { writeFile } from "node:fs/promises";
import { expect } from "chai";
import type { DataType } from "../../../lib/arrow/data-type.ts";
import { list } from "../../../lib/arrow/data-type.ts";
import { TimeRangeBoundary } from "../../../lib/blueprint/index.ts";
import * as types from "../../../lib/catalogue/index.ts";
import { DynamicArchetype, Points3D, RecordingStream } from "../../../lib/index.ts";
import { camelCase, readCatalogue, shortName } from "../../../scripts/catalogue/read-catalogue.ts";
import { memory } from "../../../sinks/memory.ts";
import { decodeRrd } from "../../helpers/decode-rrd.ts";
import { requirePeer } from "../../helpers/peers.ts";
import { verify } from "../../helpers/rerun-cli.ts";
import { useTempDir } from "../../helpers/use-temp-dir.ts";
import { batchValues } from "../components/arrow-values.ts";

const catalogue = readCatalogue();
const components = types as unknown as Readonly<Record<string, types.ComponentType<unknown>>>;

const uuid = "6f6c1f9e-9a35-4b1c-8d5e-2f0a8f4b7c11";
const range = { start: TimeRangeBoundary.cursorRelative(-5), end: TimeRangeBoundary.infinite() };

/** Values of components that are more than their Arrow type tells. */
const special: Readonly<Record<string, unknown>> = {
  AbsoluteTimeRange: [1, { duration: 2 }],
  AnnotationContext: [[1, "one", "red"]],
  ChannelMessageCounts: { 1: 5 },
  ColumnOrder: ["/a", "/b"],
  ComponentColumnSelector: "/a:Points3D:colors",
  FilterByRange: { start: 1, end: 2 },
  FilterIsNotNull: "/a:Points3D:colors",
  GeoLineString: [
    [1, 2],
    [3, 4],
  ],
  GraphEdge: ["a", "b"],
  ImageFormat: { width: 1, height: 1, colorModel: "RGB", channelDatatype: "U8" },
  KeyValuePairs: { a: "b" },
  LineStrip2D: [
    [1, 2],
    [3, 4],
  ],
  LineStrip3D: [
    [1, 2, 3],
    [3, 4, 5],
  ],
  RootContainer: uuid,
  RotationAxisAngle: { axis: [0, 0, 1], degrees: 90 },
  SelectedColumns: ["t", "/a:own"],
  TensorData: { data: Uint8Array.of(1, 2), shape: [2] },
  TensorDimensionIndexSelection: { dimension: 1, index: 2 },
  TensorDimensionIndexSlider: 1,
  TensorHeightDimension: 1,
  TensorWidthDimension: { dimension: 1, invert: true },
  TextLogColumn: "Body",
  TimeRange: range,
  TimelineColumn: "t",
  ViewCoordinates: "RDF",
  ViewMaximized: uuid,
  VisibleTimeRange: { timeline: "t", ...range },
  VisualBounds2D: { xRange: [0, 1], yRange: [2, 3] },
  VisualizerComponentMapping: { target: "Points3D:colors" },
  VisualizerInstructionId: uuid,
};

function sampleOf(type: DataType): unknown {
  switch (type.kind) {
    case "bool":
      return true;
    case "utf8":
      return "text";
    case "fixed-size-list":
      return Array.from({ length: type.size }, (_, i) => i + 1);
    case "list":
      return Uint8Array.of(1, 2, 3);
    default:
      return 1;
  }
}

/** A value of each component. */
const samples = Object.entries(catalogue.components).map(([name, { enum_values: members }]) => {
  const short = shortName(name);
  const component = components[short] as types.ComponentType<unknown>;
  const member = Object.values(members ?? {})[0];
  return { name, component, value: special[short] ?? member ?? sampleOf(component.type) };
});

describe("each component of the catalogue", () => {
  const dir = useTempDir();

  it("can be logged by itself, under a name of one's own, and the official command knows it", async function () {
    this.timeout(60_000);
    await requirePeer(this, "rerun-cli");
    const rec = new RecordingStream("components", { sendProperties: false });
    const sink = memory();
    rec.attach(sink);
    for (const { name, component, value } of samples)
      rec.log(name, { batches: [component(value, "user:own")] });
    await rec.close();
    const file = dir.file("components.rrd");
    await writeFile(file, sink.toRrd());
    const { code, stdout, stderr } = await verify(file);
    expect(code, stdout + stderr).to.equal(0);

    const chunks = decodeRrd(sink.toRrd()).chunks.filter(
      ({ components: found }) => found.length > 0,
    );
    expect(chunks).to.have.lengthOf(134);
    for (const chunk of chunks) {
      const [message] = sink.messages.filter(
        (m) => m.kind === "chunk" && m.chunk.entityPath === chunk.entityPath,
      );
      const found = message?.kind === "chunk" ? message.chunk.components[0]?.descriptor : undefined;
      expect(found).to.include({
        archetype: undefined,
        component: "user:own",
        componentType: chunk.entityPath.slice(1),
      });
    }
  });

  it("is checked when it is made", () => {
    expect(() => types.Color("no colour")).to.throw("Color");
    expect(() => types.PanelState("open" as never)).to.throw("Hidden (1)");
  });

  it("takes the names it is given, and its own where there are none", () => {
    expect(types.Color("red").descriptor).to.include({
      archetype: undefined,
      component: "rerun.components.Color",
      componentType: "rerun.components.Color",
    });
    const names = { archetype: "user.Own", component: "Own:heat", componentType: undefined };
    expect(types.Color(0xff0000ff, names).descriptor).to.include(names);
    expect(types.Color("red", "heat").descriptor).to.include({
      component: "heat",
      componentType: "rerun.components.Color",
    });
    expect(batchValues(types.Color("red"))).to.deep.equal([0xff0000ff]);
  });

  it("is the same as in archetypes", () => {
    const archetypes = Object.values(catalogue.archetypes);
    const used = new Set(archetypes.flatMap(({ fields }) => fields.map((f) => f.component_type)));
    // Of two no archetype makes use.
    expect(components).to.include.keys("TimeInt", "ComponentColumnSelector");
    expect(used.size).to.equal(132);
    expect(Points3D.fields.colors.type).to.equal(types.Color.type);
    expect(camelCase("class_ids")).to.equal("classIds");
  });

  it("goes into dynamic archetypes", () => {
    const { batches } = DynamicArchetype("Heat", { colors: types.Color(["red", "blue"]) });
    expect(batches[0]?.descriptor).to.include({ archetype: "Heat", component: "Heat:colors" });
    expect(batchValues(batches[0])).to.deep.equal([0xff0000ff, 0x0000ffff]);
  });

  it("is built of datatypes that can be used in types of one's own", () => {
    const own = list(types.datatypes.Vec3D, true);
    expect(own.key).to.include("float32");
    expect(types.datatypes.Rgba32).to.equal(types.Color.type);
  });
});
