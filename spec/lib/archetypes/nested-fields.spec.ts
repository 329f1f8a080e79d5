import { expect } from "chai";
import {
  AnnotationContext,
  BarChart,
  GeoLineStrings,
  GraphEdges,
  McapChannel,
  McapStatistics,
  SeriesPoints,
  Tensor,
  VideoFrameReference,
} from "../../../lib/archetypes/index.ts";
import { expectRefused, fieldValues } from "./helpers.ts";

const info = (id: number, label: string | null = null, color: number | null = null): object => ({
  id,
  label,
  color,
});
const described = (i: object, rest: object = {}): object => ({
  info: i,
  keypoint_annotations: [],
  keypoint_connections: [],
  ...rest,
});

describe("AnnotationContext", () => {
  it("takes classes in short and in full, in the order given", () => {
    const context = AnnotationContext([
      3,
      [1, "one"],
      [2, "two", "red"],
      { id: 4, label: "four", color: [0, 0, 255] },
      {
        info: [5, "five"],
        keypointAnnotations: [[0, "nose"], 1],
        keypointConnections: [[0, 1]],
      },
      { classId: 9, classDescription: { info: 6 } },
    ]);
    expect(fieldValues(context)["context"]).to.deep.equal([
      [
        { class_id: 3, class_description: described(info(3)) },
        { class_id: 1, class_description: described(info(1, "one")) },
        { class_id: 2, class_description: described(info(2, "two", 0xff0000ff)) },
        { class_id: 4, class_description: described(info(4, "four", 0x0000ffff)) },
        {
          class_id: 5,
          class_description: described(info(5, "five"), {
            keypoint_annotations: [info(0, "nose"), info(1)],
            keypoint_connections: [{ keypoint0: 0, keypoint1: 1 }],
          }),
        },
        { class_id: 9, class_description: described(info(6)) },
      ],
    ]);
  });

  it("takes a single description", () => {
    expect(fieldValues(AnnotationContext({ info: 1 }))["context"]).to.deep.equal([
      [{ class_id: 1, class_description: described(info(1)) }],
    ]);
    expect(fieldValues(AnnotationContext([]))["context"]).to.deep.equal([[]]);
  });

  it("refuses what is no class", () => {
    expectRefused(
      () => AnnotationContext("x" as never),
      "AnnotationContext.context: expected an array of classes",
    );
    expectRefused(
      () => AnnotationContext([{ label: "x" } as never]),
      "an id, [id, label, colour], or { id, label, color }",
    );
    expectRefused(() => AnnotationContext([70_000]), "a whole number from 0 to 65535, got `70000`");
    expectRefused(() => AnnotationContext([[1, "x", ["red", "blue"]]]), "one colour");
    expectRefused(
      () => AnnotationContext([{ info: 1, keypointConnections: [[1] as never] }]),
      "a pair of keypoint ids",
    );
    expectRefused(() => AnnotationContext([null as never]), "AnnotationContext.context");
  });
});

