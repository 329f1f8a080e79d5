import { expect } from "chai";
import {
  AnnotationContext,
  Clear,
  DepthImage,
  EncodedImage,
  Image,
  Pinhole,
  Points3D,
  Scalars,
  SegmentationImage,
  TextLog,
  Transform3D,
  VideoStream,
  ViewCoordinates,
} from "../../lib/archetypes/index.ts";
import type { AsComponents } from "../../lib/component-batch.ts";
import { dataClassOf, type LossPolicies, latestKeyOf, lossPolicyOf } from "../../lib/data-class.ts";
import { RerunError } from "../../lib/errors.ts";
import type { ChunkMsg } from "../../lib/log-msg.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import { memory } from "../../sinks/memory.ts";
import { flow } from "../helpers/flow.ts";

/** The message that a call of `log` makes. */
function logged(path: string, ...data: readonly AsComponents[]): ChunkMsg {
  const rec = new RecordingStream("spec", { sendProperties: false, batch: { flushNumRows: 1 } });
  const sink = memory();
  rec.attach(sink);
  rec.log(path, data);
  return sink.messages.at(-1) as ChunkMsg;
}

const pixels = { data: new Uint8Array(12), width: 2, height: 2 };

/** One of each class, by how it is logged. */
const EXAMPLES: readonly (readonly [string, ChunkMsg])[] = [
  ["transforms", logged("a", Transform3D({ translation: [1, 2, 3] }))],
  ["transforms", logged("a", Pinhole({ focalLength: 1, resolution: [2, 2] }))],
  ["transforms", logged("a", ViewCoordinates.RDF)],
  ["state", logged("a", Clear(false))],
  ["state", logged("a", AnnotationContext([{ id: 1, label: "one" }]))],
  ["state", logged("__warnings", TextLog("slow"))],
  ["images", logged("a", Image({ ...pixels, colorModel: "RGB" }))],
  ["images", logged("a", EncodedImage(new Uint8Array(4), { mediaType: "image/jpeg" }))],
  ["images", logged("a", DepthImage({ data: new Uint16Array(4), width: 2, height: 2 }))],
  ["images", logged("a", SegmentationImage({ data: new Uint8Array(4), width: 2, height: 2 }))],
  ["clouds", logged("a", Points3D([[1, 2, 3]]))],
  ["other", logged("a", Scalars(1))],
  ["other", logged("a", TextLog("text"))],
  ["other", logged("a", VideoStream("H264", { sample: new Uint8Array(4) }))],
  ["other", logged("__warningsign", TextLog("text"))],
];

describe("the class of data", () => {
  for (const [name, message] of EXAMPLES) {
    const { components, entityPath } = message.chunk;
    it(`of ${components[0]?.descriptor.component} at ${entityPath} is ${name}`, () => {
      expect(dataClassOf(message)).to.equal(name);
    });
  }

  it("of what is never dropped says why", () => {
    const classes = [
      "store",
      "/a! x1",
      "/__properties! x1",
      "/__properties/name! x1",
      "/__propertiesX! x1",
    ];
    expect(classes.map((text) => dataClassOf(flow(text)))).to.deep.equal([
      "info",
      "static",
      "properties",
      "properties",
      "static",
    ]);
    expect(dataClassOf(flow("blueprint: /a x1"))).to.equal("blueprint");
    expect(dataClassOf(flow("activate"))).to.equal("blueprint");
  });

  it("of a chunk with several is that of its strictest component", () => {
    const image = Image({ ...pixels, colorModel: "RGB" });
    expect(dataClassOf(logged("a", image, Transform3D({ scale: 2 })))).to.equal("transforms");
    expect(dataClassOf(logged("a", image, Scalars(1)))).to.equal("other");
    expect(dataClassOf(logged("a", image, Points3D([[1, 2, 3]])))).to.equal("clouds");
  });
});

describe("the policy of data", () => {
  const policies = (given?: LossPolicies): Record<string, string> =>
    Object.fromEntries(EXAMPLES.map(([name, message]) => [name, lossPolicyOf(given)(message)]));

  it("is by default reliable, the latest or the oldest, by class", () => {
    expect(policies()).to.deep.equal({
      transforms: "reliable",
      state: "reliable",
      images: "latest",
      clouds: "latest",
      other: "oldest",
    });
  });

  it("is what a table says, and else as by default", () => {
    expect(policies({ images: "oldest", other: "reliable" })).to.include({
      transforms: "reliable",
      images: "oldest",
      clouds: "latest",
      other: "reliable",
    });
  });

  it("is one for all, if so told", () => {
    expect(new Set(Object.values(policies("oldest")))).to.deep.equal(new Set(["oldest"]));
  });

  it("is what a function says, and where it says nothing as by default", () => {
    const asked: string[] = [];
    const given = policies(({ chunk }, dataClass) => {
      asked.push(`${chunk.entityPath} ${dataClass}`);
      return dataClass === "images" ? "reliable" : undefined;
    });
    expect(given).to.include({ images: "reliable", clouds: "latest", other: "oldest" });
    expect(asked).to.include("/__warnings state");
  });

  it("refuses what is none, and says what there is", () => {
    const refusal = (policy: unknown): string => {
      try {
        lossPolicyOf(policy as LossPolicies);
      } catch (error) {
        expect(error).to.be.instanceOf(RerunError).with.property("code", "invalid-argument");
        return (error as Error).message;
      }
      return "";
    };
    expect(refusal("newest")).to.include('"reliable", "latest" or "oldest", got "newest"');
    expect(refusal({ images: 1 })).to.include("`policy.images`");
    expect(refusal({ scalars: "oldest" })).to.include(
      'transforms, state, images, clouds, other, got "scalars"',
    );
    expect(refusal(null)).to.include("`null`");
  });
});

describe("what is later takes the place of what is earlier", () => {
  it("with the same entity, timelines and components, and no other", () => {
    const key = (text: string): string => latestKeyOf(flow(text));
    expect(key("/a x1")).to.equal(key("/a x2@7"));
    for (const other of ["/b x1", "/a y1", "/a x1y1", "/a x1@t=1", "/a! x1", "b: /a x1"])
      expect(key(other), other).not.to.equal(key("/a x1"));
  });
});
