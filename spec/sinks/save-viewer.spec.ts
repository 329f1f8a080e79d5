import { readFile } from "node:fs/promises";
import { expect } from "chai";
import {
  AnnotationContext,
  Arrows3D,
  BarChart,
  Boxes2D,
  Boxes3D,
  Clear,
  DepthImage,
  EncodedImage,
  Image,
  LineStrips2D,
  LineStrips3D,
  Mesh3D,
  Pinhole,
  Points2D,
  Points3D,
  RecordingStream,
  Scalars,
  SeriesLines,
  SeriesPoints,
  Tensor,
  TextDocument,
  TextLog,
  Transform3D,
  ViewCoordinates,
} from "../../lib/index.ts";
import { save } from "../../sinks/save.ts";
import { usePeer } from "../helpers/peers.ts";
import { print, stats, verify } from "../helpers/rerun-cli.ts";
import { useTempDir } from "../helpers/use-temp-dir.ts";
import { useBrowser } from "../helpers/web-viewer.ts";

const ROWS = 50;
/** Rows that follow the loop. */
const SINGLE_ROWS = 17;
/** 2026-01-01T00:00:00Z, in seconds. */
const START_S = 1_767_225_600;
/** A picture of one transparent pixel. */
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const TRIANGLE = [
  [0, 0, 0],
  [1, 0, 0],
  [0, 1, 0],
];

/** One recording with every archetype of the first version, on timelines of all three kinds. */
async function write(file: string): Promise<void> {
  const rec = new RecordingStream("spec_app", { recordingId: "saved", name: "Everything" });
  rec.attach(save(file));
  const fixed = { static: true } as const;
  rec.log("world", ViewCoordinates.RIGHT_HAND_Z_UP, fixed);
  rec.log("world", AnnotationContext([[1, "thing", [255, 128, 0]]]), fixed);
  rec.log("plots/sin", SeriesLines({ names: "sin", colors: [0, 128, 255] }), fixed);
  rec.log("plots/cos", SeriesPoints({ names: "cos", markers: "Cross" }), fixed);
  for (let i = 0; i < ROWS; i++) {
    rec.setTime("frame", { sequence: i });
    rec.setTime("elapsed", { duration: i / 10 });
    rec.setTime("clock", { timestamp: START_S + i });
    rec.log("plots/sin", Scalars(Math.sin(i / 5)));
    rec.log("plots/cos", Scalars(Math.cos(i / 5)));
    rec.log("world/turning", Transform3D({ translation: [0, 0, i / 50] }));
  }
  rec.log(
    "world/turning/mesh",
    Mesh3D(TRIANGLE, { vertexColors: [0xff0000ff, 0x00ff00ff, 0x0000ffff] }),
  );
  rec.log(
    "world/points",
    Points3D(TRIANGLE, { radii: 0.05, classIds: 1, labels: ["a", "b", "c"] }),
  );
  rec.log("world/lines", LineStrips3D([TRIANGLE], { colors: [[255, 255, 0]] }));
  rec.log("world/arrows", Arrows3D([[0, 0, 1]], { origins: [[1, 1, 0]] }));
  rec.log("world/boxes", Boxes3D({ centers: [[2, 0, 0]], halfSizes: [[0.5, 0.5, 0.5]] }));
  rec.log("world/camera", Pinhole({ focalLength: 100, width: 32, height: 24 }));
  rec.log(
    "world/camera",
    Image({ data: new Uint8Array(32 * 24 * 3).fill(99), width: 32, height: 24 }),
  );
  rec.log(
    "flat/depth",
    DepthImage({ data: new Float32Array(32 * 24).fill(2), width: 32, height: 24 }),
  );
  rec.log("flat/points", Points2D([[4, 4]]));
  rec.log(
    "flat/lines",
    LineStrips2D([
      [
        [0, 0],
        [8, 8],
      ],
    ]),
  );
  rec.log("flat/boxes", Boxes2D({ mins: [[1, 1]], sizes: [[4, 4]] }));
  rec.log("encoded", EncodedImage(PNG));
  rec.log("bars", BarChart([1, 2, 3]));
  rec.log(
    "tensor",
    Tensor({ data: new Float32Array(60), shape: [3, 4, 5], names: ["a", "b", "c"] }),
  );
  rec.log("text", TextDocument("# Title", { mediaType: "text/markdown" }));
  rec.log("log", TextLog("ready", { level: "INFO" }));
  rec.log("world/points", Clear.flat());
  const { complete } = await rec.close();
  expect(complete).to.equal(true);
}

describe("a saved file", function () {
  this.timeout(120_000);
  const dir = useTempDir();

  describe("in the official viewer", () => {
    const browser = useBrowser();

    it("opens, has its times, and draws without a complaint", async () => {
      const file = dir.file("all.rrd");
      await write(file);
      const viewer = await browser.openRecording(await readFile(file));
      expect(await viewer.recordings()).to.deep.equal([
        {
          applicationId: "spec_app",
          recordingId: "saved",
          version: "0.33.0",
          source: "rerun-rx 0.1.0",
        },
      ]);
      await viewer.waitForTimeRange("frame", { min: 0, max: ROWS - 1 });
      await viewer.waitForTimeRange("elapsed", { min: 0, max: ((ROWS - 1) / 10) * 1e9 });
      await viewer.waitForTimeRange("clock", {
        min: START_S * 1e9,
        max: (START_S + ROWS - 1) * 1e9,
      });
      // The three lines for each row, and those that followed.
      await viewer.waitForTimeRange("log_tick", { min: 4, max: 3 + 3 * ROWS + SINGLE_ROWS });
      await viewer.picture();
      expect(viewer.consoleProblems).to.deep.equal([]);
    });
  });

  describe("for the official command line", () => {
    usePeer("rerun-cli");

    it("is verified, and has the entities, rows and types that were logged", async () => {
      const file = dir.file("all.rrd");
      await write(file);
      const { code, stderr } = await verify(file);
      expect(stderr).to.include("1 file verified without error");
      expect(code).to.equal(0);

      const { stdout: counts } = await stats(file);
      // Properties, four static rows, three for each turn of the loop, and the rest.
      expect(counts).to.include(`num_rows = ${1 + 4 + 3 * ROWS + SINGLE_ROWS}`);
      for (const path of ["/plots/sin", "/world/turning/mesh", "/flat/depth", "/__properties"]) {
        expect(counts).to.include(`${path}: `);
      }

      const { stdout: printed } = await print(file, "-vvv");
      expect(printed).to.include("Points3D:positions");
      expect(printed).to.include("FixedSizeList(3 x non-null Float32)");
      expect(printed).to.include("component_type: Position3D");
      expect(printed).to.include("Scalars:scalars");
    });
  });
});