describe("tensors", () => {
  const tensorOf = (archetype: { readonly batches: readonly unknown[] }): Record<string, unknown> =>
    fieldValues(archetype as never)["data"]?.[0] as Record<string, unknown>;

  it("keep shape, names and element type", () => {
    const data = new Float64Array(720);
    expect(
      tensorOf(Tensor({ data, shape: [8, 6, 3, 5], names: ["a", "b", "c", "d"] })),
    ).to.deep.equal({
      shape: [8n, 6n, 3n, 5n],
      names: ["a", "b", "c", "d"],
      buffer: { F64: [...data] },
    });
  });

  it("have no names unless given", () => {
    expect(tensorOf(Tensor(new Uint8Array([1, 2])))).to.deep.equal({
      shape: [2n],
      names: null,
      buffer: { U8: [1, 2] },
    });
  });

  it("store every element type as its variant", () => {
    const variants = {
      U8: Uint8Array,
      U16: Uint16Array,
      U32: Uint32Array,
      U64: BigUint64Array,
      I8: Int8Array,
      I16: Int16Array,
      I32: Int32Array,
      I64: BigInt64Array,
      F32: Float32Array,
      F64: Float64Array,
    };
    for (const [name, Typed] of Object.entries(variants)) {
      expect(tensorOf(Tensor(new Typed(1)))["buffer"]).to.have.all.keys(name);
    }
    const half = Tensor({ data: new Uint16Array([0x3c00]), shape: [1], dtype: "float16" });
    expect(tensorOf(half)["buffer"]).to.deep.equal({ F16: [0x3c00] });
  });

  it("read the shape from nesting", () => {
    expect(
      tensorOf(
        Tensor([
          [1, 2, 3],
          [4, 5, 6],
        ]),
      ),
    ).to.deep.include({ shape: [2n, 3n], buffer: { F64: [1, 2, 3, 4, 5, 6] } });
    expect(tensorOf(Tensor([]))).to.deep.include({ shape: [0n], buffer: { F64: [] } });
  });

  it("are refused when shape, names or elements do not fit", () => {
    expectRefused(
      () => Tensor({ data: new Uint8Array(5), shape: [2, 3] }),
      "Tensor.data: expected 6 elements for the shape 2x3, got `5`",
    );
    expectRefused(
      () => Tensor({ data: new Uint8Array(6), shape: [2, 3], names: ["a"] }),
      "one name for each of the 2 dimensions",
    );
    expectRefused(
      () => Tensor({ data: new Uint8Array(6) } as never),
      "a shape (lengths of the dimensions)",
    );
    expectRefused(
      () => Tensor({ shape: [1] } as never),
      "{ data, shape }, a typed array, or nested arrays",
    );
    expectRefused(() => Tensor([[1, 2], [3]]), "rows must be of equal length");
    expectRefused(() => Tensor([1, null as never]), "numbers");
    expectRefused(
      () => Tensor({ data: new Uint8Array(1), shape: [1], dtype: "float16" }),
      "only with a Uint16Array",
    );
    expectRefused(
      () => Tensor({ data: new Uint8Array(1), shape: [-1] }),
      "a shape of whole numbers",
    );
  });

  it("are the bars of a chart", () => {
    const chart = fieldValues(BarChart([8, 4, 0], { color: "red", widths: [1, 2, 3] }));
    expect(chart["values"]).to.deep.equal([
      { shape: [3n], names: null, buffer: { F64: [8, 4, 0] } },
    ]);
    expect(chart).to.deep.include({ color: [0xff0000ff], widths: [1, 2, 3] });
  });
});

describe("other nested fields", () => {
  it("hold graph edges", () => {
    const edge = { first: "a", second: "b" };
    expect(fieldValues(GraphEdges(["a", "b"]))).to.deep.equal({ edges: [edge] });
    expect(
      fieldValues(
        GraphEdges(
          [
            ["a", "b"],
            ["a", "b"],
          ],
          { graphType: "directed" },
        ),
      ),
    ).to.deep.equal({
      edges: [edge, edge],
      graph_type: [2],
    });
    expectRefused(() => GraphEdges([["a"] as never]), "a pair [source, target]");
  });

  it("hold lines on a map in double precision", () => {
    expect(
      fieldValues(
        GeoLineStrings([
          [47.1, 19.1],
          [47.2, 19.2],
        ]),
      ),
    ).to.deep.equal({
      line_strings: [
        [
          [47.1, 19.1],
          [47.2, 19.2],
        ],
      ],
    });
  });

  it("hold metadata and counts", () => {
    const pairs = [[{ first: "a", second: "1" }]];
    for (const metadata of [{ a: "1" }, new Map([["a", "1"]]), [["a", "1"]] as const]) {
      expect(fieldValues(McapChannel(1, "t", "json", { metadata }))["metadata"]).to.deep.equal(
        pairs,
      );
    }
    const { channel_message_counts: counts } = fieldValues(
      McapStatistics.updateFields({ channelMessageCounts: { 1: 5 } }),
    );
    expect(counts).to.deep.equal([[{ channel_id: 1, message_count: 5n }]]);
    expectRefused(
      () => McapStatistics({ messageCount: 1 }),
      "McapStatistics: expected `schemaCount`, got nothing",
    );
    expectRefused(
      () => McapChannel(1, "t", "json", { metadata: 5 as never }),
      "an object, a Map, or an array of pairs",
    );
  });

  it("hold video times", () => {
    expect(fieldValues(VideoFrameReference(5n))).to.deep.equal({ timestamp: [5n] });
    expect(
      fieldValues(VideoFrameReference({ nanoseconds: 7 }, { videoReference: "/video" })),
    ).to.deep.equal({
      timestamp: [7n],
      video_reference: ["/video"],
    });
    expectRefused(
      () => VideoFrameReference({ seconds: Number.NaN }),
      "expected `seconds` to be a number",
    );
  });

  it("ask for circles when nothing is said about points of a series", () => {
    expect(fieldValues(SeriesPoints())).to.deep.equal({ markers: [1] });
    expect(fieldValues(SeriesPoints({ names: undefined }))).to.deep.equal({ markers: [1] });
    expect(fieldValues(SeriesPoints({ names: "a" }))).to.deep.equal({ names: ["a"] });
  });
});
